"""Drift, quality and history on the way, without a broker; and what clocks do to them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from prometheus_client import CollectorRegistry, generate_latest

import mainspring as ms
from mainspring.monitor import PerformanceMonitor, register_stream
from mainspring.monitor.stream_metrics import STREAM_METRICS
from mainspring.stream import DriftWatch, HistoryFeed, ParquetFolder, QualityWatch, Stream
from tests.conftest import ROOT
from tests.stream.conftest import json_rows, rows_table
from tests.stream.legs import legs_predictor, legs_table
from tests.stream.memory import MemorySource, messages_of


@pytest.fixture(scope="module")
def watched() -> ms.Predictor:
    return legs_predictor()


def test_windows_are_those_of_detect_drift(predictor: ms.Predictor, tmp_path: Path) -> None:
    table = rows_table(700, seed=20)
    moved = table.set_column(1, "distance", pa.array(table["distance"].to_numpy() * 3))
    reports = []
    watch = DriftWatch(300, on_report=reports.append)
    source = MemorySource(messages_of(json_rows(pa.concat_tables([table, moved]))))
    sink = ParquetFolder(tmp_path)
    Stream(predictor, source, sink, drift=watch, batch_rows=70).run(idle_seconds=0)
    whole = pa.concat_tables([table, moved]).select(watch.columns)
    assert len(reports) == 4
    for at, report in enumerate(reports):
        want = ms.detect_drift(predictor.profile, whole.slice(300 * at, 300), columns=watch.columns)
        assert report.drifted == want.drifted
        assert [one.effect for one in report.columns] == [one.effect for one in want.columns]
    assert reports[0].drifted == []
    assert reports[3].drifted == ["distance"]
    assert watch.windows == {"quiet": 2, "drifted": 2}


def test_labels_of_a_topic_are_joined_whenever_they_come(
    watched: ms.Predictor, tmp_path: Path
) -> None:
    table = legs_table(400)
    labels = json_rows(table.select(["id", "at", "late"]))
    rows = json_rows(table.drop_columns(["late"]))
    monitor = PerformanceMonitor(
        id="id", time="at", window=timedelta(days=9999), task="binary", target="late",
        score="probability",
    )  # fmt: skip
    quality = QualityWatch(monitor, "labels")
    messages = [*messages_of(rows), *messages_of([*labels[:300], b"{", b'{"id": 1}'], "labels")]
    source = MemorySource(messages)
    stream = Stream(
        watched,
        source,
        ParquetFolder(tmp_path / "out"),
        dead_letters=ParquetFolder(tmp_path / "dead"),
        keep=["id"],
        quality=quality,
        history=HistoryFeed(clock="event"),
        states=tmp_path / "states",
        batch_rows=64,
    )
    stream.run(idle_seconds=0)
    found = pq.read_table(tmp_path / "out", partitioning=None)
    late = table["late"].to_numpy()[:300]
    want = np.mean((found["probability"].to_numpy()[:300] > 0.5) == late)
    assert quality.monitor.report().value("accuracy") == pytest.approx(want, rel=1e-12)
    assert quality.monitor.counts["joined"] == 300
    dead = pq.read_table(tmp_path / "dead", partitioning=None)
    assert dead["offset"].to_pylist() == [300, 301]
    assert stream.facts.messages == {"row": 400, "label": 302, "event": 0}


def test_events_of_their_own_topic_are_seen_by_later_rows(
    watched: ms.Predictor, tmp_path: Path
) -> None:
    table = legs_table(300)
    events = json_rows(table.drop_columns(["late"]))
    rows = json_rows(table.select(["id", "plane", "at"]))
    # All events come first: a row must not see those of its own time or later.
    source = MemorySource([*messages_of(events, "legs"), *messages_of(rows)])
    stream = Stream(
        watched,
        source,
        ParquetFolder(tmp_path / "out"),
        history=HistoryFeed(topic="legs", clock="event"),
        states=tmp_path / "states",
    )
    # An old row needs events that a clock at the last event would have dropped.
    assert stream.run(idle_seconds=0) == 300
    found = pq.read_table(tmp_path / "out", partitioning=None)
    last = table.slice(299)
    plans = ms.history.HistoryPlans.from_predictor(watched)
    want = watched.predict(plans.extend(last, {"legs": table}))
    assert found["probability"].to_pylist()[-1] == want[0]


def test_clock_that_goes_back_or_ahead_changes_no_result(
    watched: ms.Predictor, tmp_path: Path
) -> None:
    """Messages from the future are taken at the machine's clock, and those from the past too."""
    now = time.time()
    table = legs_table(120, start=datetime.fromtimestamp(int(now) - 120, timezone.utc))
    messages = messages_of(json_rows(table.drop_columns(["late"])))
    for at, message in enumerate(messages):
        message.time_ms = int((now - 120 + at) * 1000)
    messages[50].time_ms += 10**10  # four months ahead
    messages[70].time_ms = 0
    messages[80].time_ms = -1
    history = HistoryFeed()
    source = MemorySource(messages)
    stream = Stream(
        watched, source, ParquetFolder(tmp_path / "out"), history=history,
        states=tmp_path / "states", batch_rows=16,
    )  # fmt: skip
    assert stream.run(idle_seconds=0) == 120
    found = pq.read_table(tmp_path / "out", partitioning=None)
    plans = ms.history.HistoryPlans.from_predictor(watched)
    want = watched.predict(plans.extend(table, {"legs": table}))
    np.testing.assert_array_equal(found["probability"], want)
    assert history.state.clock is not None
    assert history.state.clock.timestamp() <= time.time()
    assert stream.facts.delay_seconds >= 0
    assert stream.facts.delays[0] == 1  # the one from the future


