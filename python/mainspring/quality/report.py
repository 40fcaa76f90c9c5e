"""What an evaluation found: typed metrics, plain dicts, JSON, Arrow and a table for a terminal."""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from mainspring._json import to_json
from mainspring.errors import ParameterError
from mainspring.profiles.text_table import format_number, text_table
from mainspring.quality.values import MetricValue, ReliabilityBin, SegmentQuality

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["QualityReport", "quality_report"]

_WIDTH = 80


@dataclass(frozen=True)
class QualityReport:
    """What :func:`mainspring.evaluate` measured.

    Attributes
    ----------
    task : str
        "binary", "multiclass", "regression" or "ranking".
    target : str
        The label's column.
    num_rows : int
        Rows that were measured.
    missing_labels, missing_predictions : int
        Rows that were left out, because they have no label, or a label but no prediction.
    metrics : dict of str to MetricValue
        By name, in the order of the list.
    classes : tuple
        Ascending; of two classes the positive one is the second.
    average : str
        How metrics of many classes were averaged.
    options : dict of str to float
        Every option in force.
    confusion : tuple of tuple of float, or None
        Rows (or their weight) with label i and predicted class j.
    reliability : tuple of ReliabilityBin
        Of probabilities of two classes.
    roc, precision_recall : tuple of tuple of float
        Of scores of two classes about 200 points: (false positive rate, recall), and (recall,
        precision).
    segment : str or None
        The column that segments are of.
    segments : tuple of SegmentQuality
        Most rows first; the rest, if any, last.
    intervals : int
        Resamples that intervals were taken from.
    level : float
        Which share of them an interval holds.
    """

    task: str
    target: str
    num_rows: int
    missing_labels: int
    missing_predictions: int
    metrics: dict[str, MetricValue]
    classes: tuple[Any, ...] = ()
    average: str = "macro"
    options: dict[str, float] = field(default_factory=dict, repr=False)
    confusion: tuple[tuple[float, ...], ...] | None = field(default=None, repr=False)
    reliability: tuple[ReliabilityBin, ...] = field(default=(), repr=False)
    roc: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    precision_recall: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    segment: str | None = None
    segments: tuple[SegmentQuality, ...] = field(default=(), repr=False)
    intervals: int = 0
    level: float = 0.95

    def value(self, metric: str) -> float:
        """Return the value of a metric.

        Parameters
        ----------
        metric : str
            Such as "roc_auc".

        Returns
        -------
        float
            NaN where it is not defined; ``metrics[name].reason`` says why.

        Raises
        ------
        ParameterError
            When it was not measured.
        """
        if metric not in self.metrics:
            raise ParameterError(
                f"'{metric}' was not measured. Measured were {', '.join(self.metrics)}.",
                expected=", ".join(self.metrics),
                got=metric,
            )
        return self.metrics[metric].value

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain values.

        Returns
        -------
        dict
            NaN and infinities are kept as floats.
        """
        plain = [value if _is_plain(value) else str(value) for value in self.classes]
        return {
            "task": self.task,
            "target": self.target,
            "num_rows": self.num_rows,
            "missing_labels": self.missing_labels,
            "missing_predictions": self.missing_predictions,
            "classes": plain,
            "average": self.average,
            "options": dict(self.options),
            "metrics": {name: metric.to_dict() for name, metric in self.metrics.items()},
            "confusion": None if self.confusion is None else [list(row) for row in self.confusion],
            "reliability": [vars(part) for part in self.reliability],
            "roc": [list(point) for point in self.roc],
            "precision_recall": [list(point) for point in self.precision_recall],
            "segment": self.segment,
            "segments": [segment.to_dict() for segment in self.segments],
            "intervals": self.intervals,
            "level": self.level,
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the report as JSON.

        Parameters
        ----------
        indent : int, optional
            Spaces of indentation; one line without.

        Returns
        -------
        str
            Valid JSON: NaN is null, infinities are the strings "Infinity" and "-Infinity".
        """
        return to_json(self.to_dict(), indent)

    def to_arrow(self) -> pa.Table:
        """Return the metrics as a table, a row for each metric of the whole and of each segment.

        Returns
        -------
        pyarrow.Table
            Columns segment (null: the whole), num_rows, metric, value, low, high, interval_low,
            interval_high and reason.
        """
        import pyarrow as pa

        rows = [_arrow_row(None, self.num_rows, name, m) for name, m in self.metrics.items()]
        for segment in self.segments:
            label = f"{segment.num_values} others" if segment.num_values > 1 else str(segment.value)
            rows += [
                _arrow_row(label, segment.num_rows, name, m) for name, m in segment.metrics.items()
            ]
        text, number = pa.string(), pa.float64()
        schema = pa.schema(
            [
                ("segment", text),
                ("num_rows", pa.int64()),
                ("metric", text),
                *((name, number) for name in ("value", "low", "high")),
                *((name, number) for name in ("interval_low", "interval_high")),
                ("reason", text),
            ]
        )
        return pa.Table.from_pylist(rows, schema)

    @overload
    def to_html(self, path: None = None, *, title: str | None = None) -> str: ...

    @overload
    def to_html(self, path: str | os.PathLike[str], *, title: str | None = None) -> None: ...

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *, title: str | None = None
    ) -> str | None:
        """Write the report as an HTML page.

        Parameters
        ----------
        path : path, optional
            The file to write, whole or not at all; by default the page is returned.
        title : str, optional
            What was evaluated.

        Returns
        -------
        str or None
            The page, where no path was given: one file of at most 300 kB that asks for no other,
            light or dark as its reader's system is. Equal reports give equal pages.

        Raises
        ------
        FileError
            When the file cannot be written.

        Notes
        -----
        Classes and segments are values of the data. With the environment variable
        ``MAINSPRING_REDACT`` they are not shown.
        """
        from mainspring.html.page import write_page
        from mainspring.quality.report_page import quality_page

        return write_page(quality_page(self, title=title), path)

    def _repr_html_(self) -> str:
        from mainspring.quality.report_page import quality_fragment

        return quality_fragment(self)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name} {format_number(metric.value)}" for name, metric in [*self.metrics.items()][:3]
        )
        return f"<QualityReport: {self.task}, {self.num_rows:,} rows, {shown}>"

    def __str__(self) -> str:
        lines = textwrap.wrap(
            f"{self.task}, {self.num_rows:,} rows; target '{self.target}'", _WIDTH
        )
        left_out = [
            f"{count:,} without a {what}"
            for count, what in (
                (self.missing_labels, "label"),
                (self.missing_predictions, "prediction"),
            )
            if count
        ]
        if left_out:
            lines.append(f"left out: {' and '.join(left_out)}")
        headers = ["metric", "value", *(["low", "high"] if self.intervals else [])]
        rows = [
            [name, format_number(metric.value), *_interval_cells(metric, self.intervals)]
            for name, metric in self.metrics.items()
        ]
        lines.append(text_table(headers, rows))
        for name, metric in self.metrics.items():
            if metric.reason:
                lines += textwrap.wrap(f"{name}: {metric.reason}", _WIDTH, subsequent_indent="  ")
        if self.segments:
            lines.append(self._segment_table())
        return "\n".join(lines)

    def _segment_table(self) -> str:
        names = list(self.metrics)[:5]
        rows = [
            [
                f"{segment.num_values} others" if segment.num_values > 1 else f"{segment.value}",
                f"{segment.num_rows:,}",
                *(format_number(segment.metrics[name].value) for name in names),
            ]
            for segment in self.segments
        ]
        return text_table([self.segment or "", "rows", *names], rows)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _interval_cells(metric: MetricValue, intervals: int) -> list[str]:
    if not intervals:
        return []
    if metric.interval is None:
        return ["-", "-"]
    return [format_number(end) for end in metric.interval]


