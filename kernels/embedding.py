"""Lookups in embedding tables and the update of their rows, in Triton.

A program a bag and table forward; backward a program a row that occurs, whose gradients it adds up
in the order of the ids: the same bits in every run.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import triton
import triton.language as tl

__all__ = ["Runs", "lookup", "lookup_kernel", "runs_of", "update", "update_kernel"]


@triton.jit
def lookup_kernel(
    rows,
    layout,
    ids,
    offsets,
    weights,
    out,
    num_bags,
    stride,
    WEIGHTED: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Pool the rows of one bag of one table."""
    bag = tl.program_id(0).to(tl.int64)
    table = tl.program_id(1).to(tl.int64)
    element = tl.load(layout + table * 6)
    num_rows = tl.load(layout + table * 6 + 2)
    width = tl.load(layout + table * 6 + 3)
    column = tl.load(layout + table * 6 + 4)
    mean = tl.load(layout + table * 6 + 5)
    begin = tl.load(offsets + table * num_bags + bag)
    end = tl.load(offsets + table * num_bags + bag + 1)
    count = tl.maximum(end - begin, 1).to(tl.float32)
    scale = tl.where(mean != 0, 1.0 / count, 1.0)
    for first in range(0, width, BLOCK):
        d = first + tl.arange(0, BLOCK)
        total = tl.zeros((BLOCK,), tl.float32)
        for j in range(begin, end):
            row = tl.load(ids + j).to(tl.int64)
            good = (row >= 0) & (row < num_rows)  # a wrong one gives NaN, and reads nothing
            there = d < tl.where(good, width, 0)
            v = tl.load(rows + element + row * width + d, there, 0.0)
            v = tl.where(there, v.to(tl.float32), float("nan"))
            if WEIGHTED:
                v = v * tl.load(weights + j)
            total += v
        tl.store(out + bag * stride + column + d, total * scale, d < width)


@triton.jit
def _rounded_at_random(w, random, HALF: tl.constexpr):
    """Return w as a float32 that the short type holds, up or down with the chances of the rest."""
    bits = w.to(tl.int32, bitcast=True)
    special = (bits & 0x7F800000) == 0x7F800000
    if HALF:
        cut = (bits + (random & 0x1FFF)) & ~0x1FFF
        chance = (random & 0xFFFFFF).to(tl.float32) * (1.0 / 16777216.0)
        small = tl.floor(tl.abs(w) * 16777216.0 + chance) * (1.0 / 16777216.0)
        small = tl.where(w < 0, -small, small)
        rounded = tl.where(tl.abs(w) < 1.0 / 16384.0, small, cut.to(tl.float32, bitcast=True))
    else:
        rounded = ((bits + (random & 0xFFFF)) & ~0xFFFF).to(tl.float32, bitcast=True)
    return tl.where(special, w, rounded)


