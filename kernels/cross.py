"""The end of a cross layer, x0 * y + x, and its gradients: one pass each, in Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

__all__ = ["cross_backward", "cross_backward_kernel", "cross_forward", "cross_forward_kernel"]


@triton.jit
def cross_forward_kernel(x0, y, x, out, count, BLOCK: tl.constexpr):
    """Compute one block of x0 * y + x."""
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = place < count
    product = tl.load(x0 + place, there, 0.0) * tl.load(y + place, there, 0.0)
    tl.store(out + place, product + tl.load(x + place, there, 0.0), there)


@triton.jit
def cross_backward_kernel(grad, x0, y, dx0, dy, count, BLOCK: tl.constexpr):
    """Compute one block of the gradients of x0 and y; that of x is what came."""
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    there = place < count
    g = tl.load(grad + place, there, 0.0)
    tl.store(dx0 + place, g * tl.load(y + place, there, 0.0), there)
    tl.store(dy + place, g * tl.load(x0 + place, there, 0.0), there)


def cross_forward(
    x0: torch.Tensor, y: torch.Tensor, x: torch.Tensor, block: int = 1024
) -> torch.Tensor:
    """Return x0 * y + x of tensors of float32, contiguous and of one shape."""
    out, count = torch.empty_like(x0), x0.numel()
    if count > 0:
        cross_forward_kernel[(triton.cdiv(count, block),)](x0, y, x, out, count, BLOCK=block)
    return out


def cross_backward(
    grad: torch.Tensor, x0: torch.Tensor, y: torch.Tensor, block: int = 1024
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the gradients of x0 and y; all float32, contiguous and of one shape."""
    dx0, dy, count = torch.empty_like(x0), torch.empty_like(y), x0.numel()
    if count > 0:
        grid = (triton.cdiv(count, block),)
        cross_backward_kernel[grid](grad, x0, y, dx0, dy, count, BLOCK=block)
    return dx0, dy
