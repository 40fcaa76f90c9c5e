"""Features as the containers that users ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mainspring import errors

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring import _engine

    Floats = npt.NDArray[np.float32]

__all__ = ["OUTPUTS", "checked_output", "output_buffer", "to_container"]

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
    if out is None:
        return np.empty((num_rows, num_features), dtype=np.float32)
    wanted = f"a writable C-contiguous float32 array of shape ({num_rows}, {num_features})"
    if output != "numpy":
        _fail(wanted + " with output='numpy'", f"output={output!r}")
    if not isinstance(out, np.ndarray):
        _fail(wanted, type(out).__name__)
    flags = out.flags
    if (
        out.dtype != np.float32
        or out.shape != (num_rows, num_features)
        or not (flags.c_contiguous and flags.writeable)
    ):
        layout = "" if flags.c_contiguous else " that is not C-contiguous"
        layout += "" if flags.writeable else " that is read-only"
        _fail(wanted, f"{out.dtype} of shape {out.shape}{layout}")
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
