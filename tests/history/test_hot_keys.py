"""Keys with many events: partial aggregates online, cuts in time offline, with the same bits."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine, col
from mainspring._arrow import as_table
from mainspring.history import HistoryPlans
from tests.history.drawn import MINUTE, Drawn, asked_of, drawn_events, source, tables
from tests.history.test_windows import same_bits, stamps

SMALL_BLOCKS = 4


def replayed(plans: HistoryPlans, events: Any, requests: Any, block_events: int) -> Any:
    wanted = np.ascontiguousarray(plans.compute(requests, {"drawn": events})["drawn"])
    return _engine.replay_history(
        plans.plan("drawn"),
        as_table(events),
        as_table(requests),
        "at",
        ["key"],
        wanted,
        block_events,
    )


@settings(max_examples=60)
@given(drawn=drawn_events(max_size=60), chosen=st.sampled_from(["all", "available", "ttl"]))
def test_blocks_of_few_events_have_the_bits_of_training(drawn: Drawn, chosen: str) -> None:
    arguments = {"ttl": "12min", "lateness": "9min"} if chosen == "ttl" else {}
    asked = [one for one in asked_of(source(**arguments)) if chosen != "available" or one[2]]
    plans = HistoryPlans.of(*(one[0] for one in asked))
    events, requests = tables(drawn)
    plans.fit({"drawn": events})
    report = replayed(plans, events, requests, SMALL_BLOCKS)
    assert report["num_different"] == 0, report


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("block_events", [2, 5, 128])
def test_blocks_of_a_long_history_have_the_bits_of_training(seed: int, block_events: int) -> None:
    """Events come late by up to a day, leave after two, and tie often."""
    rng = np.random.default_rng(seed)
    rows = 3000
    at = np.sort(rng.integers(0, 6000, rows)) * MINUTE
    events = pa.table(
        {
            "at": stamps(at),
            "key": rng.choice(["a", "b"], rows, p=[0.9, 0.1]),
            "value": np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(3, 2, rows)),
            "kind": rng.choice([*"stuvwxyz", None], rows),
            "known": stamps(at + rng.integers(0, 1440, rows) * MINUTE * rng.integers(0, 2, rows)),
        }
    )
    s = source()
    features = []
    for more in (
        {},
        {"available": "known"},
        {"where": col("kind") == "x"},
        {"available": "known", "where": col("kind") != "y"},
    ):
        for window in (s.window("2d", **more), s.window("5h", lag="11h", **more)):
            features += [
                window.count(),
                window.sum("value"),
                window.std("value"),
                window.min("value"),
                window.max("value"),
                window.first("value"),
                window.last("value"),
                window.nunique("kind"),
                window.quantile(0.3, "value"),
                window.quantile(0.3, "value", edges=(1, 10, 30, 100)),
                window.quantile(0.9, "value", edges=np.geomspace(1e-3, 1e5, 60)),
            ]
    features += [
        s.ewm("value", half_life="40min", available="known"),
        s.ewm("value", half_life="7min"),
    ]
    plans = HistoryPlans.of(*features).fit({"drawn": events})
    requests = events.select(["at", "key"]).take(rng.integers(0, rows, 400))
    report = replayed(plans, events, requests, block_events)
    assert report["num_different"] == 0, report


def test_blocks_when_requests_go_back_in_time_have_the_bits_of_training() -> None:
    rng = np.random.default_rng(5)
    rows = 4000
    events = pa.table(
        {
            "at": stamps(np.sort(rng.integers(0, 3000, rows)) * MINUTE),
            "key": ["a"] * rows,
            "value": rng.normal(size=rows),
            "kind": rng.integers(0, 50, rows).astype(str),
        }
    )
    s = source()
    plans = HistoryPlans.of(
        s.window("6h").nunique("kind"),
        s.expanding().nunique("kind"),
        s.session("2min").count(),
        s.expanding().mean("value"),
        s.last("value", 7, where=col("kind") == "3").mean(),
    ).fit({"drawn": events})
    state = ms.HistoryState(plans)
    order = rng.permutation(rows)
    for first in range(0, rows, 500):  # in no order at all
        state.ingest(events.take(np.sort(order[first : first + 500])), now=3000 * MINUTE)
    requests = events.select(["at", "key"]).take(rng.permutation(rows)[:600])
    want = plans.compute(requests, {"drawn": events})["drawn"]
    assert same_bits(state.fill(requests)[0], want)
    at = int(requests["at"][0].value)
    one = state.query("a", at=at)
    assert list(one.values()) == [None if v != v else v for v in want[:, 0]]


def test_memory_of_a_key_with_many_events_is_counted_and_given_back() -> None:
    s = ms.events("drawn", key="key", time="at")
    rows = 20_000
    events = pa.table(
        {"at": stamps(np.arange(rows) * MINUTE), "key": ["a"] * rows, "value": [1.0] * rows}
    )
    plans = HistoryPlans.of(s.window("9999h").sum("value")).fit({"drawn": events})
    state = ms.HistoryState(plans)
    state.ingest(events, now=rows * MINUTE)
    held = state.memory
    assert held["events"] == rows
    assert 16 * rows < held["event_bytes"] <= 40 * rows
    state.evict(10**6 * MINUTE)
    assert state.memory["event_bytes"] == 0


def test_query_takes_keys_of_every_type() -> None:
    moment = stamps([MINUTE])
    for keys, key in (
        (pa.array([7]), 7),
        (pa.array([True]), True),
        (pa.array(["a"]), "a"),
        (pa.array([b"a"]), b"a"),
        (pa.array([0.5]), 0.5),
        (pa.array([-0.0]), 0.0),
        (pa.array([2**63 - 1]), 2**63 - 1),
        (stamps([5]), stamps([5])[0].as_py()),
    ):
        s = ms.events("drawn", key="key", time="at")
        plans = HistoryPlans.of(s.window("1h").count()).fit({"drawn": {"at": moment, "key": keys}})
        state = ms.HistoryState(plans)
        state.ingest(pa.table({"at": moment, "key": keys}), now=MINUTE)
        assert list(state.query(key, at=2 * MINUTE).values()) == [1.0], key
        assert list(state.query(None, at=2 * MINUTE).values()) == [0.0]


def test_one_key_over_several_threads_has_the_same_bits() -> None:
    rng = np.random.default_rng(1)
    rows = 200_000
    at = np.sort(rng.integers(0, 10**6, rows)) * MINUTE
    table = pa.table(
        {
            "at": stamps(at),
            "value": rng.normal(size=rows),
            "kind": rng.integers(0, 99, rows).astype(str),
            "known": stamps(at + rng.integers(0, 90, rows) * MINUTE),
            "id": rng.integers(0, 5, rows),
        }
    )
    s = ms.events("rows", key=None, time="at", id="id")
    plans = HistoryPlans.of(
        s.window("5h", available="known").std("value"),
        s.window("2h", lag="1h").nunique("kind"),
        s.ewm("value", half_life="3min"),
        s.last("value", 9).max(),
        s.expanding().sum("value"),
    ).fit({"rows": table})
    results, counts = [], []
    try:
        for threads in (1, 4):
            ms.set_num_threads(threads)
            results.append(plans.compute(table, {"rows": table})["rows"])
            counts.append(plans.counts["rows"])
    finally:
        ms.set_num_threads(2)
    assert counts[0] == counts[1]
    assert counts[0]["duplicates"] > 0
    assert same_bits(results[0], results[1])


def test_queries_are_let_in_while_a_large_batch_is_taken() -> None:
    """A batch of 400,000 events of one shard must not hold a query of it up to its end."""
    rows = 400_000
    s = ms.events("drawn", key="key", time="at")
    events = pa.table({"at": stamps(np.arange(rows) * 1000), "key": np.zeros(rows, np.int64)})
    plans = HistoryPlans.of(s.window("1h").count()).fit({"drawn": events})
    state = ms.HistoryState(plans)
    thread = threading.Thread(target=lambda: state.ingest(events, now=rows * 1000))
    seen, longest = set(), 0.0
    thread.start()
    began = time.perf_counter()
    while thread.is_alive():
        started = time.perf_counter()
        seen.add(next(iter(state.query(0, at=rows * 1000).values())))
        longest = max(longest, time.perf_counter() - started)
    thread.join()
    assert len(seen) > 2  # it was asked in between
    assert longest < time.perf_counter() - began


def test_memory_of_keys_as_events_have_them_is_what_is_allowed() -> None:
    """40 bytes an event and 250 a key, of one number and one category, hot keys among them."""
    rng = np.random.default_rng(3)
    rows, keys = 120_000, 20_000
    shares = np.cumsum(1 / np.arange(1, keys + 1))
    events = pa.table(
        {
            "at": stamps(np.arange(rows) * MINUTE),
            "key": np.searchsorted(shares / shares[-1], rng.random(rows)),
            "value": rng.lognormal(3, 1, rows),
            "kind": np.minimum(rng.zipf(1.3, rows), 5000),
        }
    )
    s = ms.events("drawn", key="key", time="at")
    window = s.window(f"{rows // 10}min")
    plans = HistoryPlans.of(window.std("value"), window.nunique("kind")).fit({"drawn": events})
    state = ms.HistoryState(plans)
    for first in range(0, rows, 5000):
        state.ingest(events.slice(first, 5000), now=(first + 5000) * MINUTE)
        held = state.memory
        allowed = 40 * held["events"] + 250 * held["keys"]
        assert held["event_bytes"] + held["key_bytes"] <= allowed, held
