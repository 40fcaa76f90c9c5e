"""A monitor measures what an evaluation of all its rows would, and says it to Prometheus."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import BundleCorruptError, DataError, ParameterError
from mainspring.monitor import PerformanceMonitor, estimate_performance, register_monitor

START = datetime(2024, 5, 1)
RNG = np.random.default_rng(0)
ROWS = 600
SCORES = RNG.random(ROWS)
LABELS = (RNG.random(ROWS) < SCORES).astype(int)
TIMES = [START + timedelta(minutes=10 * i) for i in range(ROWS)]  # four days and a bit


def monitor(**changes: Any) -> PerformanceMonitor:
    made = {"id": "id", "time": "at", "window": timedelta(days=9), "task": "binary", "target": "y"}
    return PerformanceMonitor(**{**made, "score": "p", **changes})


def fill(one: PerformanceMonitor) -> PerformanceMonitor:
    late = [at + timedelta(hours=2) for at in TIMES]
    for start in range(0, ROWS, 50):
        part = slice(start, start + 50)
        ids = list(range(start, start + 50))
        assert one.add_predictions({"id": ids, "at": TIMES[part], "p": SCORES[part]}) == 0
        assert (
            one.add_labels({"id": ids[::-1], "at": late[part][::-1], "y": LABELS[part][::-1]}) == 50
        )
    return one


def test_quality_when_measured_by_periods_is_that_of_all_rows() -> None:
    one = fill(monitor())
    whole = ms.evaluate({"y": LABELS, "p": SCORES}, target="y", score="p", positive=1)
    report = one.report()
    for name in ("accuracy", "f1", "log_loss", "brier"):
        assert report.value(name) == whole.value(name)
    assert report.value("roc_auc_histogram") == pytest.approx(whole.value("roc_auc"), abs=0.01)
    assert one.periods == [datetime(2024, 5, d, tzinfo=timezone.utc) for d in range(1, 6)]
    day = slice(144 * 4, None)
    last = ms.evaluate({"y": LABELS[day], "p": SCORES[day]}, target="y", score="p", positive=1)
    assert one.report(last=1).value("brier") == last.value("brier")
    assert one.report(last=1).num_rows == ROWS - 144 * 4


def test_periods_when_too_many_are_forgotten() -> None:
    one = fill(monitor(num_periods=2))
    assert [day.day for day in one.periods] == [4, 5]
    assert one.report().num_rows == ROWS - 144 * 3
    # A label of a day that is not kept is joined, and measured nowhere.
    one.add_predictions({"id": [9000], "at": [START], "p": [0.5]})
    assert one.add_labels({"id": [9000], "at": [START], "y": [1]}) == 1
    assert [day.day for day in one.periods] == [4, 5]


def test_state_when_read_goes_on_as_it_was() -> None:
    one = fill(monitor(period=timedelta(hours=36)))
    again = PerformanceMonitor.from_bytes(one.to_bytes())
    assert again.to_bytes() == one.to_bytes()
    assert again.report() == one.report()
    assert again.counts == one.counts
    for two in (one, again):
        two.add_predictions({"id": [7777], "at": [TIMES[-1]], "p": [0.25]})
        two.add_labels({"id": [7777], "at": [TIMES[-1]], "y": [1]})
    assert again.report() == one.report()
    state = one.to_bytes()
    for data in (b"", state[:-1], b"x" + state[1:], state[:40]):
        with pytest.raises(BundleCorruptError, match="no state of a monitor"):
            PerformanceMonitor.from_bytes(data)
    classes = monitor(task="multiclass", score={"a": "pa", "b": "pb", "c": "pc"})
    classes.add_predictions({"id": [1], "at": [START], "pa": [0.5], "pb": [0.2], "pc": [0.3]})
    classes = PerformanceMonitor.from_bytes(classes.to_bytes())
    assert classes.add_labels({"id": [1], "at": [START], "y": ["a"]}) == 1
    assert classes.report().value("accuracy") == 1


def test_labels_when_they_cannot_be_taken_are_counted_as_refused() -> None:
    one = monitor()
    ids = [1, 2, 3]
    one.add_predictions({"id": ids, "at": [START] * 3, "p": [0.1, 0.2, 0.3]})
    with pytest.raises(DataError, match=r"3 distinct values|positive=1 is neither"):
        one.add_labels({"id": ids, "at": [START] * 3, "y": [5, 6, 7]})
    assert one.counts["refused"] == 3
    assert one.periods == []


def test_prometheus_when_it_scrapes_reads_quality_counts_and_delays() -> None:
    prometheus = pytest.importorskip("prometheus_client")
    one = fill(monitor())
    reference = {"p": SCORES, "y": LABELS}
    one.estimate = estimate_performance(reference, {"p": SCORES}, target="y", score="p")
    registry = prometheus.CollectorRegistry()
    register_monitor(one, registry, model="flights", version="3")
    text = prometheus.generate_latest(registry).decode()
    samples = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
               for line in text.splitlines() if not line.startswith("#")}  # fmt: skip

    def sample(name: str, **labels: str) -> float:
        labels = {"model": "flights", "version": "3", **labels}
        inner = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        return samples[f"{name}{{{inner}}}"]

    realized = sample("mainspring_quality", metric="brier")
    assert realized == one.report().value("brier")
    low, value, high = (
        sample("mainspring_estimated_quality", metric="brier", end=end)
        for end in ("low", "value", "high")
    )
    assert low <= min(realized, value) <= max(realized, value) <= high
    assert sample("mainspring_labelled_rows_total", outcome="joined") == ROWS
    assert sample("mainspring_waiting_rows") == 0
    assert sample("mainspring_label_delay_seconds_bucket", le="3600.0") == 0
    assert sample("mainspring_label_delay_seconds_bucket", le="14400.0") == ROWS
    assert sample("mainspring_label_delay_seconds_sum") == 7200.0 * ROWS
    fresh = prometheus.CollectorRegistry()
    register_monitor(monitor(), fresh, model="new")
    assert b'mainspring_waiting_rows{model="new",version=""} 0.0' in prometheus.generate_latest(
        fresh
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": "guess"}, "task must be one of"),
        ({"period": timedelta(0)}, "period must be"),
        ({"num_periods": 0}, "num_periods must be"),
        ({"metrics": ["acuracy"]}, "Did you mean 'accuracy'"),
        ({"window": 7}, "window must be"),
    ],
)
def test_arguments_when_wrong_say_what_is_right(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        monitor(**changes)
    with pytest.raises(ParameterError, match="at least 1"):
        monitor().report(last=0)


@pytest.mark.parametrize("task", ["regression", "ranking"])
def test_tasks_of_numbers_when_chosen_are_measured(task: str) -> None:
    query = {"query": "q"} if task == "ranking" else {}
    one = monitor(task=task, score=None, prediction="p", **query)
    rows = {"id": [1, 2], "at": [START] * 2, "p": [0.5, 0.1], "q": ["a", "a"]}
    one.add_predictions(rows)
    assert one.add_labels({"id": [1, 2], "at": [START] * 2, "y": [1.0, 0.0]}) == 2
    assert one.report().num_rows == 2


def test_rows_when_empty_missing_or_infinite_are_counted_and_have_reasons() -> None:
    one = monitor()
    empty = {"id": pa.array([], pa.int64()), "at": pa.array([], pa.timestamp("us"))}
    assert one.add_predictions({**empty, "p": pa.array([], pa.float64())}) == 0
    assert one.add_labels({**empty, "y": pa.array([], pa.int64())}) == 0
    rows = {"id": [1, 2, 3, 4], "at": [START] * 4}
    one.add_predictions({**rows, "p": [0.1, None, math.inf, 0.9]})
    assert one.add_labels({**rows, "y": [0, 1, 1, None]}) == 4
    report = one.report()
    assert (report.num_rows, report.missing_labels, report.missing_predictions) == (2, 1, 1)
    assert report.value("accuracy") == 1
    assert all(m.reason for m in report.metrics.values() if math.isnan(m.value))
    assert math.isnan(report.value("brier"))
