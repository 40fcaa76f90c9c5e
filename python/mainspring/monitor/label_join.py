"""Predictions wait for their labels: joined by id, within a window, each counted once."""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mainspring._columns import arrow_table, column_of, span_in, times_of
from mainspring.errors import BundleCorruptError, DataError, ParameterError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LabelJoin"]

_MAGIC = b"MSLJ"
_VERSION = 1
_DONE = "done"  # in place of what waits: the id was joined already


class LabelJoin:
    """Join labels that come late to logged predictions, by id.

    A prediction waits for its label as long as ``window``, counted from its own time to the latest
    time that was seen; a label that came first waits as long for its prediction. What has waited
    longer is dropped and counted. An id is joined once: whatever comes again within the window is
    counted as a duplicate and changes nothing, so that a log can be read again after a restart.

    Parameters
    ----------
    id, time : str
        Columns that predictions and labels both have: the key, and when each was made.
    window : timedelta
        How late a label may be.
    max_ids : int, default 10_000_000
        Ids that may wait or be remembered at a time; when there are more, the oldest go first and
        are counted as dropped.

    Attributes
    ----------
    counts : collections.Counter
        ``joined``, ``duplicates``, ``unlabelled`` (predictions dropped without a label),
        ``unmatched`` (labels dropped without a prediction), ``late`` (what came when its time was
        past the window already), ``dropped`` (for want of room).

    Raises
    ------
    ParameterError
        When the window is not above 0.

    Notes
    -----
    Memory: what waits or was joined within the window, at most ``max_ids``. Time: about a
    microsecond for each row. Not safe to use from several threads at once.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> from mainspring.monitor import LabelJoin
    >>> join = LabelJoin(id="id", time="at", window=timedelta(days=1))
    >>> noon = datetime(2024, 5, 1, 12)
    >>> join.add_predictions([{"id": 7, "at": noon, "p": 0.8}]).num_rows
    0
    >>> join.add_labels([{"id": 7, "at": noon + timedelta(hours=1), "late": 1}]).to_pylist()
    [{'p': 0.8, 'late': 1, 'delay_seconds': 3600.0}]
    """

    def __init__(self, *, id: str, time: str, window: timedelta, max_ids: int = 10_000_000) -> None:
        if not isinstance(window, timedelta) or window <= timedelta(0):
            raise ParameterError(
                f"window must be a timedelta above 0, got {window!r}.",
                expected="a timedelta above 0",
                got=repr(window),
            )
        if isinstance(max_ids, bool) or not isinstance(max_ids, int) or max_ids < 1:
            raise ParameterError(
                f"max_ids must be an integer of at least 1, got {max_ids!r}.",
                expected="an integer of at least 1",
                got=repr(max_ids),
            )
        self._id, self._time, self._window, self._max_ids = id, time, window, max_ids
        self._span = span_in(window, "us", "window")
        # Of each id: what waits ("prediction" or "label") or _DONE, since when, and its values.
        self._waiting: dict[Any, tuple[str, int, dict[str, Any]]] = {}
        self._latest: int | None = None
        self.counts: Counter[str] = Counter()

    @property
    def num_waiting(self) -> int:
        """Predictions and labels that wait for each other."""
        return sum(side != _DONE for side, _, _ in self._waiting.values())

    def add_predictions(self, data: object) -> pa.Table:
        """Take predictions, and return those whose labels were there before.

        Parameters
        ----------
        data : table
            With the columns of id and time; all others are kept.

        Returns
        -------
        pyarrow.Table
            The joined rows: columns of the prediction, of the label, and ``delay_seconds``, how
            long after the prediction the label came: what
            :meth:`mainspring.quality.Evaluation.update` takes.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of the wrong type, or an id or a time is missing.
        """
        return self._add("prediction", data)

    def add_labels(self, data: object) -> pa.Table:
        """Take labels, and return the rows of those whose predictions are there.

        Parameters
        ----------
        data : table
            With the columns of id and time; all others are kept.

        Returns
        -------
        pyarrow.Table
            As of :meth:`add_predictions`.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of the wrong type, or an id or a time is missing.
        """
        return self._add("label", data)

    def _add(self, side: str, data: object) -> pa.Table:
        import pyarrow as pa

        table = arrow_table(data, "LabelJoin")
        ids = column_of(table, self._id, "id").to_pylist()
        times, unit = times_of(column_of(table, self._time, "time"), self._time)
        if unit == "":
            raise ParameterError(
                f"Column '{self._time}' must hold dates or timestamps, as the window is a span of "
                "time.",
                column=self._time,
                expected="timestamps",
                got="numbers",
            )
        per_unit = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}[unit]
        micros = times // 1_000 if unit == "ns" else times * per_unit
        others = [name for name in table.column_names if name not in (self._id, self._time)]
        if None in ids:
            row = ids.index(None)
            raise DataError(
                f"Column '{self._id}', row {row}: the id is missing.",
                column=self._id,
                row=row,
                expected="an id",
                got="missing",
            )
        # The latest time of the batch counts for all of its rows, whatever their order in it.
        if len(micros):
            self._latest = max(int(micros.max()), self._latest or int(micros.max()))
        rows = table.select(others).to_pylist()
        joined = [
            row
            for key, at, values in zip(ids, micros.tolist(), rows, strict=True)
            if (row := self._one(side, key, at, values)) is not None
        ]
        self._forget()
        return pa.Table.from_pylist(joined)

    def _one(self, side: str, key: Any, at: int, values: dict[str, Any]) -> dict[str, Any] | None:
        waits = self._waiting.get(key)
        if waits is not None and self._is_past(waits[1]):
            self._drop(key)
            waits = None
        if waits is None:
            if self._is_past(at):
                self.counts["late"] += 1
            else:
                self._waiting[key] = (side, at, values)
            return None
        what, since, kept = waits
        if what in (side, _DONE):
            self.counts["duplicates"] += 1
            return None
        del self._waiting[key]
        self._waiting[key] = (_DONE, max(at, since), {})
        self.counts["joined"] += 1
        first, second = (kept, values) if side == "label" else (values, kept)
        delay = (at - since) * (1 if side == "label" else -1) / 1e6
        return {**first, **second, "delay_seconds": delay}

    def _is_past(self, at: int) -> bool:
        return self._latest is not None and at < self._latest - self._span

    def _drop(self, key: Any) -> None:
        side, _, _ = self._waiting.pop(key)
        if side != _DONE:
            self.counts["unlabelled" if side == "prediction" else "unmatched"] += 1

    def _forget(self) -> None:
        """Drop what is past the window, and the oldest where there are too many."""
        for key in [key for key, (_, at, _) in self._waiting.items() if self._is_past(at)]:
            self._drop(key)
        over = len(self._waiting) - self._max_ids
        if over > 0:
            oldest = sorted(self._waiting, key=lambda key: self._waiting[key][1])[:over]
            for key in oldest:
                self._drop(key)
                self.counts["dropped"] += 1

    def to_bytes(self) -> bytes:
        """Return the state, so that another process can go on.

        Returns
        -------
        bytes
            With a checksum; :meth:`from_bytes` reads them.

        Raises
        ------
        ParameterError
            When ids or values are neither text, numbers nor booleans.
        """
        state = {
            "id": self._id,
            "time": self._time,
            "window": [self._window.days, self._window.seconds, self._window.microseconds],
            "max_ids": self._max_ids,
            "latest": self._latest,
            "counts": dict(self.counts),
            "waiting": [[key, *entry] for key, entry in self._waiting.items()],
        }
        try:
            body = struct.pack("<I", _VERSION) + json.dumps(state).encode()
        except TypeError as error:
            raise ParameterError(
                f"to_bytes: ids and values must be text, numbers or booleans: {error}.",
                expected="text, numbers or booleans",
            ) from error
        return _MAGIC + struct.pack("<I", zlib.crc32(body)) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> LabelJoin:
        """Read what :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            The state.

        Returns
        -------
        LabelJoin
            As it was.

        Raises
        ------
        BundleCorruptError
            When the bytes are something else, cut or changed.
        """
        sound = len(data) > 12 and data[:4] == _MAGIC
        if not sound or struct.unpack_from("<II", data, 4) != (zlib.crc32(data[8:]), _VERSION):
            raise BundleCorruptError("The bytes are no state of labels, or were cut or changed.")
        state = json.loads(data[12:])
        days, seconds, micros = state["window"]
        window = timedelta(days=days, seconds=seconds, microseconds=micros)
        found = cls(id=state["id"], time=state["time"], window=window, max_ids=state["max_ids"])
        found._latest = state["latest"]
        found.counts = Counter(state["counts"])
        found._waiting = {key: (side, at, row) for key, side, at, row in state["waiting"]}
        return found
