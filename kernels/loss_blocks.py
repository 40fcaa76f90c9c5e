"""What losses of one value each have in common, in Triton: how a block ends, and how they start.

Each program adds up its own block; torch adds the sums of blocks, so that results do not depend on
the order in which programs run.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl

__all__ = ["launch_losses", "write_block"]


@triton.jit
def write_block(
    loss,
    slope,
    weights,
    losses,
    grad,
    sums,
    block,
    place,
    there,
    grad_scale,
    WEIGHTED: tl.constexpr,
    EACH: tl.constexpr,
    WITH_GRAD: tl.constexpr,
):
    """Write a block's losses or their sum, and its gradient."""
    if WEIGHTED:
        w = tl.load(weights + place, there, 0.0)
        loss, slope = w * loss, w * slope
    if WITH_GRAD:
        tl.store(grad + place, slope * grad_scale, there)
    if EACH:
        tl.store(losses + place, loss, there)
    else:
        tl.store(sums + block, tl.sum(tl.where(there, loss, 0.0), 0))


def launch_losses(
    kernel: Any,
    values: torch.Tensor,
    targets: torch.Tensor,
    weight: torch.Tensor | None,
    numbers: list[float],
    *,
    each: bool,
    grad_scale: float,
    grad: torch.Tensor | None,
    block: int,
    **constants: Any,
) -> torch.Tensor:
    """Run a kernel over all blocks; return the losses or their sum in float64.

    Parameters
    ----------
    kernel : jitted function
        Of values, targets, weights, losses, grad, sums, count, grad_scale and the numbers.
    values, targets, weight : tensors of float32, contiguous
        Of one shape.
    numbers : list of float
        What the loss is told of.
    each : bool
        Return each loss.
    grad_scale : float
        Factor of the gradient.
    grad : tensor, optional
        Where the gradient goes.
    block : int
        Values of a program, a power of two.
    **constants
        Further constants of the kernel.
    """
    count = values.numel()
    num_blocks = triton.cdiv(count, block)
    losses = torch.empty_like(values) if each else values
    sums = values.new_empty(num_blocks)
    if num_blocks > 0:
        kernel[(num_blocks,)](
            *(values, targets, values if weight is None else weight, losses),
            *(values if grad is None else grad, sums, count, grad_scale, *numbers),
            WEIGHTED=weight is not None,
            EACH=each,
            WITH_GRAD=grad is not None,
            BLOCK=block,
            **constants,
        )
    return losses if each else sums.sum(dtype=torch.float64)
