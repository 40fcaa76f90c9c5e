"""Every form of data that users have, made into the engine's table.

What speaks the Arrow PyCapsule protocol goes straight through, without a copy and without an
import; rows and columns of Python or NumPy values take the way over pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["as_table"]

_ACCEPTED = (
    "a pyarrow, pandas or polars table, a DuckDB relation, a list of dicts, a dict of columns "
    "or (matrix, names)"
)

# What to do with an object of another type, by the name of its class.
_FIXES = {
    "LazyFrame": "Call collect() first.",
    "Series": "Make a table of it: to_frame().",
    "ndarray": "Name its columns: pass (matrix, names).",
    "str": "Read the file first, for example with pyarrow.parquet.read_table.",
    "PosixPath": "Read the file first, for example with pyarrow.parquet.read_table.",
    "csr_matrix": "Make it dense and name its columns: pass (matrix.toarray(), names).",
    "csr_array": "Make it dense and name its columns: pass (matrix.toarray(), names).",
    "generator": "Make a list of it.",
}


def as_table(data: object, *, what: str = "data") -> _engine.Table:
    """Take data into the engine.

    Integers, floats, decimals and bools, strings and bytes, dates and timestamps, dictionaries and
    runs of all these, and lists of numbers and strings are read; null and NaN both mean missing.
    Columns of other types are an error only when they are used.

    Parameters
    ----------
    data : object
        Anything with ``__arrow_c_stream__`` or ``__arrow_c_array__`` (a pyarrow Table, RecordBatch
        or RecordBatchReader, a pandas or polars DataFrame, a DuckDB relation), a list of dicts (one
        for each row; a key that a row lacks is missing there), a dict of columns,
        ``(matrix, names)`` with a matrix of shape (num_rows, num_columns), or a table that was made
        here before. A stream is read to its end.
    what : str, default "data"
        Name of the argument, for error messages.

    Returns
    -------
    Table
        Shares the memory of Arrow data; rows, columns and matrices are copied.

    Raises
    ------
    ParameterError
        When data is none of these.
    SchemaError
        When the data has no named columns.
    DataError
        When a value does not fit its column, columns differ in length, or a stream fails.
    """
    if isinstance(data, _engine.Table):
        return data
    # What gives both is one batch: as an array it comes in half the time of a stream.
    if hasattr(data, "__arrow_c_array__"):
        return _engine.Table.from_array(*_export(data.__arrow_c_array__, what))
    if hasattr(data, "__arrow_c_stream__"):
        return _engine.Table.from_stream(_export(data.__arrow_c_stream__, what))
    if isinstance(data, tuple) and len(data) == 2 and hasattr(data[0], "shape"):
        return _from_columns(_columns_of_matrix(*data, what=what), what)
    if isinstance(data, Mapping):
        return _from_columns(data, what)
    if isinstance(data, list | tuple) and all(isinstance(row, Mapping) for row in data):
        return _from_columns(_columns_of_rows(data, what), what)
    if type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "columns"):
        return as_table(_from_old_pandas(data, what))
    if hasattr(data, "__arrow_c_device_array__") or hasattr(data, "__arrow_c_device_stream__"):
        raise _on_device(data, what)
    raise _refused(data, what)


def _on_device(data: object, what: str) -> errors.ParameterError:
    got = f"{type(data).__name__} in the memory of a device"
    hint = "Copy it to the host first, for example with to_arrow()."
    return errors.ParameterError(
        f"{what} must be in the host's memory, got {got}. {hint}",
        expected="Arrow data in the host's memory",
        got=got,
        hint=hint,
    )


def _export(export: Callable[[], Any], what: str) -> Any:
    try:
        return export()
    except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise _unconvertible(error, what) from error


def _from_old_pandas(data: object, what: str) -> Any:
    # pandas before 2.2 does not speak the protocol itself.
    return _export(lambda: _pyarrow().Table.from_pandas(data, preserve_index=False), what)


def _unconvertible(error: Exception, what: str) -> errors.DataError:
    reason = "; ".join(str(part) for part in error.args) or type(error).__name__
    hint = "Give each column one type."
    return errors.DataError(f"{what} cannot be read as Arrow: {reason}. {hint}", hint=hint)


def _refused(data: object, what: str) -> errors.ParameterError:
    got = type(data).__name__
    if isinstance(data, list | tuple) and data:
        row = next(i for i, value in enumerate(data) if not isinstance(value, Mapping))
        got = f"{got} with {type(data[row]).__name__} at {row}"
    hint = _FIXES.get(type(data).__name__, "")
    message = f"{what} must be {_ACCEPTED}, got {got}. {hint}".rstrip()
    return errors.ParameterError(message, expected=_ACCEPTED, got=got, hint=hint or None)


def _pyarrow() -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise errors.MissingExtraError(
            "Rows, columns and matrices are read through pyarrow, which is not installed. "
            "Run: pip install pyarrow",
            hint="pip install pyarrow",
        ) from error
    return pa


def _from_columns(columns: Mapping[Any, Any], what: str) -> _engine.Table:
    pa = _pyarrow()
    for name in columns:
        if not isinstance(name, str):
            raise errors.SchemaError(
                f"{what} has a column named {name!r}, expected a str, got {type(name).__name__}. "
                "Rename it.",
                expected="str",
                got=type(name).__name__,
                hint="Rename it.",
            )
    arrays = {name: _array(pa, name, values) for name, values in columns.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    first = next(iter(lengths), "")
    for name, length in lengths.items():
        if length != lengths[first]:
            raise errors.DataError(
                f"Column '{name}' of {what} has {length} values, expected {lengths[first]} as "
                f"column '{first}' has.",
                column=name,
                expected=f"{lengths[first]} values",
                got=f"{length} values",
            )
    return _engine.Table.from_stream(pa.table(arrays).__arrow_c_stream__())


def _array(pa: Any, name: str, values: Any) -> Any:
    one_value = isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable)
    if one_value and not hasattr(values, "__arrow_c_array__"):
        raise errors.ParameterError(
            f"Column '{name}' must be a list or an array, got {type(values).__name__}. "
            "For one row pass a list with one dict.",
            column=name,
            expected="a list or an array",
            got=type(values).__name__,
            hint="For one row pass a list with one dict.",
        )
    try:
        if hasattr(values, "__arrow_c_stream__"):
            return pa.chunked_array(values)
        if isinstance(values, Iterator):
            values = list(values)  # read twice where it has NaN
        return _with_nan(pa, values, pa.array(values, from_pandas=True))
    except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
        raise _mixed_column(name, values, error) from error


def _with_nan(pa: Any, values: Any, array: Any) -> Any:
    """Return numbers whose NaN is NaN, not null: NaN among strings is a missing string."""
    if array.null_count == 0 or not pa.types.is_floating(array.type):
        return array
    try:
        return pa.array(values, array.type)
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return array  # marks of pandas for what is missing


def _mixed_column(name: str, values: Any, error: Exception) -> errors.DataError:
    hint = "Give the column one type."
    kinds = [(row, type(value)) for row, value in enumerate(values) if value is not None]
    first = kinds[0][1] if kinds else type(None)
    odd = next(((row, kind) for row, kind in kinds if kind is not first), None)
    if odd is None:
        return errors.DataError(
            f"Column '{name}' cannot be read: {error}. {hint}", column=name, hint=hint
        )
    row, kind = odd
    return errors.DataError(
        f"Column '{name}', row {row}: expected {first.__name__} as in the rows before, got "
        f"{kind.__name__}. {hint}",
        column=name,
        row=row,
        expected=first.__name__,
        got=kind.__name__,
        hint=hint,
    )


def _columns_of_rows(rows: Sequence[Mapping[Any, Any]], what: str) -> dict[Any, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)  # in order of first appearance
    if rows and not names:
        raise errors.SchemaError(
            f"{what} has {len(rows)} rows and no column, expected at least one key in a row."
        )
    return {name: [row.get(name) for row in rows] for name in names}


def _columns_of_matrix(matrix: Any, names: Any, *, what: str) -> dict[str, npt.NDArray[Any]]:
    import numpy as np

    values = np.asarray(matrix)
    if values.ndim != 2:
        raise errors.DataError(
            f"The matrix of {what} must have two dimensions, got shape {values.shape}.",
            expected="two dimensions",
            got=f"shape {values.shape}",
        )
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise errors.ParameterError(
            f"The names of {what} must be a list of str, got {type(names).__name__}.",
            expected="a list of str",
            got=type(names).__name__,
        )
    names = list(names)
    if len(names) != values.shape[1]:
        raise errors.ParameterError(
            f"{what} has {len(names)} names for {values.shape[1]} columns of the matrix. "
            "Give one name for each column.",
            expected=f"{values.shape[1]} names",
            got=f"{len(names)} names",
            hint="Give one name for each column.",
        )
    columns = {name: values[:, place] for place, name in enumerate(names)}
    if len(columns) != len(names):
        twice = next(name for name in columns if names.count(name) > 1)
        raise errors.SchemaError(
            f"The name {twice!r} stands for more than one column of {what}. "
            "Give each its own name.",
            column=str(twice),
            hint="Give each its own name.",
        )
    return columns
