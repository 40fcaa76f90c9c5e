"""What a monitor knows, in Prometheus' format."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mainspring.errors import DataError, MissingExtraError
from mainspring.monitor.performance import DELAY_BOUNDS, PerformanceMonitor

if TYPE_CHECKING:
    from prometheus_client.registry import CollectorRegistry

__all__ = ["MonitorMetrics", "prometheus", "register_monitor"]

_LABELS = ("model", "version")


class MonitorMetrics:
    """A collector over one monitor: reads it when it is scraped.

    Parameters
    ----------
    monitor : PerformanceMonitor
        What is told about.
    model, version : str
        The labels of every sample.
    last : int, optional
        How many periods the quality is of; all that are kept by default.
    """

    def __init__(
        self, monitor: PerformanceMonitor, *, model: str, version: str = "", last: int | None = None
    ) -> None:
        self.monitor, self.last = monitor, last
        self.labels = [model, version]

    def collect(self) -> Iterator[Any]:
        """Give each metric with its samples.

        Yields
        ------
        Metric
            Of prometheus_client.
        """
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        monitor = self.monitor
        quality = GaugeMetricFamily(
            "mainspring_quality",
            "How good predictions were whose labels came.",
            labels=(*_LABELS, "metric"),
        )
        estimated = GaugeMetricFamily(
            "mainspring_estimated_quality",
            "How good predictions are expected to be before labels come: the value, and the ends "
            "of its interval, low and high.",
            labels=(*_LABELS, "metric", "end"),
        )
        for metric, value in self._realized():
            quality.add_metric([*self.labels, metric], value)
        for metric, end, value in self._estimated():
            estimated.add_metric([*self.labels, metric, end], value)
        yield quality
        yield estimated
        rows = CounterMetricFamily(
            "mainspring_labelled_rows",
            "Rows of predictions and labels by what became of them: joined, duplicates, unlabelled "
            "(no label came), unmatched (no prediction), late, dropped (no room), refused.",
            labels=(*_LABELS, "outcome"),
        )
        for outcome, count in monitor.counts.items():
            rows.add_metric([*self.labels, outcome], count)
        yield rows
        waiting = GaugeMetricFamily(
            "mainspring_waiting_rows",
            "Predictions and labels that wait for each other.",
            labels=_LABELS,
        )
        waiting.add_metric(self.labels, monitor.num_waiting)
        yield waiting
        counts, seconds = monitor.delays
        delays = HistogramMetricFamily(
            "mainspring_label_delay_seconds",
            "How long after its prediction a label came.",
            labels=_LABELS,
        )
        bounds = [*map(str, map(float, DELAY_BOUNDS)), "+Inf"]
        delays.add_metric(
            self.labels, list(zip(bounds, accumulate(counts), strict=True)), sum_value=seconds
        )
        yield delays

    def _realized(self) -> Iterator[tuple[str, float]]:
        try:
            report = self.monitor.report(self.last)
        except DataError:  # no row yet that says what is measured
            return
        for name, metric in report.metrics.items() if report.num_rows else ():
            if math.isfinite(metric.value):
                yield name, metric.value

    def _estimated(self) -> Iterator[tuple[str, str, float]]:
        report = self.monitor.estimate
        for name, metric in report.metrics.items() if report is not None else ():
            for end in ("value", "low", "high"):
                if math.isfinite(getattr(metric, end)):
                    yield name, end, getattr(metric, end)


def register_monitor(
    monitor: PerformanceMonitor,
    registry: CollectorRegistry | None = None,
    *,
    model: str,
    version: str = "",
    last: int | None = None,
) -> MonitorMetrics:
    """Export a monitor with a registry of prometheus_client.

    Parameters
    ----------
    monitor : PerformanceMonitor
        What is told about; its attribute ``estimate`` is, too, where it is set.
    registry : prometheus_client.CollectorRegistry, optional
        The library's own by default.
    model, version : str
        The labels of every sample.
    last : int, optional
        How many periods the quality is of; all that are kept by default.

    Returns
    -------
    MonitorMetrics
        What was registered.

    Raises
    ------
    MissingExtraError
        When prometheus_client is not installed.

    Examples
    --------
    >>> from datetime import timedelta
    >>> from prometheus_client import CollectorRegistry, generate_latest
    >>> from mainspring.monitor import PerformanceMonitor, register_monitor
    >>> monitor = PerformanceMonitor(id="id", time="at", window=timedelta(days=7), task="binary",
    ...                              target="late", score="p")
    >>> registry = CollectorRegistry()
    >>> _ = register_monitor(monitor, registry, model="flights")
    >>> b"mainspring_waiting_rows" in generate_latest(registry)
    True
    """
    metrics = MonitorMetrics(monitor, model=model, version=version, last=last)
    (registry or prometheus().REGISTRY).register(metrics)
    return metrics


def prometheus() -> Any:
    """Import the client of Prometheus.

    Returns
    -------
    module
        prometheus_client.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    try:
        import prometheus_client
    except ImportError as error:
        raise MissingExtraError(
            "Metrics need prometheus-client, which is not installed. Run: "
            "pip install 'mainspring[serve]'",
            hint="pip install 'mainspring[serve]'",
        ) from error
    return prometheus_client
