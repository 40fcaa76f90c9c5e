"""Softmax cross-entropy and its gradient, a program a row, in Triton.

The first pass keeps the largest logit and the sum of exponentials relative to it, so a row is read
twice and written once (M. Milakov, N. Gimelshein 2018, arXiv:1805.02867).
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

__all__ = ["softmax_kernel", "softmax_losses"]


@triton.jit
def softmax_kernel(
    logits,
    targets,
    weights,
    losses,
    grad,
    num_classes,
    grad_scale,
    smoothing,
    ignore,
    WEIGHTED: tl.constexpr,
    WITH_GRAD: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute one row: its loss, and the gradient, which may take the logits' memory."""
    row = tl.program_id(0)
    start = row.to(tl.int64) * num_classes
    target = tl.load(targets + row)
    ignored = target == ignore
    most = tl.full((BLOCK,), float("-inf"), tl.float32)
    total = tl.zeros((BLOCK,), tl.float32)
    plain = tl.zeros((BLOCK,), tl.float32)
    for first in range(0, num_classes, BLOCK):
        place = first + tl.arange(0, BLOCK)
        there = place < num_classes
        x = tl.load(logits + start + place, there, float("-inf"))
        now = tl.maximum(most, tl.where(x == x, x, most))
        base = tl.where(now == float("-inf"), 0.0, now)
        total = total * tl.exp(most - base) + tl.exp(x - base)
        plain += tl.where(there, x, 0.0)
        most = now
    peak = tl.max(most, 0)
    sum_of_exps = tl.sum(total * tl.exp(tl.where(most == float("-inf"), most, most - peak)), 0)
    log_sum = tl.log(sum_of_exps) + peak
    good = (target >= 0) & (target < num_classes)  # a wrong one gives NaN, and reads nothing
    chosen = tl.load(logits + start + target, good, float("nan"))
    loss = log_sum - (1.0 - smoothing) * chosen - smoothing * (tl.sum(plain, 0) / num_classes)
    scale = grad_scale
    if WEIGHTED:
        w = tl.load(weights + row)
        loss, scale = loss * w, scale * w
    tl.store(losses + row, tl.where(ignored, 0.0, loss))
    if WITH_GRAD:
        scale = tl.where(ignored, 0.0, scale)
        for first in range(0, num_classes, BLOCK):
            place = first + tl.arange(0, BLOCK)
            there = place < num_classes
            x = tl.load(logits + start + place, there, 0.0)
            own = tl.where(place == target, 1.0 - smoothing, 0.0) + smoothing / num_classes
            slope = (tl.exp(x - peak) / sum_of_exps - own) * scale
            tl.store(grad + start + place, tl.where(ignored, 0.0, slope), there)


def softmax_losses(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    label_smoothing: float,
    ignore_index: int,
    *,
    grad_scale: float,
    grad: torch.Tensor | None,
    block: int = 1024,
) -> torch.Tensor:
    """Return the loss of each row, and write the gradient where there is room.

    Parameters
    ----------
    logits : tensor of float32 of shape (num_rows, num_classes), contiguous
        Of each class.
    target : tensor of int32 or int64 of shape (num_rows,)
        Classes that there are, or ignore_index.
    weight : tensor of float32 of shape (num_rows,), optional
        Weight of each row.
    label_smoothing, ignore_index
        As for softmax_cross_entropy.
    grad_scale : float
        Factor of the gradient.
    grad : tensor, optional
        Where the gradient goes; may be the logits.
    block : int
        Classes in one step of a program, a power of two.
    """
    num_rows, num_classes = logits.shape
    losses = logits.new_empty(num_rows)
    if num_rows > 0 and num_classes > 0:
        softmax_kernel[(num_rows,)](
            logits,
            target,
            logits if weight is None else weight,
            losses,
            logits if grad is None else grad,
            num_classes,
            grad_scale,
            label_smoothing,
            ignore_index,
            WEIGHTED=weight is not None,
            WITH_GRAD=grad is not None,
            BLOCK=block,
        )
    return losses
