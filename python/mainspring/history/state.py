"""The online side: events as they come in, features of a key as they are asked for."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring._arrow import as_table
from mainspring._columns import arrow_table
from mainspring.history.described import Source
from mainspring.history.plans import HistoryPlans, plans_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

__all__ = ["HistoryState"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_DURABILITIES = ("process", "disk")


class HistoryState:
    """Takes the events of one source and answers for a key at a moment.

    Answers have the bits that training tables have, for every moment that is not before what was
    ingested. Safe to use from many threads: batches are taken one after another, a query waits for
    the few keys that share a lock with its own.

    Parameters
    ----------
    plans : Preprocessor, Predictor or HistoryPlans
        Fitted: its features and grids are those of training.
    source : str, optional
        Which source, where there are several.
    folder : path, optional
        Where snapshot and log are kept; what is there is read. Default: in memory alone.
    durability : {"process", "disk"}, default "process"
        What an event that was taken survives: the end of the process, however sudden, or that of
        the machine.
    max_bytes : int, optional
        Most memory of events and keys; a batch that would take more is refused as a whole.

    Raises
    ------
    ParameterError
        When an argument cannot be, or the folder belongs to another definition; the message names
        both.
    NotFittedError
        When the plans were not fitted.
    BundleCorruptError
        When snapshot or log were changed. A log whose end was not written is cut there, see
        :attr:`cut_bytes`.
    FileError
        When the operating system refuses.

    Notes
    -----
    Events are kept for as long as a feature can see them, or ``ttl``; features over all events keep
    them for ever. A key takes some 200 bytes, an event 8 for its time, each number, each column of
    availability and of ``nunique``, and 8 of flags where there are such columns, ids or conditions.

    Examples
    --------
    >>> import mainspring as ms
    >>> clicks = ms.events("clicks", key="user", time="at")
    >>> noon = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
    >>> rows = [{"user": 7, "at": noon}]
    >>> plans = ms.history.HistoryPlans.of(clicks.window("1h").count()).fit({"clicks": rows})
    >>> state = ms.HistoryState(plans)
    >>> state.ingest(rows, now=noon)["taken"]
    1
    >>> state.query(7, at=noon + timedelta(minutes=30))
    {'clicks.window(1h).count()': 1.0}
    """

    def __init__(
        self,
        plans: Any,
        source: str | None = None,
        *,
        folder: str | os.PathLike[str] | None = None,
        durability: str = "process",
        max_bytes: int | None = None,
    ) -> None:
        self._plans: HistoryPlans = plans_of(plans, "HistoryState")
        names = list(self._plans.sources)
        if source is None and len(names) == 1:
            source = names[0]
        if source not in names:
            raise errors.ParameterError(
                f"HistoryState: source must be one of {', '.join(names)}, got {source!r}.",
                expected=", ".join(names),
                got=repr(source),
            )
        if durability not in _DURABILITIES:
            raise errors.ParameterError(
                f"HistoryState: durability must be 'process' or 'disk', got {durability!r}.",
                expected="'process' or 'disk'",
                got=repr(durability),
            )
        limit = 2**64 - 1 if max_bytes is None else max_bytes
        if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit < 2**64:
            raise errors.ParameterError(
                f"HistoryState: max_bytes must be a positive integer, got {max_bytes!r}.",
                expected="a positive integer",
                got=repr(max_bytes),
            )
        if folder is not None:
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise errors.FileError(f"Cannot make the folder {folder!r}: {error}.") from error
        self._has_folder = folder is not None
        self._max_bytes = max_bytes
        self._source = self._plans.sources[source]
        self._names = tuple(self._source.features)
        self._state = _engine.HistoryState(
            self._plans.plan(source), folder, durability == "disk", limit
        )

    @property
    def source(self) -> str:
        """The name of the source."""
        return self._source.name

    @property
    def plan(self) -> Source:
        """What the source reads of events and of requests."""
        return self._source

    @property
    def feature_names(self) -> list[str]:
        """Names of the features, in their order."""
        return list(self._names)

    @property
    def memory(self) -> dict[str, int]:
        """``keys`` and ``events`` that are held, ``event_bytes`` and ``key_bytes``."""
        return dict(self._state.memory)

    @property
    def totals(self) -> dict[str, int]:
        """What :meth:`ingest` returned, added up since the state was opened, and more.

        ``refused`` are events of batches beyond ``max_bytes``; ``evicted_events`` and
        ``evicted_keys`` left because no feature could see them any more.
        """
        return dict(self._state.totals)

    @property
    def max_bytes(self) -> int | None:
        """Most memory of events and keys; None: there is no bound."""
        return self._max_bytes

    @property
    def clock(self) -> datetime | None:
        """The latest arrival; None before the first."""
        if self._state.clock <= -(2**62):
            return None
        return _EPOCH + timedelta(microseconds=self._state.clock)

    @property
    def clock_us(self) -> int:
        """The latest arrival in microseconds; at most -2^62 before the first."""
        return int(self._state.clock)

    @property
    def has_folder(self) -> bool:
        """Whether there is a folder to :meth:`save` to."""
        return self._has_folder

    @property
    def cut_bytes(self) -> int:
        """Bytes at the log's end that were not written whole, and were cut when it was opened."""
        return int(self._state.cut_bytes)

    def ingest(self, events: object, *, now: datetime | int | None = None) -> dict[str, int]:
        """Take events; they are as durable as asked for when this returns.

        Parameters
        ----------
        events : table, dict or list of dicts
            With the columns of the declaration; a dict of single values is one event.
        now : datetime or int, optional
            When they arrive; an int is microseconds since 1970. Default: the clock of the machine.
            A time before the latest arrival counts as that.

        Returns
        -------
        dict
            How many events were ``taken``, and how many were left out: ``expired`` (no feature can
            see them any more), ``duplicates``, ``future`` (beyond the skew), ``without_time`` and
            ``without_key``; of those taken, ``late`` and ``off_grid`` values.

        Raises
        ------
        DataError
            When the events would take more than ``max_bytes``; none is taken.
        SchemaError
            When a column is missing or of a wrong type.
        """
        moment = time.time_ns() // 1000 if now is None else _microseconds(now, "now")
        if isinstance(events, Mapping) and all(map(_is_single, events.values())):
            events = [events]
        return dict(self._state.ingest(as_table(events, what="events"), moment))

    def features(self, requests: object) -> pa.Table:
        """Add the features to a table of requests.

        Parameters
        ----------
        requests : table
            With the columns of request times and keys.

        Returns
        -------
        pyarrow.Table
            The rows in their order, and one more float64 column for each feature.

        Raises
        ------
        SchemaError
            When a column is missing or of a wrong type.
        """
        import numpy as np
        import pyarrow as pa

        result = arrow_table(requests, "HistoryState.features")
        out, _ = self.fill(result)
        for name, values in zip(self._names, out, strict=True):
            result = result.append_column(name, pa.array(values, mask=np.isnan(values)))
        return result

    def fill(
        self, requests: object, *, out: npt.NDArray[np.float64] | None = None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Compute the features of a table of requests as arrays.

        Parameters
        ----------
        requests : table
            As in :meth:`features`.
        out : numpy.ndarray, optional
            Writable C-contiguous float64 array of shape (num_features, num_rows) to fill and
            return.

        Returns
        -------
        features : numpy.ndarray of float64, shape (num_features, num_rows)
            NaN is null.
        known_since : numpy.ndarray of int64, shape (num_rows,)
            Microseconds: events before it may be gone. Above a window's beginning where a request
            is for a time before what was ingested.

        Raises
        ------
        SchemaError
            As in :meth:`features`.
        ParameterError
            When ``out`` cannot be.
        """
        import numpy as np

        from mainspring._arrays import checked_array

        table = as_table(requests)
        shape = (len(self._names), table.num_rows)
        out = np.empty(shape) if out is None else checked_array(out, shape, np.float64)
        since = np.empty(table.num_rows, np.int64)
        source = self._source
        self._state.query(table, source.at, list(source.keys), out, since)
        return out, since

    def query(self, *key: Any, at: datetime | int | None = None) -> dict[str, float | None]:
        """Return the features of one key.

        Parameters
        ----------
        *key : object
            The value of each key column; None: it has no history.
        at : datetime or int, optional
            The moment; default: now.

        Returns
        -------
        dict
            By the names of the features; None is null.

        Raises
        ------
        ParameterError
            When the key has another number of values.
        """
        import pyarrow as pa

        names = self._source.keys
        if len(key) != len(names):
            raise errors.ParameterError(
                f"query: expected {len(names)} values of a key ({', '.join(names)}), got "
                f"{len(key)}.",
                expected=f"{len(names)} values",
                got=f"{len(key)} values",
            )
        moment = time.time_ns() // 1000 if at is None else _microseconds(at, "at")
        answer: dict[str, float | None] | None = self._state.query_one(key, moment, self._names)
        if answer is not None:
            return answer
        columns = {name: pa.array([value]) for name, value in zip(names, key, strict=True)}
        columns[self._source.at] = pa.array([moment], pa.timestamp("us", "UTC"))
        out, _ = self.fill(pa.table(columns))
        return {
            name: None if value != value else float(value)
            for name, value in zip(self._names, out[:, 0], strict=True)
        }

    def evict(self, now: datetime | int | None = None) -> None:
        """Drop all that no request from ``now`` on can see; ingesting does it bit by bit.

        Parameters
        ----------
        now : datetime or int, optional
            Default: the clock of the machine.
        """
        self._state.evict(time.time_ns() // 1000 if now is None else _microseconds(now, "now"))

    def save(self) -> None:
        """Write a snapshot, and empty the log.

        The snapshot replaces the one before in one step; whatever happens, snapshot and log give
        the state again.

        Raises
        ------
        ParameterError
            When there is no folder.
        FileError
            When the operating system refuses.
        """
        self._state.save()


def _is_single(value: object) -> bool:
    return isinstance(value, str | bytes) or not hasattr(value, "__len__")


def _microseconds(value: datetime | int, what: str) -> int:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, int) and not isinstance(value, bool) and -(2**62) < value < 2**62:
        return value
    raise errors.ParameterError(
        f"{what} must be a datetime with a time zone, or microseconds since 1970, got {value!r}.",
        expected="a datetime with a time zone, or microseconds",
        got=repr(value),
    )
