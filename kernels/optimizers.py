"""Dense optimizers in one pass over all parameters, and the norm of their gradients, in Triton.

One launch does every parameter: a table holds their addresses, and a program looks up which part
of which parameter is its own. Sums of squares are added up by torch, block by block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import triton
import triton.language as tl

from mainspring.kernels.byte_states import narrow_bytes, widen_bytes
from mainspring.kernels.random_bits import mixed, row_key, start_of

__all__ = ["Parts", "norm_kernel", "parts_of", "step", "step_kernel", "sum_of_squares"]

BLOCK = 1024
_ROW = 8  # numbers of a parameter in the table: five addresses, a count, two addresses of scales


@triton.jit
def at_random(x, key, i):
    """Return x as bfloat16, up or down with the chances of what is cut off."""
    bits = x.to(tl.int32, bitcast=True)
    special = (bits & 0x7F800000) == 0x7F800000
    random = mixed(key + i.to(tl.uint32)).to(tl.int32, bitcast=True) & 0xFFFF
    rounded = ((bits + random) & ~0xFFFF).to(tl.float32, bitcast=True)
    return tl.where(special, x, rounded).to(tl.bfloat16)


@triton.jit
def address_of(table, number, place, KIND: tl.constexpr, ALIGNED: tl.constexpr):
    """Return the address that the table has of a parameter."""
    found = tl.load(table + number * 8 + place).to(tl.pointer_type(KIND))
    if ALIGNED:
        found = tl.multiple_of(found, 16)
    return found


@triton.jit
def read_state(
    table, number, place, i, there, STATE: tl.constexpr, HAS_SIGN: tl.constexpr,
    ALIGNED: tl.constexpr,
):  # fmt: skip
    """Return a state as float32. STATE: 0 float32, 1 bfloat16, 2 bytes."""
    KIND: tl.constexpr = tl.uint8 if STATE == 2 else tl.bfloat16 if STATE == 1 else tl.float32
    value = tl.load(address_of(table, number, place, KIND, ALIGNED) + i, there, 0)
    if STATE == 2:
        scales = address_of(table, number, place + 4, tl.float32, False)
        value = widen_bytes(value, tl.load(scales + i // 256, there, 0.0), HAS_SIGN)
    return value.to(tl.float32)


@triton.jit
def write_state(
    x, key, table, number, place, first_place, count, STATE: tl.constexpr, HAS_SIGN: tl.constexpr,
    ALIGNED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Write a block of a state, rounded at random where it is short."""
    lane = tl.arange(0, BLOCK)
    i = first_place + lane
    there = i < count
    if STATE == 0:
        tl.store(address_of(table, number, place, tl.float32, ALIGNED) + i, x, there)
    elif STATE == 1:
        into = address_of(table, number, place, tl.bfloat16, ALIGNED) + i
        tl.store(into, at_random(x, key, lane), there)
    else:
        codes, scales = narrow_bytes(x, there, key, HAS_SIGN, BLOCK)
        tl.store(address_of(table, number, place, tl.uint8, ALIGNED) + i, codes, there)
        scaled = tl.arange(0, BLOCK // 256)
        into = address_of(table, number, place + 4, tl.float32, False) + first_place // 256
        tl.store(into + scaled, scales, first_place + scaled * 256 < count)


@triton.jit
def norm_kernel(table, blocks, sums, ALIGNED: tl.constexpr, BLOCK: tl.constexpr):
    """Compute the sum of the squares of one block of gradients."""
    block = tl.program_id(0).to(tl.int64)
    number = tl.load(blocks + 2 * block)
    first = tl.load(blocks + 2 * block + 1)
    count = tl.load(table + number * 8 + 5)
    grad = address_of(table, number, 1, tl.float32, ALIGNED)
    i = first + tl.arange(0, BLOCK)
    g = tl.load(grad + i, i < count, 0.0)
    tl.store(sums + block, tl.sum(g * g, 0))


@triton.jit
def change_of(
    x,
    m,
    v,
    b1,
    c1,
    b2,
    c2,
    epsilon,
    spread,
    METHOD: tl.constexpr,
    MOMENTUM: tl.constexpr,
    NESTEROV: tl.constexpr,
):
    """Return what a step takes off for a gradient x, but for the rate, and the new states."""
    change = x
    if METHOD == 0:
        if MOMENTUM:
            m = b1 * m + x
            change = x + b1 * m if NESTEROV else m
    elif METHOD == 1:
        m = m + x * x
        change = x / (tl.sqrt(m) + epsilon)
    elif METHOD == 2:
        m = b1 * m + c1 * x
        v = b2 * v + c2 * (x * x)
        change = m / (tl.sqrt(v) * spread + epsilon)
    else:
        direction = b1 * m + c1 * x
        m = b2 * m + c2 * x
        change = tl.where(direction > 0, 1.0, tl.where(direction < 0, -1.0, direction))
    return change, m, v


@triton.jit
def step_kernel(
    table,
    blocks,
    clips,
    rate,
    keep,
    coupled,
    b1,
    c1,
    b2,
    c2,
    epsilon,
    spread,
    decay_of_average,
    start,
    METHOD: tl.constexpr,
    MOMENTUM: tl.constexpr,
    NESTEROV: tl.constexpr,
    CLIPS: tl.constexpr,
    AVERAGES: tl.constexpr,
    ZEROES: tl.constexpr,
    STATE: tl.constexpr,
    ALIGNED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Step one block of one parameter. METHOD: 0 SGD, 1 Adagrad, 2 AdamW, 3 Lion."""
    block = tl.program_id(0).to(tl.int64)
    number = tl.load(blocks + 2 * block)
    first_place = tl.load(blocks + 2 * block + 1)
    count = tl.load(table + number * 8 + 5)
    i = first_place + tl.arange(0, BLOCK)
    there = i < count
    values = address_of(table, number, 0, tl.float32, ALIGNED) + i
    grad = address_of(table, number, 1, tl.float32, ALIGNED) + i
    HAS_SIGN: tl.constexpr = METHOD != 1  # the first state; the second has none
    p = tl.load(values, there, 0.0)
    g = tl.load(grad, there, 0.0)
    if CLIPS:
        g = g * tl.load(clips)
    x = g + coupled * p
    m = x
    v = x
    if METHOD != 0 or MOMENTUM:
        m = read_state(table, number, 2, i, there, STATE, HAS_SIGN, ALIGNED)
    if METHOD == 2:
        v = read_state(table, number, 3, i, there, STATE, False, ALIGNED)
    change, m, v = change_of(x, m, v, b1, c1, b2, c2, epsilon, spread, METHOD, MOMENTUM, NESTEROV)
    p = p * keep - rate * change
    tl.store(values, p, there)
    key = row_key(start, number * 1099511627776 + first_place)
    if METHOD != 0 or MOMENTUM:
        write_state(m, key, table, number, 2, first_place, count, STATE, HAS_SIGN, ALIGNED, BLOCK)
    if METHOD == 2:
        write_state(v, ~key, table, number, 3, first_place, count, STATE, False, ALIGNED, BLOCK)
    if AVERAGES:
        average = address_of(table, number, 4, tl.float32, ALIGNED) + i
        old = tl.load(average, there, 0.0)
        tl.store(average, decay_of_average * old + (1.0 - decay_of_average) * p, there)
    if ZEROES:
        tl.store(grad, tl.zeros((BLOCK,), tl.float32), there)


class Parts(NamedTuple):
    """Addresses of parameters, and the blocks that they are cut into, on their device."""

    # (num_parameters, 8): value, gradient, two states, average, count, scales of the states
    table: torch.Tensor
    blocks: torch.Tensor  # (num_blocks, 2): which parameter, from which number on
    aligned: bool  # whether all addresses are multiples of 16
    block: int


def parts_of(rows: Sequence[tuple[int, ...]], device: torch.device, block: int = BLOCK) -> Parts:
    """Cut parameters into blocks.

    Parameters
    ----------
    rows : sequence of tuples of 8 ints
        Of each parameter the addresses of value, gradient, first and second state and average (0:
        none), the count, and the addresses of the states' scales.
    device : torch.device
        Where they lie.
    block : int
        Numbers of a program, a power of two.
    """
    table = torch.tensor(rows, dtype=torch.int64).reshape(-1, _ROW)
    per_row = -(-table[:, 5] // block)
    owners = torch.arange(len(table)).repeat_interleave(per_row)
    firsts = per_row.cumsum(0) - per_row
    places = (torch.arange(len(owners)) - firsts[owners]) * block
    blocks = torch.stack([owners, places], 1)
    aligned = not bool((table[:, :5] % 16).any())
    return Parts(table.to(device), blocks.to(device), aligned, block)


def sum_of_squares(parts: Parts) -> torch.Tensor:
    """Return the sum of the squares of all gradients, in float64 and without waiting for it."""
    sums = torch.empty(len(parts.blocks), dtype=torch.float32, device=parts.table.device)
    if len(sums) > 0:
        norm_kernel[(len(sums),)](
            *(parts.table, parts.blocks, sums), ALIGNED=parts.aligned, BLOCK=parts.block
        )
    return sums.sum(dtype=torch.float64)


def step(
    method: int,
    parts: Parts,
    clip: torch.Tensor | None,
    options: Sequence[float],
    *,
    momentum: bool,
    nesterov: bool,
    averages: bool,
    zeroes: bool,
    state: int,
    seed: int,
) -> None:
    """Step all parameters in one launch.

    Parameters
    ----------
    method : int
        0 SGD, 1 Adagrad, 2 AdamW, 3 Lion.
    parts : Parts
        float32 parameters and gradients.
    clip : tensor of float32 of one number, optional
        Factor of the gradients, on the device.
    options : sequence of float
        rate, keep, coupled, b1, c1, b2, c2, epsilon, spread, average.
    momentum, nesterov, averages, zeroes : bool
        Of SGD, whether it keeps a state and looks ahead; whether averages are kept, gradients set
        to 0.
    state : int
        Of which type states are: 0 float32, 1 bfloat16, 2 bytes with scales; short ones are rounded
        at random.
    seed : int
        Of the rounding.
    """
    if len(parts.blocks) == 0:
        return
    step_kernel[(len(parts.blocks),)](
        *(parts.table, parts.blocks, parts.table if clip is None else clip, *options),
        start_of(seed),
        METHOD=method,
        MOMENTUM=momentum,
        NESTEROV=nesterov,
        CLIPS=clip is not None,
        AVERAGES=averages,
        ZEROES=zeroes,
        STATE=state,
        ALIGNED=parts.aligned,
        BLOCK=parts.block,
    )
