"""Layer normalization, activation and dropout of rows, forward and backward, in Triton.

Forward a program a row; backward a program some rows side by side, whose sums for weight and bias
it keeps: torch adds those of the programs up, so that results are the same in every run.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

from mainspring.kernels.random_bits import mixed, row_key, start_of

__all__ = ["norm_backward", "norm_backward_kernel", "norm_forward", "norm_forward_kernel"]

MAX_BLOCK = 4096  # numbers of a row that a program holds at a time
MAX_PROGRAMS = 1024  # of the backward pass: a row of sums each


@triton.jit
def activated(y, ACTIVATION: tl.constexpr):
    """Return the value and the slope of an activation, numbered as the engine does."""
    if ACTIVATION == 1:  # relu
        return tl.where(y > 0, y, tl.where(y != y, y, 0.0)), tl.where(y > 0, 1.0, 0.0)
    elif ACTIVATION == 2:  # gelu; the normal distribution by Abramowitz, Stegun 1964, 7.1.26
        size = tl.abs(y) * 0.70710678
        t = 1.0 / (1.0 + 0.3275911 * size)
        e = tl.exp(-size * size)
        p = 0.5307027145 * t - 0.7265760135
        p = p * t + 0.7107068705
        p = p * t - 0.142248368
        p = p * t + 0.127414796
        tail = p * t * e
        normal = tl.where(y > 0, 1.0 - tail, tail)
        value = tl.where(y < -14.0, 0.0, y * normal)
        slope = normal + tl.where(e > 0, y * (e * 0.39894228), 0.0)
        return value, tl.where(y != y, y, slope)
    elif ACTIVATION == 3:  # silu
        e = tl.exp(-tl.abs(y))
        large = 1.0 / (1.0 + e)
        small = e * large
        p = tl.where(y >= 0, large, small)
        q = tl.where(y >= 0, small, large)
        return y * p, p * (1.0 + y * q)
    else:
        return y, tl.full(y.shape, 1.0, tl.float32)


@triton.jit
def share_kept(key, d, dropout):
    """Return 0, or what the numbers that stay are multiplied by."""
    chance = (mixed(key + d.to(tl.uint32)) >> 8).to(tl.float32) * (1.0 / 16777216.0)
    return tl.where(chance >= dropout, 1.0 / (1.0 - dropout), 0.0)


@triton.jit
def norm_forward_kernel(
    x,
    weight,
    bias,
    out,
    moments,
    num_rows,
    width,
    epsilon,
    dropout,
    start,
    ACTIVATION: tl.constexpr,
    HAS_WEIGHT: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    DROPS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute one row, its mean, and one over its deviation."""
    row = tl.program_id(0).to(tl.int64)
    sums = tl.zeros((BLOCK,), tl.float32)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        sums += tl.load(x + row * width + d, d < width, 0.0)
    mean = tl.sum(sums, 0) / width
    squares = tl.zeros((BLOCK,), tl.float32)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        away = tl.load(x + row * width + d, d < width, 0.0) - mean
        squares += tl.where(d < width, away * away, 0.0)
    spread = 1.0 / tl.sqrt_rn(tl.sum(squares, 0) / width + epsilon)
    tl.store(moments + row, mean)
    tl.store(moments + num_rows + row, spread)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        inside = d < width
        y = (tl.load(x + row * width + d, inside, 0.0) - mean) * spread
        if HAS_WEIGHT:
            y = y * tl.load(weight + d, inside, 0.0)
        if HAS_BIAS:
            y = y + tl.load(bias + d, inside, 0.0)
        z, _ = activated(y, ACTIVATION)
        if DROPS:
            share = share_kept(row_key(start, row), d, dropout)
            z = tl.where(share > 0, z * share, 0.0)
        tl.store(out + row * width + d, z, inside)


@triton.jit
def slopes_of(
    grad,
    x,
    weight,
    bias,
    mean,
    spread,
    row,
    d,
    width,
    dropout,
    start,
    ACTIVATION: tl.constexpr,
    HAS_WEIGHT: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    DROPS: tl.constexpr,
):
    """Return a part of a row normalized, the slope behind weight and bias, and that times weight.

    Beyond the row all are 0.
    """
    inside = d < width
    normal = (tl.load(x + row * width + d, inside, 0.0) - mean) * spread
    normal = tl.where(inside, normal, 0.0)
    y = normal
    if HAS_WEIGHT:
        y = y * tl.load(weight + d, inside, 0.0)
    if HAS_BIAS:
        y = y + tl.load(bias + d, inside, 0.0)
    slope = tl.load(grad + row * width + d, inside, 0.0)
    if DROPS:
        share = share_kept(row_key(start, row), d, dropout)
        slope = tl.where(share > 0, slope * share, 0.0)
    _, factor = activated(y, ACTIVATION)
    slope = tl.where(inside, slope * factor, 0.0)
    inner = slope
    if HAS_WEIGHT:
        inner = slope * tl.load(weight + d, inside, 0.0)
    return normal, slope, inner


