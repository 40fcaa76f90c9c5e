"""Arrays that callers lend to results, and scratch that stays between calls: the same bits."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.history import HistoryPlans
from tests.history.drawn import MINUTE
from tests.history.test_windows import same_bits

ROWS = 700_000  # scratch of them is large enough to be kept
MOST_KEPT = 512 << 20


def payments(rows: int, seed: int = 0) -> pa.Table:
    """Return rows in no order of time, some without a key or a value."""
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 40 * rows // 100, rows) * MINUTE
    return pa.table(
        {
            "at": pa.array(at, pa.timestamp("us")),
            "key": pa.array(rng.integers(0, rows // 50 + 1, rows), mask=rng.random(rows) < 0.01),
            "amount": pa.array(rng.normal(size=rows), mask=rng.random(rows) < 0.01),
        }
    )


def plans_of(table: pa.Table) -> HistoryPlans:
    events = ms.events("payments", key="key", time="at")
    window = events.window("7d")
    return HistoryPlans.of(
        window.count(), window.mean("amount"), window.max("amount"), events.last("amount").last()
    ).fit({"payments": table})


SMALL = payments(200)
PLANS = plans_of(SMALL)
EVENTS = {"payments": SMALL}


def test_kept_scratch_changes_no_bit_and_can_be_released() -> None:
    table = payments(ROWS)
    plans = plans_of(table)
    ms.release_memory()
    fresh = plans.compute(table, {"payments": table})["payments"]
    assert (np.nan_to_num(fresh) != 0).any(axis=1).all()
    kept = ms.release_memory()
    assert 0 < kept <= MOST_KEPT
    plans.compute(table, {"payments": table})
    # Fewer rows: of what is kept a part is used, and what it held before shows nowhere.
    fewer = plans.compute(table.slice(0, ROWS - 1000), {"payments": table})["payments"]
    assert same_bits(fewer, fresh[:, :-1000])
    again = plans.compute(table, {"payments": table})["payments"]
    assert same_bits(again, fresh)
    assert 0 < ms.release_memory() <= MOST_KEPT
    assert ms.release_memory() == 0


def test_joins_with_kept_scratch_are_the_same() -> None:
    left, right = payments(ROWS, 1), payments(ROWS, 2).sort_by("at")
    ms.release_memory()
    first = ms.join_asof(left.sort_by("at"), right, "at", "key")
    assert ms.release_memory() > 0
    ms.join_asof(left.slice(0, ROWS // 2).sort_by("at"), right, "at", "key")
    assert ms.join_asof(left.sort_by("at"), right, "at", "key").equals(first)
    ms.release_memory()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_forked_child_has_scratch_of_its_own() -> None:
    table = payments(ROWS)
    plans = plans_of(table)
    want = plans.compute(table, {"payments": table})["payments"]
    child = os.fork()
    if child == 0:
        try:
            got = plans.compute(table, {"payments": table})["payments"]
            os._exit(0 if same_bits(got, want) and ms.release_memory() > 0 else 1)
        except BaseException:
            os._exit(2)
    assert same_bits(plans.compute(table, {"payments": table})["payments"], want)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    ms.release_memory()


def test_compute_when_out_is_given_fills_and_returns_it() -> None:
    want = PLANS.compute(SMALL, EVENTS)["payments"]
    lent = np.full_like(want, 7.0)
    got = PLANS.compute(SMALL, EVENTS, out={"payments": lent})
    assert list(got) == ["payments"]
    assert got["payments"] is lent
    assert same_bits(lent, want)


def test_compute_of_a_state_when_out_is_given_fills_and_returns_it() -> None:
    state = ms.HistoryState(PLANS)
    state.ingest(SMALL, now=datetime(2030, 1, 1, tzinfo=timezone.utc))
    requests = SMALL.slice(0, 20)
    want = PLANS.compute(requests, {"payments": state})["payments"]
    lent = np.full_like(want, 7.0)
    assert PLANS.compute(requests, {"payments": state}, out={"payments": lent})["payments"] is lent
    assert same_bits(lent, want)
    lent[:] = 7.0
    assert state.fill(requests, out=lent)[0] is lent
    assert same_bits(lent, want)
    with pytest.raises(ms.ParameterError, match=r"float64 array of shape \(4, 20\)"):
        state.fill(requests, out=lent[:, :19])


def read_only() -> Any:
    array = np.zeros((4, 200))
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ({"payments": np.zeros((4, 200), np.float32)}, r"float64 array .*, got float32 of shape"),
        ({"payments": np.zeros((4, 199))}, r"shape \(4, 200\), got float64 of shape \(4, 199\)"),
        ({"payments": np.zeros((200, 4))}, r"shape \(4, 200\), got float64 of shape \(200, 4\)"),
        ({"payments": np.zeros((200, 4)).T}, "not C-contiguous"),
        ({"payments": read_only()}, "read-only"),
        ({"payments": [0.0]}, r"out\['payments'\] must be .*, got list"),
        ({"clicks": np.zeros((4, 200))}, r"an array for each of 'payments', got 'clicks'"),
        ({}, "an array for each of 'payments'"),
        (np.zeros((4, 200)), "an array for each of 'payments', got ndarray"),
    ],
)
def test_compute_when_out_is_wrong_says_what_it_must_be(out: Any, message: str) -> None:
    with pytest.raises(ms.ParameterError, match=message):
        PLANS.compute(SMALL, EVENTS, out=out)


def test_compute_when_one_array_of_out_is_wrong_writes_to_none() -> None:
    source = ms.events("clicks", key="key", time="at")
    expressions = [ms.events("payments", key="key", time="at").window("7d").count()]
    plans = HistoryPlans.of(*expressions, source.since_last())
    both = {"payments": SMALL, "clicks": SMALL}
    plans.fit(both)
    out = {"payments": np.full((1, 200), 7.0), "clicks": np.zeros((2, 200))}
    with pytest.raises(ms.ParameterError, match=r"out\['clicks'\]"):
        plans.compute(SMALL, both, out=out)
    assert (out["payments"] == 7).all()
