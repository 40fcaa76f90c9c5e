"""What a stream counts of itself, in Prometheus' format."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mainspring.errors import ParameterError
from mainspring.monitor.metrics import MonitorMetrics, prometheus

if TYPE_CHECKING:
    from prometheus_client.registry import CollectorRegistry

__all__ = ["STREAM_METRICS", "StreamMetrics", "register_stream", "serve_metrics"]

#: Every metric: name, kind, labels beside ``stream``, and what it says.
STREAM_METRICS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    (
        "mainspring_stream_messages",
        "counter",
        ("role",),
        "Messages that were read: row, event or label.",
    ),
    ("mainspring_stream_rows", "counter", (), "Rows that were predicted."),
    ("mainspring_stream_batches", "counter", (), "Batches that they came in."),
    (
        "mainspring_stream_dead_letters",
        "counter",
        ("error",),
        "Messages that could not be read, by the class of the error.",
    ),
    (
        "mainspring_stream_lag_messages",
        "gauge",
        ("topic", "partition"),
        "Messages that wait, as of the last second.",
    ),
    (
        "mainspring_stream_delay_seconds",
        "histogram",
        (),
        "Time from when a message was sent to its result.",
    ),
    (
        "mainspring_stream_busy_seconds",
        "counter",
        (),
        "Time in which messages were read and predicted.",
    ),
    (
        "mainspring_stream_waited_seconds",
        "counter",
        (),
        "Time in which a sink took nothing more: back-pressure, or a broker that is away.",
    ),
    ("mainspring_stream_commits", "counter", (), "Times that offsets were committed."),
    (
        "mainspring_stream_rebalances",
        "counter",
        (),
        "Times that partitions were assigned to this process.",
    ),
    (
        "mainspring_stream_unwatched_rows",
        "counter",
        (),
        "Rows without an id or a time, whose quality cannot be known.",
    ),
    (
        "mainspring_stream_drift_windows",
        "counter",
        ("outcome",),
        "Windows that were compared with the profile: drifted, or quiet.",
    ),
    (
        "mainspring_stream_drift_effect",
        "gauge",
        ("column", "statistic"),
        "How far a column was from the profile in the last window.",
    ),
)


class StreamMetrics:
    """A collector over one stream: reads it when it is scraped, between two batches.

    Parameters
    ----------
    stream : mainspring.stream.Stream
        What is told about; the quality that it watches, too.
    version : str, default ""
        The model's version, a label of the quality.
    """

    def __init__(self, stream: Any, *, version: str = "") -> None:
        self.stream, self.version = stream, version

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

        kinds = {
            "counter": CounterMetricFamily,
            "gauge": GaugeMetricFamily,
            "histogram": HistogramMetricFamily,
        }
        families = {
            name: kinds[kind](name, text, labels=("stream", *labels))
            for name, kind, labels, text in STREAM_METRICS
        }
        stream, stream_name = self.stream, self.stream.name
        with stream.lock:
            for name, labels, value in self._samples():
                families[name].add_metric([stream_name, *labels], value)
            facts = stream.facts
            bounds = [*map(str, map(float, facts.bounds)), "+Inf"]
            buckets = list(zip(bounds, accumulate(facts.delays), strict=True))
            families["mainspring_stream_delay_seconds"].add_metric(
                [stream_name], buckets, sum_value=facts.delay_seconds
            )
            more: list[Any] = []
            if stream.quality is not None:
                watched = MonitorMetrics(
                    stream.quality.monitor, model=stream.predictor.name, version=self.version
                )
                more = list(watched.collect())
        yield from families.values()
        yield from more

    def _samples(self) -> Iterator[tuple[str, list[str], float]]:
        stream, facts = self.stream, self.stream.facts
        start = "mainspring_stream_"
        for role, count in facts.messages.items():
            yield start + "messages", [role], count
        yield start + "rows", [], facts.num_rows
        yield start + "batches", [], facts.num_batches
        for error, count in facts.dead.items():
            yield start + "dead_letters", [error], count
        for (topic, number), count in dict(facts.lag).items():
            yield start + "lag_messages", [topic, str(number)], count
        yield start + "busy_seconds", [], facts.busy_seconds
        yield start + "waited_seconds", [], stream.waited_seconds
        yield start + "commits", [], facts.num_commits
        yield start + "rebalances", [], stream.source.num_rebalances
        if stream.quality is not None:
            yield start + "unwatched_rows", [], stream.quality.num_unwatched
        if stream.drift is not None:
            for outcome in ("drifted", "quiet"):
                yield start + "drift_windows", [outcome], stream.drift.windows[outcome]
            for labels, value in stream.drift.effects.items():
                if math.isfinite(value):
                    yield start + "drift_effect", list(labels), value


def register_stream(
    stream: Any, registry: CollectorRegistry | None = None, *, version: str = ""
) -> StreamMetrics:
    """Export a stream with a registry of prometheus_client.

    Parameters
    ----------
    stream : mainspring.stream.Stream
        What is told about.
    registry : prometheus_client.CollectorRegistry, optional
        The library's own by default.
    version : str, default ""
        The model's version.

    Returns
    -------
    StreamMetrics
        What was registered.

    Raises
    ------
    MissingExtraError
        When prometheus_client is not installed.
    """
    metrics = StreamMetrics(stream, version=version)
    (registry or prometheus().REGISTRY).register(metrics)
    return metrics


def serve_metrics(stream: Any, port: int, host: str = "127.0.0.1") -> int:
    """Answer Prometheus for a stream, from a thread of its own.

    Parameters
    ----------
    stream : mainspring.stream.Stream
        What is told about.
    port : int
        Where to listen; 0: any.
    host : str, default "127.0.0.1"
        Which address.

    Returns
    -------
    int
        The port.

    Raises
    ------
    MissingExtraError
        When prometheus_client is not installed.
    ParameterError
        When nobody can listen there.
    """
    client = prometheus()
    registry = client.CollectorRegistry()
    register_stream(stream, registry)
    try:
        server, _ = client.start_http_server(port, host, registry)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise ParameterError(
            f"Cannot listen on {host} port {port}: {reason}. Choose another port.",
            expected="a free port",
            got=str(port),
        ) from error
    return int(server.server_port)
