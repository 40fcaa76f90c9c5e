"""Memory that is asked for in large pages: cleared in a few pieces, found by few entries."""

from __future__ import annotations

import torch

from mainspring import _engine

__all__ = ["empty_like", "zeros"]

# Beyond it the C library takes fresh pages for every call, and clearing them one by one costs more
# than what is written into them.
_FRESH_BYTES = 32 << 20


def zeros(count: int, dtype: torch.dtype) -> torch.Tensor:
    """Return zeros; memory that comes fresh is backed by large pages where there are some."""
    values = torch.empty(count, dtype=dtype)
    _engine.train_large_pages(values.data_ptr(), values.nbytes)
    return values.zero_()


def empty_like(x: torch.Tensor) -> torch.Tensor:
    """Return memory for a result of the type and shape of ``x``, contiguous."""
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    if out.nbytes > _FRESH_BYTES:
        _engine.train_large_pages(out.data_ptr(), out.nbytes)
    return out
