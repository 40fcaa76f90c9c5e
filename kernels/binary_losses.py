"""Losses of logits for two classes and their gradients in one pass over memory, in Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from mainspring.kernels.loss_blocks import launch_losses, write_block

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
    write_block(
        loss, slope, weights, losses, grad, sums, block, place, there, grad_scale,
        WEIGHTED, EACH, WITH_GRAD,
    )  # fmt: skip


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
    return launch_losses(
        *(binary_kernel, logits, labels, weight, options),
        each=each,
        grad_scale=grad_scale,
        grad=grad,
        block=block,
        KIND=kind,
        WITH_MARGIN=options[-1] > 0,
    )
