"""As-of joins: for each row the last one of another table that was known by then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring._arrow import as_table
from mainspring._columns import arrow_table
from mainspring.history.durations import duration_in

if TYPE_CHECKING:
    from datetime import timedelta

    import pyarrow as pa

__all__ = ["join_asof"]


def join_asof(
    left: object,
    right: object,
    on: str | tuple[str, str],
    by: str | Sequence[str | tuple[str, str]] | None = None,
    *,
    tolerance: str | timedelta | int | None = None,
    available: str | None = None,
    allow_exact_matches: bool = False,
    sort: bool = False,
    suffix: str = "_right",
) -> pa.Table:
    """Give each row of the left the last row of the right that was known by then.

    Of the rows of the right with the same key, those are known at ``t`` whose time is before ``t``
    and whose ``available`` is at or before ``t``. The last of them by time is taken; of equal
    times the one that became available last, then the one that is further down.

    Parameters
    ----------
    left, right : table
        Anything that speaks the Arrow PyCapsule protocol (pyarrow, pandas, polars, DuckDB), a list
        of dicts or a dict of columns. Rows ascend by time.
    on : str or (str, str)
        The column of times: timestamps, dates or integers. Two names where they differ. Times of
        different units are compared exactly; a column without a time zone is not compared with one
        that has one.
    by : str or sequence, optional
        Columns that must be equal: names, or pairs of names. Integers, text, booleans, times.
        Default: all rows have one key.
    tolerance : str, timedelta or int, optional
        Largest age of what is found, such as ``"7d"``; an int where times are integers.
    available : str, optional
        A column of the right: when the row became known. Null: never. Default: at its time.
    allow_exact_matches : bool, default False
        Whether a row of the same time is known, which leaks where it is the row's own event.
    sort : bool, default False
        Take rows in any order; else a row out of order is an error.
    suffix : str, default "_right"
        Behind the names of the right's columns that the left has, too.

    Returns
    -------
    pyarrow.Table
        The rows of the left in their order, then the columns of the right but for ``by``, and for
        the time where it has the left's name; null where nothing was known. The schema's metadata
        has under ``mainspring.counts``, as JSON, how many rows of either side had no time or no
        key, and how many of the right are never available: they meet nothing.

    Raises
    ------
    DataError
        When rows are not in order; the message names the first one.
    SchemaError
        When a column is not there, or two cannot be compared.
    ParameterError
        When an argument cannot be.

    Notes
    -----
    One merge, with the last row of each key at hand: time grows with the rows, memory with 8 bytes
    a row. Integers of a small range and dictionaries are fastest.

    Examples
    --------
    >>> import mainspring as ms
    >>> trades = {"at": [3, 7], "paper": ["A", "A"]}
    >>> quotes = {"at": [1, 3, 6], "paper": ["A", "A", "A"], "price": [10.0, 11.0, 12.0]}
    >>> ms.join_asof(trades, quotes, "at", "paper")["price"].to_pylist()
    [10.0, 12.0]
    """
    import pyarrow as pa

    first, second = arrow_table(left, "join_asof"), arrow_table(right, "join_asof")
    left_on, right_on = _pair(on, "on")
    left_by, right_by = _keys(by)
    needed = [right_on, *right_by] if available is None else [right_on, *right_by, available]
    left_table = as_table(first.select(_distinct([left_on, *left_by], first)))
    right_table = as_table(second.select(_distinct(needed, second)))
    age = None
    if tolerance is not None:
        unit = _engine.as_of_unit(left_table, right_table, left_on, right_on, available)
        age = duration_in(tolerance, unit, "join_asof: tolerance")
    found = _engine.AsOfRows(
        left_table,
        right_table,
        left_on,
        right_on,
        left_by,
        right_by,
        available,
        age,
        bool(allow_exact_matches),
        bool(sort),
    )
    result = first
    for place, field in enumerate(second.schema):
        name = field.name
        if name in right_by or (name == right_on and name == left_on):
            continue
        name = name + suffix if name in result.column_names else name
        values = _taken(found, second.column(place), first.num_rows)
        result = result.append_column(pa.field(name, values.type), values)
    metadata = dict(first.schema.metadata or {})
    metadata[b"mainspring.counts"] = json.dumps(found.counts).encode()
    return result.replace_schema_metadata(metadata)


def _pair(names: object, what: str) -> tuple[str, str]:
    if isinstance(names, str):
        return names, names
    if (
        isinstance(names, tuple)
        and len(names) == 2
        and all(isinstance(name, str) for name in names)
    ):
        return names
    raise errors.ParameterError(
        f"join_asof: {what} must be a column name, or a pair of them, got {names!r}.",
        expected="a column name, or a pair of them",
        got=repr(names),
    )


def _keys(by: object) -> tuple[list[str], list[str]]:
    if by is None:
        return [], []
    if isinstance(by, str):
        return [by], [by]
    if not isinstance(by, Sequence):
        raise errors.ParameterError(
            f"join_asof: by must be column names, got {by!r}.",
            expected="column names",
            got=repr(by),
        )
    pairs = [_pair(names, "by") for names in by]
    return [name for name, _ in pairs], [name for _, name in pairs]


def _distinct(names: list[str], table: pa.Table) -> list[str]:
    """Leave names that are not there to the engine, which suggests others."""
    if all(name in table.column_names for name in names):
        return list(dict.fromkeys(names))
    return list(table.column_names)


def _taken(found: _engine.AsOfRows, column: pa.ChunkedArray, num_rows: int) -> Any:
    """Return the column's values for the rows that were found."""
    import numpy as np
    import pyarrow as pa

    width = _plain_width(column.type)
    if width and column.num_chunks <= 1 and len(column):
        chunk = column.chunk(0)
        valid, values = chunk.buffers()
        plain = np.frombuffer(values, np.uint8)[
            chunk.offset * width : (chunk.offset + len(chunk)) * width
        ]
        bits = None if valid is None else np.frombuffer(valid, np.uint8)
        out = np.empty(num_rows * width, np.uint8)
        out_valid = np.empty((num_rows + 7) // 8, np.uint8)
        num_null = found.take(plain, bits, chunk.offset, width, out, out_valid)
        validity = pa.py_buffer(out_valid) if num_null else None
        return pa.Array.from_buffers(
            column.type, num_rows, [validity, pa.py_buffer(out)], null_count=num_null
        )
    rows = np.empty(num_rows, np.uint32)
    found.copy_rows(rows)
    missing = rows == np.uint32(0xFFFFFFFF)
    return column.take(pa.array(rows, mask=missing))


def _plain_width(kind: Any) -> int:
    """Return the bytes of a value, where values lie side by side; else 0."""
    import pyarrow as pa

    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_date, pa.types.is_timestamp)
    return kind.bit_width // 8 if any(check(kind) for check in checks) else 0
