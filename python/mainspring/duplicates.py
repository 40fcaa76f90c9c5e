"""Rows that are there more than once, taken out of a table before anything is learnt from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mainspring import _engine, errors
from mainspring._arrow import as_table
from mainspring._columns import arrow_table

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring._sources import Part, Source

__all__ = ["deduplicate", "deduplicate_batches"]

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
    :func:`deduplicate_batches` reads and gives data part by part.

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

    _check_keep(keep, "deduplicate")
    source = arrow_table(data, "deduplicate")
    table = as_table(source)
    names = _names(subset, table.column_names)
    kept = np.empty(table.num_rows, np.bool_)
    table.mark_distinct(names, keep, kept)
    return source if kept.all() else _without_runs(source).filter(pa.array(kept))


def deduplicate_batches(
    data: object,
    subset: str | Sequence[str] | None = None,
    *,
    keep: str = "first",
    spool: bool = True,
    progress: bool = False,
) -> pa.RecordBatchReader:
    """Take repeated rows out of data that does not have to fit in memory, part by part.

    Rows are alike as for :func:`deduplicate`, over all of the data.

    Parameters
    ----------
    data : object
        The path of a Parquet, Arrow or CSV file or of a folder of them, a list of paths, a
        ``pyarrow.dataset.Dataset``, a reader, an iterator over tables, or a table.
    subset : str or sequence of str, optional
        The columns to compare; all of them by default.
    keep : {"first", "last", "none"}, default "first"
        Which of the rows that are alike stays: the first, the last, or none of them.
    spool : bool, default True
        Whether what can be read only once may be kept in a temporary file where ``keep`` is
        ``"last"`` or ``"none"``, which read the data twice; else that is an error.
    progress : bool, default False
        Whether to show a progress bar, on terminals only.

    Returns
    -------
    pyarrow.RecordBatchReader
        The rows that stay, in their order, with the types of the first part. Data is read as it
        is asked for; for ``"last"`` and ``"none"`` it has been read once before this returns.

    Raises
    ------
    ParameterError, SchemaError
        As :func:`deduplicate`, and where a column has another type in a later part; the message
        names the file or batch.
    DataError
        When a file cannot be read, or has other rows when it is read again.

    Notes
    -----
    Beside a part, memory holds what tells rows apart: for each distinct row the bytes of its values
    in ``subset`` and 56 to 72 more, as the table of hashes grows by doubling. Rows that repeat cost
    nothing: 100 million rows of 1 million ids take as much as 1 million rows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> import mainspring as ms
    >>> days = (pa.table({"id": [day, day + 1], "day": [day, day]}) for day in range(3))
    >>> ms.deduplicate_batches(days, "id").read_all().to_pydict()
    {'id': [0, 1, 2, 3], 'day': [0, 0, 1, 2]}
    """
    from mainspring.transforms._parts import as_stream, opened

    _check_keep(keep, "deduplicate_batches")
    if subset is not None:
        _names(subset, [])
    source = opened(data, 1 if keep == "first" else 2, spool, "deduplicate_batches")
    source.plain = True
    return as_stream("arrow", _distinct_batches(source, subset, keep, progress=progress))


def _distinct_batches(
    source: Source, subset: str | Sequence[str] | None, keep: str, *, progress: bool
) -> Iterator[pa.RecordBatch]:
    from mainspring._progress import Progress
    from mainspring.transforms._parts import tables

    rows = _engine.DistinctRows(keep)
    schema: pa.Schema | None = None
    with source:
        num_rows = None if keep == "first" else _look(rows, source, subset, progress=progress)
        count = 0
        with Progress("deduplicate", source.num_rows, shown=progress) as bar:
            for part, table in tables(source, None):
                kept = _marks(rows, part, table, subset, second=num_rows is not None)
                result = _in_schema(part, _without_runs(part.table).filter(kept), schema)
                bar.advance(table.num_rows)
                count += table.num_rows
                del part, table
                if schema is None and not result.num_rows:
                    yield _no_rows(result.schema)
                schema = result.schema
                yield from result.combine_chunks().to_batches()
                del result
        if num_rows is not None and count != num_rows:
            raise errors.DataError(
                f"The data has {count} rows when it is read again, expected the {num_rows} of the "
                "first pass. Read data that stays as it is.",
                expected=f"{num_rows} rows",
                got=f"{count} rows",
            )


def _look(
    rows: _engine.DistinctRows,
    source: Source,
    subset: str | Sequence[str] | None,
    *,
    progress: bool,
) -> int:
    """Look at all rows before any is given; return how many there are."""
    from mainspring._progress import Progress
    from mainspring.transforms._parts import tables

    num_rows = 0
    with Progress("deduplicate 1/2", source.num_rows, shown=progress) as bar:
        for part, table in tables(source, None):
            _marks(rows, part, table, subset, second=False)
            bar.advance(table.num_rows)
            num_rows += table.num_rows
            del part, table
    return num_rows


def _marks(
    rows: _engine.DistinctRows,
    part: Part,
    table: _engine.Table,
    subset: str | Sequence[str] | None,
    *,
    second: bool,
) -> pa.Array:
    """Return which rows of a part stay; in the first reading, which are the first of their kind."""
    import numpy as np
    import pyarrow as pa

    flags = np.empty(table.num_rows, np.bool_)
    names = _names(subset, table.column_names)
    try:
        if second:
            rows.mark(table, names, part.first_row, flags)
        else:
            rows.look(table, names, flags)
    except errors.SchemaError as error:
        raise part.explain(error) from error
    return pa.array(flags)


def _in_schema(part: Part, table: pa.Table, schema: pa.Schema | None) -> pa.Table:
    import pyarrow as pa

    if schema is None or table.schema.equals(schema):
        return table
    try:
        return table.select(schema.names).cast(schema)
    except (pa.ArrowException, ValueError, KeyError) as error:
        got = ", ".join(f"{field.name}: {field.type}" for field in table.schema)
        expected = ", ".join(f"{field.name}: {field.type}" for field in schema)
        raise errors.SchemaError(
            f"{part.where}: the columns are {got}, expected {expected}, as in the parts before. "
            "Read it through a pyarrow.dataset with a schema.",
            expected=expected,
            got=got,
        ) from error


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in schema], schema=schema)


def _check_keep(keep: object, what: str) -> None:
    if keep not in _KEEP:
        raise errors.ParameterError(
            f"{what}: keep must be 'first', 'last' or 'none', got {keep!r}.",
            expected="'first', 'last' or 'none'",
            got=repr(keep),
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
