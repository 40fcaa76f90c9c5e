"""An evaluation that grows: rows come in batches, shards are merged, bytes are carried on."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mainspring import _engine
from mainspring._columns import arrow_table
from mainspring._limits import checked_limits
from mainspring.errors import BundleCorruptError, DataError, ParameterError
from mainspring.quality.metric_names import check_names, metrics_of
from mainspring.quality.report import QualityReport, quality_report
from mainspring.quality.rows import (
    Classes,
    CompleteRows,
    Names,
    checked_score,
    complete_rows,
    task_of,
)

__all__ = ["Evaluation"]

_TASKS = ("auto", "binary", "multiclass", "regression", "ranking")
_AVERAGES = ("macro", "micro", "weighted")
_MAGIC = b"MSQE"
_VERSION = 1


class Evaluation:
    """Metrics over rows that come in any number of batches.

    Holds sums, counts and, for metrics that rank rows (``roc_auc``, ``pr_auc``, ``ks``, ``gain``,
    ``lift``, calibration), the scores themselves: 8 bytes for each row and class, 16 with
    weights. ``metrics=`` without them, or with ``roc_auc_histogram`` in their place, needs memory
    that does not grow with the rows. Rankings hold 28 bytes a row, so that a query may be spread
    over batches.

    Parameters
    ----------
    target, prediction, score, weight, query, task, positive, metrics, average, threshold, options
        As :func:`mainspring.evaluate` takes them.

    Raises
    ------
    ParameterError
        When an argument is wrong.

    Notes
    -----
    Unweighted metrics have the same bits for any batches, threads and order of merging. Not safe to
    update from several threads at once.

    Examples
    --------
    >>> from mainspring.quality import Evaluation
    >>> first = Evaluation(target="y", score="p").update({"y": [0, 1], "p": [0.2, 0.6]})
    >>> second = Evaluation(target="y", score="p").update({"y": [1, 0], "p": [0.7, 0.65]})
    >>> first.merge(second).report().value("roc_auc")
    0.75
    """

    def __init__(  # noqa: PLR0913 - each is a part of what is evaluated
        self,
        *,
        target: str,
        prediction: str | None = None,
        score: str | Mapping[Any, str] | None = None,
        weight: str | None = None,
        query: str | None = None,
        task: str = "auto",
        positive: Any = None,
        metrics: Sequence[str] | None = None,
        average: str = "macro",
        threshold: float = 0.5,
        options: Mapping[str, float] | None = None,
    ) -> None:
        if task not in _TASKS:
            raise _wrong("task", task, _TASKS)
        if task == "ranking" and query is None:
            raise ParameterError(
                "query must be given for the task 'ranking': the column whose values say which "
                "rows are ranked against each other.",
                expected="query=",
            )
        if average not in _AVERAGES:
            raise _wrong("average", average, _AVERAGES)
        self._names = Names(target, prediction, checked_score(score), weight, query)
        self._task = task
        self._asked = None if metrics is None else list(metrics)
        self._average = average
        self._threshold = float(threshold)
        self._options = checked_limits(_engine.quality_options(), options, "options")
        self._classes = Classes(positive=positive)
        if isinstance(self._names.score, dict):
            self._classes.values = list(self._names.score)
        self._queries: dict[Any, int] = {}
        self._counts = {"missing_labels": 0, "missing_predictions": 0}
        self._evaluator: _engine.Evaluator | None = None
        check_names(self._asked)

    @property
    def num_rows(self) -> int:
        """Rows that were complete and are in the metrics."""
        return 0 if self._evaluator is None else self._evaluator.num_rows

    def update(self, data: object) -> Evaluation:
        """Take the next rows.

        Parameters
        ----------
        data : table
            A pyarrow, pandas, polars or DuckDB table, a list of dicts or a dict of columns.

        Returns
        -------
        Evaluation
            Itself.

        Raises
        ------
        SchemaError, DataError
            When a column is missing or of the wrong type, or a value cannot be taken.
        """
        rows = self._read(data)
        self._started().update(self._num_classes, rows.columns)
        return self

    def merge(self, other: Evaluation) -> Evaluation:
        """Take over the rows of an evaluation that was made alike.

        Parameters
        ----------
        other : Evaluation
            It stays as it is.

        Returns
        -------
        Evaluation
            Itself.

        Raises
        ------
        ParameterError
            When the other one has another task, other columns, metrics or options.
        """
        if other._evaluator is None:
            return self
        if self._evaluator is None:
            self._task, self._classes.positive = other._task, other._classes.positive
        if self._settings() != other._settings():
            raise ParameterError(
                "merge: the other evaluation has another task, other columns, metrics or options. "
                "Make both alike.",
                expected=repr(self._settings()),
                got=repr(other._settings()),
            )
        places = []
        for value in other._classes.values:
            if value not in self._classes.values:
                self._classes.values.append(value)
            places.append(self._classes.values.index(value))
        if self._task == "binary":
            if len(self._classes.values) > 2:
                raise DataError(
                    "merge: together there are more than two classes, expected two for task "
                    "'binary'.",
                    expected="2",
                    got=str(len(self._classes.values)),
                )
            places = [0, 1]
        queries = [self._queries.setdefault(key, len(self._queries)) for key in other._queries]
        self._started().merge(other._evaluator, places, queries)
        for name, count in other._counts.items():
            self._counts[name] += count
        return self

    def report(self) -> QualityReport:
        """Return the metrics of all rows so far.

        Returns
        -------
        QualityReport
            The evaluation may go on afterwards.
        """
        order, classes = self._ordered_classes()
        found = self._started(empty=True).finish(order)
        return quality_report(
            found,
            task="binary" if self._task == "auto" else self._task,
            target=self._names.target,
            num_rows=self.num_rows,
            classes=tuple(classes),
            average=self._average,
            options=dict(self._options),
            **self._counts,
        )

    def to_bytes(self) -> bytes:
        """Return the state, so that another process can go on.

        Returns
        -------
        bytes
            With a checksum; :meth:`from_bytes` reads them.

        Raises
        ------
        ParameterError
            When classes or queries are neither text nor numbers.
        """
        head = {
            **self._settings(),
            "positive": self._classes.positive,
            "classes": self._classes.values,
            "queries": list(self._queries),
            "counts": self._counts,
            "started": self._evaluator is not None,
        }
        try:
            header = json.dumps(head).encode()
        except TypeError as error:
            raise ParameterError(
                f"to_bytes: classes and queries must be text or numbers: {error}.",
                expected="text or numbers",
            ) from error
        state = b"" if self._evaluator is None else self._evaluator.to_bytes()
        body = struct.pack("<IQ", _VERSION, len(header)) + header + state
        return _MAGIC + struct.pack("<I", zlib.crc32(body)) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Evaluation:
        """Read what :meth:`to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            The state.

        Returns
        -------
        Evaluation
            As it was.

        Raises
        ------
        BundleCorruptError
            When the bytes are something else, cut or changed.
        """
        if len(data) < 20 or data[:4] != _MAGIC or zlib.crc32(data[8:]) != _u32(data, 4):
            raise BundleCorruptError("The bytes are no evaluation, or were cut or changed.")
        version, length = struct.unpack_from("<IQ", data, 8)
        if version != _VERSION or length > len(data) - 20:
            raise BundleCorruptError(f"The bytes are an evaluation of version {version}.")
        head = json.loads(data[20 : 20 + length])
        found = cls(**_arguments(head))
        found._classes = Classes(head["classes"], head["positive"])
        found._queries = {key: place for place, key in enumerate(head["queries"])}
        found._counts = head["counts"]
        if head["started"]:
            found._started().read(data[20 + length :])
        return found

    def _settings(self) -> dict[str, Any]:
        names = asdict(self._names)
        if isinstance(self._names.score, dict):  # JSON has no keys but texts
            names["score"] = [[key, column] for key, column in self._names.score.items()]
        return {
            **names,
            "task": self._task,
            "metrics": self._asked,
            "average": self._average,
            "threshold": self._threshold,
            "options": self._options,
        }

    def _read(self, data: object) -> CompleteRows:
        table = arrow_table(data, "evaluate")
        if self._task == "auto":
            self._task = task_of(table, self._names)
        rows = complete_rows(table, self._names, self._task, self._classes, self._threshold)
        if self._names.query is not None:
            self._number_queries(table, rows)
        for name in self._counts:
            self._counts[name] += getattr(rows, name)
        return rows

    @property
    def _num_classes(self) -> int:
        return 2 if self._task == "binary" else len(self._classes.values)

    def _empty_copy(self) -> Evaluation:
        """Return an evaluation made alike, with the same classes and queries but no rows."""
        other = Evaluation.__new__(Evaluation)
        vars(other).update(vars(self))
        other._counts = dict.fromkeys(self._counts, 0)
        other._evaluator = None
        return other

    def _number_queries(self, table: Any, rows: CompleteRows) -> None:
        """Replace the codes of this table's queries by those of all tables."""
        import numpy as np

        from mainspring._columns import codes_of, column_of

        name = self._names.query or ""
        _, values = codes_of(column_of(table, name, "query"), name)
        places = [self._queries.setdefault(key, len(self._queries)) for key in values.to_pylist()]
        codes = np.array(places, np.uint32)
        rows.columns["queries"] = codes[rows.columns["queries"]]

    def _started(self, *, empty: bool = False) -> _engine.Evaluator:
        if self._evaluator is None:
            if self._task == "auto" and empty:
                raise DataError("report: there were no rows, so that the task is not known yet.")
            score = self._names.score
            scores = 0 if score is None else 1 if self._task == "binary" else len(score)
            if isinstance(score, str):
                scores = 1
            if scores == 1 and self._task == "multiclass":
                raise ParameterError(
                    "score must be a mapping of each class to its column for task 'multiclass'.",
                    expected="a mapping",
                    got=repr(score),
                )
            metrics = metrics_of(self._task, scores, self._asked)
            self._evaluator = _engine.Evaluator(
                self._task, scores, metrics, self._average, self._options
            )
        return self._evaluator

    def _ordered_classes(self) -> tuple[list[int], list[Any]]:
        values = self._classes.values
        if self._task == "binary":
            negative = [value for value in values if value != self._classes.positive]
            return [], [negative[0] if negative else None, self._classes.positive]
        order = sorted(range(len(values)), key=lambda place: values[place])
        return order, [values[place] for place in order]


def _arguments(head: dict[str, Any]) -> dict[str, Any]:
    names = ("target", "prediction", "score", "weight", "query")
    rest = ("task", "metrics", "average", "threshold", "options", "positive")
    found = {name: head[name] for name in (*names, *rest)}
    if isinstance(found["score"], list):
        found["score"] = dict(found["score"])
    return found


def _u32(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])


def _wrong(name: str, got: object, known: Sequence[str]) -> ParameterError:
    return ParameterError(
        f"{name} must be one of {', '.join(map(repr, known))}, got {got!r}.",
        expected=" or ".join(known),
        got=repr(got),
    )
