"""Rows by blocks: tables in memory and Parquet files, any block at any time; streams in order."""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._columns import arrow_table
from mainspring._sources import is_source, open_source
from mainspring._sources.files import FilesSource, kind_of, unreadable
from mainspring._sources.parquet_files import open_parquet, with_values
from mainspring._sources.source import projection
from mainspring._sources.spool import SpooledSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from mainspring._sources import Source

__all__ = ["ParquetBlocks", "Rows", "StreamBlocks", "TableBlocks", "blocks_of"]

_MOST_OPEN = 2  # row groups that are kept decoded: consecutive windows share one


@dataclass(frozen=True)
class Rows:
    """Rows [first, end) of a table that is kept whole: what is made of a column is made once."""

    table: pa.Table
    first: int
    end: int
    first_row: int  # number of the first one over all rows
    where: str = ""  # a file, in messages

    def __len__(self) -> int:
        return self.end - self.first

    def cut(self) -> pa.Table:
        """Return them as a table."""
        return self.table.slice(self.first, len(self))


class TableBlocks:
    """A table in memory, in blocks of ``block_rows`` rows; nothing is copied."""

    def __init__(self, table: pa.Table, block_rows: int) -> None:
        self._table, self._block_rows = table, block_rows
        count, rest = divmod(table.num_rows, block_rows)
        self.sizes = [block_rows] * count + ([rest] if rest else [])

    def schema(self) -> pa.Schema:
        """Return the columns and their types."""
        return self._table.schema

    def read(self, block: int, first: int, end: int) -> Rows:
        """Return rows of a block."""
        start = block * self._block_rows
        return Rows(self._table, start + first, start + end, start + first)


class ParquetBlocks:
    """Parquet files, a block for each row group."""

    def __init__(self, paths: Sequence[Path], columns: list[str] | None) -> None:
        self._columns = columns
        self._groups: list[tuple[Path, int, int]] = []
        self._decoded: OrderedDict[int, pa.Table] = OrderedDict()
        self.sizes: list[int] = []
        import pyarrow as pa
        import pyarrow.parquet

        first_row = 0
        for path in paths:
            try:
                metadata = pyarrow.parquet.read_metadata(path)
            except (pa.ArrowException, OSError) as error:
                raise unreadable(path, error) from error
            for group in range(metadata.num_row_groups):
                num_rows = metadata.row_group(group).num_rows
                if num_rows:
                    self._groups.append((path, group, first_row))
                    self.sizes.append(num_rows)
                    first_row += num_rows
        self._first = paths[0]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_decoded": OrderedDict()}

    def schema(self) -> pa.Schema:
        """Return the columns and their types in the first file."""
        import pyarrow.parquet

        return pyarrow.parquet.read_schema(self._first)

    def read(self, block: int, first: int, end: int) -> Rows:
        """Return rows of a block."""
        path, _, first_row = self._groups[block]
        if block not in self._decoded:
            while len(self._decoded) >= _MOST_OPEN:
                self._decoded.popitem(last=False)
            self._decoded[block] = self._decode(block)
        self._decoded.move_to_end(block)
        return Rows(self._decoded[block], first, end, first_row + first, str(path))

    def _decode(self, block: int) -> pa.Table:
        import pyarrow as pa

        path, group, _ = self._groups[block]
        try:
            with open_parquet(path) as file:
                names = projection(file.schema_arrow.names, self._columns)
                table = file.read_row_group(group, columns=names)
                return with_values(table, file.metadata.schema.to_arrow_schema())
        except FileNotFoundError as error:
            raise errors.FileError(f"{path} cannot be read: it has gone away.") from error
        except (pa.ArrowException, OSError) as error:
            raise unreadable(path, error) from error


class StreamBlocks:
    """What can only be read from its beginning on, in parts of so many rows."""

    def __init__(self, source: Source, columns: list[str] | None) -> None:
        self._source, self._columns = source, columns
        self._owner = os.getpid()

    def __del__(self) -> None:
        if self._owner == os.getpid():  # a worker's copy leaves the files to others
            self._source.close()

    def schema(self) -> pa.Schema:
        """Return the columns and their types at the beginning."""
        for part in self._source.parts(self._columns, 1):
            return part.table.schema
        raise errors.DataError("The data has no parts, expected at least one table.")

    def parts(self, num_rows: int) -> Iterator[Rows]:
        """Give all rows in their order."""
        for part in self._source.parts(self._columns, num_rows):
            if part.table.num_rows:
                yield Rows(part.table, 0, part.table.num_rows, part.first_row, part.where)


def blocks_of(
    data: Any, columns: list[str] | None, block_rows: int
) -> TableBlocks | ParquetBlocks | StreamBlocks:
    """Return the blocks of any data.

    Parameters
    ----------
    data : object
        A table, or what is read part by part.
    columns : list of str, optional
        Those that are looked at; None: all.
    block_rows : int
        Of a table in memory.

    Raises
    ------
    ParameterError, FileError, DataError
        When the data is none of these, or cannot be read.
    """
    if not is_source(data):
        return TableBlocks(arrow_table(data, "ArrowBatches"), block_rows)
    source = open_source(data, passes=2, spool=True, what="ArrowBatches")
    if isinstance(
        source, SpooledSource
    ):  # kept in a temporary file from here on: epochs and workers read it again
        for _ in source.batches(columns):
            pass
    if isinstance(source, FilesSource) and all(kind_of(p) == "parquet" for p in source._paths):
        return ParquetBlocks(source._paths, columns)
    return StreamBlocks(source, columns)
