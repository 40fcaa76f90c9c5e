"""Shards, batches, orders and threads cannot be told from a profile."""

from __future__ import annotations

import pickle
from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from tests.profile.tables import merged, shards, tables, wide_table

SKETCHED = {"quantiles", "rank_error"}


@given(tables(), st.lists(st.integers(0, 40), min_size=1, max_size=4), st.randoms())
def test_bytes_when_sharded_and_merged_in_any_order_are_equal(
    table: pa.Table, cuts: list[int], random: object
) -> None:
    whole = ms.profile(table)
    parts = shards(table, cuts)
    order = list(range(len(parts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert merged(parts, order).to_bytes() == whole.to_bytes()


@given(tables(), st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_bytes_when_updated_by_batches_are_equal(table: pa.Table, cuts: list[int]) -> None:
    whole = ms.profile(table)
    by_part = ms.Profile()
    for part in shards(table, cuts):
        by_part.update(part)
    chunked = ms.profile(pa.concat_tables(shards(table, cuts)))
    assert by_part == whole
    assert chunked == whole


@given(tables(max_rows=20))
def test_bytes_when_read_back_are_equal_and_grow_alike(table: pa.Table) -> None:
    profile = ms.profile(table)
    again = ms.Profile.from_bytes(profile.to_bytes())
    assert again == profile
    assert pickle.loads(pickle.dumps(profile)) == profile
    assert again.update(table) == profile.update(table)


def test_caps_when_reached_by_merge_or_by_update_are_the_same() -> None:
    """One value below the cap is exact, one above it is sketched, whoever sees it last."""
    values = np.arange(16_385, dtype=np.float64)
    below = ms.profile(pa.table({"x": values[:16_384]}))
    assert below.column("x").exact
    above = ms.profile(pa.table({"x": values}))
    assert not above.column("x").exact
    low = ms.profile(pa.table({"x": values[:9000]}))
    high = ms.profile(pa.table({"x": values[9000:]}))
    assert not low.merge(high).column("x").exact
    assert below.merge(ms.profile(pa.table({"x": values[5:100]}))).column("x").exact


def test_exact_parts_when_sketched_do_not_depend_on_shards() -> None:
    table = wide_table(90_000, 3)
    parts = shards(table, [100, 17_000, 17_001, 60_000])
    whole = ms.profile(table)
    for order in ([0, 1, 2, 3, 4], [4, 2, 0, 3, 1]):
        other = merged(parts, order)
        for name in table.column_names:
            want, got = asdict(whole.column(name)), asdict(other.column(name))
            for sketched in (*SKETCHED, "histogram", "top", "count_error"):
                want.pop(sketched)
                got.pop(sketched)
            assert got == want


def test_bytes_when_batches_differ_are_equal_even_if_sketched() -> None:
    table = wide_table(60_000, 4).drop(["id"])
    by_part = ms.Profile()
    for part in shards(table, [1, 700, 20_000]):
        by_part.update(part)
    assert by_part == ms.profile(table)


def test_threads_when_more_or_fewer_give_the_same_bytes() -> None:
    table = wide_table(30_000, 5)
    found = []
    threads = ms.build_info()["num_threads"]
    try:
        for count in (1, 2, 5):
            ms.set_num_threads(count)
            found.append(ms.profile(table).to_bytes())
    finally:
        ms.set_num_threads(int(str(threads)))
    assert found[0] == found[1] == found[2]


def test_merge_when_with_itself_counts_twice() -> None:
    profile = ms.profile(pa.table({"x": [1.0, 2.0]}))
    assert profile.merge(profile).num_rows == 4


def test_unknown_column_when_merged_takes_the_other_kind() -> None:
    nothing = ms.profile(pa.table({"x": pa.nulls(3)}))
    numbers = ms.profile(pa.table({"x": [1.0, 2.0]}))
    assert nothing.merge(numbers).column("x").kind == "number"
    assert nothing == numbers.merge(ms.profile(pa.table({"x": pa.nulls(3)})))


@pytest.mark.parametrize("kinds", [(pa.int8(), pa.float64()), (pa.string(), pa.large_string())])
def test_types_when_of_one_kind_are_joined(kinds: tuple[pa.DataType, pa.DataType]) -> None:
    first, second = (pa.table({"x": pa.array([1], pa.int64()).cast(kind)}) for kind in kinds)
    joined = ms.profile(first).merge(ms.profile(second))
    assert joined == ms.profile(second).merge(ms.profile(first))
    assert joined.column("x").type == " | ".join(sorted(map(str, kinds))).replace(
        "double", "float64"
    )
