"""Dot interaction and factorization machine, a program a row, in Triton."""

from __future__ import annotations

import torch
import triton
import triton.language as tl

__all__ = [
    "dot_backward",
    "dot_backward_kernel",
    "dot_forward",
    "dot_forward_kernel",
    "pairs_backward",
    "pairs_backward_kernel",
    "pairs_forward",
    "pairs_forward_kernel",
]


@triton.jit
def dot_forward_kernel(
    x,
    out,
    num_vectors,
    width,
    VECTORS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute the products of one row's pairs."""
    row = tl.program_id(0).to(tl.int64)
    i = tl.arange(0, VECTORS)
    products = tl.zeros((VECTORS, VECTORS), tl.float32)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        there = (i[:, None] < num_vectors) & (d[None, :] < width)
        place = (row * num_vectors + i[:, None]) * width + d[None, :]
        v = tl.load(x + place, there, 0.0).to(tl.float32)
        products += tl.dot(v, tl.trans(v), input_precision="ieee")
    below = (i[:, None] > i[None, :]) & (i[:, None] < num_vectors)
    pair = i[:, None] * (i[:, None] - 1) // 2 + i[None, :]
    num_pairs = num_vectors * (num_vectors - 1) // 2
    tl.store(out + row * num_pairs + pair, products, below)


@triton.jit
def dot_backward_kernel(
    grad,
    x,
    dx,
    num_vectors,
    width,
    VECTORS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute the gradient of one row: (G + G^T) X, G the lower triangle of the gradients."""
    row = tl.program_id(0).to(tl.int64)
    i = tl.arange(0, VECTORS)
    high = tl.maximum(i[:, None], i[None, :])
    low = tl.minimum(i[:, None], i[None, :])
    there = (high < num_vectors) & (high > low)
    num_pairs = num_vectors * (num_vectors - 1) // 2
    g = tl.load(grad + row * num_pairs + high * (high - 1) // 2 + low, there, 0.0)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        inside = (i[:, None] < num_vectors) & (d[None, :] < width)
        place = (row * num_vectors + i[:, None]) * width + d[None, :]
        v = tl.load(x + place, inside, 0.0)
        tl.store(dx + place, tl.dot(g, v, input_precision="ieee"), inside)


@triton.jit
def pairs_forward_kernel(
    x,
    out,
    num_vectors,
    width,
    BLOCK: tl.constexpr,
):
    """Compute half of (sum)^2 - sum of squares of one row."""
    row = tl.program_id(0).to(tl.int64)
    total = tl.zeros((BLOCK,), tl.float32)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        sums = tl.zeros((BLOCK,), tl.float32)
        squares = tl.zeros((BLOCK,), tl.float32)
        for i in range(0, num_vectors):
            v = tl.load(x + (row * num_vectors + i) * width + d, d < width, 0.0)
            sums += v
            squares += v * v
        total += sums * sums - squares
    tl.store(out + row, 0.5 * tl.sum(total, 0))


@triton.jit
def pairs_backward_kernel(
    grad,
    x,
    dx,
    num_vectors,
    width,
    BLOCK: tl.constexpr,
):
    """Compute g * (sum - x) of one row."""
    row = tl.program_id(0).to(tl.int64)
    g = tl.load(grad + row)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        sums = tl.zeros((BLOCK,), tl.float32)
        for i in range(0, num_vectors):
            sums += tl.load(x + (row * num_vectors + i) * width + d, d < width, 0.0)
        for i in range(0, num_vectors):
            place = (row * num_vectors + i) * width + d
            v = tl.load(x + place, d < width, 0.0)
            tl.store(dx + place, g * (sums - v), d < width)


def _sizes(x: torch.Tensor, most: int) -> tuple[int, int]:
    """Return powers of two that hold the vectors, and a part of the width; tl.dot wants 16."""
    vectors = max(16, triton.next_power_of_2(x.shape[1]))
    return vectors, min(most, max(16, triton.next_power_of_2(x.shape[2])))


def dot_forward(x: torch.Tensor) -> torch.Tensor:
    """Return the products of pairs of x of (rows, vectors, width), float32 and contiguous."""
    count = x.shape[1]
    out = x.new_empty(x.shape[0], count * (count - 1) // 2)
    if out.numel() > 0:
        vectors, block = _sizes(x, 16)
        dot_forward_kernel[(x.shape[0],)](x, out, *x.shape[1:], VECTORS=vectors, BLOCK=block)
    return out


def dot_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of x; both float32 and contiguous."""
    if grad.numel() == 0:
        return torch.zeros_like(x)
    dx = torch.empty_like(x)
    if x.numel() > 0:
        vectors, block = _sizes(x, 32)
        sizes = {"VECTORS": vectors, "BLOCK": block}
        dot_backward_kernel[(x.shape[0],)](grad, x, dx, *x.shape[1:], **sizes)
    return dx


def pairs_forward(x: torch.Tensor) -> torch.Tensor:
    """Return the sum of products of pairs of x of (rows, vectors, width)."""
    out = x.new_empty(x.shape[0])
    if x.shape[0] > 0:
        pairs_forward_kernel[(x.shape[0],)](x, out, *x.shape[1:], BLOCK=_sizes(x, 256)[1])
    return out


def pairs_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of x; both float32 and contiguous."""
    dx = torch.empty_like(x)
    if x.numel() > 0:
        block = _sizes(x, 256)[1]
        pairs_backward_kernel[(x.shape[0],)](grad, x, dx, *x.shape[1:], BLOCK=block)
    return dx
