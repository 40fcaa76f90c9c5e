"""Fitting and applying a preprocessor part by part: what is in memory at once is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _arrow, errors
from mainspring._progress import Progress
from mainspring._sources import is_source, open_source
from mainspring.transforms._target import array_target, check_one_target, column_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from mainspring import _engine
    from mainspring._sources import Part, Source

__all__ = [
    "Targets",
    "as_stream",
    "check_batch_rows",
    "in_batches",
    "learn",
    "learn_more",
    "opened",
    "stream_columns",
    "tables",
]


class Targets:
    """The target of the rows of a part, from a column or out of an array over all rows."""

    def __init__(self, y: Any, target: str | None) -> None:
        check_one_target(y, target)
        self._column = target
        self._values = None if y is None else array_target(y)

    def of(self, table: _engine.Table, first_row: int) -> npt.NDArray[np.float64] | None:
        """Return one number for each row of the table."""
        if self._column is not None:
            return column_target(table, self._column)
        if self._values is None:
            return None
        end = first_row + table.num_rows
        if end > len(self._values):
            raise self._other_length(f"at least {end}")
        return self._values[first_row:end]

    def check_length(self, num_rows: int) -> None:
        """Check that the array has one value for each of the rows."""
        if self._values is not None and len(self._values) != num_rows:
            raise self._other_length(str(num_rows))

    def _other_length(self, rows: str) -> errors.ParameterError:
        count = 0 if self._values is None else len(self._values)
        return errors.ParameterError(
            f"The target has {count} values, expected one for each of the data's {rows} rows.",
            expected=f"{rows} values",
            got=f"{count} values",
        )


def learn(
    fitter: _engine.Fitter,
    source: Source,
    *,
    columns: list[str],
    targets: Targets,
    cross_fit: bool,
    first_look: Callable[[_engine.Table], None],
    progress: bool,
) -> None:
    """Make all passes of a fit over a source.

    ``first_look`` gets every table in the first pass, before anything is learnt from it. Whatever
    goes wrong, the fitter is as it was.
    """
    fitter.begin_fit(cross_fit)
    try:
        for number in range(fitter.num_passes):
            title = "fit" if fitter.num_passes == 1 else f"fit {number + 1}/{fitter.num_passes}"
            num_rows = 0
            with Progress(title, source.num_rows, shown=progress) as bar:
                for part, table in tables(source, columns):
                    _learn_part(fitter, part, table, targets, first_look if number == 0 else None)
                    num_rows += table.num_rows
                    bar.advance(table.num_rows)
                    del part, table
            targets.check_length(num_rows)
            fitter.end_pass()
        fitter.finish_fit()
    finally:
        fitter.abandon_fit()


def learn_more(
    fitter: _engine.Fitter,
    source: Source,
    *,
    columns: list[str],
    targets: Targets,
    first_look: Callable[[_engine.Table], None],
    progress: bool,
) -> None:
    """Learn from a source in addition to what was learnt before; as :func:`learn` otherwise."""
    fitter.begin_partial_fit()
    try:
        num_rows = 0
        with Progress("partial_fit", source.num_rows, shown=progress) as bar:
            for part, table in tables(source, columns):
                _learn_part(fitter, part, table, targets, first_look)
                num_rows += table.num_rows
                bar.advance(table.num_rows)
                del part, table
        targets.check_length(num_rows)
        fitter.finish_partial_fit()
    finally:
        fitter.abandon_fit()


def _learn_part(
    fitter: _engine.Fitter,
    part: Part,
    table: _engine.Table,
    targets: Targets,
    first_look: Callable[[_engine.Table], None] | None,
) -> None:
    values = targets.of(table, part.first_row)
    try:
        if first_look is not None:
            first_look(table)
        fitter.fit_part(table, values)
    except errors.SchemaError as error:
        raise part.explain(error) from error


def tables(
    source: Source, columns: list[str] | None, num_rows: int | None = None
) -> Iterator[tuple[Part, _engine.Table]]:
    """Give the parts of a source, each with the engine's table of it."""
    for part in source.parts(columns, num_rows):
        try:
            table = _arrow.as_table(part.table)
        except errors.MainspringError as error:
            raise part.explain(error) from error
        yield part, table
        del part, table


def in_batches(
    source: Source,
    columns: list[str] | None,
    compute: Callable[[_engine.Table, int], Any],
    *,
    batch_rows: int | None,
    progress: bool,
    title: str = "transform",
) -> Iterator[Any]:
    """Give what ``compute`` makes of each part and the number of its first row."""
    with source, Progress(title, source.num_rows, shown=progress) as bar:
        for part, table in tables(source, columns, batch_rows):
            try:
                batch = compute(table, part.first_row)
            except errors.SchemaError as error:
                raise part.explain(error) from error
            bar.advance(table.num_rows)
            del part, table
            yield batch
            del batch


def stream_columns(
    data: Any,
    columns: list[str],
    compute: Callable[[_engine.Table], Any],
    *,
    batch_rows: int | None,
    progress: bool,
    title: str,
) -> Any:
    """Return what ``compute`` makes of each part of data, Arrow columns, as a reader."""
    check_batch_rows(batch_rows)

    def record_batch(table: _engine.Table, first_row: int) -> Any:
        import pyarrow as pa

        del first_row
        return pa.record_batch(compute(table))

    source = opened(data, 1, False, f"{title}_batches")
    batches = in_batches(
        source, columns, record_batch, batch_rows=batch_rows, progress=progress, title=title
    )
    return as_stream("arrow", batches)


def as_stream(output: str, frames: Iterator[Any]) -> Any:
    """Return record batches as a reader, which begins to be read here; others as they are."""
    if output != "arrow":
        return frames
    import pyarrow as pa

    first = next(frames, None)
    if first is None:
        raise errors.DataError("The iterator gave no table, expected at least one.")

    def all_of_them() -> Iterator[Any]:
        yield first
        yield from frames

    return pa.RecordBatchReader.from_batches(first.schema, all_of_them())


def opened(data: Any, passes: int, spool: bool, what: str) -> Source:
    """Return the source of data, a table in memory among them, that has not been read yet."""
    if is_source(data):
        return open_source(data, passes=passes, spool=spool, what=what)
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return open_source(iter([data]), passes=passes, spool=True, what=what)
    expected = "a path, a list of paths, a dataset, a reader or a generator of tables"
    got = type(data).__name__
    raise errors.ParameterError(f"{what} takes {expected}, got {got}.", expected=expected, got=got)


def check_batch_rows(batch_rows: int | None) -> None:
    """Raise ParameterError unless it is a positive integer or None."""
    whole = isinstance(batch_rows, int) and not isinstance(batch_rows, bool) and batch_rows > 0
    if batch_rows is not None and not whole:
        raise errors.ParameterError(
            f"batch_rows must be a positive integer or None, got {batch_rows!r}.",
            expected="a positive integer or None",
            got=repr(batch_rows),
        )
