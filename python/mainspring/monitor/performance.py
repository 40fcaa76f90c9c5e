"""How a model does in use, by the labels that come late: joined, measured by periods, exported."""

from __future__ import annotations

import json
import os
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from mainspring._files import read_file, write_file
from mainspring.errors import MainspringError, ParameterError
from mainspring.monitor.label_join import LabelJoin
from mainspring.monitor.state_bytes import read_state, write_state
from mainspring.quality import Evaluation

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.monitor.estimate import EstimateReport
    from mainspring.quality.report import QualityReport

__all__ = ["DELAY_BOUNDS", "PerformanceMonitor"]

_MAGIC = b"MSPM"
_VERSION = 1
_MICROSECOND = timedelta(microseconds=1)
_TASKS = ("binary", "multiclass", "regression", "ranking")

#: Upper ends of the buckets of delays, in seconds: a minute to 30 days.
DELAY_BOUNDS = (60, 600, 3600, 14_400, 86_400, 259_200, 604_800, 1_209_600, 2_592_000)


class PerformanceMonitor:
    """The quality of a model in use, measured as labels come.

    Predictions and labels are joined by :class:`LabelJoin`; joined rows go into the evaluation of
    the period in which they were predicted. Periods merge, so that the quality of any number of
    them is a sum, and old ones are forgotten: memory does not grow with the rows.

    Parameters
    ----------
    id, time : str
        Columns that predictions and labels both have: the key, and when each was made.
    window : timedelta
        How late a label may be.
    task : str
        "binary", "multiclass", "regression" or "ranking".
    target : str
        The label's column, of the rows of labels.
    score, prediction, weight, query, positive, metrics, average, threshold, options
        As :func:`mainspring.evaluate` takes them; ``positive`` is 1 where two classes are judged
        and it is not given. By default metrics are those that need no row to be kept.
    period : timedelta, default 1 day
        How long a period is, counted from 1970.
    num_periods : int, default 30
        How many of the last periods are kept.
    max_ids : int, default 10_000_000
        As :class:`LabelJoin` takes it.

    Raises
    ------
    ParameterError
        When an argument is wrong.

    Notes
    -----
    Not safe to use from several threads at once. What is saved holds the join and the periods of
    one moment: whoever reads logs again from before it counts nothing twice.

    Examples
    --------
    >>> from datetime import datetime, timedelta
    >>> from mainspring.monitor import PerformanceMonitor
    >>> monitor = PerformanceMonitor(id="id", time="at", window=timedelta(days=7), task="binary",
    ...                              target="late", score="p")
    >>> noon = datetime(2024, 5, 1, 12)
    >>> monitor.add_predictions({"id": [1, 2], "at": [noon, noon], "p": [0.8, 0.1]})
    0
    >>> monitor.add_labels({"id": [2, 1], "at": [noon, noon], "late": [0, 1]})
    2
    >>> monitor.report().value("accuracy")
    1.0
    """

    def __init__(  # noqa: PLR0913 - each is a part of what is measured
        self,
        *,
        id: str,
        time: str,
        window: timedelta,
        task: str,
        target: str,
        score: str | Mapping[Any, str] | None = None,
        prediction: str | None = None,
        weight: str | None = None,
        query: str | None = None,
        positive: Any = None,
        metrics: Sequence[str] | None = None,
        average: str = "macro",
        threshold: float = 0.5,
        options: Mapping[str, float] | None = None,
        period: timedelta = timedelta(days=1),
        num_periods: int = 30,
        max_ids: int = 10_000_000,
    ) -> None:
        if task not in _TASKS:
            raise ParameterError(
                f"task must be one of {', '.join(map(repr, _TASKS))}, got {task!r}.",
                expected=" or ".join(_TASKS),
                got=repr(task),
            )
        if not isinstance(period, timedelta) or period <= timedelta(0):
            raise ParameterError(
                f"period must be a timedelta above 0, got {period!r}.",
                expected="a timedelta above 0",
                got=repr(period),
            )
        if isinstance(num_periods, bool) or not isinstance(num_periods, int) or num_periods < 1:
            raise ParameterError(
                f"num_periods must be an integer of at least 1, got {num_periods!r}.",
                expected="an integer of at least 1",
                got=repr(num_periods),
            )
        if task == "binary" and positive is None and isinstance(score, str | None):
            positive = 1
        self._made: dict[str, Any] = {
            "target": target,
            "prediction": prediction,
            "score": dict(score) if isinstance(score, Mapping) else score,
            "weight": weight,
            "query": query,
            "task": task,
            "positive": positive,
            "metrics": _bounded_metrics(task, score) if metrics is None else list(metrics),
            "average": average,
            "threshold": threshold,
            "options": None if options is None else dict(options),
        }
        Evaluation(**self._made)  # says now what is wrong
        self._join = LabelJoin(id=id, time=time, window=window, max_ids=max_ids)
        self._period, self._num_periods = period // _MICROSECOND, num_periods
        self._periods: dict[int, Evaluation] = {}
        self._delays = [0] * (len(DELAY_BOUNDS) + 1)
        self._delay_seconds = 0.0
        self._refused = 0
        self.estimate: EstimateReport | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what became of them: those of the join, and ``refused``.

        Refused are rows whose labels or predictions the evaluation could not take; the error that
        says why was raised.
        """
        return {**self._join.counts, "refused": self._refused}

    @property
    def columns(self) -> tuple[list[str], list[str]]:
        """Columns of predictions and of labels that are read: id, time and what is evaluated."""
        made, keys = self._made, self._join.columns
        scores = made["score"].values() if isinstance(made["score"], dict) else [made["score"]]
        read = [made["prediction"], *scores, made["weight"], made["query"]]
        return [*keys, *filter(None, read)], [*keys, made["target"]]

    @property
    def num_waiting(self) -> int:
        """Predictions and labels that wait for each other."""
        return self._join.num_waiting

    @property
    def delays(self) -> tuple[list[int], float]:
        """Joined rows by how late their label was, in the buckets of ``DELAY_BOUNDS``; the sum."""
        return list(self._delays), self._delay_seconds

    @property
    def periods(self) -> list[datetime]:
        """When the periods that have rows begin, in UTC, the oldest first."""
        return [_moment(start * self._period) for start in sorted(self._periods)]

    def add_predictions(self, data: object) -> int:
        """Take predictions.

        Parameters
        ----------
        data : table
            With the columns of id, time and what is evaluated.

        Returns
        -------
        int
            How many rows were joined, as their labels were there before.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of the wrong type, or a value cannot be taken.
        """
        return self._measure(*self._join.add("prediction", data))

    def add_labels(self, data: object) -> int:
        """Take labels.

        Parameters
        ----------
        data : table
            With the columns of id, time and target.

        Returns
        -------
        int
            How many rows were joined.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of the wrong type, or a value cannot be taken.
        """
        return self._measure(*self._join.add("label", data))

    def report(self, last: int | None = None) -> QualityReport:
        """Return the quality of the last periods.

        Parameters
        ----------
        last : int, optional
            How many of the periods that have rows; all that are kept by default.

        Returns
        -------
        QualityReport
            Of all their rows.

        Raises
        ------
        ParameterError
            When ``last`` is below 1.
        """
        if last is not None and last < 1:
            raise ParameterError(
                f"last must be at least 1, got {last}.", expected="at least 1", got=str(last)
            )
        whole = Evaluation(**self._made)
        for start in sorted(self._periods)[-(last or 0) :]:
            whole.merge(self._periods[start])
        return whole.report()

    def to_bytes(self) -> bytes:
        """Return the state, so that another process can go on.

        Returns
        -------
        bytes
            With a checksum; :meth:`from_bytes` reads them. Without the estimate.

        Raises
        ------
        ParameterError
            When classes are neither text nor numbers.
        """
        made = {**self._made}
        if isinstance(made["score"], dict):  # JSON has no keys but texts
            made["score"] = [[key, column] for key, column in made["score"].items()]
        starts = sorted(self._periods)
        head = {
            "made": made,
            "period": self._period,
            "num_periods": self._num_periods,
            "delays": self._delays,
            "delay_seconds": self._delay_seconds,
            "refused": self._refused,
            "starts": starts,
        }
        try:
            header = json.dumps(head).encode()
        except TypeError as error:
            raise ParameterError(
                f"to_bytes: classes must be text or numbers: {error}.", expected="text or numbers"
            ) from error
        states = [self._periods[start].to_bytes() for start in starts]
        join = self._join.to_bytes()
        packed = write_state(_MAGIC, _VERSION, states)
        return write_state(_MAGIC, _VERSION, [header, join, packed])

    @classmethod
    def from_bytes(cls, data: bytes) -> PerformanceMonitor:
        """Read what :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            The state.

        Returns
        -------
        PerformanceMonitor
            As it was.

        Raises
        ------
        BundleCorruptError
            When the bytes are something else, cut or changed.
        """
        what = "no state of a monitor"
        header, join, packed = read_state(_MAGIC, _VERSION, data, 3, what)
        head = json.loads(header)
        made = head["made"]
        if isinstance(made["score"], list):
            made["score"] = dict(map(tuple, made["score"]))
        found = cls(
            id="", time="", window=timedelta(1), num_periods=head["num_periods"], **made,
            period=head["period"] * _MICROSECOND,
        )  # fmt: skip
        found._join = LabelJoin.from_bytes(join)
        states = read_state(_MAGIC, _VERSION, packed, len(head["starts"]), what)
        for start, state in zip(head["starts"], states, strict=True):
            found._periods[start] = Evaluation.from_bytes(state)
        found._delays, found._delay_seconds = head["delays"], head["delay_seconds"]
        found._refused = head["refused"]
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
    def load(cls, path: str | os.PathLike[str]) -> PerformanceMonitor:
        """Read a state from a file.

        Parameters
        ----------
        path : path
            What :meth:`save` wrote.

        Returns
        -------
        PerformanceMonitor
            As it was.

        Raises
        ------
        FileError, BundleCorruptError
            When the file cannot be read, or is something else, cut or changed.
        """
        return cls.from_bytes(read_file(path))

    def _measure(self, joined: pa.Table, times: Any) -> int:
        import numpy as np

        starts = times // self._period
        for delay in joined["delay_seconds"].to_numpy():
            self._delays[bisect_left(DELAY_BOUNDS, delay)] += 1
            self._delay_seconds += float(delay)
        for start in np.unique(starts).tolist():
            rows = joined.filter(starts == start)
            held = self._periods.get(start)
            if held is None and len(self._periods) >= self._num_periods:
                oldest = min(self._periods)
                if start < oldest:
                    continue  # of a period that is not kept
            # On a copy: what cannot be taken must leave nothing of itself behind.
            grown = Evaluation(**self._made)
            try:
                grown.update(rows)
                self._periods[start] = grown if held is None else held.merge(grown)
            except MainspringError:
                self._refused += rows.num_rows
                raise
            if len(self._periods) > self._num_periods:
                del self._periods[min(self._periods)]
        return int(joined.num_rows)


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + micros * _MICROSECOND


def _bounded_metrics(task: str, score: object) -> list[str]:
    """Return metrics whose states do not grow with the rows."""
    if task == "regression":
        return ["mae", "rmse", "mean_error", "r2"]
    if task == "ranking":
        return ["ndcg", "map", "mrr", "hit_rate"]
    of_classes = ["accuracy", "precision", "recall", "f1"]
    scored = ["log_loss", "brier", *(["roc_auc_histogram"] if task == "binary" else [])]
    return of_classes + (scored if score is not None else [])
