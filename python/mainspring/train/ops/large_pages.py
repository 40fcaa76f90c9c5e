"""Memory that is asked for in large pages: cleared in a few pieces, found by few entries."""

from __future__ import annotations

import torch

from mainspring import _engine

__all__ = ["empty", "empty_like", "zeros"]

# What is as long may come fresh from the system, which clears small pages one by one, for longer
# than it takes to write a result into them.
_LEAST_BYTES = 4 << 20


def zeros(count: int, dtype: torch.dtype) -> torch.Tensor:
    """Return zeros; memory that comes fresh is backed by large pages where there are some."""
    values = torch.empty(count, dtype=dtype)
    _engine.train_large_pages(values.data_ptr(), values.nbytes)
    return values.zero_()


def empty(rows: int, width: int) -> torch.Tensor:
    """Return memory for a result of float32: a column of it is on as many pages as it has rows."""
    return _in_large_pages(torch.empty(rows, width, dtype=torch.float32))


def empty_like(x: torch.Tensor) -> torch.Tensor:
    """Return memory for a result of the type and shape of ``x``, contiguous."""
    return _in_large_pages(torch.empty_like(x, memory_format=torch.contiguous_format))


def _in_large_pages(out: torch.Tensor) -> torch.Tensor:
    if out.nbytes >= _LEAST_BYTES:
        _engine.train_large_pages(out.data_ptr(), out.nbytes)
    return out
