"""Windows against a look at every event, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring.history.plans import HistoryPlans
from tests.history.drawn import (
    MINUTE,
    SMALL,
    Drawn,
    asked_of,
    drawn_events,
    expected,
    source,
    tables,
)


def same_bits(got: Any, want: Any) -> bool:
    """Say whether floats are equal in every bit; a NaN is a NaN."""
    got, want = np.asarray(got, np.float64), np.asarray(want, np.float64)
    both = np.isnan(got) & np.isnan(want)
    return bool((both | (got.view(np.int64) == want.view(np.int64))).all())


def computed(expressions: list[Any], drawn: Drawn) -> dict[str, Any]:
    plans = HistoryPlans([expression.columns[0] for expression in expressions])
    events, requests = tables(drawn)
    plans.fit({"drawn": events})
    table = plans.extend(requests, {"drawn": events})
    return {
        name: table[name].to_numpy(zero_copy_only=False)
        for name in table.column_names[requests.num_columns :]
    }


@pytest.mark.parametrize("values", ["any", "small"])
@settings(max_examples=60)
@given(data=st.data())
def test_every_feature_is_the_oracle_bit_for_bit(values: str, data: st.DataObject) -> None:
    drawn = data.draw(drawn_events() if values == "any" else drawn_events(SMALL))
    asked = asked_of(source())
    columns = computed([one[0] for one in asked], drawn)
    assert len(columns) == len(asked)
    for expression, feature, available, where in asked:
        got = columns[expression.columns[0]]
        want = expected(drawn, feature, available=available, where=where)
        assert same_bits(got, want), (expression, got, want)


@given(drawn=drawn_events(SMALL))
def test_ttl_and_lateness_hide_the_same_events(drawn: Drawn) -> None:
    asked = asked_of(source(ttl="12min", lateness="9min"))
    columns = computed([one[0] for one in asked], drawn)
    for expression, feature, available, where in asked:
        want = expected(
            drawn,
            feature,
            available=available,
            where=where,
            ttl=12 * MINUTE,
            lateness=9 * MINUTE,
        )
        assert same_bits(columns[expression.columns[0]], want), expression


@given(drawn=drawn_events(SMALL))
def test_ties_when_all_features_wait_are_in_order_of_availability(drawn: Drawn) -> None:
    asked = [one for one in asked_of(source()) if one[2]]
    columns = computed([one[0] for one in asked], drawn)
    for expression, feature, available, where in asked:
        want = expected(drawn, feature, available=available, where=where, all_available=True)
        assert same_bits(columns[expression.columns[0]], want), expression


def stamps(values: list[int]) -> Any:
    return pa.array(values, pa.timestamp("us", "UTC"))


def test_window_edges_are_exact_to_the_microsecond() -> None:
    flights = ms.events("flights", key=None, time="at")
    expression = flights.window("1ms").count()
    plans = HistoryPlans([expression.columns[0]])
    events = pa.table({"at": stamps([1000])})
    requests = pa.table({"at": stamps([1000, 1001, 1999, 2000, 2001])})
    plans.fit({"flights": events})
    result = plans.extend(requests, {"flights": events})
    assert result.column(1).to_pylist() == [0, 1, 1, 1, 0]


def test_the_four_row_example_of_peers_is_right() -> None:
    source = ms.events("rows", key=None, time="at")
    plans = HistoryPlans([source.window("1h").sum("v").columns[0]])
    table = pa.table({"at": stamps([1, 2, 2, 3]), "v": [1.0, 2.0, 4.0, 8.0]})
    plans.fit({"rows": table})
    assert plans.extend(table, {"rows": table}).column(2).to_pylist() == [0, 1, 1, 7]


def test_redeliveries_by_id_count_once() -> None:
    source = ms.events("rows", key="k", time="at", id="id")
    plans = HistoryPlans([source.window("1h").sum("v").columns[0]])
    table = pa.table(
        {
            "at": stamps([1, 1, 1, 5, 1]),
            "k": ["a", "a", "a", "a", "b"],
            "id": [7, 7, 8, 7, 7],
            "v": [1.0, 2.0, 4.0, 8.0, 16.0],
        }
    )
    plans.fit({"rows": table})
    requests = pa.table({"at": stamps([9]), "k": ["a"]})
    assert plans.extend(requests, {"rows": table}).column(2).to_pylist() == [13]
    assert plans.counts["rows"]["duplicates"] == 1


def test_counts_say_what_was_left_out() -> None:
    source = ms.events("rows", key="k", time="at", lateness="1s")
    plans = HistoryPlans([source.window("1h", available="known").sum("v").columns[0]])
    table = pa.table(
        {
            "at": stamps([1, 2, 3, None]),  # type: ignore[list-item]
            "k": ["a", None, "a", "a"],
            "known": stamps([2, 3, 2_000_003, 5]),
            "v": [1.0, 2.0, float("inf"), 8.0],
        }
    )
    plans.fit({"rows": table})
    requests = pa.table({"at": stamps([9, None]), "k": [None, "a"]})  # type: ignore[list-item]
    plans.extend(requests, {"rows": table})
    counts = plans.counts["rows"]
    assert (counts["without_time"], counts["without_key"]) == (1, 1)
    assert (counts["late"], counts["off_grid"]) == (1, 1)
    assert (counts["requests_without_time"], counts["requests_without_key"]) == (1, 1)


def test_threads_and_order_of_rows_change_no_bit() -> None:
    rng = np.random.default_rng(5)
    rows = 60_000
    at = rng.integers(0, 40_000 * MINUTE, rows)
    table = pa.table(
        {
            "at": stamps(at),
            "key": rng.integers(0, 300, rows).astype(str),
            "value": rng.lognormal(3, 8, rows),
            "kind": rng.integers(0, 9, rows).astype(str),
            "known": stamps(at + rng.exponential(600e6, rows).astype(np.int64)),
        }
    )
    columns = [one[0].columns[0] for one in asked_of(source()) if one[1].kind in ("time", "rows")]
    plans = HistoryPlans(columns)
    plans.fit({"drawn": table})
    results = []
    try:
        for threads in (1, 3):
            ms.set_num_threads(threads)
            results.append(plans.extend(table.select(["at", "key"]), {"drawn": table}))
    finally:
        ms.set_num_threads(2)
    assert results[0].equals(results[1])
    order = rng.permutation(rows)
    shuffled = plans.extend(table.select(["at", "key"]), {"drawn": table.take(order)})
    # Ties of first and last go by arrival; this table has none within a key that matter.
    for name in shuffled.column_names:
        if "first" not in name and ".last(" not in name and "lag(" not in name:
            assert shuffled[name].equals(results[0][name]), name


def keys_of(kind: str, numbers: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Return columns of keys, which are numbered in as many ways as there are kinds."""
    texts = pa.array(numbers.astype(str))
    return {
        "integers": {"key": numbers},
        "far apart": {"key": numbers * 2**50},
        "nulls": {"key": pa.array(numbers, mask=rng.random(len(numbers)) < 0.02)},
        "floats": {"key": numbers / 4},
        "text": {"key": texts},
        "dictionary": {"key": texts.dictionary_encode()},
        "pairs": {"key": numbers % 5, "other": texts},
        "none": {},
    }[kind]


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("unique", [None, "id"])
@pytest.mark.parametrize(
    "kind",
    ["integers", "far apart", "nulls", "floats", "text", "dictionary", "pairs", "none"],
)
def test_requests_that_are_the_events_have_the_bits_of_others(
    in_order: bool, unique: str | None, kind: str
) -> None:
    """They are brought together by key once; one more request and they are not the same rows."""
    rng = np.random.default_rng(2)
    rows = 5000
    at = rng.integers(0, 9000, rows) * MINUTE
    at = np.sort(at) if in_order else at
    keys = keys_of(kind, rng.integers(0, 40, rows), rng)
    table = pa.table(
        {
            "at": pa.array(at, pa.timestamp("us")),
            "known": pa.array(at + rng.integers(0, 300, rows) * MINUTE, pa.timestamp("us")),
            "value": rng.normal(size=rows),
            "id": rng.integers(0, 2, rows),
            **keys,
        }
    )
    events = ms.events("drawn", key=list(keys) or None, time="at", id=unique)
    window = events.window("2h")
    known = events.window("5h", available="known")
    plans = HistoryPlans.of(
        window.count(),
        window.sum("value"),
        window.max("value"),
        events.last("value", 3).mean(),
        known.std("value"),
        known.last("value"),
        events.since_last(),
    ).fit({"drawn": table})
    same = plans.compute(table, {"drawn": table})["drawn"]
    counts = plans.counts["drawn"]
    assert (counts["duplicates"] > 0) is (unique is not None)
    more = pa.concat_tables([table, table.slice(0, 1)]).combine_chunks()
    others = plans.compute(more, {"drawn": table})["drawn"]
    assert same_bits(same, others[:, :rows])
