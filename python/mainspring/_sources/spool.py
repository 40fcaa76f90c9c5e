"""A source that can be read once, kept in a temporary file while it is read."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._sources.part import Batch
from mainspring._sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["SpooledSource"]


class SpooledSource(Source):
    """Reads a source once and writes what it gives into Arrow files; reads these from then on.

    The files hold the columns of the first reading. They lie in the folder for temporary files
    (``TMPDIR``) and are gone after the ``with`` block, also when it ends with an exception.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.num_rows = source.num_rows
        self._folder = TemporaryDirectory(prefix="mainspring-")
        self._files: list[tuple[Path, list[str]]] = []  # each with where its batches are from
        self._complete = False

    def batches(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        """Give the rows; the first reading must come to its end before the second begins."""
        return self._read() if self._complete else self._copy(columns)

    def close(self) -> None:
        """Remove the files."""
        self._source.close()
        self._folder.cleanup()

    def _copy(self, columns: Sequence[str] | None) -> Iterator[Batch]:
        import pyarrow as pa
        import pyarrow.ipc

        writer: Any = None
        schema: Any = None
        num_rows = 0
        try:
            for batch in self._source.batches(columns):
                if schema is None or not batch.table.schema.equals(schema):
                    if writer is not None:
                        writer.close()
                    schema = batch.table.schema
                    path = Path(self._folder.name) / f"{len(self._files)}.arrow"
                    self._files.append((path, []))
                    writer = pa.ipc.new_stream(str(path), schema)
                self._write(writer, batch)
                num_rows += batch.table.num_rows
                yield batch
                del batch
            self._complete = True
            self.num_rows = num_rows
        finally:
            if writer is not None:
                writer.close()

    def _write(self, writer: Any, batch: Batch) -> None:
        try:
            for record_batch in batch.table.to_batches():
                writer.write_batch(record_batch)
                self._files[-1][1].append(batch.where)
        except OSError as error:
            raise errors.FileError(
                f"The data cannot be kept in {self._folder.name}: {error}. Set TMPDIR to a folder "
                "with room for it, or fit on data that can be read again: a folder of Parquet "
                "files.",
                hint="set TMPDIR",
            ) from error

    def _read(self) -> Iterator[Batch]:
        import pyarrow as pa
        import pyarrow.ipc

        for path, places in self._files:
            with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as reader:
                if not places:
                    yield Batch("the stream", reader.schema.empty_table())
                for where in places:
                    yield Batch(where, pa.Table.from_batches([reader.read_next_batch()]))
