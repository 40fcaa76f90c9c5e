"""Memory for batches that come one after another: what nobody holds any more is filled again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["BufferPool", "new_array"]

_MOST_FREE = 2  # a loop holds one batch while the next one is made


class BufferPool:
    """Gives arrays, and takes their memory back when the last array over it is gone.

    New memory costs more than the features that are written to it, because the system clears every
    page. A batch that is kept keeps its memory, so nothing is ever overwritten.
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray[Any, Any]] = []

    def empty(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
        """Return an array as ``numpy.empty`` does."""
        num_bytes = math.prod(shape) * np.dtype(dtype).itemsize
        for place, memory in enumerate(self._free):
            if memory.nbytes >= num_bytes:
                return np.asarray(_Loan(self._free.pop(place), shape, dtype, self._free))
        return np.asarray(_Loan(np.empty(num_bytes, np.uint8), shape, dtype, self._free))


def new_array(shape: tuple[int, ...], dtype: Any, pool: BufferPool | None) -> Any:
    """Return an array as ``numpy.empty`` does, in memory of the pool where there is one."""
    return np.empty(shape, dtype) if pool is None else pool.empty(shape, dtype)


class _Loan:
    """Memory that is in use: the base of an array and, through it, of every view."""

    def __init__(
        self,
        memory: np.ndarray[Any, Any],
        shape: tuple[int, ...],
        dtype: Any,
        free: list[np.ndarray[Any, Any]],
    ) -> None:
        self._memory, self._free = memory, free
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": np.dtype(dtype).str,
            "data": (memory.ctypes.data, False),
        }

    def __del__(self) -> None:
        if len(self._free) < _MOST_FREE:
            self._free.append(self._memory)
