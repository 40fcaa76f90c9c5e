"""What the Triton kernels of embedding tables run on CUDA, with the arguments of the native ones.

Ids are looked at before rows are changed, as the GPU library does.
"""

from __future__ import annotations

from typing import Any

import torch

from mainspring.errors import DataError, UnsupportedError
from mainspring.train.ops import reference_embedding

__all__ = [
    "run_gradient",
    "run_lookup",
    "run_pairs",
    "run_pairs_gradient",
    "run_pairs_update",
    "run_update",
]

_GRADIENT = 0
_MAX_WIDTH = 8192  # a row lies in the registers of one program


def run_lookup(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
) -> torch.Tensor:
    """Return the pooled rows."""
    arguments = (weight, layout, ids, offsets, weights, num_bags, stride)
    if num_bags < 0:  # nothing to pool
        return reference_embedding.lookup(*arguments)
    from mainspring.kernels import embedding

    return embedding.lookup(*arguments)


def _check(layout: torch.Tensor, ids: torch.Tensor, offsets: torch.Tensor, num_bags: int) -> int:
    """Refuse offsets and ids that are wrong; return the width of the widest table."""
    wrong_offsets = (offsets[1:] < offsets[:-1]).any() | (offsets[0] != 0)
    wrong_offsets = wrong_offsets | (offsets[-1] != len(ids))
    bad, widest = torch.stack([wrong_offsets.long(), layout[:, 3].max()]).tolist()
    if bad:
        raise DataError(
            f"Offsets must begin with 0, never fall, and end with the number of ids, {len(ids)}.",
            expected="offsets from 0 to the number of ids",
            got=str(offsets[:5].tolist()),
        )
    if widest > _MAX_WIDTH:
        raise UnsupportedError(
            f"EmbeddingTables: the backend 'triton' takes tables of up to {_MAX_WIDTH} numbers a "
            f"row, got {widest}. Take 'eager'.",
            got=str(widest),
            hint="use_backend('eager')",
        )
    lengths = offsets[1:] - offsets[:-1]
    numbers = torch.arange(len(lengths), device=ids.device).repeat_interleave(lengths)
    tables = numbers if num_bags < 0 else numbers // num_bags
    wrong = (ids < 0) | (ids >= layout[tables, 2])
    if bool(wrong.any()):
        place = int(torch.nonzero(wrong)[0, 0])
        table, got = int(tables[place]), str(int(ids[place]))
        expected = f"a row from 0 to {int(layout[table, 2]) - 1}"
        raise DataError(
            f"Id {place}, of table {table}, is {got}, expected {expected}.",
            row=place,
            expected=expected,
            got=got,
        )
    return int(widest)


def _run(
    grad: torch.Tensor,
    states: tuple[torch.Tensor | None, torch.Tensor | None],
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
    *,
    rule: tuple[int, list[float], bool, bool, int],
) -> torch.Tensor:
    from mainspring.kernels import embedding

    grad = grad.contiguous()
    widest = _check(layout, ids, offsets, num_bags)
    of_weights = grad.new_empty(0)
    if weights is not None:
        of_weights = reference_embedding.weight_gradient(
            grad, weight, layout, ids, offsets, num_bags=num_bags
        ).to(weights.dtype)
    number, options, decoupled, stochastic, seed = rule
    runs = embedding.runs_of(layout, ids, offsets, weights, num_bags)
    if num_bags < 0:  # columns of a result whose rows are ids
        layout = layout.clone()
        layout[:, 4] = 0
    switches: dict[str, Any] = {"decoupled": decoupled, "stochastic": stochastic, "seed": seed}
    embedding.update(
        grad, weight, states, layout, runs, stride, widest, number, options, **switches
    )
    return of_weights


def run_gradient(
    grad: torch.Tensor, weight: torch.Tensor, layout: torch.Tensor, *rest: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the dense gradient of the rows, and that of the weights."""
    out = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
    rule = (_GRADIENT, [0.0] * 12, False, False, 0)
    of_weights = _run(grad, (out, None), weight, layout, *rest, rule=rule)
    return out.to(weight.dtype), of_weights


def run_update(
    grad: torch.Tensor,
    weight: torch.Tensor,
    states: tuple[torch.Tensor, torch.Tensor],
    *lookup: Any,
    rule: tuple[int, list[float], bool, bool, int],
) -> torch.Tensor:
    """Update the rows; return the gradient of the weights."""
    return _run(grad, states, weight, *lookup, rule=rule)


def run_pairs(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    num_bags: int,
    width: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the sums of products of pairs of looked-up rows, and the sums of these rows."""
    from mainspring.kernels import embedding_pairs

    return embedding_pairs.lookup_pairs(weight, layout, ids, offsets, num_bags, width)


def run_pairs_update(
    grad: torch.Tensor,
    sums: torch.Tensor,
    weight: torch.Tensor,
    states: tuple[torch.Tensor | None, torch.Tensor | None],
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    num_bags: int,
    width: int,
    *,
    rule: tuple[int, list[float], bool, bool, int],
) -> None:
    """Update the rows by the gradient of their pairs: g * sum - g * row."""
    from mainspring.kernels import embedding

    grad = grad.contiguous()
    widest = _check(layout, ids, offsets, num_bags)
    number, options, decoupled, stochastic, seed = rule
    embedding.update(
        *(grad[:, None] * sums, weight, states, layout),
        embedding.runs_of(layout, ids, offsets, None, num_bags),
        *(width, widest, number, options),
        decoupled=decoupled,
        stochastic=stochastic,
        seed=seed,
        own=grad,
    )


def run_pairs_gradient(
    grad: torch.Tensor, sums: torch.Tensor, weight: torch.Tensor, *lookup: Any
) -> torch.Tensor:
    """Return the dense gradient of the rows."""
    out = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
    rule = (_GRADIENT, [0.0] * 12, False, False, 0)
    run_pairs_update(grad, sums, weight, (out, None), *lookup, rule=rule)
    return out.to(weight.dtype)
