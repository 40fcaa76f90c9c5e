"""Parts: batches of any size, put together and cut into tables of a bounded number of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainspring import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

__all__ = ["Batch", "Part", "in_parts", "rows_at_once"]

# What a part holds at most: numbers of columns times rows.
_VALUES_AT_ONCE = 1 << 21
_MIN_ROWS = 1 << 11
_MAX_ROWS = 1 << 16


@dataclass(frozen=True)
class Batch:
    """Rows as they come from a source, and where from, in words: a file or a number."""

    where: str
    table: pa.Table


@dataclass(frozen=True)
class Part:
    """Rows that are worked on at once.

    ``first_row`` is the number of the first one over the whole source. ``where`` says where it
    comes from.
    """

    where: str
    table: pa.Table
    first_row: int

    def explain(self, error: errors.MainspringError) -> errors.MainspringError:
        """Return the same error with the place that the part comes from in front of it."""
        made = type(error)(
            f"{self.where}: {error}",
            column=error.column,
            row=error.row,
            expected=error.expected,
            got=error.got,
            hint=error.hint,
        )
        return made.with_traceback(error.__traceback__)


def rows_at_once(num_columns: int) -> int:
    """Return how many rows of so many columns a part has."""
    return min(max(_VALUES_AT_ONCE // max(num_columns, 1), _MIN_ROWS), _MAX_ROWS)


def in_parts(batches: Iterable[Batch], num_rows: int | None = None) -> Iterator[Part]:
    """Put batches together and cut them, without a copy, into parts of ``num_rows`` rows.

    The last part is what is left. A part holds rows of one schema; where that changes, one ends
    early. Without any row there is one empty part for each schema.
    """
    import pyarrow as pa

    first_row = 0
    waiting: list[Batch] = []
    count = 0
    seen: pa.Schema | None = None  # of the part before

    def part() -> Part:
        nonlocal first_row, count, seen
        table = pa.concat_tables([batch.table for batch in waiting])
        seen = table.schema
        made = Part(waiting[0].where, table, first_row)
        first_row += count
        count = 0
        waiting.clear()
        return made

    for batch in batches:
        table = batch.table
        wanted = rows_at_once(table.num_columns) if num_rows is None else num_rows
        if waiting and not table.schema.equals(waiting[0].table.schema):
            yield part()
        if count >= wanted:  # the part before was of a narrower table
            yield part()
        start = 0
        while count + table.num_rows - start >= wanted:
            taken = wanted - count
            waiting.append(Batch(batch.where, table.slice(start, taken)))
            count += taken
            start += taken
            yield part()
        if start < table.num_rows or not (start or waiting):
            waiting.append(Batch(batch.where, table.slice(start)))
            count += table.num_rows - start
        del table, batch  # only what waits is kept while the next one is read
    if waiting and (count or seen is None or not waiting[0].table.schema.equals(seen)):
        yield part()
