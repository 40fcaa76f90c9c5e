"""Columns of a table as pyarrow and NumPy see them: keys as codes, times as integers, numbers.

What reads rows in Python (splits, quality, checks, monitor) does it here, so that a missing column
or a wrong type is the same error everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._names import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

__all__ = ["arrow_table", "codes_of", "column_of", "numbers_of", "span_in", "times_of"]

_MICROSECOND = timedelta(microseconds=1)


def arrow_table(data: object, what: str) -> pa.Table:
    """Make a table that can be both read and cut.

    Parameters
    ----------
    data : object
        A pyarrow, pandas, polars or DuckDB table, a list of dicts or a dict of columns.
    what : str
        The function that wants it, for error messages.

    Returns
    -------
    pyarrow.Table
        A view where the data is Arrow.

    Raises
    ------
    ParameterError
        When data is no table.
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return pa.table(data)
    if isinstance(data, Mapping) and data:
        return pa.table(dict(data))
    if isinstance(data, list | tuple) and data and all(isinstance(row, Mapping) for row in data):
        columns = dict.fromkeys(name for row in data for name in row)
        return pa.table({name: [row.get(name) for row in data] for name in columns})
    raise errors.ParameterError(
        f"{what}: data must be a pyarrow, pandas or polars table, a list of dicts or a dict of "
        f"columns, got {type(data).__name__}.",
        expected="a table",
        got=type(data).__name__,
    )


def column_of(table: pa.Table, name: str, what: str) -> pa.ChunkedArray:
    """Return a column by its name.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    name : str
        The column.
    what : str
        The argument that names it, for error messages.

    Returns
    -------
    pyarrow.ChunkedArray
        The column; runs are written out.

    Raises
    ------
    SchemaError
        When it is not there, or there twice.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = table.schema.get_all_field_indices(name)
    if len(found) != 1:
        hint = "" if found else did_you_mean(name, table.column_names)
        where = "more than once" if found else "not at all"
        raise errors.SchemaError(
            f"{what} names column '{name}', which the table has {where}.{hint}", column=name
        )
    column = table.column(found[0])
    if pa.types.is_run_end_encoded(column.type):
        chunks = [pc.run_end_decode(chunk) for chunk in column.chunks]
        column = pa.chunked_array(chunks, column.type.value_type)
    return column


def codes_of(column: pa.ChunkedArray, name: str) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Give each value of a column a number, in the order of their first appearance.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Numbers, strings, booleans or times; null and NaN are missing.
    name : str
        The column, for error messages.

    Returns
    -------
    codes : numpy.ndarray
        int64, -1 where the value is missing.
    values : pyarrow.Array
        The value of each code.

    Raises
    ------
    SchemaError
        When the values cannot be compared, such as lists.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        # -0.0 is 0.0, and NaN is missing.
        column = pc.if_else(pc.is_nan(column), None, pc.add(column, pa.scalar(0.0, column.type)))
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if pa.types.is_nested(column.type):
        raise errors.SchemaError(
            f"Column '{name}' has type {column.type}, expected one value for each row.",
            column=name,
            expected="one value for each row",
            got=str(column.type),
        )
    encoded = column.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = (
            pa.concat_arrays(encoded.chunks)
            if encoded.num_chunks
            else pa.array([], column.type).dictionary_encode()
        )
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype("int64")
    return codes, encoded.dictionary


def numbers_of(column: pa.ChunkedArray, name: str) -> npt.NDArray[np.float64]:
    """Return a column as float64, NaN where it is missing.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Numbers or booleans.
    name : str
        The column, for error messages.

    Returns
    -------
    numpy.ndarray
        float64.

    Raises
    ------
    SchemaError
        When it holds something else.
    """
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    wanted = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    if pa.types.is_boolean(kind):
        column = column.cast(pa.uint8())
    elif pa.types.is_null(kind) or pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
    elif not any(of(kind) for of in wanted):
        raise errors.SchemaError(
            f"Column '{name}' has type {kind}, expected numbers. Cast it.",
            column=name,
            expected="numbers",
            got=str(kind),
            hint="Cast it.",
        )
    numbers: npt.NDArray[np.float64] = column.to_numpy().astype("float64")
    return numbers


def times_of(column: pa.ChunkedArray, name: str) -> tuple[npt.NDArray[Any], str]:
    """Return a column of moments as numbers that can be compared.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Dates, timestamps, or numbers, such as years or steps.
    name : str
        The column, for error messages.

    Returns
    -------
    times : numpy.ndarray
        int64 in ``unit``; of numbers, as they are.
    unit : str
        "s", "ms", "us" or "ns"; "" of numbers.

    Raises
    ------
    SchemaError
        When the column holds something else.
    DataError
        When a row has no time: it belongs neither before nor after another.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    kind, unit = column.type, ""
    if pa.types.is_date(kind):
        column, unit = column.cast(pa.timestamp("ms")).cast(pa.int64()), "ms"
    elif pa.types.is_timestamp(kind):
        column, unit = column.cast(pa.int64()), kind.unit
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise errors.SchemaError(
            f"Column '{name}' has type {kind}, expected a date, a timestamp or a number. Cast it.",
            column=name,
            expected="date, timestamp or number",
            got=str(kind),
            hint="Cast it.",
        )
    missing = pc.is_null(column, nan_is_null=True).to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise errors.DataError(
            f"Column '{name}', row {row}: the time is missing, so the row is neither before nor "
            "after another. Leave such rows out, or fill them.",
            column=name,
            row=row,
            expected="a time",
            got="missing",
        )
    return column.to_numpy(), unit


def span_in(span: object, unit: str, what: str) -> float:
    """Return a span of time in the unit of a column of times.

    Parameters
    ----------
    span : timedelta, number or None
        Numbers where the times are numbers; None is 0. A date or datetime is a moment: the span
        since 1970.
    unit : str
        As :func:`times_of` returns it.
    what : str
        The argument, for error messages.

    Returns
    -------
    float or int
        The span; whole, and exact, for times.

    Raises
    ------
    ParameterError
        When the span is of the wrong kind.
    """
    if span is None:
        return 0
    if unit == "":
        if isinstance(span, int | float) and not isinstance(span, bool):
            return span
        wanted = "a number, as the times are numbers"
    else:
        if isinstance(span, date):
            moment = (
                span if isinstance(span, datetime) else datetime(span.year, span.month, span.day)
            )
            zone = None if moment.tzinfo is None else timezone.utc
            span = moment - datetime(1970, 1, 1, tzinfo=zone)
        if isinstance(span, timedelta):
            per_second = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[unit]
            # Rounded up: a gap is never shorter than asked for.
            return -(-(span // _MICROSECOND) * per_second // 1_000_000)
        wanted = "a timedelta, or a datetime where a moment is meant"
    raise errors.ParameterError(
        f"{what} must be {wanted}, got {span!r}.", expected=wanted, got=repr(span)
    )
