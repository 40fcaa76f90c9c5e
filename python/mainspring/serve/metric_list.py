"""Every metric of a server: what the exporter writes, and rules and dashboard are made from."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["METRICS", "Metric", "metric"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name : str
        With the ending that Prometheus' conventions ask for: ``_total`` for counters.
    kind : str
        ``counter``, ``gauge`` or ``histogram``.
    labels : tuple of str
        In the order of the samples.
    text : str
        What it says, in a sentence.
    panel : str
        A query that shows it; empty: it has no panel of its own.
    unit : str
        Of the panel, as Grafana names units.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str
    panel: str = ""
    unit: str = "short"


_MODEL = ("model", "version")
# Versions of equal features share a history; the definition tells those of others apart.
_SOURCE = ("model", "source", "definition")

METRICS = (
    Metric(
        "mainspring_requests_total",
        "counter",
        (*_MODEL, "protocol", "outcome"),
        "Requests that a model answered, by how they ended: ok, data, schema or request (the "
        "client's mistakes), limit (too many rows), busy (no memory) or late (its time was over "
        "before its turn).",
        "sum by (model, outcome) (rate(mainspring_requests_total[1m]))",
        "reqps",
    ),
    Metric(
        "mainspring_rows_total",
        "counter",
        (*_MODEL, "protocol"),
        "Rows that were predicted.",
        "sum by (model) (rate(mainspring_rows_total[1m]))",
        "rowsps",
    ),
    Metric(
        "mainspring_request_seconds",
        "histogram",
        (*_MODEL, "protocol"),
        "Time from the whole body to the whole answer, waiting included.",
        "histogram_quantile(0.99, sum by (model, le) "
        "(rate(mainspring_request_seconds_bucket[1m])))",
        "s",
    ),
    Metric(
        "mainspring_phase_seconds_total",
        "counter",
        (*_MODEL, "phase"),
        "Time spent in each phase of answering: queue (for a thread or a batch), parse, predict "
        "(transforms and model) and write.",
        "sum by (model, phase) (rate(mainspring_phase_seconds_total[1m]))",
        "s",
    ),
    Metric(
        "mainspring_refused_requests_total",
        "counter",
        ("status",),
        "Requests that no model saw, by the status of the answer.",
        "sum by (status) (rate(mainspring_refused_requests_total[1m]))",
        "reqps",
    ),
    Metric(
        "mainspring_requests_in_flight",
        "gauge",
        ("state",),
        "Requests of the process that answers: waiting for a thread, running on one, or waiting "
        "for their batch (batched).",
        "sum by (state) (mainspring_requests_in_flight)",
    ),
    Metric(
        "mainspring_abandoned_requests_total",
        "counter",
        (),
        "Long requests whose client left before their turn; nothing was predicted for them.",
        "sum (rate(mainspring_abandoned_requests_total[1m]))",
        "reqps",
    ),
    Metric(
        "mainspring_batches_total",
        "counter",
        _MODEL,
        "Batches that were predicted, where requests are put together.",
        "sum by (model) (rate(mainspring_rows_total[1m])) / "
        "(sum by (model) (rate(mainspring_batches_total[1m])) > 0)",
    ),
    Metric("mainspring_model_info", "gauge", _MODEL, "1 for each version that is loaded."),
    Metric(
        "mainspring_model_served",
        "gauge",
        _MODEL,
        "1 for the version that answers requests which name none, 0 for the others.",
        "mainspring_model_served",
    ),
    Metric(
        "mainspring_model_loads_total",
        "counter",
        ("model", "outcome"),
        "Files of the repository that were served (ok) or could not be (failed).",
        "sum by (model, outcome) (increase(mainspring_model_loads_total[1h]))",
    ),
    Metric(
        "mainspring_shadow_requests_total",
        "counter",
        (*_MODEL, "outcome"),
        "Requests that a shadow was asked too: its answer was the same, different, failed, or it "
        "was not asked because too much waited (dropped).",
    ),
    Metric(
        "mainspring_column_values_total",
        "counter",
        (*_MODEL, "column", "kind"),
        "Values of each column: present, missing, unseen (a category that the profile lacks) and "
        "out_of_range (below the profile's least number or above its largest); the last two are "
        "present too.",
        "sum by (model, column) (rate(mainspring_column_values_total"
        '{kind="missing"}[5m])) / sum by (model, column) (rate(mainspring_column_values_total'
        '{kind=~"missing|present"}[5m]))',
        "percentunit",
    ),
    Metric(
        "mainspring_drift_effect",
        "gauge",
        (*_MODEL, "column", "statistic"),
        "How far a column has moved from the bundle's profile in the last hour: ks of numbers, "
        "js_debiased and unseen_rate of categories, missing_rate of all.",
        "max by (model, column, statistic) (mainspring_drift_effect)",
    ),
    Metric(
        "mainspring_drift_window_rows",
        "gauge",
        _MODEL,
        "Rows that the effects of drift are measured over.",
        "mainspring_drift_window_rows",
    ),
    Metric(
        "mainspring_predictions",
        "histogram",
        (*_MODEL, "output"),
        "How predictions are spread.",
        "histogram_quantile(0.5, sum by (model, output, le) "
        "(rate(mainspring_predictions_bucket[5m])))",
    ),
    Metric(
        "mainspring_predicted_labels_total",
        "counter",
        (*_MODEL, "label"),
        "Predicted labels, of models that give labels.",
    ),
    Metric(
        "mainspring_labels_total",
        "counter",
        (*_MODEL, "outcome"),
        "Labels that were posted: joined to a prediction, or unmatched.",
        "sum by (model, outcome) (increase(mainspring_labels_total[1h]))",
    ),
    Metric(
        "mainspring_quality",
        "gauge",
        (*_MODEL, "metric"),
        "How good predictions were whose labels came, since the version was loaded: accuracy, f1, "
        "roc_auc_histogram, log_loss and brier of two classes, accuracy and f1 of more, mae, rmse, "
        "r2 and mean_error of numbers.",
        "max by (model, version, metric) (mainspring_quality)",
    ),
    Metric(
        "mainspring_history_live_events",
        "gauge",
        _SOURCE,
        "Events that some feature can still see.",
        "sum by (model, source) (mainspring_history_live_events)",
    ),
    Metric(
        "mainspring_history_live_keys",
        "gauge",
        _SOURCE,
        "Keys that have such events.",
        "sum by (model, source) (mainspring_history_live_keys)",
    ),
    Metric(
        "mainspring_history_bytes",
        "gauge",
        (*_SOURCE, "owner"),
        "Memory of the past by what holds it: events (with their partial aggregates and the room "
        "around them) and keys.",
        "sum by (model, source, owner) (mainspring_history_bytes)",
        "bytes",
    ),
    Metric(
        "mainspring_history_max_bytes",
        "gauge",
        _SOURCE,
        "The memory from which on events are refused; there where the server has a bound.",
    ),
    Metric(
        "mainspring_history_events_total",
        "counter",
        (*_SOURCE, "outcome"),
        "Events that were posted: taken, or left out as expired (no feature can see them any "
        "more), duplicate (a redelivery by id), future (beyond the skew), without_time, "
        "without_key, or refused (no memory, 503).",
        "sum by (model, source, outcome) (rate(mainspring_history_events_total[1m]))",
        "eps",
    ),
    Metric(
        "mainspring_history_values_total",
        "counter",
        (*_SOURCE, "outcome"),
        "Values of events that were taken but count for less: late (available after the lateness, "
        "so never) and off_grid (infinite, or above what training saw by far: in no sum).",
        "sum by (model, source, outcome) (rate(mainspring_history_values_total[5m]))",
    ),
    Metric(
        "mainspring_history_evicted_total",
        "counter",
        (*_SOURCE, "kind"),
        "Events and keys that left because no feature can see them any more.",
        "sum by (model, source, kind) (rate(mainspring_history_evicted_total[1m]))",
    ),
    Metric(
        "mainspring_payloads_total",
        "counter",
        (*_MODEL, "outcome"),
        "Requests that were drawn for the payload log: written, or dropped because they could not "
        "be.",
    ),
)


def metric(name: str) -> Metric:
    """Find a metric.

    Parameters
    ----------
    name : str
        Its whole name.

    Returns
    -------
    Metric
        The one of that name.
    """
    return next(one for one in METRICS if one.name == name)
