"""Losses of predicted numbers and their gradients in one pass over memory, in Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from mainspring.kernels.loss_blocks import launch_losses, write_block

__all__ = ["number_kernel", "number_losses"]


@triton.jit
def number_kernel(
    predicted,
    targets,
    weights,
    losses,
    grad,
    sums,
    count,
    grad_scale,
    option,
    KIND: tl.constexpr,
    WEIGHTED: tl.constexpr,
    EACH: tl.constexpr,
    WITH_GRAD: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute one block: losses or their sum, and the gradient.

    KIND: 0 quantile, 1 Huber, 2 Tweedie of a power between 1 and 2, 3 of 1, 4 of 2; `option` is the
    quantile, the distance, the power.
    """
    block = tl.program_id(0)
    place = block.to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = place < count
    x = tl.load(predicted + place, there, 0.0)
    t = tl.load(targets + place, there, 0.0)
    if KIND == 0:
        d = t - x
        up, down = option * d, (option - 1.0) * d
        loss = tl.where(up > down, up, down)
        loss = tl.where(d != d, d, loss)
        # Where both are the same the gradient is half of each, as that of torch.maximum is.
        slope = tl.where(d > 0, -option, tl.where(d < 0, 1.0 - option, 0.5 - option))
        slope = tl.where(d != d, d, slope)
    elif KIND == 1:
        d = x - t
        size = tl.abs(d)
        near = size <= option
        loss = tl.where(near, 0.5 * d * d, option * (size - 0.5 * option))
        slope = tl.where(near, d, tl.where(d > 0, option, -option))
        slope = tl.where(d != d, d, slope)
    elif KIND == 2:
        up, down = tl.exp((2.0 - option) * x), tl.exp((1.0 - option) * x)
        loss = up / (2.0 - option) - t * (down / (1.0 - option))
        slope = up - t * down
    elif KIND == 3:
        up = tl.exp(x)
        loss, slope = up - t * x, up - t
    else:
        down = tl.exp(-x)
        loss, slope = x + t * down, 1.0 - t * down
    write_block(
        loss, slope, weights, losses, grad, sums, block, place, there, grad_scale,
        WEIGHTED, EACH, WITH_GRAD,
    )  # fmt: skip


def number_losses(
    kind: int,
    predicted: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    option: float,
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
        0 quantile, 1 Huber, 2 Tweedie.
    predicted, target, weight : tensors of float32, contiguous
        Of one shape.
    option : float
        The quantile, the distance, the power.
    each : bool
        Return each loss.
    grad_scale : float
        Factor of the gradient.
    grad : tensor, optional
        Where the gradient goes.
    block : int
        Values of a program, a power of two.
    """
    if kind == 2 and option in (1, 2):  # the limits
        kind = 3 if option == 1 else 4
    return launch_losses(
        *(number_kernel, predicted, target, weight, [option]),
        each=each,
        grad_scale=grad_scale,
        grad=grad,
        block=block,
        KIND=kind,
    )
