"""Lengths, statistics, parts and single elements of lists against plain Python."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import _engine
from tests.reference import hashes, steps
from tests.steps.plans import (
    BYTES,
    BYTES_LIST,
    F64,
    F64_LIST,
    FLOATS,
    HASH,
    HASH_BUCKET,
    I32,
    I64,
    I64_LIST,
    INTEGERS,
    LIST_ELEMENTS,
    LOOKUP,
    POOL_LIST,
    SLICE_LIST,
    STORE_JAGGED,
    TEXTS,
    Plan,
    lookup_table,
)

NUMBERS = st.none() | st.floats() | st.sampled_from([0.0, -0.0, 1.5])
ELEMENTS: dict[int, tuple[Any, pa.DataType, int, int]] = {
    TEXTS: (st.none() | st.text(max_size=20), pa.string(), BYTES_LIST, BYTES),
    INTEGERS: (st.none() | st.integers(-(2**63), 2**63 - 1), pa.int64(), I64_LIST, I64),
    FLOATS: (NUMBERS, pa.float64(), F64_LIST, F64),
}
OFFSETS = st.integers(-8, 8) | st.sampled_from([-(2**63), 2**63 - 1])
LENGTHS = st.integers(0, 8) | st.sampled_from([2**63, 2**64 - 1])


def rows_of(values: Any) -> Any:
    return st.lists(st.none() | st.lists(values, max_size=9), max_size=40)


def features(values: list[Any]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], np.float32)


@given(rows_of(NUMBERS))
def test_pool_list_of_any_numbers_equals_the_reference(
    rows: list[list[float | None] | None],
) -> None:
    plan = Plan()
    lists = plan.load("x", FLOATS)
    for statistic in range(1, 7):
        plan.store(plan.step(POOL_LIST, [lists], F64, integers=(statistic,)))
    got = plan.run(x=pa.array(rows, pa.list_(pa.float64())))
    with np.errstate(over="ignore"):
        for statistic in range(1, 7):
            expected = features([steps.pool_list(row, statistic) for row in rows])
            np.testing.assert_array_equal(got[:, statistic - 1], expected)


def test_pool_list_of_long_lists_spans_many_tiles_of_elements() -> None:
    rows = [[float(i * j % 97) for i in range(700 + j)] for j in range(30)]
    plan = Plan()
    lists = plan.load("x", FLOATS)
    for statistic in range(1, 7):
        plan.store(plan.step(POOL_LIST, [lists], F64, integers=(statistic,)))
    got = plan.run(x=pa.array(rows, pa.list_(pa.float64())))
    expected = [[steps.pool_list(row, statistic) for statistic in range(1, 7)] for row in rows]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


@pytest.mark.parametrize("kind", ELEMENTS)
@given(data=st.data(), offset=OFFSETS, length=LENGTHS, first=st.integers(0, 6))
def test_parts_and_places_of_any_lists_equal_the_reference(
    kind: int, data: st.DataObject, offset: int, length: int, first: int
) -> None:
    values, type_, list_slot, slot = ELEMENTS[kind]
    rows = data.draw(rows_of(values), label="rows")
    plan = Plan()
    lists = plan.load("x", kind)
    part = plan.step(SLICE_LIST, [lists], list_slot, integers=(offset % 2**64, length))
    plan.store(plan.step(POOL_LIST, [part], F64, integers=(1,)))
    element = plan.step(LIST_ELEMENTS, [part], slot, integers=(first,))
    hash_ = plan.step(HASH, [element], I64)
    plan.store(plan.step(HASH_BUCKET, [hash_], I32, integers=(1, 0, 0, 1 << 20)))
    got = plan.run(x=pa.array(rows, pa.list_(type_)))
    parts = [steps.slice_list(row, offset, length) for row in rows]
    np.testing.assert_array_equal(got[:, 0], features([steps.pool_list(p, 1) for p in parts]))
    expected = [padded_hash(steps.list_elements(p, first, 1)[0], 1 << 20) for p in parts]
    assert got[:, 1].tolist() == expected


def padded_hash(value: Any, buckets: int) -> int:
    if value is None:
        return 0
    plain = value.encode() if isinstance(value, str) else value
    return 1 + hashes.hash_bucket(hashes.hash_value(plain), buckets - 1)


@pytest.mark.parametrize("size", [1, 3, 40, 600])
def test_list_elements_of_short_and_long_lists_lie_at_their_places(size: int) -> None:
    rows: list[list[str | None] | None] = [
        None if i % 7 == 6 else [f"k{(i + j) % 5}" for j in range(size - i % 2)] for i in range(700)
    ]
    keys: list[Any] = [b"k0", b"k1", b"k2", b"k3"]
    plan = Plan()
    lists = plan.load("x", TEXTS)
    for place in (0, 1, size - 1):
        element = plan.step(LIST_ELEMENTS, [lists], BYTES, integers=(place,))
        integers = (0, 0, 0, len(keys) + 2)
        ids = plan.step(LOOKUP, [element], I32, integers=integers, payload=lookup_table(keys))
        plan.store(ids)
    got = plan.run(x=pa.array(rows))
    for column, place in enumerate((0, 1, size - 1)):
        texts = [steps.list_elements(row, place, 1)[0] for row in rows]
        ids = [steps.lookup(None if text is None else text.encode(), keys) for text in texts]
        assert got[:, column].tolist() == ids


@pytest.mark.parametrize("kind", list(ELEMENTS))
@pytest.mark.parametrize("hashed", [False, True])
def test_store_jagged_of_any_lists_equals_the_reference(kind: int, hashed: bool) -> None:
    values, arrow, _, _ = ELEMENTS[kind]
    keys: list[Any] = {TEXTS: ["", "a", "0"], INTEGERS: [0, -1, 7], FLOATS: [0.0, 1.5, -2.5]}[kind]
    table = lookup_table([key.encode() if isinstance(key, str) else key for key in keys])

    @given(rows_of(values | st.sampled_from(keys)))
    def check(rows: list[list[Any] | None]) -> None:
        plan = Plan()
        lists = plan.load("x", kind)
        num_ids = 9 if hashed else len(keys) + 2
        # The input's name is that of the list.
        plan.step(
            STORE_JAGGED,
            [lists],
            None,
            integers=(0, 0, 1, num_ids),
            payload=b"" if hashed else table,
        )
        plan.store(plan.step(POOL_LIST, [lists], F64, integers=(1,)))
        columns = pa.table({"x": pa.array(rows, pa.list_(arrow))})
        opened = _engine.Table.from_stream(columns.__arrow_c_stream__())
        ((offsets, ids),) = _engine.transform_jagged(plan.open(), opened)
        ends = np.asarray(offsets).tolist()
        expected = [
            steps.store_jagged(
                row if kind != TEXTS else row and [v if v is None else v.encode() for v in row],
                [] if hashed else [k.encode() if isinstance(k, str) else k for k in keys],
                num_ids,
            )
            for row in rows
        ]
        assert np.asarray(ids).tolist() == list(itertools.chain(*expected))
        assert np.diff(ends).tolist() == [len(row) for row in expected]
        assert plan.open().lists == [("x", num_ids)]

    check()
