"""Softmax losses over many items: without the matrix of logits, of a batch's items, of samples."""

from __future__ import annotations

from typing import Any

import torch

from mainspring.train.ops import triton_losses
from mainspring.train.ops.arguments import check_choice, check_floating, check_range, refuse
from mainspring.train.ops.backend import choose
from mainspring.train.ops.native_losses import REDUCTIONS, sum_of_softmax_losses
from mainspring.train.ops.registration import register
from mainspring.train.ops.softmax_losses import (
    check_targets,
    checked_classes,
    softmax_cross_entropy,
)

__all__ = ["in_batch_softmax_loss", "linear_cross_entropy", "sampled_softmax_loss"]

_CHUNK_NUMBERS = 1 << 22  # logits of a chunk: 16 MiB


def linear_cross_entropy(
    x: torch.Tensor,
    weight: torch.Tensor,
    target: torch.Tensor,
    *,
    bias: torch.Tensor | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return softmax_cross_entropy(x @ weight.T + bias, target) without ever holding all logits.

    Logits and their gradient are made for a few rows at a time, in the forward pass.

    Parameters
    ----------
    x : tensor of shape (num_rows, width)
        float32, as all others, for the native backend; eager holds all logits.
    weight : tensor of shape (num_classes, width)
        Of the last layer.
    target : tensor of shape (num_rows,)
        The class of each row, int32 or int64.
    bias : tensor of shape (num_classes,), optional
        Of the last layer.
    label_smoothing, ignore_index
        As for softmax_cross_entropy.
    reduction : str
        "mean" or "sum".

    Returns
    -------
    tensor
        Of no dimension.

    Raises
    ------
    DataError, ParameterError
        As softmax_cross_entropy does.

    Notes
    -----
    Memory: 16 MiB of logits (128 MiB on a GPU), and the gradients of x, weight and bias. Products
    of matrices are torch's, so the same bits for another number of threads are not promised.
    """
    op = "linear_cross_entropy"
    check_floating(op, "x", x, (2,))
    check_floating(op, "weight", weight, (2,))
    if weight.shape[1] != x.shape[1] or weight.dtype != x.dtype or weight.device != x.device:
        got = f"shape {tuple(weight.shape)}, {weight.dtype} on {weight.device}"
        refuse(op, "weight", f"of shape (num_classes, {x.shape[1]}), {x.dtype} on {x.device}", got)
    if bias is not None and (bias.shape != weight.shape[:1] or bias.dtype != x.dtype):
        got = f"shape {tuple(bias.shape)}, {bias.dtype}"
        refuse(op, "bias", f"of shape ({weight.shape[0]},), {x.dtype}", got)
    check_choice(op, "reduction", reduction, ("mean", "sum"))
    check_range(op, "label_smoothing", label_smoothing, 0, 1)
    _, target, _ = checked_classes(op, x[:, :0], target, None)
    if choose(op, x) == "eager":
        return softmax_cross_entropy(
            torch.nn.functional.linear(x, weight, bias),
            target,
            label_smoothing=label_smoothing,
            ignore_index=ignore_index,
            reduction=reduction,
        )
    check_targets(op, target, weight.shape[0], ignore_index)
    wanted = torch.is_grad_enabled() and any(
        one is not None and one.requires_grad for one in (x, weight, bias)
    )
    options = (label_smoothing, ignore_index, REDUCTIONS.index(reduction), wanted)
    return _linear_loss(x, weight, bias, target, *options)[0]


def in_batch_softmax_loss(
    queries: torch.Tensor,
    items: torch.Tensor,
    *,
    log_q: torch.Tensor | None = None,
    item_ids: torch.Tensor | None = None,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return each query's log loss of its own item among the items of the batch.

    Parameters
    ----------
    queries, items : tensors of shape (num_rows, width)
        Row i of items is what query i chose.
    log_q : tensor of shape (num_rows,), optional
        Logarithm of how often each item comes into a batch; taken off its logits, so that frequent
        items are not punished for being there.
    item_ids : tensor of shape (num_rows,), optional
        Which item each is: the same item in another row is no negative.
    temperature : float
        Divides the products; from 1e-4 to 1e4.
    reduction : str
        "mean", "sum" or "none".

    Returns
    -------
    tensor
        Of no dimension, or of shape (num_rows,) for "none". Float32 for shorter types.

    Raises
    ------
    ParameterError
        When a type, shape, device or option is wrong.

    References
    ----------
    X. Yi et al.: Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations,
    RecSys 2019, doi:10.1145/3298689.3346996.
    """
    op = "in_batch_softmax_loss"
    check_floating(op, "queries", queries, (2,))
    check_floating(op, "items", items, (2,))
    if items.shape != queries.shape or items.dtype != queries.dtype:
        got = f"shape {tuple(items.shape)}, {items.dtype}"
        refuse(op, "items", f"of the shape and type of queries, {tuple(queries.shape)}", got)
    check_range(op, "temperature", temperature, 1e-4, 1e4)
    _check_each(op, "log_q", log_q, queries.shape[0])
    _check_each(op, "item_ids", item_ids, queries.shape[0])
    logits = queries @ items.t() / temperature
    if log_q is not None:
        logits = logits - log_q.detach()
    own = torch.arange(queries.shape[0], device=queries.device)
    if item_ids is not None:
        same = (item_ids[:, None] == item_ids) & (own[:, None] != own)
        logits = logits.masked_fill(same, -torch.inf)
    return softmax_cross_entropy(logits, own, reduction=reduction, inplace=True)


def sampled_softmax_loss(
    queries: torch.Tensor,
    positive: torch.Tensor,
    negative: torch.Tensor,
    *,
    positive_log_q: torch.Tensor | None = None,
    negative_log_q: torch.Tensor | None = None,
    hits: torch.Tensor | None = None,
    temperature: float = 1.0,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return each query's log loss of its own item among sampled ones.

    Parameters
    ----------
    queries, positive : tensors of shape (num_rows, width)
        Row i of positive is the item that query i chose.
    negative : tensor of shape (num_samples, width)
        Items drawn for all rows.
    positive_log_q, negative_log_q : tensors of shape (num_rows,) and (num_samples,), optional
        Logarithms of the probability that an item is drawn, taken off its logits.
    hits : tensor of bool of shape (num_rows, num_samples), optional
        Where a sample is the row's own item, and no negative.
    temperature, reduction
        As for in_batch_softmax_loss.

    Returns
    -------
    tensor
        Of no dimension, or of shape (num_rows,) for "none". Float32 for shorter types.

    Raises
    ------
    ParameterError
        When a type, shape, device or option is wrong.

    References
    ----------
    Y. Bengio, J. Senecal: Adaptive Importance Sampling to Accelerate Training of a Neural
    Probabilistic Language Model, 2008, doi:10.1109/TNN.2007.912312.
    """
    op = "sampled_softmax_loss"
    check_floating(op, "queries", queries, (2,))
    for name, value in (("positive", positive), ("negative", negative)):
        check_floating(op, name, value, (2,))
        if value.shape[1] != queries.shape[1] or value.dtype != queries.dtype:
            got = f"shape {tuple(value.shape)}, {value.dtype}"
            refuse(op, name, f"of width {queries.shape[1]} and type {queries.dtype}", got)
    if positive.shape != queries.shape:
        refuse(op, "positive", f"of shape {tuple(queries.shape)}", f"shape {tuple(positive.shape)}")
    check_range(op, "temperature", temperature, 1e-4, 1e4)
    _check_each(op, "positive_log_q", positive_log_q, queries.shape[0])
    _check_each(op, "negative_log_q", negative_log_q, negative.shape[0])
    chosen = (queries * positive).sum(1, keepdim=True) / temperature
    others = queries @ negative.t() / temperature
    if positive_log_q is not None:
        chosen = chosen - positive_log_q.detach()[:, None]
    if negative_log_q is not None:
        others = others - negative_log_q.detach()
    if hits is not None:
        if hits.shape != others.shape or hits.dtype != torch.bool:
            got = f"shape {tuple(hits.shape)}, {hits.dtype}"
            refuse(op, "hits", f"of shape {tuple(others.shape)} and type bool", got)
        others = others.masked_fill(hits, -torch.inf)
    first = torch.zeros(queries.shape[0], dtype=torch.int64, device=queries.device)
    logits = torch.cat([chosen, others], 1)
    return softmax_cross_entropy(logits, first, reduction=reduction, inplace=True)


def _check_each(op: str, name: str, value: torch.Tensor | None, count: int) -> None:
    if value is not None and (not isinstance(value, torch.Tensor) or value.shape != (count,)):
        got = f"shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else repr(value)
        refuse(op, name, f"a tensor of shape ({count},)", got)


def _run_linear(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    target: torch.Tensor,
    label_smoothing: float,
    ignore_index: int,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, ...]:
    """Return the loss, and the gradients of x, weight and bias."""
    num_rows, num_classes = x.shape[0], weight.shape[0]
    target = target.contiguous()
    rows = max(1, _CHUNK_NUMBERS // max(num_classes, 1))
    logits = x.new_empty((min(rows, num_rows), num_classes))
    dx, dw = (torch.zeros_like(one) if with_grad else x.new_empty(0) for one in (x, weight))
    db = x.new_zeros(num_classes) if with_grad else x.new_empty(0)
    total = 0.0
    plain_sum = REDUCTIONS.index("sum")
    for first in range(0, num_rows, rows):
        part = slice(first, min(first + rows, num_rows))
        own = torch.mm(x[part], weight.t(), out=logits[: part.stop - first])
        if bias is not None:
            own += bias
        options = (target[part], None, label_smoothing, ignore_index, plain_sum)
        total += sum_of_softmax_losses(own, *options, grad=own if with_grad else None)
        if with_grad:
            torch.mm(own, weight, out=dx[part])
            dw.addmm_(own.t(), x[part])
            db += own.sum(0)
    if REDUCTIONS[reduction] == "mean":
        num_valid = int((target != ignore_index).sum())
        total = total / num_valid if num_valid else float("nan")
        for one in (dx, dw, db):
            one.div_(max(num_valid, 1))
    return torch.scalar_tensor(total, dtype=torch.float32), dx, dw, db


def _linear_shapes(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    target: torch.Tensor,
    label_smoothing: float,
    ignore_index: int,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, ...]:
    if not with_grad:
        return x.new_empty(()), x.new_empty(0), x.new_empty(0), x.new_empty(0)
    gradients = torch.empty_like(x), torch.empty_like(weight), x.new_empty(weight.shape[0])
    return x.new_empty(()), *gradients


def _keep_linear(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(*output[1:])
    ctx.has_bias = inputs[2] is not None
    ctx.save_for_backward(*output[1:])


def _linear_backward(ctx: Any, factor: Any, *_: Any) -> tuple[Any, ...]:
    if factor is None:
        return (None,) * 8
    dx, dw, db = (one * factor for one in ctx.saved_tensors)
    return dx, dw, db if ctx.has_bias else None, None, None, None, None, None


_linear_loss = register(
    "linear_cross_entropy(Tensor x, Tensor weight, Tensor? bias, Tensor target, "
    "float label_smoothing, int ignore_index, int reduction, bool with_grad) "
    "-> (Tensor, Tensor, Tensor, Tensor)",
    _run_linear,
    _linear_shapes,
    cuda=triton_losses.run_linear,
    keep=_keep_linear,
    backward=_linear_backward,
)
