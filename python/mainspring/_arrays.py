"""Arrays that results are written to: new ones, or those that callers lend."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from mainspring import _engine, errors

__all__ = ["checked_array", "fail_out", "new_array"]

_LEAST_KEPT = 4 << 20  # bytes; what is smaller is mostly memory that was in use before


def new_array(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array as ``numpy.empty`` does, a large one in memory that is kept when it is gone.

    New memory costs more than the features that are written to it, because the system clears every
    page. An array that is kept, or of which a view is kept, keeps its memory.
    """
    num_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if num_bytes < _LEAST_KEPT:
        return np.empty(shape, dtype)
    return np.asarray(_engine.ResultMemory(num_bytes), np.uint8).view(dtype).reshape(shape)


def checked_array(out: Any, shape: tuple[int, ...], dtype: Any, name: str = "out") -> Any:
    """Return the array, or raise ParameterError unless it is writable, C-contiguous and fits."""
    expected = f"a writable C-contiguous {np.dtype(dtype)} array of shape {shape}"
    if not isinstance(out, np.ndarray):
        fail_out(expected, type(out).__name__, name)
    flags = out.flags
    if out.dtype != dtype or out.shape != shape or not (flags.c_contiguous and flags.writeable):
        layout = "" if flags.c_contiguous else " that is not C-contiguous"
        layout += "" if flags.writeable else " that is read-only"
        fail_out(expected, f"{out.dtype} of shape {out.shape}{layout}", name)
    return out


def fail_out(expected: str, got: str, name: str = "out") -> NoReturn:
    """Raise the ParameterError of an argument that cannot be written to."""
    raise errors.ParameterError(
        f"{name} must be {expected}, got {got}.", expected=expected, got=got
    )
