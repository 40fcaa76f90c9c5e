"""Lookups in embedding tables and their updates in plain torch: the eager backend and oracle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch

__all__ = ["Part", "dense_gradient", "lookup", "parts", "update", "weight_gradient"]


class Part(NamedTuple):
    """One table with its ids: the rows they name, the bags they lie in, and their factors."""

    rows: slice  # of the flat memory
    row_states: slice
    shape: tuple[int, int]
    places: slice  # of the ids
    bags: torch.Tensor
    columns: slice
    factors: torch.Tensor


def parts(
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    kind: torch.dtype,
) -> Iterator[Part]:
    """Yield each table's part; ``num_bags`` below 0: each id is a bag, in its own row."""
    for number, (element, row, rows, width, column, mean) in enumerate(layout.tolist()):
        size = num_bags if num_bags >= 0 else 1
        own = offsets[number * size : (number + 1) * size + 1]
        places = slice(int(own[0]), int(own[-1]))
        lengths = own[1:] - own[:-1]
        if num_bags < 0:
            bags = torch.arange(places.start, places.stop, device=ids.device)
            columns = slice(0, width)
        else:
            bags = torch.repeat_interleave(torch.arange(size, device=ids.device), lengths)
            columns = slice(column, column + width)
        factors = torch.ones(len(bags), dtype=kind, device=ids.device)
        if weights is not None:
            factors = factors * weights[places].to(kind)
        if mean and num_bags >= 0:
            factors = factors / lengths[bags].to(kind)
        yield Part(
            slice(element, element + rows * width),
            slice(row, row + rows),
            (rows, width),
            places,
            bags,
            columns,
            factors,
        )


def lookup(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
) -> torch.Tensor:
    """Return the pooled rows."""
    kind = weight.dtype if weight.dtype == torch.float64 else torch.float32
    out = torch.zeros(
        len(ids) if num_bags < 0 else num_bags, stride, dtype=kind, device=weight.device
    )
    for part in parts(layout, ids, offsets, weights, num_bags, kind):
        rows = weight[part.rows].view(part.shape)[ids[part.places].long()].to(kind)
        out[:, part.columns].index_add_(0, part.bags, part.factors[:, None] * rows)
    return out


def dense_gradient(
    grad: torch.Tensor,
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    *,
    num_bags: int,
) -> torch.Tensor:
    """Return the gradient of all rows."""
    out = torch.zeros(weight.shape, dtype=grad.dtype, device=weight.device)
    for part in parts(layout, ids, offsets, weights, num_bags, grad.dtype):
        each = part.factors[:, None] * grad[part.bags][:, part.columns]
        out[part.rows].view(part.shape).index_add_(0, ids[part.places].long(), each)
    return out


def weight_gradient(
    grad: torch.Tensor,
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    *,
    num_bags: int,
) -> torch.Tensor:
    """Return the gradient of the weight of each id."""
    out = torch.zeros(len(ids), dtype=grad.dtype, device=grad.device)
    for part in parts(layout, ids, offsets, None, num_bags, grad.dtype):
        rows = weight[part.rows].view(part.shape)[ids[part.places].long()].to(grad.dtype)
        products = (rows * grad[part.bags][:, part.columns]).sum(1)
        out[part.places] = part.factors * products
    return out


def update(
    grad: torch.Tensor,
    weight: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    settings: list[float],
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    *,
    num_bags: int,
    name: str,
    decoupled: bool,
) -> None:
    """Update the rows that occur, in place, as ``RowOptimizer`` says; short ones to nearest."""
    gradient = dense_gradient(grad, weight, layout, ids, offsets, weights, num_bags=num_bags)
    for part in parts(layout, ids, offsets, None, num_bags, grad.dtype):
        rows = torch.unique(ids[part.places].long())
        if len(rows) == 0:
            continue
        stored = weight[part.rows].view(part.shape)
        g, w = gradient[part.rows].view(part.shape)[rows], stored[rows].to(grad.dtype)
        states = []
        for state in (first, second):
            row_wise = state.numel() > 0 and state.numel() != weight.numel()
            own = state[part.row_states][:, None] if row_wise else None
            if own is None and state.numel() > 0:
                own = state[part.rows].view(part.shape)
            states.append(own)
        kept = [None if own is None else own[rows] for own in states]
        w = _updated_rows(name, settings, decoupled, g, w, kept)
        for own, new in zip(states, kept, strict=True):
            if own is not None:
                own[rows] = new
        stored[rows] = w.to(stored.dtype)


def _updated_rows(
    name: str,
    settings: list[float],
    decoupled: bool,
    g: torch.Tensor,
    w: torch.Tensor,
    states: list[torch.Tensor | None],
) -> torch.Tensor:
    """Return the new rows, and change ``states``."""
    rate, step, eps, beta1, beta2, decay, clip_value, clip_norm, l1, l2, beta, _ = settings
    g = g.clamp(-clip_value, clip_value)
    norm = g.square().sum(1, keepdim=True).sqrt()
    g = torch.where(norm > clip_norm, g * (clip_norm / norm), g)
    if decoupled:
        w = w * (1 - rate * decay)
    elif decay:
        g = g + decay * w
    m, v = states
    if name == "sgd":
        return w - rate * g
    assert m is not None
    if name in ("adagrad", "rowwise_adagrad"):
        states[0] = m = m + (g.square() if name == "adagrad" else g.square().mean(1, keepdim=True))
        return w - rate * g / (m.sqrt() + eps)
    assert v is not None
    if name == "ftrl":
        n = v + g.square()
        states[0] = z = m + g - (n.sqrt() - v.sqrt()) / rate * w
        states[1] = n
        size = (z.abs() - l1).clamp(min=0) / ((beta + n.sqrt()) / rate + l2)
        return -z.sign() * size
    square = g.square() if name == "adam" else g.square().mean(1, keepdim=True)
    states[0] = m = beta1 * m + (1 - beta1) * g
    states[1] = v = beta2 * v + (1 - beta2) * square
    spread = (v / (1 - beta2**step)).sqrt() + eps
    return w - rate * (m / (1 - beta1**step)) / spread