def test_metrics_are_those_of_the_page(predictor: ms.Predictor, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "concepts" / "streams.md").read_text(encoding="utf-8")
    for name, kind, labels, text in STREAM_METRICS:
        shown = name + ("_total" if kind == "counter" else "")
        assert f"| `{shown}` | {kind} | {', '.join(labels)} | {text} |" in page
    letters = ParquetFolder(tmp_path / "dead")
    source = MemorySource(messages_of([*json_rows(rows_table(250)), b"{"], time_ms=1))
    stream = Stream(
        predictor, source, ParquetFolder(tmp_path), drift=DriftWatch(100), dead_letters=letters
    )
    registry = CollectorRegistry()
    register_stream(stream, registry)
    stream.run(idle_seconds=0)
    text = generate_latest(registry).decode()
    for name, *_ in STREAM_METRICS:
        assert f"# TYPE {name}" in text
    assert 'mainspring_stream_rows_total{stream="memory"} 250.0' in text
    assert 'mainspring_stream_messages_total{role="row",stream="memory"} 251.0' in text
    assert 'mainspring_stream_dead_letters_total{error="DataError",stream="memory"} 1.0' in text
    assert 'mainspring_stream_lag_messages{partition="0",stream="memory",topic="rows"}' in text
    assert 'mainspring_stream_drift_windows_total{outcome="quiet",stream="memory"} 2.0' in text
    assert 'mainspring_stream_delay_seconds_count{stream="memory"} 250.0' in text


def test_states_of_another_stream_or_in_use_are_refused(
    predictor: ms.Predictor, tmp_path: Path
) -> None:
    from mainspring.stream.checkpoint import StateFolder

    held = StateFolder(tmp_path, "memory")
    with pytest.raises(ms.errors.FileError, match="Another process uses"):
        StateFolder(tmp_path, "memory")
    held.save({("rows", 0): 3}, {"drift": b"x"})
    held.close()
    with pytest.raises(ms.ParameterError, match="belong to the stream 'memory'"):
        StateFolder(tmp_path, "other")
    path = tmp_path / "checkpoint.state"
    path.write_bytes(path.read_bytes()[:-1] + b"y")
    with pytest.raises(ms.BundleCorruptError):
        StateFolder(tmp_path, "memory")
