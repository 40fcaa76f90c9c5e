"""A CSV file, block by block: its first line names the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring._sources.source import projection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

__all__ = ["empty_is_missing", "read_csv_batches"]

# Bytes that are read at once. Types are those of the first block's values, so it is a large one.
_BLOCK_BYTES = 4 << 20


def read_csv_batches(path: Path, columns: Sequence[str] | None) -> Iterator[Any]:
    """Give an empty table, then the rows as tables."""
    import pyarrow as pa
    import pyarrow.csv

    options = pyarrow.csv.ReadOptions(block_size=_BLOCK_BYTES)
    with pyarrow.csv.open_csv(path, read_options=options) as reader:
        names = projection(reader.schema.names, columns)
        empty = reader.schema.empty_table()
        yield empty if names is None else empty.select(names)
        for batch in reader:
            table = pa.Table.from_batches([batch])
            yield empty_is_missing(table if names is None else table.select(names))
            del batch, table


def empty_is_missing(table: pa.Table) -> pa.Table:
    """Take empty texts for missing ones; a text 'NA' may be an airline and stays."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            column = table.column(index)
            empty = pc.equal(column, "")
            table = table.set_column(index, field.name, pc.if_else(empty, None, column))
    return table
