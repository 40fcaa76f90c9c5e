"""What the engine counted, in Prometheus' format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mainspring import _engine

if TYPE_CHECKING:
    from prometheus_client.registry import CollectorRegistry

    from mainspring.serve.server import Server

__all__ = ["ServerMetrics", "make_registry"]


class ServerMetrics:
    """A collector over all models: reads the native counters when it is scraped.

    Parameters
    ----------
    server : Server
        What is told about.
    """

    def __init__(self, server: Server) -> None:
        self.server = server

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

        info = GaugeMetricFamily(
            "mainspring_model_info", "1 for each model that is served.", labels=["model", "version"]
        )
        requests = CounterMetricFamily(
            "mainspring_requests",
            "Requests that a model answered, by how they ended: ok, data, schema or request (the "
            "client's mistakes), limit (too many rows) or busy (no memory).",
            labels=["model", "protocol", "outcome"],
        )
        rows = CounterMetricFamily(
            "mainspring_rows", "Rows that were predicted.", labels=["model", "protocol"]
        )
        seconds = HistogramMetricFamily(
            "mainspring_request_seconds",
            "Time from the whole body to the whole answer.",
            labels=["model", "protocol"],
        )
        for model in self.server.models.loaded():
            info.add_metric([model.name, model.version], 1)
            for protocol, counters in model.native.counters.items():
                labels = [model.name, protocol]
                for outcome, count in counters["requests"].items():
                    requests.add_metric([*labels, outcome], count)
                rows.add_metric(labels, counters["rows"])
                seconds.add_metric(
                    labels, _buckets(counters["latencies"]), counters["latency_seconds"]
                )
        refused = CounterMetricFamily(
            "mainspring_refused_requests",
            "Requests that no model saw, by the status of the answer.",
            labels=["status"],
        )
        for status, count in self.server.refused().items():
            refused.add_metric([str(status)], count)
        yield from (info, requests, rows, seconds, refused)


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    bounds = [*(repr(bound) for bound in _engine.latency_bounds()), "+Inf"]
    buckets, total = [], 0
    for bound, count in zip(bounds, counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets


def make_registry(server: Server) -> CollectorRegistry:
    """Make a registry of one server: its metrics and those of its process.

    Parameters
    ----------
    server : Server
        What is told about.

    Returns
    -------
    CollectorRegistry
        Not the process' default one, so that several servers can live in one process.
    """
    from prometheus_client import CollectorRegistry, ProcessCollector

    registry = CollectorRegistry()
    registry.register(ServerMetrics(server))
    ProcessCollector(registry=registry)
    return registry