def _arrow_row(
    segment: str | None, num_rows: int, name: str, metric: MetricValue
) -> dict[str, Any]:
    low, high = metric.interval or (None, None)
    return {
        "segment": segment,
        "num_rows": num_rows,
        "metric": name,
        "value": None if math.isnan(metric.value) else metric.value,
        "low": metric.low,
        "high": metric.high,
        "interval_low": low,
        "interval_high": high,
        "reason": metric.reason or None,
    }


def quality_report(found: Mapping[str, Any], **fields: Any) -> QualityReport:
    """Make a report of the engine's plain values.

    Parameters
    ----------
    found : mapping
        What the engine's evaluator returned.
    **fields
        The rest of the report's attributes.

    Returns
    -------
    QualityReport
        The typed object.
    """
    metrics = {}
    for row in found["metrics"]:
        values = {**row, "by_class": tuple(row["by_class"])}
        name = values.pop("name")
        metrics[name] = MetricValue(**values)
    confusion = found["confusion"]
    return QualityReport(
        metrics=metrics,
        confusion=None if confusion is None else tuple(map(tuple, confusion)),
        reliability=tuple(ReliabilityBin(*part) for part in found["reliability"]),
        roc=tuple(map(tuple, found["roc"])),
        precision_recall=tuple(map(tuple, found["precision_recall"])),
        **fields,
    )
