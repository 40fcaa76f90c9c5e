"""A partition of any engine, as parts of bounded size; errors that say which partition it was."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from mainspring import _arrow, errors
from mainspring._sources import Part, open_source
from mainspring._sources.part import Batch, in_parts
from mainspring._sources.source import projection

__all__ = ["MERGED_AT_ONCE", "ROW_BITS", "located", "parts_of", "renumbered", "schema_of"]

#: States of partitions that are merged at once: the fan-in of the tree.
MERGED_AT_ONCE = 16
#: Where rows have no numbers over the whole input, partition p begins at p << ROW_BITS: what is
#: said of a row after the merge still knows where it lies.
ROW_BITS = 40
_ROWS_AT_ONCE = 1 << 16


def parts_of(
    partition: Any, number: int | None, columns: Sequence[str] | None, schema: pa.Schema | None
) -> Iterator[Part]:
    """Give the rows of a partition in parts.

    Parameters
    ----------
    partition : object
        A pandas frame, an Arrow table or batch, the path of a file or folder, or an iterable of
        these or of dicts; it may be empty.
    number : int or None
        Of the partition, for messages; None where the engine does not say.
    columns : sequence of str or None
        Those that are looked at; None: all.
    schema : pyarrow.Schema or None
        Types for columns that have only nulls here.

    Raises
    ------
    DataError
        Where the values of a column cannot be read; the message names both.
    """
    where = "a batch" if number is None else f"partition {number}"
    batches = (
        Batch(place, _conformed(table, schema))
        for place, table in _tables(partition, where, columns)
    )
    return in_parts(batches)


def schema_of(partition: Any) -> pa.Schema | None:
    """Return the schema of the first rows, or None where there are none."""
    for _, table in _tables(partition, "the first partition", None):
        return table.schema
    return None


def _tables(
    partition: Any, where: str, columns: Sequence[str] | None
) -> Iterator[tuple[str, pa.Table]]:
    if isinstance(partition, (pa.Table, pa.RecordBatch)):
        table = pa.table(partition)
        names = projection(table.column_names, columns)
        yield where, table if names is None else table.select(names)
    elif isinstance(partition, (str, os.PathLike)):
        with located(where), open_source(partition, passes=1, spool=False) as source:
            for batch in source.batches(columns):
                yield f"{where}, {batch.where}", batch.table
    elif type(partition).__module__.partition(".")[0] == "pandas" and hasattr(partition, "columns"):
        with located(where):
            yield where, _of_pandas(partition, columns)
    elif hasattr(partition, "__arrow_c_stream__"):
        with located(where):
            yield from _tables(pa.table(partition), where, columns)
    elif isinstance(partition, Iterable) and not isinstance(partition, Mapping):
        yield from _tables_of_items(partition, where, columns)
    else:
        got = type(partition).__name__
        raise errors.ParameterError(
            f"{where}: expected tables, paths or dicts, got {got}.",
            expected="tables, paths or dicts",
            got=got,
        )


def _tables_of_items(
    items: Iterable[Any], where: str, columns: Sequence[str] | None
) -> Iterator[tuple[str, pa.Table]]:
    rows: list[Mapping[Any, Any]] = []
    for item in items:
        if isinstance(item, Mapping):
            rows.append(item)
        else:
            yield from _tables(item, where, columns)
        if len(rows) == _ROWS_AT_ONCE:
            yield where, _of_rows(rows, where)
            rows = []
    if rows:
        yield where, _of_rows(rows, where)


def _of_rows(rows: list[Mapping[Any, Any]], where: str) -> pa.Table:
    with located(where):
        columns = _arrow._columns_of_rows(rows, "data")
        return pa.table({name: _arrow._array(pa, name, column) for name, column in columns.items()})


def _of_pandas(frame: Any, columns: Sequence[str] | None) -> pa.Table:
    names = projection([str(name) for name in frame.columns], columns)
    chosen = frame if names is None else frame[names]
    try:
        return pa.Table.from_pandas(chosen, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        for name in chosen.columns:  # pyarrow's message is about a value; find its column
            _arrow._array(pa, str(name), chosen[name].tolist())
        raise


def _conformed(table: pa.Table, schema: pa.Schema | None) -> pa.Table:
    """Give columns of nothing but nulls, whose type nobody has told, the type that they have."""
    if schema is None:
        return table
    for index, field in enumerate(table.schema):
        place = schema.get_field_index(field.name)
        if not pa.types.is_null(field.type) or place < 0:
            continue
        nulls = pa.nulls(table.num_rows, schema.field(place).type)
        table = table.set_column(index, pa.field(field.name, nulls.type), nulls)
    return table


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put the place in front of an error of mainspring that has none yet."""
    try:
        yield
    except errors.MainspringError as error:
        if str(error).startswith(where):
            raise
        raise Part(where, None, 0).explain(renumbered(error, whole=False)) from error


def renumbered(error: errors.MainspringError, *, whole: bool) -> errors.MainspringError:
    """Return the error with a row counted from p << ROW_BITS as one of its partition.

    ``whole``: the message speaks of all the data, so it has to say which partition.
    """
    if error.row is None or error.row >> ROW_BITS == 0:
        return error
    number, row = divmod(error.row, 1 << ROW_BITS)
    place = f"row {row} of partition {number}" if whole else f"row {row}"
    return type(error)(
        re.sub(rf"\brow {error.row}\b", place, str(error)),
        column=error.column,
        row=row,
        expected=error.expected,
        got=error.got,
        hint=error.hint,
    ).with_traceback(error.__traceback__)
