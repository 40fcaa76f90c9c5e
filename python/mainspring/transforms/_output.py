"""Features as the containers that users ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mainspring import errors

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring import _engine

    Floats = npt.NDArray[np.float32]

__all__ = ["OUTPUTS", "checked_output", "output_buffer", "output_row", "to_container"]

OUTPUTS = ("numpy", "arrow", "pandas", "polars")


def checked_output(output: str) -> str:
    """Return the output's name, or raise ParameterError."""
    if output not in OUTPUTS:
        raise errors.ParameterError(
            f"output must be one of {', '.join(map(repr, OUTPUTS))}, got {output!r}.",
            expected=f"one of {', '.join(OUTPUTS)}",
            got=repr(output),
        )
    return output


def output_buffer(out: Any, output: str, num_rows: int, num_features: int) -> Floats:
    """Return the caller's array, checked, or a new one."""
    shape = (num_rows, num_features)
    if out is None:
        return np.empty(shape, np.float32)
    if output != "numpy":
        _fail(f"{_wanted(shape)} with output='numpy'", f"output={output!r}")
    return _checked(out, shape)


def output_row(out: Any, num_features: int) -> Floats:
    """Return the caller's array for one row, checked, or a new one."""
    return np.empty(num_features, np.float32) if out is None else _checked(out, (num_features,))


def _wanted(shape: tuple[int, ...]) -> str:
    return f"a writable C-contiguous float32 array of shape {shape}"


def _checked(out: Any, shape: tuple[int, ...]) -> Floats:
    if not isinstance(out, np.ndarray):
        _fail(_wanted(shape), type(out).__name__)
    flags = out.flags
    if (
        out.dtype != np.float32
        or out.shape != shape
        or not (flags.c_contiguous and flags.writeable)
    ):
        layout = "" if flags.c_contiguous else " that is not C-contiguous"
        layout += "" if flags.writeable else " that is read-only"
        _fail(_wanted(shape), f"{out.dtype} of shape {out.shape}{layout}")
    return out


def _fail(expected: str, got: str) -> NoReturn:
    raise errors.ParameterError(f"out must be {expected}, got {got}.", expected=expected, got=got)


def to_container(columns: _engine.ArrowColumns, output: str, index: Any) -> Any:
    """Return the engine's columns as a table of a library, which shares their memory."""
    if output == "polars":
        import polars

        return polars.DataFrame(columns)
    import pyarrow as pa

    batch = pa.record_batch(columns)
    if output == "arrow":
        return batch
    import pandas

    frame = batch.to_pandas()
    if isinstance(index, pandas.Index) and len(index) == len(frame):
        frame.index = index
    return frame
