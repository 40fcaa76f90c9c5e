"""Large memory: in large pages, cleared in a few pieces and found by few entries; kept for results.

Results of a step are as long as those of the step before, which are gone by then.
"""

from __future__ import annotations

import torch

from mainspring import _engine

__all__ = ["empty", "empty_like", "zeros"]

# What is as long would come fresh from the system, which clears pages for as long as it takes to
# write a result into them.
_LEAST_BYTES = 4 << 20


def zeros(count: int, dtype: torch.dtype) -> torch.Tensor:
    """Return zeros; memory that comes fresh is backed by large pages where there are some."""
    values = torch.empty(count, dtype=dtype)
    _engine.train_large_pages(values.data_ptr(), values.nbytes)
    return values.zero_()


def empty(rows: int, width: int) -> torch.Tensor:
    """Return memory for a result of float32."""
    return _kept(torch.Size((rows, width)), torch.float32)


def empty_like(x: torch.Tensor) -> torch.Tensor:
    """Return memory for a result of the type and shape of ``x``, contiguous."""
    return _kept(x.shape, x.dtype)


def _kept(shape: torch.Size, dtype: torch.dtype) -> torch.Tensor:
    """Return memory that stays for the next result when it is gone, until ``release_memory``."""
    num_bytes = shape.numel() * dtype.itemsize
    if num_bytes < _LEAST_BYTES:
        return torch.empty(shape, dtype=dtype)
    # Not a view, which could not be written to in place where autograd knows of it.
    return torch.frombuffer(_engine.ResultMemory(num_bytes), dtype=dtype).resize_(shape)
