"""The online state: the bits of training tables, files that survive, and bounds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

import mainspring as ms
from mainspring.history import HistoryPlans
from tests.history.drawn import MINUTE, SMALL, Drawn, asked_of, drawn_events, source, tables
from tests.history.test_windows import same_bits, stamps


def clicks_plans(skew: str = "60000min", **arguments: Any) -> HistoryPlans:
    clicks = ms.events("clicks", key="user", time="at", skew=skew, **arguments)
    hour = clicks.window("1h")
    plans = HistoryPlans.of(hour.count(), hour.sum("amount"), hour.nunique("kind"))
    return plans.fit({"clicks": click_table(0, 10)})


def click_table(first: int, count: int) -> pa.Table:
    rows = range(first, first + count)
    return pa.table(
        {
            "user": [row % 3 for row in rows],
            "at": stamps([row * MINUTE for row in rows]),
            "amount": [row / 100 for row in rows],
            "kind": [f"kind {row % 4}" for row in rows],
            "id": list(rows),
        }
    )


def answers(state: ms.HistoryState, minute: int) -> list[Any]:
    return [state.query(user, at=minute * MINUTE) for user in range(4)]


@settings(max_examples=40)
@given(drawn=drawn_events())
def test_replay_of_every_feature_has_the_same_bits(drawn: Drawn) -> None:
    for arguments in ({}, {"ttl": "12min", "lateness": "9min"}):
        asked = asked_of(source(**arguments))
        for chosen in (asked, [one for one in asked if one[2]]):
            plans = HistoryPlans.of(*(one[0] for one in chosen))
            events, requests = tables(drawn)
            plans.fit({"drawn": events})
            report = ms.replay(plans, {"drawn": events}, requests)
            assert report.same, report
            assert report.num_requests == requests.num_rows


@settings(max_examples=20)
@given(drawn=drawn_events(SMALL, max_size=40))
def test_replay_of_short_windows_evicts_and_agrees(drawn: Drawn) -> None:
    declared = source()
    plans = HistoryPlans.of(
        declared.window("3min", available="known").mean("value"),
        declared.window("2min", lag="1min").nunique("kind"),
    )
    events, requests = tables(drawn)
    plans.fit({"drawn": events})
    assert ms.replay(plans, {"drawn": events}, requests).same


def test_replay_when_features_differ_says_where() -> None:
    plans = clicks_plans()
    events = click_table(0, 50)
    wanted = plans.compute(events, {"clicks": events})["clicks"].copy()
    wanted[1, 17] = np.nextafter(wanted[1, 17], 9)
    from mainspring import _engine
    from mainspring._arrow import as_table

    table = as_table(events)
    report = _engine.replay_history(plans.plan("clicks"), table, table, "at", ["user"], wanted)
    assert (report["num_different"], report["first_different"]) == (1, 17)


def test_features_of_a_table_are_those_of_training() -> None:
    plans, events = clicks_plans(), click_table(0, 50)
    state = ms.HistoryState(plans)
    state.ingest(events, now=50 * MINUTE)
    requests = pa.table({"user": [0, 1, 9, None], "at": stamps([51 * MINUTE] * 4)})
    online, offline = state.features(requests), plans.extend(requests, {"clicks": events})
    assert online.equals(offline)
    assert plans.extend(requests, {"clicks": state}).equals(offline)
    assert state.query(1, at=51 * MINUTE)["clicks.window(1h).count()"] == 17
    assert state.query(9, at=51 * MINUTE)["clicks.window(1h).sum(amount)"] == 0


def test_ingest_counts_what_it_leaves_out() -> None:
    state = ms.HistoryState(clicks_plans(id="id", skew="2min"))
    rows = [
        {"user": 1, "at": 0, "amount": 1.0, "kind": "x", "id": 5},
        {"user": 1, "at": 0, "amount": 1.0, "kind": "x", "id": 5},
        {"user": None, "at": 0, "amount": 1.0, "kind": "x", "id": 6},
        {"user": 1, "at": None, "amount": 1.0, "kind": "x", "id": 7},
        {"user": 1, "at": 13 * MINUTE, "amount": 1.0, "kind": "x", "id": 8},
        {"user": 1, "at": 12 * MINUTE, "amount": float("inf"), "kind": "x", "id": 9},
    ]
    schema = pa.schema(
        [
            ("user", pa.int64()),
            ("at", pa.timestamp("us", "UTC")),
            ("amount", pa.float64()),
            ("kind", pa.string()),
            ("id", pa.int64()),
        ]
    )
    counts = state.ingest(pa.Table.from_pylist(rows, schema), now=10 * MINUTE)
    assert counts == {
        "taken": 2,
        "expired": 0,
        "duplicates": 1,
        "future": 1,
        "late": 0,
        "off_grid": 1,
        "without_key": 1,
        "without_time": 1,
    }
    # A clock that goes back counts as the latest arrival: what left every window stays out.
    state.ingest(click_table(200, 1), now=200 * MINUTE)
    assert state.ingest(click_table(100, 1), now=0)["expired"] == 1
    assert state.clock is not None
    assert state.clock.timestamp() == 200 * 60


def test_keys_that_nothing_sees_are_freed(tmp_path: Path) -> None:
    state = ms.HistoryState(clicks_plans(), folder=tmp_path)
    state.ingest(click_table(0, 3000), now=3000 * MINUTE)
    held = state.memory
    assert held["keys"] == 3
    assert held["events"] < 200
    state.evict(4000 * MINUTE)
    assert (state.memory["keys"], state.memory["events"]) == (0, 0)
    assert state.memory["event_bytes"] == 0
    long_ago = pa.table({"user": [1], "at": stamps([10 * MINUTE])})
    _, since = state.fill(long_ago)
    assert since[0] > 10 * MINUTE  # it says that the past is gone
    # A key that comes back does not bring its past with it, here or from the files.
    state.ingest(click_table(4000, 3), now=4003 * MINUTE)
    state.save()
    for again in (state, ms.HistoryState(clicks_plans(), folder=tmp_path)):
        assert again.memory["keys"] == 3
        np.testing.assert_array_equal(again.fill(long_ago)[1], since)


def test_state_when_memory_is_bounded_refuses_whole_batches() -> None:
    state = ms.HistoryState(clicks_plans(), max_bytes=200_000)
    state.ingest(click_table(0, 10), now=0)
    before = state.memory
    with pytest.raises(ms.DataError, match="max_bytes = 200000"):
        state.ingest(click_table(0, 20_000), now=0)
    assert state.memory == before


def test_state_is_the_same_after_its_files_are_read(tmp_path: Path) -> None:
    plans = clicks_plans()
    state = ms.HistoryState(plans, folder=tmp_path, durability="disk")
    state.ingest(click_table(0, 20), now=20 * MINUTE)
    from_log = ms.HistoryState(plans, folder=tmp_path)
    assert answers(from_log, 21) == answers(state, 21)
    from_log.save()
    assert (tmp_path / "events.log").stat().st_size == 24
    from_log.ingest(click_table(20, 5), now=25 * MINUTE)
    both = ms.HistoryState(plans, folder=tmp_path)
    assert answers(both, 26) == answers(from_log, 26)
    assert both.clock == from_log.clock
    assert both.cut_bytes == 0
    # Killed between the snapshot and the emptying of the log: nothing counts twice.
    shutil.copy(tmp_path / "events.log", tmp_path / "kept")
    both.save()
    shutil.copy(tmp_path / "kept", tmp_path / "events.log")
    assert answers(ms.HistoryState(plans, folder=tmp_path), 26) == answers(both, 26)


def test_log_when_its_end_is_torn_loses_what_was_not_acknowledged(tmp_path: Path) -> None:
    plans = clicks_plans()
    state = ms.HistoryState(plans, folder=tmp_path)
    ends, after = [24], [answers(state, 40)]
    for batch in range(3):
        state.ingest(click_table(batch * 7, 7), now=0)
        ends.append((tmp_path / "events.log").stat().st_size)
        after.append(answers(state, 40))
    whole = (tmp_path / "events.log").read_bytes()
    other = tmp_path / "torn"
    other.mkdir()
    for length in range(0, len(whole) + 1, 11):
        (other / "events.log").write_bytes(whole[:length])
        torn = ms.HistoryState(plans, folder=other)
        complete = sum(end <= length for end in ends[1:])
        assert answers(torn, 40) == after[complete]
        assert torn.cut_bytes == max(length - ends[complete], 0) * (length >= 24)
        torn.ingest(click_table(21, 1), now=0)  # and goes on
        assert ms.HistoryState(plans, folder=other).memory["events"] == complete * 7 + 1
    changed = bytearray(whole)
    changed[-1] ^= 1
    (other / "events.log").write_bytes(changed)
    assert answers(ms.HistoryState(plans, folder=other), 40) == after[2]


def test_files_when_changed_or_of_another_definition_are_refused(tmp_path: Path) -> None:
    plans = clicks_plans()
    state = ms.HistoryState(plans, folder=tmp_path)
    state.ingest(click_table(0, 9), now=0)
    state.save()
    snapshot = tmp_path / "snapshot.history"
    whole = snapshot.read_bytes()
    for damaged in (whole[:-1], whole[:30], whole[:70] + b"?" + whole[71:], b""):
        snapshot.write_bytes(damaged)
        with pytest.raises(ms.BundleCorruptError, match=r"snapshot\.history"):
            ms.HistoryState(plans, folder=tmp_path)
    snapshot.write_bytes(whole)
    other = clicks_plans(ttl="2h")
    mine, theirs = (f"{p.plan('clicks').definition_hash:016x}" for p in (plans, other))
    with pytest.raises(ms.ParameterError, match=f"{mine}.*{theirs}"):
        ms.HistoryState(other, folder=tmp_path)
    snapshot.unlink()
    with pytest.raises(ms.ParameterError, match=r"events\.log"):
        ms.HistoryState(other, folder=tmp_path)
    (tmp_path / "events.log").write_bytes(b"x" * 100)
    with pytest.raises(ms.BundleCorruptError, match="not a log"):
        ms.HistoryState(plans, folder=tmp_path)


_CHILD = """
import sys
from tests.history.test_state import click_table, clicks_plans
import mainspring as ms
state = ms.HistoryState(clicks_plans(), folder=sys.argv[1])
for batch in range(100000):
    state.ingest(click_table(batch, 1), now=0)
    if batch % 50 == 49:
        state.save()
    print(batch + 1, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [3, 60, 151])
