"""Features about the past in a stream: events go into a state, rows get what it knows of them."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring.errors import ParameterError
from mainspring.history import HistoryState
from mainspring.stream.arguments import check_choice
from mainspring.stream.kafka_client import topics_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["HistoryFeed"]

_CLOCKS = ("message", "event")
_SNAPSHOT = "snapshot.history"
# Rows within this time are taken as one arrival: what a state drops by then none of them can see.
_SLICE_US = 1_000_000


class HistoryFeed:
    """Where the events of a history come from, and how it keeps its time.

    Parameters
    ----------
    source : str, optional
        Which source of the predictor's plans; not needed where there is one.
    topic : str, optional
        The topic of the events. Default: each row is an event too, seen by those after it.
    clock : {"message", "event"}, default "message"
        What the state's clock goes by: when messages were sent, but never ahead of the clock of the
        machine; or the times of the rows and events themselves, for data of long ago.
    max_bytes : int, optional
        Most memory, as of :class:`mainspring.HistoryState`.

    Raises
    ------
    ParameterError
        When an argument cannot be.
    """

    def __init__(
        self,
        source: str | None = None,
        *,
        topic: str | None = None,
        clock: str = "message",
        max_bytes: int | None = None,
    ) -> None:
        check_choice(clock, _CLOCKS, "clock")
        self.topic = None if topic is None else topics_of(topic, "topic")[0]
        self.clock, self.max_bytes = clock, max_bytes
        self._name = source
        self._state: HistoryState | None = None
        self._folder = self._work = Path()

    @property
    def state(self) -> HistoryState:
        """The state, from the stream's beginning on.

        Raises
        ------
        ParameterError
            When the stream has not begun.
        """
        if self._state is None:
            raise ParameterError("The stream has not begun: there is no state yet.")
        return self._state

    @property
    def request_columns(self) -> list[str]:
        """Columns that rows are asked for: those of the request, and of the event that it is."""
        plan = self.state.plan
        own = plan.event_columns if self.topic is None else ()
        return list(dict.fromkeys([plan.at, *plan.keys, *own]))

    @property
    def times(self) -> list[str]:
        """Columns that hold times."""
        return [self.state.plan.at, *self.state.plan.event_times]

    def open(self, plans: Any, folder: Path, number: int) -> None:
        """Make the state as it was at a checkpoint.

        Parameters
        ----------
        plans : Predictor
            Whose history it is.
        folder : Path
            The stream's states.
        number : int
            The checkpoint's.
        """
        self._folder = folder
        self._work = folder / f"history-{self._name or 'only'}"
        # What was taken after the checkpoint is read again.
        shutil.rmtree(self._work, ignore_errors=True)
        self._work.mkdir()
        if number:
            shutil.copyfile(self._saved(number), self._work / _SNAPSHOT)
        self._state = HistoryState(plans, self._name, folder=self._work, max_bytes=self.max_bytes)

    def save(self, number: int) -> None:
        """Keep the state for a checkpoint that is about to be written.

        Parameters
        ----------
        number : int
            The checkpoint's.
        """
        self.state.save()
        path = self._saved(number)
        with suppress(FileNotFoundError):  # of a process that ended before its checkpoint
            path.unlink()
        os.link(self._work / _SNAPSHOT, path)

    def forget(self, number: int) -> None:
        """Remove what was kept for other checkpoints.

        Parameters
        ----------
        number : int
            The one that is there now.
        """
        kept = self._saved(number)
        for path in self._folder.glob(kept.name.rpartition("-")[0] + "-*"):
            if path != kept:
                path.unlink()

    def check(self, table: pa.Table) -> None:
        """Check that rows can be asked for and taken; nothing changes.

        Parameters
        ----------
        table : pyarrow.Table
            With :attr:`request_columns`.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of a wrong type.
        """
        nothing = table.slice(0, 0)
        if self.topic is None:
            self.state.ingest(nothing, now=0)
        self.state.fill(nothing)

    def extend(self, table: pa.Table, times_ms: Sequence[int]) -> pa.Table:
        """Take rows as events, where they are, and add the features of each.

        Parameters
        ----------
        table : pyarrow.Table
            Rows in the order of their arrival.
        times_ms : sequence of int
            When each was sent; below 0: unknown.

        Returns
        -------
        pyarrow.Table
            With a column for each feature: what a training table has for the row.
        """
        import pyarrow as pa

        plan, parts = self.state.plan, []
        for part, now in self._slices(table, times_ms, plan.at):
            if self.topic is None:
                self.state.ingest(part, now=now)
            parts.append(self.state.features(part))
        return pa.concat_tables(parts) if parts else self.state.features(table)

    def ingest(self, table: pa.Table, times_ms: Sequence[int]) -> None:
        """Take events of their own topic.

        Parameters
        ----------
        table : pyarrow.Table
            Events in the order of their arrival.
        times_ms : sequence of int
            When each was sent; below 0: unknown.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of a wrong type; nothing of it was taken then.
        """
        self.state.ingest(table.slice(0, 0), now=0)
        for part, now in self._slices(table, times_ms, self.state.plan.event_times[0]):
            self.state.ingest(part, now=now)

    def _slices(
        self, table: pa.Table, times_ms: Sequence[int], column: str
    ) -> Iterator[tuple[pa.Table, int]]:
        """Cut where the clock moves by more than a slice; the earliest time is that of a slice."""
        clock = self.state.clock
        last = 0 if clock is None else int(clock.timestamp() * 1e6)
        span = _SLICE_US
        if self.clock == "event":
            times = _micros(table[column])
            span = min(span, self.state.plan.skew)
        else:
            here = time.time_ns() // 1000
            times = [min(one * 1000, here) if one >= 0 else here for one in times_ms]
        start, low, high = 0, 0, 0
        for place, moment in enumerate(times):
            known = last if moment is None else moment
            if place == start:
                low = high = known
            elif max(high, known) - min(low, known) > span:
                yield table.slice(start, place - start), low
                start, low, high = place, known, known
            else:
                low, high = min(low, known), max(high, known)
        if table.num_rows > start:
            yield table.slice(start), low

    def _saved(self, number: int) -> Path:
        return self._folder / f"snapshot-{self._name or 'only'}-{number}"


def _micros(column: pa.ChunkedArray) -> list[int | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    micros = pc.cast(column, pa.timestamp("us"), safe=False)
    found: list[int | None] = pc.cast(micros, pa.int64()).to_pylist()
    return found