@triton.jit
def update_kernel(
    grad,
    rows,
    first,
    second,
    layout,
    run_starts,
    run_tables,
    run_rows,
    order,
    bags,
    factors,
    own,
    stride,
    rate,
    epsilon,
    beta1,
    beta2,
    correction1,
    correction2,
    decay,
    clip_value,
    clip_norm,
    l1,
    l2,
    beta,
    seed,
    UPDATE: tl.constexpr,
    DECOUPLED: tl.constexpr,
    STOCHASTIC: tl.constexpr,
    HALF: tl.constexpr,
    OWN: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Add up the gradients of one row in the order of its ids, and update it.

    OWN: the row itself, times the sum of its bags' numbers, is taken off its gradient.
    """
    run = tl.program_id(0).to(tl.int64)
    table = tl.load(run_tables + run)
    row = tl.load(run_rows + run)
    element = tl.load(layout + table * 6)
    state_row = tl.load(layout + table * 6 + 1) + row
    width = tl.load(layout + table * 6 + 3)
    column = tl.load(layout + table * 6 + 4)
    d = tl.arange(0, BLOCK)
    inside = d < width
    g = tl.zeros((BLOCK,), tl.float32)
    own_sum = 0.0
    for k in range(tl.load(run_starts + run), tl.load(run_starts + run + 1)):
        place = tl.load(order + k)
        bag = tl.load(bags + place)
        g += tl.load(factors + place) * tl.load(grad + bag * stride + column + d, inside, 0.0)
        if OWN:
            own_sum += tl.load(own + bag)
    place = element + row * width + d
    if OWN:
        g = g - own_sum * tl.load(rows + place, inside, 0.0).to(tl.float32)
    if UPDATE == 0:  # the dense gradient
        tl.store(first + place, g, inside)
        return
    g = tl.where(g > clip_value, clip_value, tl.where(g < -clip_value, -clip_value, g))
    norm = tl.sqrt(tl.sum(g * g, 0))
    over = norm > clip_norm
    g = g * tl.where(over, clip_norm / tl.where(over, norm, 1.0), 1.0)
    w = tl.load(rows + place, inside, 0.0).to(tl.float32)
    if DECOUPLED:
        w = w * (1.0 - rate * decay)
    else:
        g = g + decay * w
    mean = tl.sum(g * g, 0) / width
    if UPDATE == 1:  # SGD
        w = w - rate * g
    elif UPDATE == 2:  # Adagrad
        m = tl.load(first + place, inside, 0.0) + g * g
        tl.store(first + place, m, inside)
        w = w - rate * g / (tl.sqrt(m) + epsilon)
    elif UPDATE == 3:  # row-wise Adagrad
        one = tl.load(first + state_row) + mean
        tl.store(first + state_row, one)
        w = w - rate / (tl.sqrt(one) + epsilon) * g
    elif UPDATE == 6:  # FTRL: first is z, second is n
        n = tl.load(second + place, inside, 0.0)
        more = n + g * g
        z = tl.load(first + place, inside, 0.0) + g - (tl.sqrt(more) - tl.sqrt(n)) / rate * w
        tl.store(first + place, z, inside)
        tl.store(second + place, more, inside)
        over = tl.abs(z) - l1
        size = over / ((beta + tl.sqrt(more)) / rate + l2)
        w = tl.where(over <= 0, 0.0, tl.where(z > 0, -size, size))
    else:  # Adam, and with one second moment a row
        m = beta1 * tl.load(first + place, inside, 0.0) + (1.0 - beta1) * g
        tl.store(first + place, m, inside)
        if UPDATE == 4:
            v = beta2 * tl.load(second + place, inside, 0.0) + (1.0 - beta2) * g * g
            tl.store(second + place, v, inside)
            w = w - rate / correction1 * m / (tl.sqrt(v / correction2) + epsilon)
        else:
            one = beta2 * tl.load(second + state_row) + (1.0 - beta2) * mean
            tl.store(second + state_row, one)
            w = w - rate / correction1 / (tl.sqrt(one / correction2) + epsilon) * m
    if STOCHASTIC:
        random = tl.randint(seed, place).to(tl.int32, bitcast=True)
        w = _rounded_at_random(w, random, HALF)
    tl.store(rows + place, w.to(rows.dtype.element_ty), inside)


class Runs(NamedTuple):
    """The ids of a batch sorted by table and row, equal ones in their order."""

    starts: torch.Tensor  # of each run in `order`, and the number of ids
    tables: torch.Tensor
    rows: torch.Tensor
    order: torch.Tensor  # places of ids
    bags: torch.Tensor  # of each place, and its factor
    factors: torch.Tensor


def runs_of(
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
) -> Runs:
    """Sort the ids of a batch; ``num_bags`` below 0: each id is a bag, in its own row."""
    device, count = ids.device, len(ids)
    each = num_bags < 0
    lengths = offsets[1:] - offsets[:-1]
    numbers = torch.arange(len(lengths), device=device).repeat_interleave(lengths)
    tables = numbers if each else numbers // num_bags
    bags = torch.arange(count, device=device) if each else numbers % num_bags
    factors = torch.ones(count, device=device) if weights is None else weights.float()
    if not each:
        mean = layout[tables, 5] != 0
        factors = torch.where(mean, factors / lengths[numbers], factors)
    keys = layout[tables, 1] + ids.long()
    sorted_keys, order = torch.sort(keys, stable=True)
    _, lengths_of_runs = torch.unique_consecutive(sorted_keys, return_counts=True)
    starts = torch.nn.functional.pad(lengths_of_runs.cumsum(0), (1, 0))
    firsts = order[starts[:-1]]
    return Runs(starts, tables[firsts], ids[firsts].long(), order, bags, factors)


def lookup(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
) -> torch.Tensor:
    """Return the pooled rows of bags."""
    out = torch.zeros(num_bags, stride, dtype=torch.float32, device=weight.device)
    if out.numel() > 0:
        block = min(256, max(16, triton.next_power_of_2(stride // len(layout))))
        lookup_kernel[(num_bags, len(layout))](
            *(weight, layout, ids, offsets, ids if weights is None else weights, out),
            *(num_bags, stride),
            WEIGHTED=weights is not None,
            BLOCK=block,
        )
    return out


def update(
    grad: torch.Tensor,
    weight: torch.Tensor,
    states: tuple[torch.Tensor | None, torch.Tensor | None],
    layout: torch.Tensor,
    runs: Runs,
    stride: int,
    widest: int,
    number: int,
    options: list[float],
    *,
    decoupled: bool,
    stochastic: bool,
    seed: int,
    own: torch.Tensor | None = None,
) -> None:
    """Update the rows of runs; ``number`` and ``options`` as the engine has its rules.

    ``own``: of each bag what times the row is taken off its gradient.
    """
    if len(runs.rows) == 0:
        return
    there = [weight if one is None or one.numel() == 0 else one for one in states]
    update_kernel[(len(runs.rows),)](
        *(grad, weight, *there, layout, runs.starts, runs.tables, runs.rows),
        *(runs.order, runs.bags, runs.factors, grad if own is None else own, stride, *options),
        seed & 0x7FFFFFFF,
        UPDATE=number,
        DECOUPLED=decoupled,
        STOCHASTIC=stochastic and weight.dtype != torch.float32,
        HALF=weight.dtype == torch.float16,
        OWN=own is not None,
        BLOCK=max(16, triton.next_power_of_2(widest)),
    )
