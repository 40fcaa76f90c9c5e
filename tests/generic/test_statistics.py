"""Every drift statistic against its oracle, and what must not change what it measures."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine
from tests.generic.columns import chunked, encoded, num_threads, sliced
from tests.reference import drift_statistics as oracles
from tests.tolerances import statistic_is_close

NUMBERS = st.none() | st.floats(-100, 100) | st.integers(0, 3).map(float)
WORDS = st.none() | st.sampled_from(["a", "a", "b", "c", "é", "", "long enough to leave a slot"])
TWO = st.none() | st.sampled_from(["no", "yes"])
VALUES = {"numeric": NUMBERS, "categorical": WORDS, "two categories": TWO}
TYPES = {"numeric": pa.float64(), "categorical": pa.string(), "two categories": pa.string()}
KINDS = {"any": ("numeric", "categorical")}

# (statistic, kind of column) for everything that the engine lists.
STATISTICS = [
    (str(row["name"]), kind)
    for row in _engine.drift_statistics()
    for kind in KINDS.get(row["kind"], (row["kind"],))
]
by_statistic = pytest.mark.parametrize(("name", "kind"), STATISTICS)
by_kind = pytest.mark.parametrize("kind", VALUES)
ALL_KINDS = {
    "numeric": ("numeric", "any"),
    "categorical": ("categorical", "any"),
    "two categories": ("two categories", "categorical", "any"),
}

# At the edges: nothing, one row, one value, no value, values that differ by nothing but missing.
EDGES: dict[str, list[list[Any]]] = {
    "numeric": [
        *([], [None], [2.0], [None, None, None], [1.0, None], [3.0] * 40, [0.0, -0.0, 5e-324]),
        *([1e300, -1e300, 1.0], [float(i) for i in range(300)], [0.1 * i for i in range(120)]),
    ],
    "categorical": [
        *([], [None], ["a"], [None, None, None], ["a", None], ["a"] * 40, ["", "\0", "é"]),
        *([f"v{i}" for i in range(300)], [f"v{i % 9}" for i in range(200)], ["b", "c"] * 60),
    ],
    "two categories": [
        *([], [None], ["no"], ["yes", "no"], [None, None], ["yes", None], ["no"] * 40),
        *(["no", "yes", None] * 20, ["no", "yes", "yes", "yes"] * 30, ["yes"] * 40),
    ],
}


def table_of(values: list[Any], kind: str) -> pa.Table:
    return pa.table({"x": pa.array(values, TYPES[kind])})


def measure(before: Any, now: Any) -> dict[str, ms.drift.DriftStatistic]:
    """Every statistic of the only column."""
    return dict(ms.detect_drift(before, now, statistics="all").column("x").statistics)


def text(before: Any, now: Any) -> str:
    """The report as bytes would be: NaN is equal to itself."""
    return ms.detect_drift(before, now, statistics="all").to_json()


def assert_agrees(name: str, kind: str, before: list[Any], now: list[Any]) -> None:
    found = measure(table_of(before, kind), table_of(now, kind))[name]
    wanted = getattr(oracles, name)(before, now)
    assert statistic_is_close(name, (found.value, found.p_value), wanted), (found, wanted)
    if not math.isnan(found.value):
        assert found.low <= found.value <= found.high
    assert (found.reason is None) == (not math.isnan(found.value))


def test_statistics_when_measured_are_those_of_the_list() -> None:
    for kind in VALUES:
        found = measure(table_of(EDGES[kind][7], kind), table_of(EDGES[kind][8], kind))
        listed = _engine.drift_statistics()
        assert list(found) == [row["name"] for row in listed if row["kind"] in ALL_KINDS[kind]]
        always = ms.detect_drift(*(table_of(EDGES[kind][i], kind) for i in (7, 8))).column("x")
        assert list(always.statistics) == [
            row["name"] for row in listed if row["kind"] in ALL_KINDS[kind] and row["always"]
        ]


@by_statistic
@settings(max_examples=25)
@given(data=st.data())
def test_value_when_tables_are_drawn_equals_the_oracle(
    name: str, kind: str, data: st.DataObject
) -> None:
    columns = st.lists(VALUES[kind], max_size=60)
    before, now = data.draw(columns, label="before"), data.draw(columns, label="now")
    assert_agrees(name, kind, before, now)
    assert_agrees(name, kind, now, before)


@by_statistic
def test_value_when_a_side_is_empty_small_or_missing_equals_the_oracle(
    name: str, kind: str
) -> None:
    for before in EDGES[kind]:
        for now in EDGES[kind]:
            assert_agrees(name, kind, before, now)


@by_kind
@given(data=st.data())
@settings(max_examples=25)
def test_report_when_shards_merge_in_any_order_is_the_same(kind: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(VALUES[kind], min_size=2, max_size=60), label="values")
    table = table_of(values, kind)
    reference = table_of(EDGES[kind][8], kind)
    expected = text(reference, table)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4), label="cuts"))
    parts = [table.slice(a, b - a) for a, b in pairwise([0, *cuts, len(values)])]
    order = data.draw(st.permutations(parts), label="order")
    merged = ms.Profile()
    for part in order:
        merged.merge(ms.profile(part))
    assert merged.to_bytes() == ms.profile(table).to_bytes()
    assert text(reference, merged) == expected
    assert text(merged, reference) == text(table, reference)
    rows = data.draw(st.permutations(values), label="rows")
    assert text(reference, table_of(rows, kind)) == expected
    again = ms.Profile.from_bytes(merged.to_bytes())
    assert text(reference, again) == expected


@by_kind
def test_report_when_laid_out_otherwise_is_the_same(kind: str) -> None:
    values = [*EDGES[kind][8][:77], None, *EDGES[kind][7][:50], None]
    table, reference = table_of(values, kind), table_of(EDGES[kind][8], kind)
    expected = text(reference, table)
    for offset in range(66):
        assert text(reference, sliced(table, offset)) == expected, offset
    for index_type in (pa.uint8(), pa.int64()):
        assert text(reference, encoded(chunked(table, [0, 3, 90]), index_type)) == expected
    assert text(reference, chunked(table, [0, 1, 1, 64, 100])) == expected


@by_kind
def test_profiles_when_used_by_many_threads_give_the_same_report(kind: str) -> None:
    before, now = (ms.profile(table_of(EDGES[kind][i], kind)) for i in (7, 8))
    expected = text(before, now)
    table = table_of(EDGES[kind][8], kind)
    with ThreadPoolExecutor(8) as pool:
        reports = pool.map(lambda number: text(before, now if number % 2 else table), range(24))
        assert all(report == expected for report in reports)


@by_kind
def test_report_when_threads_of_the_engine_differ_is_the_same(kind: str) -> None:
    table = table_of(EDGES[kind][7] * 40, kind)
    reports = []
    for count in (1, 2, 5):
        with num_threads(count):
            reports.append(text(table_of(EDGES[kind][8], kind), table))
    assert reports[0] == reports[1] == reports[2]
