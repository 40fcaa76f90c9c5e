"""Losses of scores that are compared within a query, and their gradients, in Triton.

A program a query; a row's gradient is gathered from all rows of its query, block by block, so that
nothing is added at random and results are the same in every run. No matrix of pairs is ever held.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

__all__ = [
    "list_mle_kernel",
    "list_net_kernel",
    "order_in_queries",
    "pairs_kernel",
    "query_losses",
    "query_numbers",
]


@triton.jit
def softplus_and_sigmoid(x):
    """Return log(1 + exp(x)) and 1 / (1 + exp(-x))."""
    e = tl.exp(-tl.abs(x))
    total = 1.0 + e
    # What rounding took off 1 + e comes back as the quotient (W. Kahan).
    log = tl.where(total == 1.0, e, tl.log(total) * (e / tl.where(total == 1.0, 1.0, total - 1.0)))
    large = 1.0 / total
    value = tl.where(x != x, x, tl.maximum(x, 0.0) + log)
    return value, tl.where(x >= 0, large, e * large)


@triton.jit
def log_of_sum(a, b):
    """Return log(exp(a) + exp(b)); of two minus infinities minus infinity."""
    most = tl.where(a > b, a, b)
    base = tl.where(most == float("-inf"), 0.0, most)
    total = tl.exp(a - base) + tl.exp(b - base)
    return tl.where(total == 0.0, float("-inf"), base + tl.log(tl.where(total == 0.0, 1.0, total)))


@triton.jit
def rows_of(offsets, query, num_rows):
    """Return where a query's rows begin and end; wrong offsets name no row that there is not."""
    begin = tl.minimum(tl.maximum(tl.load(offsets + query), 0), num_rows)
    return begin, tl.minimum(tl.load(offsets + query + 1), num_rows)


