"""Features about the past of tables that do not fit in memory: Parquet in, Parquet out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring._arrow import as_table
from mainspring._columns import arrow_table
from mainspring._sources import is_source, open_source
from mainspring.history.plans import HistoryPlans, events_of, plans_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from mainspring._sources import Source
    from mainspring.history.described import Source as Described

__all__ = ["write_features"]

# Files that are open at once: two for each part, beside what the process has.
_MOST_PARTS = 128
_FEWEST_PARTS = 8
# A row of key, words and features; what a part then holds is checked by its real size.
_ROW_BYTES = 200


def write_features(
    plans: Any,
    requests: object,
    events: Mapping[str, object],
    path: str | os.PathLike[str],
    *,
    max_bytes: int = 1 << 30,
    folder: str | os.PathLike[str] | None = None,
) -> dict[str, dict[str, int]]:
    """Add features to requests, where neither they nor the events need to fit in memory.

    Both are read part by part and go to temporary files by a hash of their key; each file is then
    computed over all threads, and cut in time where a few keys have most of the events. The result
    has the bits of :meth:`HistoryPlans.extend`.

    Parameters
    ----------
    plans : Preprocessor, Predictor or HistoryPlans
        Fitted; ``HistoryPlans.fit`` reads events part by part, too.
    requests : path, list of paths, dataset or table
        With the columns of request times and keys. Read twice.
    events : mapping
        For each source a path of a file or folder, a list of paths, a dataset, a reader, an
        iterator of tables, or a table. Events in order of time can be cut in time.
    path : path
        The Parquet file to write: the rows of the requests in their order, with one more float64
        column for each feature.
    max_bytes : int, default 1 GiB
        Most memory that events, requests and features of what is computed at once take, beside some
        10 MB of buffers.
    folder : path, optional
        Where temporary files are. Default: that of the system.

    Returns
    -------
    dict of dict
        For each source what was left out, ``most_bytes`` that were needed at once, and the number
        of ``pieces`` that were computed.

    Raises
    ------
    ParameterError
        When an argument cannot be.
    NotFittedError
        When the plans were not fitted.
    DataError
        When a part takes more than ``max_bytes`` and cannot be cut in time: a feature sees all
        events, or events are in no order.
    SchemaError
        When a column is missing or of a wrong type.
    FileError
        When a file cannot be read or written.

    Notes
    -----
    Temporary files take 8 bytes for each word of an event, its key, and 8 bytes for each feature of
    a request; they are gone when this returns, and when the process is killed.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import datetime, timezone
    >>> from pathlib import Path
    >>> import mainspring as ms
    >>> import pyarrow.parquet as pq
    >>> clicks = ms.events("clicks", key="user", time="at")
    >>> rows = [{"user": 7, "at": datetime(2024, 5, d, tzinfo=timezone.utc)} for d in (1, 2)]
    >>> plans = ms.history.HistoryPlans.of(clicks.window("2d").count()).fit({"clicks": rows})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "features.parquet"
    ...     told = ms.history.write_features(plans, rows, {"clicks": rows}, path)
    ...     pq.read_table(path)["clicks.window(2d).count()"].to_pylist()
    [0.0, 1.0]
    """
    if isinstance(max_bytes, bool) or not isinstance(max_bytes, int) or max_bytes < 1 << 16:
        raise errors.ParameterError(
            f"write_features: max_bytes must be an integer from 65536 on, got {max_bytes!r}.",
            expected="an integer from 65536 on",
            got=repr(max_bytes),
        )
    made = plans_of(plans, "write_features")
    place = tempfile.gettempdir() if folder is None else folder
    with ExitStack() as stack:
        asked = stack.enter_context(_opened(requests, 2, "requests"))
        spilled = {}
        for name, source in made.sources.items():
            read = stack.enter_context(_opened(events_of(name, events), 1, f"events('{name}')"))
            rows = (asked.num_rows or 0) + (read.num_rows or 0)
            parts = min(max(2 * rows * _ROW_BYTES // max_bytes, _FEWEST_PARTS), _MOST_PARTS)
            if read.num_rows is None:
                parts = _MOST_PARTS
            one = _engine.SpilledHistory(made.plan(name), place, parts, max_bytes)
            _spill(one, read, asked, source, made.plan(name))
            spilled[name] = one
        told = {name: dict(one.compute()) for name, one in spilled.items()}
        _write(made, spilled, asked, Path(path))
    return told


def _opened(data: Any, passes: int, what: str) -> Any:
    if is_source(data):
        return open_source(data, passes=passes, spool=False, what=f"write_features: {what}")
    return _InMemory(arrow_table(data, what))


class _InMemory:
    """A table that is there, read as a source is."""

    def __init__(self, table: pa.Table) -> None:
        self.table, self.num_rows = table, table.num_rows

    def __enter__(self) -> _InMemory:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def tables(self) -> Iterator[pa.Table]:
        for first in range(0, max(self.num_rows, 1), 1 << 16):
            yield self.table.slice(first, 1 << 16)


def _tables(source: Source | _InMemory, columns: tuple[str, ...] | None) -> Iterator[pa.Table]:
    if isinstance(source, _InMemory):
        yield from source.tables()
        return
    for part in source.parts(None if columns is None else list(columns)):
        yield part.table


def _spill(
    one: _engine.SpilledHistory,
    events: Any,
    requests: Any,
    source: Described,
    plan: _engine.HistoryPlan,
) -> None:
    import numpy as np

    nothing = None
    for table in _tables(events, source.event_columns):
        nothing = table.slice(0, 0)
        one.add_events(as_table(table))
    needed = tuple(dict.fromkeys((source.at, *source.keys)))
    is_first = True
    for table in _tables(requests, needed):
        if is_first and nothing is not None:
            # No row, but the types of both: the engine says which column cannot be compared.
            empty = np.empty((len(source.features), 0))
            plan.compute(
                as_table(nothing), as_table(table.slice(0, 0)), source.at, list(source.keys), empty
            )
        is_first = False
        one.add_requests(as_table(table), source.at, list(source.keys))


def _write(
    plans: HistoryPlans,
    spilled: dict[str, _engine.SpilledHistory],
    requests: Any,
    path: Path,
) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    try:
        for table in _tables(requests, None):
            result = table
            for name, one in spilled.items():
                names = plans.sources[name].features
                out = np.empty((len(names), table.num_rows))
                one.read(out, table.num_rows)
                for column, values in zip(names, out, strict=True):
                    result = result.append_column(column, pa.array(values, mask=np.isnan(values)))
            if writer is None:
                writer = pq.ParquetWriter(path, result.schema)
            writer.write_table(result)
    except OSError as error:
        raise errors.FileError(f"Cannot write '{path}': {error}.") from error
    finally:
        if writer is not None:
            writer.close()
