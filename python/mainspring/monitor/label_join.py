"""Predictions wait for their labels: joined by id, within a window, each counted once."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring._columns import arrow_table, column_of, span_in, times_of
from mainspring._files import read_file, write_file
from mainspring.errors import ParameterError
from mainspring.monitor.state_bytes import read_state, write_state
from mainspring.monitor.waiting_rows import WaitingRows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

__all__ = ["LabelJoin"]

_MAGIC = b"MSLJ"
_VERSION = 2
_SIDES = ("prediction", "label")
_SLACK = 4096  # rows that may be held though they wait no more


class LabelJoin:
    """Join labels that come late to logged predictions, by id.

    A prediction waits for its label as long as ``window``, counted from its own time to the latest
    time that was seen; a label that came first waits as long for its prediction. What has waited
    longer is dropped and counted. An id is joined once: whatever comes again is counted as a
    duplicate or as late and changes nothing, so that a log can be read again after a restart.

    Parameters
    ----------
    id, time : str
        Columns that predictions and labels both have: the key, of integers or text, and when each
        was made.
    window : timedelta
        How late a label may be.
    max_ids : int, default 10_000_000
        Ids that may wait or be remembered at a time; when there are more, the oldest go first and
        are counted as dropped. Rows as old as those are late from then on.

    Raises
    ------
    ParameterError
        When the window is not above 0.

    Notes
    -----
    Memory: about 100 bytes for each id that waits or was joined within the window, and twice the
    rows that wait. Text ids are remembered as 128 bits: two are taken for one once in 2^128 pairs.
    Not safe to use from several threads at once.

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
        self._native = _engine.LabelJoin(int(span_in(window, "us", "window")), max_ids)
        self._rows = {side: WaitingRows() for side in _SIDES}

    @property
    def counts(self) -> Counter[str]:
        """Rows by what became of them.

        ``joined``, ``duplicates``, ``unlabelled`` (predictions dropped without a label),
        ``unmatched`` (labels dropped without a prediction), ``late`` (what came when its time was
        past the window already), ``dropped`` (ids forgotten for want of room).
        """
        return Counter(self._native.counts())

    @property
    def columns(self) -> list[str]:
        """The columns of id and time."""
        return [self._id, self._time]

    @property
    def num_waiting(self) -> int:
        """Predictions and labels that wait for each other."""
        return sum(self._native.num_waiting(side) for side in _SIDES)

    def add_predictions(self, data: object) -> pa.Table:
        """Take predictions, and return those whose labels were there before.

        Parameters
        ----------
        data : table
            With the columns of id and time; all others are kept.

        Returns
        -------
        pyarrow.Table
            The joined rows: columns of the prediction, of the label (which wins where both have
            one of the same name), and ``delay_seconds``, how long after the prediction the label
            came: what :meth:`mainspring.quality.Evaluation.update` takes.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of the wrong type, or an id or a time is missing. Nothing
            has changed then.
        """
        return self.add("prediction", data)[0]

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
            When a column is missing or of the wrong type, or an id or a time is missing. Nothing
            has changed then.
        """
        return self.add("label", data)[0]

    def add(self, side: str, data: object) -> tuple[pa.Table, npt.NDArray[np.int64]]:
        """Take rows of one side.

        Parameters
        ----------
        side : str
            "prediction" or "label".
        data : table
            With the columns of id and time.

        Returns
        -------
        table : pyarrow.Table
            The joined rows, as of :meth:`add_predictions`.
        times : numpy.ndarray
            int64: when each was predicted, in microseconds since 1970.
        """
        import numpy as np
        import pyarrow as pa

        table = arrow_table(data, "LabelJoin")
        keys = pa.table({self._id: _plain_ids(column_of(table, self._id, "id"))})
        times = self._times(table)
        names = [name for name in table.column_names if name not in (self._id, self._time)]
        # A column of nothing: without others the rows would have no number.
        rows = pa.table({self._id: pa.nulls(table.num_rows), **{n: table[n] for n in names}})
        mine = self._rows[side]
        other = self._rows[_SIDES[side == "prediction"]]
        mine.schema_with(rows)
        at, numbers, delays = (
            np.frombuffer(found, kind)
            for found, kind in zip(
                self._native.add(side, as_table(keys), self._id, times),
                (np.uint64, np.uint64, np.int64),
                strict=True,
            )
        )
        if rows.num_rows:
            mine.append(rows)
        new, waited = rows.take(at), other.take(numbers)
        first, second = (new, waited) if side == "prediction" else (waited, new)
        joined = _side_by_side(first, second, delays, self._id)
        self._compact()
        return joined, times[at] - (delays if side == "label" else 0)

    def _times(self, table: pa.Table) -> npt.NDArray[np.int64]:
        import numpy as np

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
        return np.ascontiguousarray(micros, np.int64)

    def _compact(self, slack: int = _SLACK) -> None:
        import numpy as np

        for side, rows in self._rows.items():
            if rows.num_rows > 2 * self._native.num_waiting(side) + slack or not slack:
                rows.keep(np.frombuffer(self._native.renumber(side), np.uint64))

    def to_bytes(self) -> bytes:
        """Return the state, so that another process can go on.

        Returns
        -------
        bytes
            With a checksum; :meth:`from_bytes` reads them.
        """
        self._compact(slack=0)
        head = {
            "id": self._id,
            "time": self._time,
            "window": [self._window.days, self._window.seconds, self._window.microseconds],
            "max_ids": self._max_ids,
        }
        sections = [json.dumps(head).encode(), self._native.to_bytes()]
        sections += [self._rows[side].to_bytes() for side in _SIDES]
        return write_state(_MAGIC, _VERSION, sections)

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
        header, native, *rows = read_state(_MAGIC, _VERSION, data, 4, "no state of labels")
        head = json.loads(header)
        days, seconds, micros = head.pop("window")
        found = cls(**head, window=timedelta(days, seconds, micros))
        found._native = _engine.LabelJoin.from_bytes(native)
        found._rows = {
            side: WaitingRows.from_bytes(of, found._native.num_kept(side))
            for side, of in zip(_SIDES, rows, strict=True)
        }
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state to a file, whole or not at all.

        Parameters
        ----------
        path : path
            The file.

        Raises
        ------
        FileError
            When it cannot be written.
        """
        write_file(os.fspath(path), self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LabelJoin:
        """Read a state from a file.

        Parameters
        ----------
        path : path
            What :meth:`save` wrote.

        Returns
        -------
        LabelJoin
            As it was.

        Raises
        ------
        FileError, BundleCorruptError
            When the file cannot be read, or is something else, cut or changed.
        """
        return cls.from_bytes(read_file(path))


def _plain_ids(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ids as the engine reads them: integers of 64 bits, or text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_uint64(column.type):  # the same bits: hashes are ids, too
        return pc.cast(column, pa.int64(), safe=False)
    return column.cast(pa.binary()) if pa.types.is_fixed_size_binary(column.type) else column


def _side_by_side(predictions: pa.Table, labels: pa.Table, delays: Any, without: str) -> pa.Table:
    import pyarrow as pa

    columns = {name: predictions[name] for name in predictions.column_names if name != without}
    columns |= {name: labels[name] for name in labels.column_names if name != without}
    return pa.table({**columns, "delay_seconds": pa.array(delays / 1e6, pa.float64())})