@triton.jit
def norm_backward_kernel(
    grad,
    x,
    weight,
    bias,
    moments,
    dx,
    parts,
    num_rows,
    width,
    rows_each,
    dropout,
    start,
    ACTIVATION: tl.constexpr,
    HAS_WEIGHT: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    DROPS: tl.constexpr,
    WHOLE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Compute the gradients of some rows, and their sums for weight and bias, one behind the other.

    WHOLE: a row is one block, and the sums stay in registers.
    """
    program = tl.program_id(0).to(tl.int64)
    first_row = program * rows_each
    last_row = tl.minimum(first_row + rows_each, num_rows)
    of_weight = parts + program * 2 * width
    of_bias = of_weight + width
    weight_sums = tl.zeros((BLOCK,), tl.float32)
    bias_sums = tl.zeros((BLOCK,), tl.float32)
    for row in range(first_row, last_row):
        mean = tl.load(moments + row)
        spread = tl.load(moments + num_rows + row)
        sums = tl.zeros((BLOCK,), tl.float32)
        products = tl.zeros((BLOCK,), tl.float32)
        for first in range(0, width, BLOCK):
            d = first + tl.arange(0, BLOCK)
            normal, slope, inner = slopes_of(
                grad, x, weight, bias, mean, spread, row, d, width, dropout, start,
                ACTIVATION, HAS_WEIGHT, HAS_BIAS, DROPS,
            )  # fmt: skip
            sums += inner
            products += inner * normal
        mean_slope = tl.sum(sums, 0) / width
        mean_product = tl.sum(products, 0) / width
        for first in range(0, width, BLOCK):
            d = first + tl.arange(0, BLOCK)
            inside = d < width
            normal, slope, inner = slopes_of(
                grad, x, weight, bias, mean, spread, row, d, width, dropout, start,
                ACTIVATION, HAS_WEIGHT, HAS_BIAS, DROPS,
            )  # fmt: skip
            change = spread * (inner - mean_slope - normal * mean_product)
            tl.store(dx + row * width + d, change, inside)
            if WHOLE:
                weight_sums += slope * normal
                bias_sums += slope
            else:
                more = tl.load(of_weight + d, inside, 0.0) + slope * normal
                tl.store(of_weight + d, more, inside)
                tl.store(of_bias + d, tl.load(of_bias + d, inside, 0.0) + slope, inside)
    if WHOLE:
        d = tl.arange(0, BLOCK)
        tl.store(of_weight + d, weight_sums, d < width)
        tl.store(of_bias + d, bias_sums, d < width)


def _sizes(width: int, block: int | None) -> tuple[int, int]:
    """Return the numbers that a program holds at a time, and its warps."""
    block = block or min(MAX_BLOCK, max(16, triton.next_power_of_2(width)))
    return block, min(16, max(1, block // 128))


def norm_forward(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    seed: int,
    activation: int,
    dropout: float,
    epsilon: float,
    block: int | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows, and mean and one over the deviation of each.

    Parameters
    ----------
    x : tensor of float32 of shape (num_rows, width), contiguous
        The rows.
    weight, bias : tensors of float32 of shape (width,), optional
        Contiguous.
    seed : int
        Of the dropout.
    activation : int
        Its number, as the engine has it.
    dropout, epsilon : float
        As for layer_norm.
    block : int, optional
        Numbers that a program holds at a time, a power of two.
    """
    num_rows, width = x.shape
    out, moments = torch.empty_like(x), x.new_empty(2, num_rows)
    if num_rows > 0:
        size, warps = _sizes(width, block)
        there = [x if one is None else one for one in (weight, bias)]
        norm_forward_kernel[(num_rows,)](
            *(x, *there, out, moments, num_rows, width, epsilon, dropout, start_of(seed)),
            ACTIVATION=activation,
            HAS_WEIGHT=weight is not None,
            HAS_BIAS=bias is not None,
            DROPS=dropout > 0,
            BLOCK=size,
            num_warps=warps,
        )
    return out, moments


def norm_backward(
    grad: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    seed: int,
    moments: torch.Tensor,
    activation: int,
    dropout: float,
    block: int | None = None,
    programs: int = MAX_PROGRAMS,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the gradients of x, weight and bias; arguments as those of norm_forward."""
    num_rows, width = x.shape
    dx = torch.empty_like(x)
    if num_rows == 0:
        return dx, x.new_zeros(width), x.new_zeros(width)
    size, warps = _sizes(width, block)
    rows_each = triton.cdiv(num_rows, min(programs, num_rows))
    num_programs = triton.cdiv(num_rows, rows_each)
    whole = width <= size
    parts = (torch.empty if whole else torch.zeros)(
        (num_programs, 2, width), dtype=torch.float32, device=x.device
    )
    there = [x if one is None else one for one in (weight, bias)]
    norm_backward_kernel[(num_programs,)](
        *(grad, x, *there, moments, dx, parts, num_rows, width, rows_each, dropout),
        start_of(seed),
        ACTIVATION=activation,
        HAS_WEIGHT=weight is not None,
        HAS_BIAS=bias is not None,
        DROPS=dropout > 0,
        WHOLE=whole,
        BLOCK=size,
        num_warps=warps,
    )
    sums = parts.sum(0)
    return dx, sums[0], sums[1]
