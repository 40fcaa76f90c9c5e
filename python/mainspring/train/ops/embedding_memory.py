"""What embedding tables are laid out in: memory in large pages, checked sizes and poolings."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mainspring import _engine
from mainspring.train.ops.arguments import check_choice, refuse

__all__ = ["checked_poolings", "in_large_pages"]

_OP = "EmbeddingTables"
_POOLINGS = ("sum", "mean", "none")
_MAX_ROWS = 2**31 - 1


def in_large_pages(count: int, dtype: torch.dtype) -> torch.Tensor:
    """Return zeros; memory that comes fresh is backed by large pages where there are some."""
    values = torch.empty(count, dtype=dtype)
    _engine.train_large_pages(values.data_ptr(), values.nbytes)
    return values.zero_()


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
