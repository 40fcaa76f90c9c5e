"""What embedding tables are given: sizes, poolings and weights, checked."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mainspring.train.ops.arguments import check_choice, refuse

__all__ = ["checked_poolings", "checked_weights"]

_OP = "EmbeddingTables"
_POOLINGS = ("sum", "mean", "none")
_MAX_ROWS = 2**31 - 1


def checked_poolings(
    pooling: str | Sequence[str], sizes: tuple[tuple[int, int], ...]
) -> tuple[str, ...]:
    """Return the pooling of each table, after all sizes have been checked."""
    if not sizes:
        refuse(_OP, "tables", "at least one table", "none")
    for number, (rows, width) in enumerate(sizes):
        if not 1 <= rows <= _MAX_ROWS or not 1 <= width <= 65536:
            expected = f"1 to {_MAX_ROWS} rows of 1 to 65536 numbers"
            refuse(_OP, f"table {number}", expected, f"({rows}, {width})")
    each = (pooling,) * len(sizes) if isinstance(pooling, str) else tuple(pooling)
    if len(each) != len(sizes):
        refuse(_OP, "pooling", f"one word, or one for each of {len(sizes)} tables", repr(pooling))
    for one in each:
        check_choice(_OP, "pooling", one, _POOLINGS)
    if "none" in each and (set(each) != {"none"} or len({width for _, width in sizes}) > 1):
        expected = "'none' for all tables, of one width, or for no table"
        refuse(_OP, "pooling", expected, ", ".join(map(repr, each)))
    return each


def checked_weights(
    ids: torch.Tensor, weights: object, dtype: torch.dtype, *, each: bool
) -> torch.Tensor:
    """Return the factors of rows of a type, as wide as sums are; with ``each`` there are none."""
    if each:
        refuse(_OP, "weights", "None with pooling 'none'", type(weights).__name__)
    if not isinstance(weights, torch.Tensor) or not weights.dtype.is_floating_point:
        got = str(weights.dtype) if isinstance(weights, torch.Tensor) else type(weights).__name__
        refuse(_OP, "weights", "a tensor of floating-point numbers", got)
    if weights.shape != ids.shape or weights.device != ids.device:
        got = f"shape {tuple(weights.shape)} on {weights.device}"
        refuse(_OP, "weights", f"of the shape of ids, {tuple(ids.shape)}, where they are", got)
    kind = torch.float64 if dtype == torch.float64 else torch.float32
    return weights.to(kind).contiguous()
