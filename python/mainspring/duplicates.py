"""Rows that are there more than once, taken out of a table before anything is learnt from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mainspring import errors
from mainspring._arrow import as_table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["deduplicate"]

_KEEP = ("first", "last", "none")


def deduplicate(
    data: object, subset: str | Sequence[str] | None = None, *, keep: str = "first"
) -> pa.Table:
    """Take repeated rows out of a table.

    Rows are alike when their values in ``subset`` are: null equals null, NaN equals NaN (but no
    null), -0.0 equals 0.0; strings are compared byte by byte, all else by its exact value. What
    stays is in the order of the table. The same as ``unique(maintain_order=True)`` of polars and,
    but for its taking NaN for null, ``drop_duplicates`` of pandas.

    Parameters
    ----------
    data : table
        A pyarrow Table or RecordBatch, anything else that speaks the Arrow PyCapsule protocol
        (pandas, polars, DuckDB), a list of dicts or a dict of columns. A stream is read to its end.
    subset : str or sequence of str, optional
        The columns to compare; all of them by default.
    keep : {"first", "last", "none"}, default "first"
        Which of the rows that are alike stays: the first, the last, or none of them.

    Returns
    -------
    pyarrow.Table
        All columns, shape (rows that stay, columns). It is the table itself where every row stays,
        else a copy, in which columns of runs are plain ones.

    Raises
    ------
    ParameterError
        When ``data`` is no table, ``subset`` is empty or ``keep`` is another word.
    SchemaError
        When a column of ``subset`` is not there, or holds lists or what the engine does not read;
        the message names it.

    Notes
    -----
    Every row is a key of bytes; a hash finds the candidates, and their bytes decide. Time grows
    with the rows; memory with the distinct ones: their bytes and about 56 more for each.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"id": 1, "x": None}, {"id": 1, "x": None}, {"id": 2, "x": 0.5}]
    >>> ms.deduplicate(rows).to_pylist()
    [{'id': 1, 'x': None}, {'id': 2, 'x': 0.5}]
    >>> ms.deduplicate(rows, "id", keep="none").to_pylist()
    [{'id': 2, 'x': 0.5}]
    """
    import numpy as np
    import pyarrow as pa

    if keep not in _KEEP:
        raise errors.ParameterError(
            f"deduplicate: keep must be 'first', 'last' or 'none', got {keep!r}.",
            expected="'first', 'last' or 'none'",
            got=repr(keep),
        )
    source = _as_arrow(data)
    table = as_table(source)
    names = _names(subset, table.column_names)
    kept = np.empty(table.num_rows, np.bool_)
    table.mark_distinct(names, keep, kept)
    return source if kept.all() else _without_runs(source).filter(pa.array(kept))


def _as_arrow(data: object) -> pa.Table:
    """Make a table that can be both read and cut."""
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
        "deduplicate: data must be a pyarrow, pandas or polars table, a list of dicts or a dict of "
        f"columns, got {type(data).__name__}.",
        expected="a table",
        got=type(data).__name__,
    )


def _names(subset: str | Sequence[str] | None, columns: list[str]) -> list[str]:
    if subset is None:
        return columns
    names = [subset] if isinstance(subset, str) else list(subset)
    wrong = [name for name in names if not isinstance(name, str)]
    if wrong or not names:
        raise errors.ParameterError(
            f"deduplicate: subset must be one column name or more, got {subset!r}.",
            expected="column names",
            got=repr(subset),
        )
    return names


def _without_runs(table: pa.Table) -> pa.Table:
    """Write runs out: pyarrow takes no rows of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, field in enumerate(table.schema):
        if pa.types.is_run_end_encoded(field.type):
            chunks = [pc.run_end_decode(chunk) for chunk in table.column(place).chunks]
            plain = pa.chunked_array(chunks, field.type.value_type)
            table = table.set_column(place, field.name, plain)
    return table
