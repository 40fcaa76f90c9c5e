"""Events as they should not be: each has a stated outcome, and takes no other with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.history import HistoryPlans
from tests.history.drawn import MINUTE
from tests.history.test_windows import stamps


def plans_of(events: Any, **arguments: Any) -> HistoryPlans:
    source = ms.events("e", key=["shop", "user"], time="at", **arguments)
    window = source.window("1h")
    return HistoryPlans.of(window.count(), window.sum("v"), window.max("v")).fit({"e": events})


def table(rows: int = 40, **columns: Any) -> pa.Table:
    made = {
        "at": stamps([row * MINUTE for row in range(rows)]),
        "shop": ["north", "south"] * (rows // 2),
        "user": [row % 3 for row in range(rows)],
        "v": [row / 4 for row in range(rows)],
    }
    return pa.table({**made, **columns})


def test_keys_of_two_columns_tell_histories_apart_on_both_sides() -> None:
    events = table()
    plans = plans_of(events)
    state = ms.HistoryState(plans)
    state.ingest(events, now=40 * MINUTE)
    for shop, user in (("north", 0), ("south", 0), ("north", 2), ("east", 0)):
        rows = [r for r in events.to_pylist() if (r["shop"], r["user"]) == (shop, user)]
        got = list(state.query(shop, user, at=40 * MINUTE).values())
        values = [row["v"] for row in rows]
        assert got == [len(rows), sum(values), max(values, default=None)]
        asked = pa.table({"at": stamps([40 * MINUTE]), "shop": [shop], "user": [user]})
        assert plans.extend(asked, {"e": events}).to_pylist()[0]["e.window(1h).count()"] == got[0]
    assert list(state.query("north", None, at=40 * MINUTE).values()) == [0.0, 0.0, None]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_may_differ_between_events_and_requests(unit: str) -> None:
    events = table()
    plans = plans_of(events)
    requests = events.select(["at", "shop", "user"])
    want = plans.compute(requests, {"e": events})["e"]
    changed = events.set_column(0, "at", events["at"].cast(pa.timestamp(unit, "Asia/Tokyo")))
    np.testing.assert_array_equal(plans.compute(requests, {"e": changed})["e"], want)
    asked = requests.set_column(0, "at", requests["at"].cast(pa.timestamp(unit, "UTC")))
    np.testing.assert_array_equal(plans.compute(asked, {"e": events})["e"], want)


def test_order_of_events_is_no_matter() -> None:
    events = table()
    plans = plans_of(events)
    requests = events.select(["at", "shop", "user"])
    order = np.random.default_rng(0).permutation(len(events))
    np.testing.assert_array_equal(
        plans.compute(requests, {"e": events.take(order)})["e"],
        plans.compute(requests, {"e": events})["e"],
    )


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300, -1e300])
def test_values_above_the_grid_are_counted_and_in_no_sum(value: float) -> None:
    plans = plans_of(table())
    strange = table(v=[value, *[1.0] * 39])
    state = ms.HistoryState(plans)
    assert state.ingest(strange, now=40 * MINUTE)["off_grid"] == 1
    first = state.query("north", 0, at=40 * MINUTE)
    rows = sum(r["shop"] == "north" and r["user"] == 0 for r in strange.to_pylist())
    assert first["e.window(1h).count()"] == rows
    assert first["e.window(1h).sum(v)"] == rows - 1
    assert first["e.window(1h).max(v)"] == max(value, 1.0)
    later = state.query("north", 0, at=61 * MINUTE)  # it leaves without a trace
    assert later["e.window(1h).sum(v)"] == later["e.window(1h).count()"] == rows - 1
    offline = plans.extend(table().select(["at", "shop", "user"]), {"e": strange})
    assert plans.counts["e"]["off_grid"] == 1
    assert offline.num_rows == 40


def test_values_that_are_missing_are_skipped() -> None:
    events = table(v=pa.array([None, np.nan, *[2.0] * 38]))
    plans = plans_of(events)
    state = ms.HistoryState(plans)
    state.ingest(events, now=40 * MINUTE)
    for shop, user in (("north", 0), ("south", 1)):
        found = state.query(shop, user, at=40 * MINUTE)
        assert found["e.window(1h).sum(v)"] == 2 * (found["e.window(1h).count()"] - 1)


def test_more_keys_than_memory_are_refused_before_they_are_taken() -> None:
    """A hundred million keys take 25 GB: they are refused at max_bytes, batch by batch."""
    most = 4_000_000
    source = ms.events("e", key="user", time="at", skew="1h")
    window = source.window("1h").count()

    def users(first: int, count: int) -> pa.Table:
        return pa.table({"at": stamps([0] * count), "user": np.arange(first, first + count)})

    plans = HistoryPlans.of(window).fit({"e": users(0, 1)})
    state = ms.HistoryState(plans, max_bytes=most)
    with pytest.raises(ms.DataError, match="max_bytes = 4000000"):
        state.ingest(users(0, 100_000), now=MINUTE)  # at once
    assert state.memory["keys"] == 0
    taken: list[int] = []

    def fill() -> None:
        taken.extend(
            state.ingest(users(first, 1000), now=MINUTE)["taken"] for first in range(0, 10**8, 1000)
        )

    with pytest.raises(ms.DataError, match="Set a ttl"):
        fill()
    held = state.memory
    assert held["keys"] == held["events"] == sum(taken)
    assert 0.5 * most < held["event_bytes"] + held["key_bytes"] <= most
    # Known keys go on, as long as there is room for their events; and what is old makes room.
    state.evict(120 * MINUTE)
    assert state.ingest(users(0, 1000), now=30 * MINUTE)["expired"] == 1000
    later = users(0, 1000).set_column(0, "at", stamps([119 * MINUTE] * 1000))
    assert state.ingest(later, now=120 * MINUTE)["taken"] == 1000


def test_events_of_other_columns_are_refused_as_a_whole() -> None:
    plans = plans_of(table())
    state = ms.HistoryState(plans)
    for bad, message in (
        (table().drop(["v"]), "v"),
        (table(v=["x"] * 40), "v"),
        (table(at=list(range(40))), "expected a timestamp"),
        (table(user=[[1]] * 40), "expected keys"),
    ):
        with pytest.raises(ms.SchemaError, match=message):
            state.ingest(bad, now=0)
    assert state.memory["events"] == 0
