"""What the engine counted, in Prometheus' format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from mainspring import _engine
from mainspring.serve.drift_window import DriftWindow, column_counts, drift_effects
from mainspring.serve.metric_list import METRICS

if TYPE_CHECKING:
    from prometheus_client.registry import CollectorRegistry

    from mainspring.serve.hosted_model import HostedModel
    from mainspring.serve.server import Server

__all__ = ["ServerMetrics", "make_registry"]

_EVENTS, _VALUES = "mainspring_history_events_total", "mainspring_history_values_total"
_EVICTED = "mainspring_history_evicted_total"
# (metric, last label): what a state calls it.
_HISTORY_COUNTS = {
    (_EVENTS, "taken"): "taken",
    (_EVENTS, "expired"): "expired",
    (_EVENTS, "duplicate"): "duplicates",
    (_EVENTS, "future"): "future",
    (_EVENTS, "without_time"): "without_time",
    (_EVENTS, "without_key"): "without_key",
    (_EVENTS, "refused"): "refused",
    (_VALUES, "late"): "late",
    (_VALUES, "off_grid"): "off_grid",
    (_EVICTED, "events"): "evicted_events",
    (_EVICTED, "keys"): "evicted_keys",
}


class ServerMetrics:
    """A collector over all models: reads the native counters when it is scraped.

    Parameters
    ----------
    server : Server
        What is told about.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self._windows: WeakKeyDictionary[HostedModel, DriftWindow] = WeakKeyDictionary()

    def collect(self) -> Iterator[Any]:
        """Give each metric with its samples.

        Yields
        ------
        Metric
            Of prometheus_client.
        """
        families = {one.name: _family(one) for one in METRICS}
        for model in self.server.models.loaded():
            labels = [model.name, model.version]
            self._add_requests(families, model, labels)
            self._add_values(families, model, labels)
            self._add_quality(families, model, labels)
            slot = self.server.models.slots.get(model.name)
            is_served = slot is not None and slot.current is model
            families["mainspring_model_info"].add_metric(labels, 1)
            families["mainspring_model_served"].add_metric(labels, float(is_served))
        self._add_histories(families)
        for status, count in self.server.refused().items():
            families["mainspring_refused_requests_total"].add_metric([str(status)], count)
        load = self.server.load
        families["mainspring_requests_in_flight"].add_metric(["waiting"], load.waiting)
        families["mainspring_requests_in_flight"].add_metric(["running"], load.running)
        batches = self.server.handler.batches
        waiting = 0 if batches is None else batches.num_waiting
        families["mainspring_requests_in_flight"].add_metric(["batched"], waiting)
        families["mainspring_abandoned_requests_total"].add_metric([], load.num_abandoned)
        for compared, count in self.server.shadows.counts.items():
            families["mainspring_shadow_requests_total"].add_metric(compared, count)
        if self.server.payloads is not None:
            for logged, count in list(self.server.payloads.counts.items()):
                families["mainspring_payloads_total"].add_metric(logged, count)
        if self.server.repository is not None:
            for loaded, count in list(self.server.repository.loads.items()):
                families["mainspring_model_loads_total"].add_metric(loaded, count)
        yield from families.values()

    def _add_requests(
        self, families: dict[str, Any], model: HostedModel, labels: list[str]
    ) -> None:
        phases = dict.fromkeys(("queue", "parse", "predict", "write"), 0.0)
        for protocol, counters in model.native.counters.items():
            for outcome, count in counters["requests"].items():
                families["mainspring_requests_total"].add_metric(
                    [*labels, protocol, outcome], count
                )
            families["mainspring_rows_total"].add_metric([*labels, protocol], counters["rows"])
            families["mainspring_request_seconds"].add_metric(
                [*labels, protocol],
                _buckets(counters["latencies"], _engine.latency_bounds()),
                counters["latency_seconds"],
            )
            for phase in phases:
                phases[phase] += counters["phase_seconds"][phase]
        for phase, seconds in phases.items():
            families["mainspring_phase_seconds_total"].add_metric([*labels, phase], seconds)

    def _add_histories(self, families: dict[str, Any]) -> None:
        histories = self.server.handler.histories
        for history in () if histories is None else histories.all():
            for name, state in history.states.items():
                labels = [history.model_name, name, history.definitions[name]]
                held, totals = state.memory, state.totals
                families["mainspring_history_live_events"].add_metric(labels, held["events"])
                families["mainspring_history_live_keys"].add_metric(labels, held["keys"])
                for owner in ("event", "key"):
                    families["mainspring_history_bytes"].add_metric(
                        [*labels, f"{owner}s"], held[f"{owner}_bytes"]
                    )
                if state.max_bytes is not None:
                    families["mainspring_history_max_bytes"].add_metric(labels, state.max_bytes)
                for (family, label), counted in _HISTORY_COUNTS.items():
                    families[family].add_metric([*labels, label], totals[counted])

    def _add_quality(self, families: dict[str, Any], model: HostedModel, labels: list[str]) -> None:
        for outcome, count in model.quality.counts.items():
            families["mainspring_labels_total"].add_metric([*labels, outcome], count)
        for name, value in model.quality.values().items():
            families["mainspring_quality"].add_metric([*labels, name], value)
        batches = self.server.handler.batches
        if batches is not None:
            count = batches.num_batches(model)
            families["mainspring_batches_total"].add_metric(labels, count)

    def _add_values(self, families: dict[str, Any], model: HostedModel, labels: list[str]) -> None:
        words = model.native.value_counts
        for counts in column_counts(model, words):
            for kind in ("present", "missing", "unseen", "out_of_range"):
                families["mainspring_column_values_total"].add_metric(
                    [*labels, counts.name, kind], getattr(counts, kind)
                )
        window = self._windows.setdefault(model, DriftWindow())
        recent = column_counts(model, window.move(words))
        rows = max((counts.present + counts.missing for counts in recent), default=0)
        families["mainspring_drift_window_rows"].add_metric(labels, rows)
        for counts in recent:
            for statistic, effect in drift_effects(counts).items():
                families["mainspring_drift_effect"].add_metric(
                    [*labels, counts.name, statistic], effect
                )
        self._add_predictions(families, model, labels, words)

    def _add_predictions(
        self, families: dict[str, Any], model: HostedModel, labels: list[str], words: list[int]
    ) -> None:
        for number, (first, num_bins, edges) in enumerate(model.native.outputs):
            bins = words[first : first + num_bins]
            if model.labels is not None:
                for label, count in zip(model.labels, bins, strict=False):
                    families["mainspring_predicted_labels_total"].add_metric(
                        [*labels, str(label)], count
                    )
            else:
                families["mainspring_predictions"].add_metric(
                    [*labels, model.outputs[number]], _buckets(bins, edges), None
                )


def _family(described: Any) -> Any:
    from prometheus_client import core

    kinds = {
        "counter": core.CounterMetricFamily,
        "gauge": core.GaugeMetricFamily,
        "histogram": core.HistogramMetricFamily,
    }
    name = described.name.removesuffix("_total")
    return kinds[described.kind](name, described.text, labels=described.labels)


def _buckets(counts: Sequence[int], bounds: Sequence[float]) -> list[tuple[str, float]]:
    ends = [*(repr(bound) for bound in bounds), "+Inf"]
    return [(end, float(total)) for end, total in zip(ends, accumulate(counts), strict=True)]


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
