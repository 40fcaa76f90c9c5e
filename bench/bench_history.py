"""Claim: as-of joins and windows over the past in a fraction of the time of their peers."""

from __future__ import annotations

import threading
import time
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.history import HistoryPlans

SPAN_SECONDS = 90 * 86_400


def zipf_keys(rng: np.random.Generator, rows: int, keys: int) -> Any:
    """Return keys of which the first is by far the most frequent, shuffled."""
    shares = np.cumsum(1 / np.arange(1, keys + 1))
    drawn = np.searchsorted(shares / shares[-1], rng.random(rows)).clip(0, keys - 1)
    return rng.permutation(keys).astype(np.int64)[drawn]


def event_table(rows: int, keys: int = 100_000, *, per_second: int = 1) -> pa.Table:
    """Return events in order of time: cents, and one of 5,000 merchants."""
    rng = np.random.default_rng(7)
    ticks = np.sort(rng.integers(0, SPAN_SECONDS * per_second, rows))
    times = ticks * (1_000_000 // per_second) + 1_700_000_000_000_000
    return pa.table(
        {
            "ts": pa.array(times, pa.timestamp("us")),
            "key": zipf_keys(rng, rows, keys),
            "amount": np.round(np.exp(rng.normal(3, 1.2, rows)), 2),
            "merchant": np.minimum(rng.zipf(1.3, rows), 5000).astype(np.int32),
        }
    )


@pytest.mark.parametrize("key", ["small integers", "any integers", "dictionary"])
@pytest.mark.parametrize(
    "rows", [1_000_000, pytest.param(10_000_000, marks=pytest.mark.large)], ids="{:,}".format
)
def test_as_of_join(rows: int, key: str, compare: Any) -> None:
    """Pandas is the best of the three peers; polars took 6 times as long, DuckDB 3 times."""
    right = event_table(rows, per_second=1000).select(["ts", "key", "amount"])
    left = event_table(rows, per_second=1000).select(["ts", "key"])
    rng = np.random.default_rng(1)
    left = left.set_column(1, "key", pa.array(rng.permutation(left["key"].to_numpy())))
    if key == "any integers":
        spread = np.random.default_rng(2).integers(-(2**62), 2**62, 100_000)
        left, right = (
            t.set_column(1, "key", pa.array(spread[t["key"].to_numpy()])) for t in (left, right)
        )
    elif key == "dictionary":
        names = pa.array([f"key {i}" for i in range(100_000)])
        left, right = (
            t.set_column(
                1,
                "key",
                pa.DictionaryArray.from_arrays(t["key"].combine_chunks().cast(pa.int32()), names),
            )
            for t in (left, right)
        )
    first, second = left.to_pandas(), right.to_pandas()

    def check(ours: pa.Table, theirs: pd.DataFrame) -> None:
        np.testing.assert_array_equal(ours["amount"].to_numpy(), theirs["amount"].to_numpy())

    compare(
        f"as-of join of {rows:,} x {rows:,} rows, {key}",
        lambda: ms.join_asof(left, right, "ts", "key"),
        lambda: pd.merge_asof(first, second, on="ts", by="key", allow_exact_matches=False),
        peer="pandas",
        api="merge_asof",
        check=check,
        rows=2 * rows,
    )


def week_plans(table: pa.Table, names: tuple[str, ...]) -> HistoryPlans:
    week = ms.events("payments", key="key", time="ts").window("7d")
    features = {
        "count": week.count(),
        "sum": week.sum("amount"),
        "mean": week.mean("amount"),
        "max": week.max("amount"),
        "std": week.std("amount"),
        "nunique": week.nunique("merchant"),
    }
    return HistoryPlans.of(*(features[name] for name in names)).fit({"payments": table})


FIVE = ("count", "sum", "mean", "max", "std")
ROWS = [500_000, pytest.param(5_000_000, marks=pytest.mark.large)]


@pytest.mark.parametrize("rows", ROWS, ids="{:,}".format)
def test_five_windows_beside_polars(rows: int, compare: Any) -> None:
    table = event_table(rows)
    plans = week_plans(table, FIVE)
    frame = pl.from_arrow(table).with_columns(one=pl.lit(1.0))
    amount, options = pl.col("amount"), {"by": "ts", "window_size": "7d", "closed": "left"}
    expressions = [
        amount.rolling_sum_by(**options, min_samples=0).over("key").alias("sum"),
        amount.rolling_mean_by(**options).over("key").alias("mean"),
        amount.rolling_max_by(**options).over("key").alias("max"),
        amount.rolling_std_by(**options).over("key").alias("std"),
        pl.col("one").rolling_sum_by(**options, min_samples=0).over("key").alias("count"),
    ]

    def check(ours: Any, theirs: Any) -> None:
        for place, name in enumerate(FIVE):
            want = theirs[name].to_numpy()
            got = ours["payments"][place]
            if name == "count":
                want = np.nan_to_num(want)
            np.testing.assert_allclose(
                np.nan_to_num(got), np.nan_to_num(want), rtol=1e-6, atol=1e-6
            )

    compare(
        f"five windows of 7 days over {rows:,} events",
        lambda: plans.compute(table, {"payments": table}),
        lambda: frame.select(expressions),
        peer="polars",
        api="rolling_*_by().over()",
        check=check,
        rows=rows,
    )


@pytest.mark.parametrize("rows", ROWS, ids="{:,}".format)
def test_six_windows_beside_duckdb(rows: int, compare: Any, threads: int) -> None:
    table = event_table(rows)
    plans = week_plans(table, (*FIVE, "nunique"))
    connection = duckdb.connect(config={"threads": threads})
    connection.register("events", table)
    query = """
        SELECT count(amount) OVER w, coalesce(sum(amount) OVER w, 0), avg(amount) OVER w,
            max(amount) OVER w, stddev_samp(amount) OVER w, count(DISTINCT merchant) OVER w
        FROM (SELECT *, row_number() OVER () AS place FROM events)
        WINDOW w AS (PARTITION BY key ORDER BY ts
            RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING)
        ORDER BY place
    """

    def check(ours: Any, theirs: Any) -> None:
        for got, want in zip(ours["payments"], theirs, strict=True):
            np.testing.assert_allclose(
                np.nan_to_num(got), np.nan_to_num(np.ma.filled(want, 0)), rtol=1e-6, atol=1e-5
            )

    compare(
        f"six windows of 7 days over {rows:,} events",
        lambda: plans.compute(table, {"payments": table}),
        lambda: list(connection.execute(query).fetchnumpy().values()),
        peer="duckdb",
        api="RANGE BETWEEN",
        check=check,
        rows=rows,
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("log", [False, True], ids=["memory", "log"])
def test_ingest(log: bool, record: Any, tmp_path: Any) -> None:
    """Batches of 10,000 events in order of time."""
    rows = 1_000_000
    table = event_table(rows)
    state = ms.HistoryState(week_plans(table, (*FIVE, "nunique")), folder=tmp_path if log else None)
    batches = table.to_batches(max_chunksize=10_000)
    started = time.process_time()
    for batch in batches:
        state.ingest(batch, now=batch["ts"][-1].value)
    seconds = time.process_time() - started
    record.value(f"ingest, {'with log' if log else 'in memory'}", rows / seconds / 1e6, unit="M/s")
    if not log:
        held = state.memory
        bound = 40 * held["events"] + 250 * held["keys"]
        used = held["event_bytes"] + held["key_bytes"]
        record.value("memory of 40 B an event and 250 B a key", used / bound, unit="share")


def twenty_plans(table: pa.Table) -> HistoryPlans:
    payments = ms.events("payments", key="key", time="ts")
    features = [payments.since_last(), payments.last("amount").last()]
    for length in ("1h", "1d", "7d"):
        window = payments.window(length)
        features += [window.count(), window.nunique("merchant")]
        features += [getattr(window, name)("amount") for name in ("sum", "mean", "max", "std")]
    return HistoryPlans.of(*features).fit({"payments": table})


@pytest.mark.one_thread
def test_twenty_features_of_a_key(record: Any) -> None:
    """Keys as events have them, so often those with thousands of events in a window."""
    table = event_table(1_000_000)
    state = ms.HistoryState(twenty_plans(table))
    state.ingest(table, now=table["ts"][-1].value)
    at = table["ts"][-1].value + 1
    keys = table["key"].take(np.random.default_rng(3).integers(0, len(table), 50_000))
    requests = pa.table({"key": keys, "ts": pa.array([at] * len(keys), pa.timestamp("us"))})
    times = []
    for _ in range(5):
        started = time.thread_time()
        state.fill(requests)
        times.append((time.thread_time() - started) / len(keys))
    record.value("20 features of one key, in the engine", 1e6 * min(times), unit="us")
    listed, times = keys.to_pylist(), []
    for key in listed:
        started = time.perf_counter()
        state.query(key, at=at)
        times.append(time.perf_counter() - started)
    record.value("20 features of one key, from Python", 1e6 * float(np.median(times)), unit="us")


@pytest.mark.one_thread
def test_quantile_of_a_hot_key(record: Any) -> None:
    """A key of 200,000 events, all in the window: exact, and on 32 edges."""
    rows = 200_000
    table = event_table(rows, keys=1)
    window = ms.events("payments", key="key", time="ts").window("365d")
    edges = np.geomspace(1, 1000, 32)
    at = table["ts"][-1].value + 1
    requests = pa.table({"key": [0] * 20, "ts": pa.array([at] * 20, pa.timestamp("us"))})
    shares = {}
    for name, feature in (
        ("exact", window.quantile(0.9, "amount")),
        ("on 32 edges", window.quantile(0.9, "amount", edges=edges)),
    ):
        state = ms.HistoryState(HistoryPlans.of(feature).fit({"payments": table}))
        state.ingest(table, now=at)
        times = []
        for _ in range(5):
            started = time.thread_time()
            shares[name] = state.fill(requests)[0][0, 0]
            times.append((time.thread_time() - started) / len(requests))
        record.value(f"quantile of 200,000 events, {name}", 1e6 * min(times), unit="us")
    amounts = np.sort(table["amount"].to_numpy())
    np.testing.assert_allclose(shares["exact"], np.quantile(amounts, 0.9), rtol=1e-12)
    place = np.searchsorted(edges, shares["exact"])
    assert edges[place - 1] <= shares["on 32 edges"] <= edges[place]


@pytest.mark.one_thread
def test_query_under_ingest(record: Any) -> None:
    """One key at a time, while another thread ingests."""
    table = event_table(1_000_000)
    plans = week_plans(table, (*FIVE, "nunique"))
    state = ms.HistoryState(plans)
    state.ingest(table.slice(0, 900_000), now=table["ts"][899_999].value)
    stop = threading.Event()

    def ingest() -> None:
        for batch in table.slice(900_000).to_batches(max_chunksize=100):
            if stop.is_set():
                return
            state.ingest(batch, now=batch["ts"][-1].value)

    rng = np.random.default_rng(3)
    keys = table["key"].to_numpy()[rng.integers(0, len(table), 20_000)].tolist()
    at = table["ts"][-1].value + 1
    thread = threading.Thread(target=ingest)
    thread.start()
    times = []
    for key in keys:
        started = time.perf_counter()
        state.query(key, at=at)
        times.append(time.perf_counter() - started)
    stop.set()
    thread.join()
    for share in (50, 99, 99.9):
        record.value(
            f"query from Python, p{share}", 1e6 * float(np.percentile(times, share)), unit="us"
        )
