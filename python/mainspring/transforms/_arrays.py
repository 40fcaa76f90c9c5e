"""Arrays that callers lend: checked before the engine writes to them."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from mainspring import errors

__all__ = ["checked_array", "fail_out"]


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
