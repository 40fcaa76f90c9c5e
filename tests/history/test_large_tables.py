"""Tables that do not fit in memory: the bits of those that do, in bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

import mainspring as ms
from mainspring.history import HistoryPlans, write_features
from tests.history.drawn import Drawn, asked_of, drawn_events, source, tables
from tests.history.test_windows import stamps


def event_table(rows: int, keys: int, *, first: int = 0, seed: int = 0) -> pa.Table:
    """Return events in order of time; half of them of one key."""
    rng = np.random.default_rng(seed + first)
    at = np.sort(rng.integers(0, rows, rows)) * 1_000_000 + first * 1_000_000
    key = np.where(rng.random(rows) < 0.5, 0, rng.integers(0, keys, rows))
    return pa.table(
        {
            "at": stamps(at),
            "user": key,
            "amount": np.round(rng.lognormal(3, 1, rows), 2),
            "kind": rng.integers(0, 40, rows).astype(str),
            "known": stamps(at + rng.integers(0, 600, rows) * 1_000_000),
        }
    )


def week(**arguments: Any) -> HistoryPlans:
    clicks = ms.events("clicks", key="user", time="at", **arguments)
    window = clicks.window("1h")
    return HistoryPlans.of(
        window.count(),
        window.sum("amount"),
        window.nunique("kind"),
        clicks.window("10min", lag="5min", available="known").std("amount"),
    )


@settings(max_examples=25)
@given(drawn=drawn_events())
def test_every_feature_has_the_bits_of_a_table_in_memory(
    tmp_path_factory: pytest.TempPathFactory, drawn: Drawn
) -> None:
    path = tmp_path_factory.mktemp("features") / "out.parquet"
    plans = HistoryPlans.of(*(one[0] for one in asked_of(source())))
    events, requests = tables(drawn)
    plans.fit({"drawn": events})
    told = write_features(plans, requests, {"drawn": events}, path)["drawn"]
    want = plans.extend(requests, {"drawn": events})
    assert pq.read_table(path).equals(want)
    assert told == {**told, **{k: v for k, v in plans.counts["drawn"].items() if k != "future"}}


def test_files_in_parts_and_cuts_in_time_have_the_same_bits(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    for day in range(6):
        part = event_table(20_000, 500, first=day * 20_000)
        pq.write_table(part, folder / f"day-{day}.parquet", row_group_size=5000)
    events = pq.read_table(folder)
    requests = events.select(["at", "user", "amount"]).take(
        np.random.default_rng(3).permutation(len(events))[:30_000]
    )
    pq.write_table(requests, tmp_path / "requests.parquet", row_group_size=4096)
    plans = week(id="kind").fit({"clicks": folder})
    assert plans.to_bytes() == week(id="kind").fit({"clicks": events}).to_bytes()
    want = plans.extend(requests, {"clicks": events})
    # Parts by hash; half of all events are of one key, whose part is cut further.
    for max_bytes, parts in ((1 << 30, 8), (2_500_000, 24)):
        told = write_features(
            plans,
            tmp_path / "requests.parquet",
            {"clicks": folder},
            tmp_path / "out.parquet",
            max_bytes=max_bytes,
            folder=tmp_path,
        )["clicks"]
        assert pq.read_table(tmp_path / "out.parquet").equals(want)
        assert told["most_bytes"] <= max_bytes
        assert (told["pieces"] > parts) == (parts == 24)
        assert told["duplicates"] == plans.counts["clicks"]["duplicates"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "events",
        "out.parquet",
        "requests.parquet",
    ]


def test_events_may_come_once_and_tables_may_be_in_memory(tmp_path: Path) -> None:
    events = event_table(5000, 50)
    plans = week().fit({"clicks": iter([events.slice(0, 100), events.slice(100)])})
    want = plans.extend(events, {"clicks": events})
    reader = pa.RecordBatchReader.from_batches(events.schema, events.to_batches(max_chunksize=999))
    for given_events in (events, reader, iter([events.slice(0, 77), events.slice(77)])):
        write_features(plans, events, {"clicks": given_events}, tmp_path / "out.parquet")
        assert pq.read_table(tmp_path / "out.parquet").equals(want)
    empty = events.slice(0, 0)
    write_features(plans, empty, {"clicks": events}, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0
    write_features(plans, events, {"clicks": empty}, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet")["clicks.window(1h).count()"].to_pylist() == (
        [0.0] * len(events)
    )


def _too_little(change: Any) -> Any:
    def run(folder: Path) -> None:
        events = event_table(60_000, 5)
        plans, events = change(events)
        plans.fit({"clicks": events})
        write_features(
            plans, events, {"clicks": events}, folder / "out.parquet", max_bytes=1_000_000
        )

    return run


@pytest.mark.parametrize(
    ("run", "error", "message"),
    [
        (
            _too_little(lambda events: (week(), events.take(np.arange(len(events))[::-1]))),
            ms.DataError,
            "not in order of time. Sort them",
        ),
        (
            _too_little(
                lambda events: (
                    HistoryPlans.of(ms.events("clicks", key="user", time="at").expanding().count()),
                    events,
                )
            ),
            ms.DataError,
            "sees all events.*ttl",
        ),
        (
            _too_little(
                lambda events: (
                    HistoryPlans.of(
                        ms.events("clicks", key="user", time="at").window("30d").count()
                    ),
                    events,
                )
            ),
            ms.DataError,
            "a window alone sees",
        ),
        (
            lambda folder: write_features(week(), [], {}, folder / "x", max_bytes=5),
            ms.ParameterError,
            "max_bytes must be",
        ),
        (
            lambda folder: write_features(
                week(), event_table(9, 2), {"clicks": event_table(9, 2)}, folder / "x"
            ),
            ms.NotFittedError,
            "Fit it",
        ),
        (
            lambda folder: write_features(
                week().fit({"clicks": event_table(9, 2)}),
                iter([event_table(9, 2)]),
                {"clicks": event_table(9, 2)},
                folder / "x",
            ),
            ms.ParameterError,
            "reads the data 2 times",
        ),
        (
            lambda folder: write_features(
                week().fit({"clicks": event_table(9, 2)}),
                event_table(9, 2).set_column(1, "user", pa.array(["a"] * 9)),
                {"clicks": event_table(9, 2)},
                folder / "x",
            ),
            ms.SchemaError,
            "user",
        ),
        (
            lambda folder: write_features(
                week().fit({"clicks": event_table(9, 2)}),
                event_table(9, 2),
                {"clicks": event_table(9, 2)},
                folder / "x",
                folder=folder / "not there",
            ),
            ms.FileError,
            "not there",
        ),
    ],
)
def test_write_features_when_something_cannot_be_says_so(
    run: Any, error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message):
        run(tmp_path)


_CHILD = """
import resource, sys
from pathlib import Path
from tests.history.test_large_tables import week
from mainspring.history import write_features
import pyarrow as pa
pa.set_memory_pool(pa.system_memory_pool())
folder = Path(sys.argv[1])
plans = week().fit({"clicks": folder / "events"})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_features(plans, folder / "events", {"clicks": folder / "events"}, folder / "out.parquet",
               max_bytes=16 << 20)
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_is_bounded_whatever_the_length(tmp_path: Path, root: Path) -> None:
    """Six times the events: no more memory."""
    (tmp_path / "events").mkdir()
    grown = []
    for day in range(6):
        part = event_table(120_000, 20_000, first=day * 120_000)
        pq.write_table(part, tmp_path / "events" / f"{day}.parquet", row_group_size=50_000)
        if day not in (0, 5):
            continue
        told = subprocess.run(
            [sys.executable, "-c", _CHILD, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root), "MAINSPRING_NUM_THREADS": "2"},
        )
        before, peak = map(int, told.stdout.split())
        grown.append((peak - before) / 1024)
    assert pq.read_metadata(tmp_path / "out.parquet").num_rows == 720_000
    assert grown[1] < 128  # MB, of which 16 are asked for; the rest are parts, buffers and pages
    assert grown[1] < grown[0] + 48