def test_state_when_its_process_is_killed_has_all_that_it_acknowledged(
    tmp_path: Path, root: Path, acknowledged: int
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert child.stdout is not None
    said = 0
    for line in child.stdout:
        said = int(line)
        if said >= acknowledged:
            child.send_signal(signal.SIGKILL)
            break
    rest = child.stdout.read().split()
    child.stdout.close()
    child.wait()
    said = max([said, *map(int, rest)])
    plans = clicks_plans()
    state = ms.HistoryState(plans, folder=tmp_path)
    held = state.memory["events"]
    assert said <= held <= said + 1  # one may have been written and not yet said
    fresh = ms.HistoryState(plans)
    fresh.ingest(click_table(0, held), now=0)
    assert answers(fresh, held + 1) == answers(state, held + 1)


def test_queries_while_events_come_see_whole_events() -> None:
    plans = clicks_plans()
    state = ms.HistoryState(plans)
    stop, failures = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            row = state.query(1, at=10**6 * MINUTE)
            if row["clicks.window(1h).count()"] != 0:
                failures.append(row)
            state.fill(pa.table({"user": [0, 1, 2], "at": stamps([30 * MINUTE] * 3)}))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for batch in range(60):
        state.ingest(click_table(batch, 1), now=0)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    whole = plans.compute(
        pa.table({"user": [0, 1, 2], "at": stamps([60 * MINUTE] * 3)}),
        {"clicks": click_table(0, 60)},
    )["clicks"]
    assert same_bits(
        state.fill(pa.table({"user": [0, 1, 2], "at": stamps([60 * MINUTE] * 3)}))[0], whole
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: ms.HistoryState(p, "other"), "source must be one of clicks"),
        (lambda p: ms.HistoryState(p, durability="all"), "'process' or 'disk'"),
        (lambda p: ms.HistoryState(p, max_bytes=0), "positive integer"),
        (lambda p: ms.HistoryState(p).query(1, 2), "1 values of a key"),
        (lambda p: ms.HistoryState(p).query(1, at="now"), "datetime with a time zone"),
        (lambda p: ms.HistoryState(p).save(), "folder"),
        (lambda p: ms.HistoryState(7), "expected a Preprocessor"),
    ],
)
def test_state_when_an_argument_cannot_be_says_so(make: Any, message: str) -> None:
    with pytest.raises(ms.ParameterError, match=message):
        make(clicks_plans())


def test_state_before_fitting_says_so() -> None:
    clicks = ms.events("clicks", key="user", time="at")
    with pytest.raises(ms.NotFittedError, match="Fit it"):
        ms.HistoryState(HistoryPlans.of(clicks.window("1h").sum("amount")))
