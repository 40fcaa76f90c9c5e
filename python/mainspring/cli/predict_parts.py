"""Work on a file or folder in steps that survive a kill: batch jobs of ``predict`` and ``explain``.

Every row group of a Parquet file, and every batch of an Arrow file, is a step. What a step gives
goes into a file of its own in a folder beside the output, written under another name and renamed
when it is whole; so a file that is there is done. When all are there, they are put together in
order, and the output is renamed to its place. The folder also says which job it is of: a run of the
same job goes on where the last one was stopped, any other one begins anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring._progress import Progress
from mainspring._sources.files import files_of, kind_of, read_batches, unreadable
from mainspring._sources.parquet_files import open_parquet, with_values
from mainspring._sources.part import Part, rows_at_once
from mainspring._sources.source import projection

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

__all__ = ["Job", "Step", "file_hash", "read_step", "steps_of"]

_FORMAT = 1  # of the folder


@dataclass(frozen=True)
class Step:
    """What is read at once to be done at once: a row group, a batch, or a whole file."""

    path: Path
    index: int | None  # None: the whole file
    num_rows: int | None  # where that is known without reading them


def steps_of(path: Path) -> list[Step]:
    """Return the steps of a file or folder, in the order of the rows.

    Raises
    ------
    FileError, ParameterError
        As :func:`files_of`.
    DataError
        When a file is not what its ending says.
    """
    return [step for file in files_of(path) for step in _steps_of_file(file)]


def _steps_of_file(file: Path) -> list[Step]:
    import pyarrow as pa

    try:
        return _STEPS[kind_of(file)](file)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(file, error) from error


class Job:
    """Steps, what makes rows to write of a table, and where they go.

    Parameters
    ----------
    steps : sequence of Step
        What is read.
    columns : sequence of str
        Which columns of it.
    keep : sequence of str
        Columns that are written, too.
    make : callable
        Makes the rows to write of a table of these columns.
    identity : dict
        What decides about the result beside the data, as JSON; another one is another job.
        "command" is what the progress bar is called.
    output : str
        The file to write.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        columns: Sequence[str],
        keep: Sequence[str],
        make: Callable[[pa.Table], pa.Table],
        identity: dict[str, Any],
        output: str,
    ) -> None:
        self._steps = list(steps)
        self._columns = list(columns)
        self._make = make
        self._target = Path(output)
        self._folder = self._target.with_name(f".{self._target.name}.parts")
        self._schema: pa.Schema | None = None  # of the first rows that were written
        self._identity = {**identity, "format": _FORMAT, "keep": list(keep)}
        self._identity |= {"columns": self._columns, "data": _stamps(steps)}

    def run(self) -> None:
        """Do the steps that are left.

        Raises
        ------
        FileError
            When the folder cannot be written.
        MainspringError
            When rows cannot be read or predicted; the message names the file. What was done stays.
        """
        done = self._begin()
        counts = [step.num_rows for step in self._steps]
        total = None if None in counts else sum(count or 0 for count in counts)
        try:
            with Progress(self._identity["command"], total) as progress:
                for number, step in enumerate(self._steps):
                    if number in done:
                        progress.advance(step.num_rows or 0)
                    else:
                        self._do(number, step, progress)
        except BaseException:
            with suppress(OSError):
                if not any(self._folder.glob("*.arrow")):  # nothing that a next run could use
                    shutil.rmtree(self._folder)
            raise

    def finish(self, write: Callable[[Path, pa.Schema, Iterator[pa.Table]], int]) -> int:
        """Put the output together, move it to its place, and remove the folder.

        ``write`` gets the file to write, the rows' schema, and a table for each row group; what it
        returns is returned.
        """
        whole = self._folder / f"whole{self._target.suffix}"
        try:
            schema = self._schema_of(self._part(0))
            result = write(whole, schema, self._results(schema))
            whole.replace(self._target)
            shutil.rmtree(self._folder)
            return result
        except OSError as error:
            if isinstance(error, errors.MainspringError):
                raise
            reason = error.strerror or str(error).splitlines()[0]
            raise errors.FileError(f"{self._target} cannot be written: {reason}.") from error

    def _results(self, schema: pa.Schema) -> Iterator[pa.Table]:
        import pyarrow as pa

        for number, step in enumerate(self._steps):
            with pa.memory_map(str(self._part(number))) as file, pa.ipc.open_stream(file) as part:
                if step.index is not None:
                    yield part.read_all().cast(schema)
                    continue
                for batch in part:
                    yield pa.Table.from_batches([batch]).cast(schema)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:06}.arrow"

    def _begin(self) -> set[int]:
        """Return the steps that an earlier run of the same job has done."""
        name = self._folder / "job.json"
        identity = json.dumps(self._identity, sort_keys=True)
        try:
            if name.is_file() and name.read_text() == identity:
                done = {n for n, step in enumerate(self._steps) if self._is_whole(n, step)}
                if done:
                    self._schema = self._schema_of(self._part(min(done)))
                print(
                    f"going on: {len(done)} of {len(self._steps)} row groups are done",
                    file=sys.stderr,
                )
                return done
            if self._folder.exists():
                shutil.rmtree(self._folder)
            self._folder.mkdir()
            partial = name.with_suffix(".partial")
            partial.write_text(identity)
            partial.replace(name)
        except OSError as error:
            reason = error.strerror or str(error).splitlines()[0]
            raise errors.FileError(f"{self._folder} cannot be written: {reason}.") from error
        return set()

    @staticmethod
    def _schema_of(part: Path) -> pa.Schema:
        import pyarrow as pa

        with pa.memory_map(str(part)) as file, pa.ipc.open_stream(file) as reader:
            return reader.schema

    def _is_whole(self, number: int, step: Step) -> bool:
        """Say whether the step's file is there with all of its rows, after a power cut too."""
        import pyarrow as pa

        if not self._part(number).is_file():
            return False
        try:
            with pa.memory_map(str(self._part(number))) as file, pa.ipc.open_stream(file) as part:
                rows = sum(batch.num_rows for batch in part)
        except (pa.ArrowException, OSError):
            return False
        return step.num_rows in (None, rows)

    def _do(self, number: int, step: Step, progress: Progress) -> None:
        import pyarrow as pa

        part = self._part(number)
        partial = part.with_suffix(f".{os.getpid()}.partial")
        try:
            with ExitStack() as stack:
                writer = None
                for table in read_step(step, self._columns, self._identity["keep"]):
                    result = self._of(step, table)
                    if writer is None:
                        writer = pa.ipc.new_stream(str(partial), result.schema)
                        stack.enter_context(writer)
                    writer.write_table(result)
                    progress.advance(table.num_rows)
                    del table, result
            partial.replace(part)
        except OSError as error:
            if isinstance(error, errors.MainspringError):
                raise
            reason = error.strerror or str(error).splitlines()[0]
            raise errors.FileError(f"{partial} cannot be written: {reason}.") from error
        finally:
            with suppress(OSError):
                partial.unlink()

    def _of(self, step: Step, table: pa.Table) -> pa.Table:
        """Return the rows to write of a table, in the types of the first ones."""
        import pyarrow as pa

        try:
            result = self._make(table)
        except errors.SchemaError as error:
            raise Part(str(step.path), table, 0).explain(error) from error
        if self._schema is None:
            self._schema = result.schema
        if result.schema.equals(self._schema):
            return result
        try:
            return result.cast(self._schema)
        except (pa.ArrowException, ValueError) as error:
            names = [
                field.name
                for field, first in zip(result.schema, self._schema, strict=True)
                if field.type != first.type
            ]
            raise errors.SchemaError(
                f"{step.path}: Column '{names[0]}' has type {result.schema.field(names[0]).type}, "
                f"expected {self._schema.field(names[0]).type}, as in the rows before. Leave it "
                "out of --keep, or cast it.",
                column=names[0],
            ) from error


