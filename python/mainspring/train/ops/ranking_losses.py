"""Losses of scores that are compared within a query: pairs, LambdaRank, ListNet, ListMLE, BPR.

Queries are stretches of rows, given by offsets; rows of a query lie side by side. A query without
a pair, or without a label above 0, has loss 0. Native on the CPU, Triton on CUDA, else expressions
of torch.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from mainspring.train.ops.arguments import (
    check_choice,
    check_floating,
    check_same,
    refuse,
    refuse_data,
)
from mainspring.train.ops.backend import choose
from mainspring.train.ops.binary_losses import binary_cross_entropy
from mainspring.train.ops.native_losses import REDUCTIONS
from mainspring.train.ops.native_ranking import QUERY_LOSSES, bpr, query_loss
from mainspring.train.ops.reference import reduced

__all__ = [
    "bpr_loss",
    "check_queries",
    "lambda_rank_loss",
    "list_mle_loss",
    "list_net_loss",
    "pairwise_loss",
]


def bpr_loss(
    positive: torch.Tensor,
    negative: torch.Tensor,
    *,
    weight: torch.Tensor | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return -log sigmoid(positive - negative), Bayesian personalized ranking.

    Parameters
    ----------
    positive, negative : tensors of one shape
        Scores of what was chosen, and of what was not.
    weight : tensor of the same shape, optional
        Weight of each pair: finite and not negative. No gradient flows into it.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    tensor
        Of no dimension; of the scores' shape for "none". Float32 for shorter types.

    Raises
    ------
    DataError, ParameterError
        As binary_cross_entropy does.

    References
    ----------
    S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme: BPR, UAI 2009, arXiv:1205.2618.
    """
    check_floating("bpr_loss", "positive", positive, ())
    check_same("bpr_loss", "negative", negative, positive, "positive")
    kind = positive.dtype if positive.dtype == torch.float64 else torch.float32
    if choose("bpr_loss", positive) == "native":
        if weight is not None:
            check_same("bpr_loss", "weight", weight, positive, "positive")
            weight = weight.detach().to(kind)
        check_choice("bpr_loss", "reduction", reduction, REDUCTIONS)
        both = positive.to(kind), negative.to(kind)
        with_grad = any(one.requires_grad for one in both) and torch.is_grad_enabled()
        return bpr(*both, weight, REDUCTIONS.index(reduction), with_grad)[0]
    difference = positive.to(kind) - negative.to(kind)
    ones = torch.ones_like(difference)
    return binary_cross_entropy(difference, ones, weight=weight, reduction=reduction)


def pairwise_loss(
    scores: torch.Tensor, labels: torch.Tensor, offsets: torch.Tensor, *, reduction: str = "mean"
) -> torch.Tensor:
    """Return the mean over a query's pairs of log(1 + exp(s_j - s_i)), where label i > label j.

    Parameters
    ----------
    scores : tensor of shape (num_rows,)
        Floating point.
    labels : tensor of shape (num_rows,)
        Relevance; no gradient flows into it.
    offsets : tensor of shape (num_queries + 1,), int32 or int64
        Where each query's rows begin, and the number of rows.
    reduction : str
        Over queries: "mean", "sum" or "none".

    Returns
    -------
    tensor
        Of no dimension, or of shape (num_queries,) for "none". Float32 for shorter types.

    Raises
    ------
    DataError
        When offsets on the CPU fall, or do not begin with 0 and end with num_rows; when a label
        is NaN.
    ParameterError
        When a type, shape, device or option is wrong.

    Notes
    -----
    Of the expression of torch memory is queries x the longest query squared; of the native loss it
    grows with the longest query alone.

    References
    ----------
    C. Burges et al.: Learning to Rank using Gradient Descent, ICML 2005,
    doi:10.1145/1102351.1102363.
    """
    found = _by_kernel("pairwise_loss", scores, labels, offsets, reduction)
    if found is not None:
        return found
    s, y, there = _queries("pairwise_loss", scores, labels, offsets)
    losses, pairs = _pairs(s, y, there)
    number = pairs.sum((1, 2)).clamp(min=1)
    return reduced((losses * pairs).sum((1, 2)) / number, reduction)


