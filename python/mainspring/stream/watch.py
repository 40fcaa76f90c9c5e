"""Drift and quality on the way: windows over the rows of a stream, labels that come by a topic."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mainspring.drift import detect_drift
from mainspring.errors import MainspringError, ParameterError
from mainspring.monitor import PerformanceMonitor
from mainspring.profiles import Profile
from mainspring.stream.arguments import check_count
from mainspring.stream.kafka_client import topics_of

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.drift import DriftReport

__all__ = ["DriftWatch", "QualityWatch"]


class DriftWatch:
    """Compare windows of a stream with the profile that a model was trained on.

    Parameters
    ----------
    rows : int, default 10_000
        Rows of a window.
    columns : sequence of str, optional
        What is compared; by default the columns of the profile that the model reads.
    on_report : callable, optional
        Called with the report of each window, in the stream's thread.
    reference : Profile, optional
        Compared with; by default the predictor's.
    options : mapping, optional
        Further arguments of :func:`mainspring.detect_drift`, such as ``limits``.

    Raises
    ------
    ParameterError
        When ``rows`` is below 1.

    Notes
    -----
    Windows are cut by rows, not by time: they do not depend on any clock.
    """

    def __init__(
        self,
        rows: int = 10_000,
        *,
        columns: Sequence[str] | None = None,
        on_report: Callable[[DriftReport], object] | None = None,
        reference: Profile | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        check_count(rows, "rows")
        self.rows, self.on_report, self.options = rows, on_report, dict(options or {})
        self.columns: list[str] = [] if columns is None else list(columns)
        self.reference = reference
        self.last: DriftReport | None = None
        self.windows: Counter[str] = Counter()
        self._profile = Profile(columns=self.columns)

    def open(self, predictor: Any, state: bytes) -> None:
        """Begin, or go on with the window of a checkpoint.

        Parameters
        ----------
        predictor : Predictor
            Whose profile is the reference.
        state : bytes
            What :meth:`to_bytes` returned; empty: nothing.

        Raises
        ------
        ParameterError
            When there is no profile to compare with.
        """
        if self.reference is None:
            self.reference = predictor.profile
        if self.reference is None:
            raise ParameterError(
                f"Predictor {predictor.name!r} has no profile to compare with. Pass reference=.",
                hint="Pass reference=.",
            )
        known = self.reference.columns
        if not self.columns:
            self.columns = [name for name in predictor.input_names if name in known]
        self._profile = Profile(columns=self.columns)
        if state:
            length = int.from_bytes(state[:4], "little")
            self.windows = Counter(json.loads(state[4 : 4 + length]))
            self._profile = Profile.from_bytes(state[4 + length :])

    def update(self, table: pa.Table) -> None:
        """Take rows.

        Parameters
        ----------
        table : pyarrow.Table
            With :attr:`columns`; any number of rows.
        """
        at = 0
        while at < table.num_rows:
            taken = min(self.rows - self._profile.num_rows, table.num_rows - at)
            self._profile.update(table.slice(at, taken))
            at += taken
            if self._profile.num_rows >= self.rows:
                self._judge()

    def _judge(self) -> None:
        profile, self._profile = self._profile, Profile(columns=self.columns)
        options = {"columns": self.columns, **self.options}
        self.last = detect_drift(self.reference, profile, **options)
        self.windows["drifted" if self.last.drifted else "quiet"] += 1
        if self.on_report is not None:
            self.on_report(self.last)

    @property
    def effects(self) -> dict[tuple[str, str], float]:
        """The effects of the last window, by column and statistic."""
        return {
            (column.name, name): statistic.value
            for column in (self.last.columns if self.last is not None else ())
            for name, statistic in column.statistics.items()
        }

    def to_bytes(self) -> bytes:
        """Return the window that is not full yet.

        Returns
        -------
        bytes
            What :meth:`open` reads.
        """
        head = json.dumps(self.windows).encode()
        return len(head).to_bytes(4, "little") + head + self._profile.to_bytes()


class QualityWatch:
    """Join labels that come by a topic to what was predicted.

    Parameters
    ----------
    monitor : PerformanceMonitor
        What joins and measures. Rows must have its columns of id and time; its score or prediction
        is an output of the predictor.
    labels : str
        The topic of the labels, of the stream's format, with the columns of id, time and target.
    """

    def __init__(self, monitor: PerformanceMonitor, labels: str) -> None:
        self.monitor = monitor
        (self.topic,) = topics_of(labels, "labels")
        self.num_unwatched = 0

    @property
    def prediction_columns(self) -> list[str]:
        """Columns of predictions that are read."""
        return self.monitor.columns[0]

    @property
    def label_columns(self) -> list[str]:
        """Columns of labels that are read."""
        return self.monitor.columns[1]

    @property
    def time(self) -> str:
        """The column of times."""
        return self.monitor.columns[0][1]

    def open(self, state: bytes) -> None:
        """Go on where a checkpoint was.

        Parameters
        ----------
        state : bytes
            What :meth:`to_bytes` returned; empty: nothing.
        """
        if state:
            self.monitor = PerformanceMonitor.from_bytes(state)

    def add_predictions(self, table: pa.Table) -> None:
        """Take predictions; those without an id or a time cannot be joined, and are counted.

        Parameters
        ----------
        table : pyarrow.Table
            Rows with outputs.
        """
        import pyarrow.compute as pc

        id_, time, *_ = self.prediction_columns
        try:
            known = table.filter(pc.and_(pc.is_valid(table[id_]), pc.is_valid(table[time])))
            self.num_unwatched += table.num_rows - known.num_rows
            self.monitor.add_predictions(known)
        except (KeyError, MainspringError):
            self.num_unwatched += table.num_rows

    def add_labels(self, table: pa.Table) -> None:
        """Take labels.

        Parameters
        ----------
        table : pyarrow.Table
            With the columns of labels.

        Raises
        ------
        SchemaError, DataError
            When they cannot be joined; nothing has changed then. Labels that are joined and cannot
            be evaluated are counted by the monitor.
        """
        refused = self.monitor.counts["refused"]
        try:
            self.monitor.add_labels(table)
        except MainspringError:
            if self.monitor.counts["refused"] == refused:
                raise

    def to_bytes(self) -> bytes:
        """Return the state.

        Returns
        -------
        bytes
            What :meth:`open` reads.
        """
        return self.monitor.to_bytes()