def _stamps(steps: Sequence[Step]) -> list[list[Any]]:
    """Return what tells that the data is still the same."""
    stamps: dict[Path, list[Any]] = {}
    for step in steps:
        if step.path not in stamps:
            status = step.path.stat()
            stamps[step.path] = [str(step.path.resolve()), status.st_size, status.st_mtime_ns, 0]
        stamps[step.path][3] += 1
    return list(stamps.values())


def file_hash(path: str) -> str:
    """Return a hash of the bytes of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _parquet_steps(path: Path) -> list[Step]:
    import pyarrow.parquet

    metadata = pyarrow.parquet.read_metadata(path)
    groups = range(metadata.num_row_groups)
    steps = [Step(path, group, metadata.row_group(group).num_rows) for group in groups]
    return steps or [Step(path, None, 0)]


def _arrow_steps(path: Path) -> list[Step]:
    import pyarrow as pa

    with path.open("rb") as file:
        if file.read(6) != b"ARROW1":  # a stream has to be read from its beginning
            return [Step(path, None, None)]
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
        batches = range(reader.num_record_batches)
        steps = [Step(path, number, reader.get_batch(number).num_rows) for number in batches]
    return steps or [Step(path, None, 0)]


def read_step(step: Step, columns: Sequence[str], plain: Sequence[str] = ()) -> Iterator[pa.Table]:
    """Give the rows of a step in tables that are small enough; one, maybe without rows, at least.

    Those of ``plain`` are as they are in the file; others may come as dictionaries.
    All columns where one of those asked for is not there, so that who predicts can say so.
    """
    import pyarrow as pa

    try:
        if step.index is None:
            yield from read_batches(step.path, columns)
        elif kind_of(step.path) == "parquet":
            yield from _read_row_group(step, columns, plain)
        else:
            yield from _read_batch(step, columns)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, errors.MainspringError):
            raise
        raise unreadable(step.path, error) from error


def _read_row_group(step: Step, columns: Sequence[str], plain: Sequence[str]) -> Iterator[pa.Table]:
    import pyarrow as pa

    with open_parquet(step.path, plain=plain) as file:
        names = projection(file.schema_arrow.names, columns)
        size = rows_at_once(len(columns))
        values = file.metadata.schema.to_arrow_schema()
        empty = file.schema_arrow.empty_table()
        yield with_values(empty if names is None else empty.select(names), values)
        for batch in file.iter_batches(size, row_groups=[step.index], columns=names):
            yield with_values(pa.Table.from_batches([batch]), values)


def _read_batch(step: Step, columns: Sequence[str]) -> Iterator[pa.Table]:
    import pyarrow as pa

    with pa.memory_map(str(step.path)) as mapped, pa.ipc.open_file(mapped) as reader:
        table = pa.Table.from_batches([reader.get_batch(step.index)])
        names = projection(table.column_names, columns)
        table = table if names is None else table.select(names)
        for first in range(0, max(table.num_rows, 1), rows_at_once(len(columns))):
            yield table.slice(first, rows_at_once(len(columns)))


_STEPS: dict[str, Callable[[Path], list[Step]]] = {
    "parquet": _parquet_steps,
    "arrow": _arrow_steps,
    "csv": lambda path: [Step(path, None, None)],
}