def lambda_rank_loss(
    scores: torch.Tensor,
    labels: torch.Tensor,
    offsets: torch.Tensor,
    *,
    cutoff: int | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return pairwise losses, each weighted by what swapping the pair would change of NDCG.

    Parameters
    ----------
    scores, labels, offsets, reduction
        As for pairwise_loss; labels are not negative, and gain 2^label - 1.
    cutoff : int or None
        Places that count in NDCG; None: all.

    Returns
    -------
    tensor
        Sums over a query's pairs: of no dimension, or of shape (num_queries,) for "none".

    Raises
    ------
    DataError, ParameterError
        As pairwise_loss does.

    References
    ----------
    C. Burges: From RankNet to LambdaRank to LambdaMART, 2010, MSR-TR-2010-82; X. Wang et al.: The
    LambdaLoss Framework, CIKM 2018, doi:10.1145/3269206.3271784.
    """
    op = "lambda_rank_loss"
    if cutoff is not None and (not isinstance(cutoff, int) or cutoff < 1):
        refuse(op, "cutoff", "a positive integer or None", repr(cutoff))
    found = _by_kernel(op, scores, labels, offsets, reduction, cutoff)
    if found is not None:
        return found
    s, y, there = _queries(op, scores, labels, offsets, negative=False)
    losses, pairs = _pairs(s, y, there)
    gains = (torch.exp2(y) - 1).masked_fill(~there, 0)
    with torch.no_grad():
        # A place for each row: the number of rows before it, equal scores in their order.
        last = s.masked_fill(~there, -torch.inf)
        order = torch.argsort(last, dim=1, descending=True, stable=True)
        places = torch.argsort(order, dim=1)
        discounts = _discounts(places, cutoff, s.dtype)
        best, _ = gains.sort(1, descending=True)
        in_order = torch.arange(s.shape[1], device=s.device)
        ideal = (best * _discounts(in_order, cutoff, s.dtype)).sum(1)
        difference = (gains[:, :, None] - gains[:, None, :]).abs()
        swapped = difference * (discounts[:, :, None] - discounts[:, None, :]).abs()
        weights = swapped / torch.where(ideal > 0, ideal, torch.ones_like(ideal))[:, None, None]
    return reduced((losses * pairs * weights).sum((1, 2)), reduction)


def list_net_loss(
    scores: torch.Tensor, labels: torch.Tensor, offsets: torch.Tensor, *, reduction: str = "mean"
) -> torch.Tensor:
    """Return each query's cross-entropy between the softmax of labels and that of scores.

    Parameters
    ----------
    scores, labels, offsets, reduction
        As for pairwise_loss.

    Returns
    -------
    tensor
        Of no dimension, or of shape (num_queries,) for "none".

    Raises
    ------
    DataError, ParameterError
        As pairwise_loss does.

    References
    ----------
    Z. Cao et al.: Learning to Rank: From Pairwise Approach to Listwise Approach, ICML 2007,
    doi:10.1145/1273496.1273513.
    """
    found = _by_kernel("list_net_loss", scores, labels, offsets, reduction)
    if found is not None:
        return found
    s, y, there = _queries("list_net_loss", scores, labels, offsets)
    log_p = torch.log_softmax(s.masked_fill(~there, -torch.inf), 1).masked_fill(~there, 0)
    wanted = torch.softmax(y.masked_fill(~there, -torch.inf), 1).masked_fill(~there, 0)
    return reduced(-(wanted * log_p).sum(1), reduction)


def list_mle_loss(
    scores: torch.Tensor, labels: torch.Tensor, offsets: torch.Tensor, *, reduction: str = "mean"
) -> torch.Tensor:
    """Return -log of the probability of each query's order by labels, drawn one by one by scores.

    Parameters
    ----------
    scores, labels, offsets, reduction
        As for pairwise_loss; equal labels keep the order of their rows.

    Returns
    -------
    tensor
        Of no dimension, or of shape (num_queries,) for "none".

    Raises
    ------
    DataError, ParameterError
        As pairwise_loss does.

    References
    ----------
    F. Xia et al.: Listwise Approach to Learning to Rank, ICML 2008, doi:10.1145/1390156.1390306.
    """
    found = _by_kernel("list_mle_loss", scores, labels, offsets, reduction)
    if found is not None:
        return found
    s, y, there = _queries("list_mle_loss", scores, labels, offsets)
    order = torch.argsort(y.masked_fill(~there, -torch.inf), dim=1, descending=True, stable=True)
    ordered, there = s.gather(1, order), there.gather(1, order)
    # What is not there comes last, and adds nothing to the sums of those before it.
    low = ordered.masked_fill(~there, torch.finfo(s.dtype).min)
    remaining = torch.logcumsumexp(low.flip(1), 1).flip(1)
    return reduced((remaining - ordered).masked_fill(~there, 0).sum(1), reduction)


def _discounts(places: torch.Tensor, cutoff: int | None, kind: torch.dtype) -> torch.Tensor:
    discounts = 1 / torch.log2(places.to(kind) + 2)
    return discounts if cutoff is None else discounts.masked_fill(places >= cutoff, 0)


def _pairs(
    s: torch.Tensor, y: torch.Tensor, there: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return log(1 + exp(s_j - s_i)) of all (i, j), and which of them are pairs."""
    pairs = (y[:, :, None] > y[:, None, :]) & there[:, :, None] & there[:, None, :]
    difference = s[:, None, :] - s[:, :, None]
    return functional.softplus(difference.masked_fill(~pairs, 0)), pairs


def _by_kernel(
    op: str,
    scores: torch.Tensor,
    labels: torch.Tensor,
    offsets: torch.Tensor,
    reduction: str,
    cutoff: int | None = None,
) -> torch.Tensor | None:
    """Return the loss where a kernel computes it."""
    _check_arguments(op, scores, labels, offsets, reduction)
    if choose(op, scores) == "eager":
        return None
    with_grad = scores.requires_grad and torch.is_grad_enabled()
    rows = (scores.float(), labels.detach().float(), offsets)
    return reduced(query_loss(*rows, QUERY_LOSSES.index(op), cutoff or 0, with_grad)[0], reduction)


def _check_arguments(
    op: str, scores: torch.Tensor, labels: torch.Tensor, offsets: torch.Tensor, reduction: str
) -> None:
    check_floating(op, "scores", scores, (1,))
    check_same(op, "labels", labels, scores, "scores")
    check_choice(op, "reduction", reduction, REDUCTIONS)
    if not isinstance(offsets, torch.Tensor) or offsets.dtype not in (torch.int32, torch.int64):
        got = str(offsets.dtype) if isinstance(offsets, torch.Tensor) else type(offsets).__name__
        refuse(op, "offsets", "a tensor of int32 or int64", got)
    if offsets.dim() != 1 or offsets.numel() == 0 or offsets.device != scores.device:
        got = f"shape {tuple(offsets.shape)} on {offsets.device}"
        refuse(op, "offsets", "of shape (num_queries + 1,), on the device of scores", got)


def _queries(
    op: str,
    scores: torch.Tensor,
    labels: torch.Tensor,
    offsets: torch.Tensor,
    *,
    negative: bool = True,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return scores and labels by query and place, and which places there are."""
    offsets, labels = offsets.long(), labels.detach()
    check_queries(op, offsets, labels, negative=negative)
    kind = scores.dtype if scores.dtype == torch.float64 else torch.float32
    lengths = offsets[1:] - offsets[:-1]
    longest = int(lengths.max()) if len(lengths) else 0
    places = torch.arange(longest, device=scores.device)
    there = places < lengths[:, None]
    if scores.numel() == 0:
        none = scores.to(kind).sum() + torch.zeros(there.shape, dtype=kind, device=scores.device)
        return none, none.detach(), there
    rows = (offsets[:-1, None] + places).clamp(max=scores.shape[0] - 1)
    return scores.to(kind)[rows], labels.to(kind)[rows], there


def check_queries(op: str, offsets: torch.Tensor, labels: torch.Tensor, *, negative: bool) -> None:
    """Refuse offsets that are not those of the rows, and labels that are none, on the CPU."""
    if torch.compiler.is_compiling() or offsets.device.type != "cpu":
        return
    before = torch.cat([torch.zeros(1, dtype=torch.int64), offsets[:-1]])
    wrong = (offsets < before).nonzero().flatten()
    for place, expected, bad in (
        (0, "0", int(offsets[0]) != 0),
        (int(wrong[0]) if len(wrong) else 0, "at least the one before it", len(wrong) > 0),
        (len(offsets) - 1, f"the number of rows, {len(labels)}", int(offsets[-1]) != len(labels)),
    ):
        if bad:
            got = str(int(offsets[place]))
            refuse_data(op, f"offset {place} is {got}", row=place, expected=expected, got=got)
    good = labels == labels if negative else labels >= 0
    if not bool(good.all()):
        row = int((~good).nonzero()[0])
        got = f"{labels[row].item():g}"
        expected = "a number" if negative else "a number that is not negative"
        refuse_data(op, f"label {row} is {got}", row=row, expected=expected, got=got)