@triton.jit
def pairs_kernel(
    scores,
    labels,
    offsets,
    gains,
    discounts,
    ideals,
    losses,
    grad,
    num_rows,
    LAMBDA: tl.constexpr,
    WITH_GRAD: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute one query: log(1 + exp(s_j - s_i)) of pairs whose label i is above label j.

    The mean over pairs; with LAMBDA the sum of each times its change of NDCG.
    """
    query = tl.program_id(0).to(tl.int64)
    begin, end = rows_of(offsets, query, num_rows)
    if LAMBDA:
        sums = tl.zeros((BLOCK,), tl.float32)
        for first in range(begin, end, BLOCK):
            i = first + tl.arange(0, BLOCK)
            sums += tl.load(ideals + i, i < end, 0.0)
        ideal = tl.sum(sums, 0)
        scale = tl.where(ideal > 0, 1.0 / tl.where(ideal > 0, ideal, 1.0), 1.0)
    else:
        counts = tl.zeros((BLOCK,), tl.float32)
        for first in range(begin, end, BLOCK):
            i = first + tl.arange(0, BLOCK)
            y = tl.load(labels + i, i < end, float("-inf"))
            for other in range(begin, end):
                counts += tl.where((y > tl.load(labels + other)) & (i < end), 1.0, 0.0)
        scale = 1.0 / tl.maximum(tl.sum(counts, 0), 1.0)
    total = tl.zeros((BLOCK,), tl.float32)
    for first in range(begin, end, BLOCK):
        i = first + tl.arange(0, BLOCK)
        inside = i < end
        s = tl.load(scores + i, inside, 0.0)
        y = tl.load(labels + i, inside, 0.0)
        gain = tl.zeros((BLOCK,), tl.float32)
        discount = tl.zeros((BLOCK,), tl.float32)
        if LAMBDA:
            gain = tl.load(gains + i, inside, 0.0)
            discount = tl.load(discounts + i, inside, 0.0)
        slope = tl.zeros((BLOCK,), tl.float32)
        for j in range(begin, end):
            other = tl.load(scores + j)
            label = tl.load(labels + j)
            above = inside & (y > label)
            below = inside & (y < label)
            # Of a pair the better row's score is taken off the other's.
            difference = tl.where(above, other - s, s - other)
            loss, p = softplus_and_sigmoid(difference)
            p = tl.where(difference != difference, difference, p)
            if LAMBDA:
                weight = tl.abs(gain - tl.load(gains + j))
                weight = weight * tl.abs(discount - tl.load(discounts + j))
                loss, p = loss * weight, p * weight
            total += tl.where(above, loss, 0.0)
            slope += tl.where(above, -p, tl.where(below, p, 0.0))
        if WITH_GRAD:
            tl.store(grad + i, slope * scale, inside)
    tl.store(losses + query, tl.sum(total, 0) * scale)


@triton.jit
def log_sum_and_peak(values, begin, end, BLOCK: tl.constexpr):
    """Return the largest of some values, and the sum of exponentials relative to it."""
    most = tl.full((BLOCK,), float("-inf"), tl.float32)
    for first in range(begin, end, BLOCK):
        i = first + tl.arange(0, BLOCK)
        x = tl.load(values + i, i < end, float("-inf"))
        most = tl.maximum(most, tl.where(x == x, x, most))
    peak = tl.max(most, 0)
    peak = tl.where(peak == float("-inf"), 0.0, peak)
    sums = tl.zeros((BLOCK,), tl.float32)
    for first in range(begin, end, BLOCK):
        i = first + tl.arange(0, BLOCK)
        sums += tl.exp(tl.load(values + i, i < end, float("-inf")) - peak)
    return peak, tl.sum(sums, 0)


@triton.jit
def list_net_kernel(
    scores, labels, offsets, losses, grad, num_rows, WITH_GRAD: tl.constexpr, BLOCK: tl.constexpr
):
    """Compute one query: the cross-entropy of the softmax of labels and that of scores."""
    query = tl.program_id(0).to(tl.int64)
    begin, end = rows_of(offsets, query, num_rows)
    peak, sum_of_exps = log_sum_and_peak(scores, begin, end, BLOCK)
    label_peak, label_sum = log_sum_and_peak(labels, begin, end, BLOCK)
    log_sum = tl.log(tl.where(sum_of_exps == 0.0, 1.0, sum_of_exps))  # 0: a query without rows
    total = tl.zeros((BLOCK,), tl.float32)
    for first in range(begin, end, BLOCK):
        i = first + tl.arange(0, BLOCK)
        inside = i < end
        s = tl.load(scores + i, inside, 0.0) - peak
        y = tl.load(labels + i, inside, float("-inf"))
        wanted = tl.exp(y - label_peak) / label_sum
        total += tl.where(inside, wanted * (log_sum - s), 0.0)
        if WITH_GRAD:
            tl.store(grad + i, tl.exp(s) / sum_of_exps - wanted, inside)
    tl.store(losses + query, tl.sum(total, 0))


@triton.jit
def list_mle_kernel(
    scores, offsets, losses, grad, room, num_rows, WITH_GRAD: tl.constexpr, BLOCK: tl.constexpr
):
    """Compute one query whose rows are in the order of their labels.

    The sum of log(sum of exp(s_j), j >= i) - s_i. `room` keeps the logarithms.
    """
    query = tl.program_id(0).to(tl.int64)
    begin, end = rows_of(offsets, query, num_rows)
    num_blocks = (end - begin + BLOCK - 1) // BLOCK
    lane = tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), tl.float32)
    behind = tl.full((), float("-inf"), tl.float32)  # of all rows behind the block
    for k in range(0, num_blocks):
        i = begin + (num_blocks - 1 - k) * BLOCK + lane
        inside = i < end
        s = tl.load(scores + i, inside, float("-inf"))
        remaining = log_of_sum(tl.associative_scan(s, 0, log_of_sum, reverse=True), behind)
        behind = tl.sum(tl.where(lane == 0, remaining, 0.0), 0)
        total += tl.where(inside, remaining, 0.0) - tl.where(inside, s, 0.0)
        if WITH_GRAD:
            tl.store(room + i, remaining, inside)
    tl.store(losses + query, tl.sum(total, 0))
    if WITH_GRAD:
        tl.debug_barrier()  # the room is read by other threads
        before = tl.full((), float("-inf"), tl.float32)
        for k in range(0, num_blocks):
            i = begin + k * BLOCK + lane
            inside = i < end
            s = tl.load(scores + i, inside, 0.0)
            drawn = tl.load(room + i, inside, float("inf"))
            shares = log_of_sum(tl.associative_scan(-drawn, 0, log_of_sum), before)
            tl.store(grad + i, tl.exp(s + shares) - 1.0, inside)
            before = tl.sum(tl.where(lane == BLOCK - 1, shares, 0.0), 0)


def _query_of_rows(offsets: torch.Tensor, num_rows: int) -> torch.Tensor:
    rows = torch.arange(num_rows, device=offsets.device)
    return torch.searchsorted(offsets[1:], rows, right=True)


def order_in_queries(keys: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Return the rows by query, then by descending keys, equal ones as they came."""
    order = torch.argsort(keys, descending=True, stable=True)
    queries = _query_of_rows(offsets, len(keys))
    return order[torch.argsort(queries[order], stable=True)]


def query_numbers(
    scores: torch.Tensor, labels: torch.Tensor, offsets: torch.Tensor, cutoff: int | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return gain and discount of each row, and what each adds to its query's ideal DCG."""
    rows = torch.arange(len(scores), device=scores.device)
    place = rows - offsets[_query_of_rows(offsets, len(scores))]
    discount = 1 / torch.log2(place.float() + 2)
    if cutoff is not None:
        discount = discount.masked_fill(place >= cutoff, 0)
    gains = torch.exp2(labels) - 1
    ideals = gains[order_in_queries(gains, offsets)] * discount
    discounts = torch.empty_like(discount)
    discounts[order_in_queries(scores, offsets)] = discount
    return gains, discounts, ideals


def query_losses(
    kind: int,
    scores: torch.Tensor,
    labels: torch.Tensor,
    offsets: torch.Tensor,
    cutoff: int | None,
    *,
    with_grad: bool,
    block: int | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss of each query, and its gradient where asked, else an empty tensor.

    Parameters
    ----------
    kind : int
        0 pairs, 1 LambdaRank, 2 ListNet, 3 ListMLE.
    scores, labels : tensors of float32 of shape (num_rows,), contiguous
        As for pairwise_loss.
    offsets : tensor of int64 of shape (num_queries + 1,)
        Where each query's rows begin, and the number of rows.
    cutoff : int or None
        Places that count in NDCG.
    with_grad : bool
        Whether to compute the gradient.
    block : int, optional
        Rows that a program holds at a time, a power of two. Default: about those of a query.
    """
    num_rows, num_queries = len(scores), len(offsets) - 1
    losses = scores.new_empty(num_queries)
    grad = torch.empty_like(scores) if with_grad else scores.new_empty(0)
    if num_queries == 0:
        return losses, grad
    mean = num_rows // num_queries + 1
    size = block or min(256, max(16, triton.next_power_of_2(mean)))
    sizes = {"WITH_GRAD": with_grad, "BLOCK": size, "num_warps": max(1, size // 32)}
    grid = (num_queries,)
    if kind <= 1:
        rows = (scores,) * 3
        if kind == 1:
            rows = query_numbers(scores, labels, offsets, cutoff)
        pairs_kernel[grid](
            *(scores, labels, offsets, *rows, losses, grad, num_rows), LAMBDA=kind == 1, **sizes
        )
    elif kind == 2:
        list_net_kernel[grid](scores, labels, offsets, losses, grad, num_rows, **sizes)
    else:
        order = order_in_queries(labels, offsets)
        room = torch.empty_like(scores)
        own = torch.empty_like(grad)
        arguments = (scores[order], offsets, losses, own, room, num_rows)
        list_mle_kernel[grid](*arguments, **sizes)
        if with_grad:
            grad[order] = own
    return losses, grad
