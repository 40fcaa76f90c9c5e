"""Losses of logits for two classes and their gradients in one pass over memory, in Triton.

Each program adds up its own block; the sums of blocks are added by torch, so that results do not
depend on the order in which programs run.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

__all__ = ["binary_kernel", "binary_losses"]


@triton.jit
def softplus_parts(s):
    """Return softplus(s), softplus(-s), sigmoid(s) and sigmoid(-s)."""
    e = tl.exp(-tl.abs(s))
    total = 1.0 + e
    # What rounding took off 1 + e comes back as the quotient (W. Kahan).
    log = tl.where(total == 1.0, e, tl.log(total) * (e / tl.where(total == 1.0, 1.0, total - 1.0)))
    large = 1.0 / total
    small = e * large
    up, down = tl.maximum(s, 0.0) + log, tl.maximum(-s, 0.0) + log
    nan = s != s
    up, down = tl.where(nan, s, up), tl.where(nan, s, down)
    return up, down, tl.where(s >= 0, large, small), tl.where(s >= 0, small, large)


@triton.jit
def focal_parts(s, gamma):
    """Return q^gamma * -log p and its slope; p is the sigmoid of s, q = 1 - p."""
    up, down, p, q = softplus_parts(s)
    weight = tl.exp(-gamma * up)
    return weight * down, -weight * (gamma * p * down + q)


@triton.jit
def binary_kernel(
    logits,
    labels,
    weights,
    losses,
    grad,
    sums,
    count,
    grad_scale,
    pos_weight,
    pos_factor,
    neg_factor,
    pos_gamma,
    neg_gamma,
    margin,
    KIND: tl.constexpr,
    WEIGHTED: tl.constexpr,
    EACH: tl.constexpr,
    WITH_GRAD: tl.constexpr,
    WITH_MARGIN: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute one block: losses or their sum, and the gradient."""
    block = tl.program_id(0)
    place = block.to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = place < count
    x = tl.load(logits + place, there, 0.0)
    y = tl.load(labels + place, there, 0.0)
    if KIND == 0:
        up, down, p, q = softplus_parts(x)
        loss = pos_weight * y * down + (1.0 - y) * up
        slope = (1.0 - y) * p - pos_weight * y * q
    elif KIND == 1:
        sign = 2.0 * y - 1.0
        loss, slope = focal_parts(sign * x, pos_gamma)
        factor = tl.where(y > 0.5, pos_factor, neg_factor)
        loss, slope = factor * loss, factor * sign * slope
    else:
        pos_loss, pos_slope = focal_parts(x, pos_gamma)
        neg_loss, neg_slope = focal_parts(-x, neg_gamma)
        neg_slope = -neg_slope
        if WITH_MARGIN:
            _, _, p, q = softplus_parts(x)
            over, rest = p - margin, q + margin
            shifted = tl.maximum(over, 1e-30)
            weight, log = tl.exp(neg_gamma * tl.log(shifted)), tl.log(rest)
            neg_loss = tl.where(over <= 0, 0.0, -weight * log)
            full = (weight / rest - neg_gamma * weight / shifted * log) * p * q
            neg_slope = tl.where(over <= 0, 0.0, full)
            neg_loss, neg_slope = tl.where(x != x, x, neg_loss), tl.where(x != x, x, neg_slope)
        loss = tl.where(y > 0.5, pos_loss, neg_loss)
        slope = tl.where(y > 0.5, pos_slope, neg_slope)
    if WEIGHTED:
        w = tl.load(weights + place, there, 0.0)
        loss, slope = w * loss, w * slope
    if WITH_GRAD:
        tl.store(grad + place, slope * grad_scale, there)
    if EACH:
        tl.store(losses + place, loss, there)
    else:
        tl.store(sums + block, tl.sum(tl.where(there, loss, 0.0), 0))


def binary_losses(
    kind: int,
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    options: list[float],
    *,
    each: bool,
    grad_scale: float,
    grad: torch.Tensor | None,
    block: int = 1024,
) -> torch.Tensor:
    """Return the losses or their sum in float64, and write the gradient where there is room.

    Parameters
    ----------
    kind : int
        0 log loss, 1 focal, 2 asymmetric.
    logits, labels, weight : tensors of float32, contiguous
        Of one shape.
    options : list of float
        pos_weight, pos_factor, neg_factor, pos_gamma, neg_gamma, margin.
    each : bool
        Return each loss.
    grad_scale : float
        Factor of the gradient.
    grad : tensor, optional
        Where the gradient goes.
    block : int
        Values of a program, a power of two.
    """
    count = logits.numel()
    num_blocks = triton.cdiv(count, block)
    losses = torch.empty_like(logits) if each else logits
    sums = logits.new_empty(num_blocks)
    if num_blocks > 0:
        arguments: list[Any] = [logits, labels, logits if weight is None else weight, losses]
        binary_kernel[(num_blocks,)](
            *arguments,
            logits if grad is None else grad,
            sums,
            count,
            grad_scale,
            *options,
            KIND=kind,
            WEIGHTED=weight is not None,
            EACH=each,
            WITH_GRAD=grad is not None,
            WITH_MARGIN=options[-1] > 0,
            BLOCK=block,
        )
    return losses if each else sums.sum(dtype=torch.float64)
