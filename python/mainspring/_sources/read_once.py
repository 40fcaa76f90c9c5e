"""Readers and generators: sources that have gone by when they have been read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._sources.part import Batch
from mainspring._sources.source import Source, projection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["GeneratorSource", "ReaderSource"]


class ReaderSource(Source):
    """A RecordBatchReader, or another iterator that is an Arrow stream."""

    once = True

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def batches(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        """Give what the reader gives, or its schema alone."""
        import pyarrow as pa

        reader = self._reader
        if not isinstance(reader, pa.RecordBatchReader):
            reader = pa.RecordBatchReader.from_stream(reader)
        names = projection(reader.schema.names, columns)
        yield Batch("the stream", _selected(reader.schema.empty_table(), names))
        number = 0
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except (pa.ArrowException, OSError) as error:
                raise errors.DataError(f"batch {number}: {_reason(error)}") from error
            yield Batch(f"batch {number}", _selected(pa.Table.from_batches([batch]), names))
            number += 1
            del batch


class GeneratorSource(Source):
    """An iterator over tables and record batches of any library that speaks Arrow."""

    once = True

    def __init__(self, items: Iterator[Any]) -> None:
        self._items = items

    def batches(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        """Give what the iterator gives, as tables."""
        for number, item in enumerate(self._items):
            table = _table_of(item, number)
            yield Batch(
                f"batch {number}", _selected(table, projection(table.column_names, columns))
            )
            del item, table


def _selected(table: Any, names: list[str] | None) -> Any:
    return table if names is None else table.select(names)


def _reason(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _table_of(item: Any, number: int) -> Any:
    import pyarrow as pa

    if isinstance(item, pa.RecordBatch):
        return pa.Table.from_batches([item])
    if isinstance(item, pa.Table):
        return item
    if hasattr(item, "__arrow_c_stream__") or hasattr(item, "__arrow_c_array__"):
        try:
            return pa.table(item)
        except (TypeError, ValueError, OverflowError, NotImplementedError) as error:
            raise errors.DataError(
                f"batch {number}: it cannot be read as Arrow: {_reason(error)}"
            ) from error
    if type(item).__module__.partition(".")[0] == "pandas" and hasattr(item, "columns"):
        return pa.Table.from_pandas(item, preserve_index=False)  # before it spoke the protocol
    expected = "a pyarrow, pandas or polars table or record batch"
    raise errors.ParameterError(
        f"batch {number}: expected {expected}, got {type(item).__name__}. Yield tables; for rows "
        "and columns of Python values, pyarrow.table(columns) and pyarrow.Table.from_pylist(rows) "
        "make them.",
        expected=expected,
        got=type(item).__name__,
    )
