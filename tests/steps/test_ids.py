"""Vocabulary ids, hashes and crosses against dicts and plain integers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import hashes, steps
from tests.steps.plans import (
    BYTES,
    COMBINE_HASHES,
    F64,
    FILL,
    FLOAT,
    FLOATS,
    GATHER,
    HASH,
    HASH_BUCKET,
    I32,
    I64,
    INTEGER,
    INTEGERS,
    IS_MISSING,
    LOOKUP,
    STORE_MULTI_HOT,
    STORE_ONE_HOT,
    TEXT,
    TEXTS,
    Plan,
    doubles,
    lookup_table,
)

texts = st.text(st.sampled_from("abé\0漢"), max_size=20)
text_columns = st.lists(st.none() | texts, max_size=60)
integers = st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(-3, 3)


def lookup_ids(kind: int, keys: list[object], column: pa.Array) -> list[float]:
    plan = Plan()
    loaded = plan.load("x", kind)
    bound = (0, 0, 0, len(keys) + 2)
    plan.store(plan.step(LOOKUP, [loaded], I32, integers=bound, payload=lookup_table(keys)))
    return plan.run(x=column)[:, 0].tolist()


@given(st.lists(texts, unique=True, min_size=1, max_size=30), text_columns)
def test_lookup_of_text_in_any_vocabulary_gives_three_kinds_of_ids(
    keys: list[str], column: list[str | None]
) -> None:
    column = column + list(keys) + ["x" * 300]
    encoded: list[object] = [key.encode() for key in keys]
    expected = [steps.lookup(None if v is None else v.encode(), encoded) for v in column]
    for type_ in (pa.string(), pa.large_string(), pa.string_view()):
        assert lookup_ids(TEXT, encoded, pa.array(column, type_)) == expected


@given(st.lists(integers, unique=True, min_size=1, max_size=30), st.lists(st.none() | integers))
def test_lookup_of_integers_in_any_vocabulary_gives_three_kinds_of_ids(
    keys: list[int], column: list[int | None]
) -> None:
    column = column + list(keys)
    expected = [steps.lookup(value, list(keys)) for value in column]
    assert lookup_ids(INTEGER, list(keys), pa.array(column, pa.int64())) == expected


@given(
    st.lists(st.floats(allow_nan=False), unique=True, min_size=1, max_size=30),
    st.lists(st.none() | st.floats()),
)
def test_lookup_of_floats_in_any_vocabulary_gives_three_kinds_of_ids(
    keys: list[float], column: list[float | None]
) -> None:
    column = column + list(keys) + [-0.0, 0.0]
    expected = [steps.lookup(value, list(keys)) for value in column]
    assert lookup_ids(FLOAT, list(keys), pa.array(column, pa.float64())) == expected


def test_lookup_behind_a_gather_gives_unseen_and_missing_their_own_payload() -> None:
    keys: list[object] = [b"UA", b"AA"]
    plan = Plan()
    loaded = plan.load("x", TEXT)
    ids = plan.step(LOOKUP, [loaded], I32, integers=(0, 0, 0, 4), payload=lookup_table(keys))
    payload = doubles([0.5, 0.25, 1.5, 2.5])
    plan.store(plan.step(GATHER, [ids], F64, integers=(0, 0, 0, 4), payload=payload))
    column = pa.array(["AA", None, "??", "UA"]).dictionary_encode()
    assert plan.run(x=column)[:, 0].tolist() == [2.5, 0.5, 0.25, 1.5]


def test_store_one_hot_writes_one_where_the_id_has_a_place() -> None:
    keys: list[object] = [b"UA", b"AA"]
    plan = Plan()
    loaded = plan.load("x", TEXT)
    ids = plan.step(LOOKUP, [loaded], I32, integers=(0, 0, 0, 4), payload=lookup_table(keys))
    plan.store(plan.step(IS_MISSING, [loaded], F64))
    places = np.array([0, 3, 2, 1], "<u4").tobytes()
    plan.step(STORE_ONE_HOT, [ids], None, integers=(1, 3, 0, 4), payload=places)
    plan.num_features = 4
    column = ["AA", None, "??", "UA"] * 300
    rows = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert plan.run(x=pa.array(column)).tolist() == rows * 300
    for value, row in zip(column[:4], rows, strict=True):
        number = steps.lookup(None if value is None else value.encode(), keys)
        places_of = steps.store_one_hot(number, [0, 3, 2, 1], 3)
        assert [steps.is_missing(value), *places_of] == row


LISTS = {
    TEXTS: (st.none() | texts, pa.string()),
    INTEGERS: (st.none() | integers, pa.int64()),
    FLOATS: (st.none() | st.floats() | st.sampled_from([0.0, -0.0]), pa.float64()),
}


@pytest.mark.parametrize("kind", LISTS)
@given(data=st.data())
def test_store_multi_hot_of_any_lists_equals_the_reference(kind: int, data: st.DataObject) -> None:
    values, type_ = LISTS[kind]
    rows = data.draw(st.lists(st.none() | st.lists(values, max_size=9), max_size=40), label="rows")
    seen = {value for row in rows for value in row or [] if value is not None and value == value}
    keys = data.draw(st.lists(values, max_size=4), label="keys") + sorted(seen)[::2]
    keys = list(
        dict.fromkeys(
            key + 0.0 if kind == FLOATS and key == key else key
            for key in keys
            if key is not None and key == key
        )
    )
    encoded = [key.encode() if isinstance(key, str) else key for key in keys] or [
        {TEXTS: b"key", INTEGERS: 5, FLOATS: 5.0}[kind]
    ]
    width = len(encoded) + data.draw(st.integers(0, 2), label="more features")
    unseen, missing = (data.draw(st.integers(0, width), label="place") for _ in range(2))
    plan = Plan()
    lists = plan.load("x", kind)
    integers_ = (0, width, unseen, missing)
    plan.step(STORE_MULTI_HOT, [lists], None, integers=integers_, payload=lookup_table(encoded))
    plan.num_features = width
    got = plan.run(x=pa.array(rows, pa.list_(type_)))
    plain = [
        None
        if row is None
        else [value.encode() if isinstance(value, str) else value for value in row]
        for row in rows
    ]
    expected = [steps.store_multi_hot(row, encoded, width, unseen, missing) for row in plain]
    assert got.tolist() == expected


def test_fill_of_text_and_integers_gives_the_constant_where_missing() -> None:
    keys: list[object] = [b"", b"JFK"]
    table = lookup_table(keys)
    plan = Plan()
    text, number = plan.load("t", TEXT), plan.load("n", INTEGER)
    for constant in (b"", b"JFK"):
        filled = plan.step(FILL, [text], BYTES, payload=constant)
        plan.store(plan.step(LOOKUP, [filled], I32, integers=(0, 0, 0, 4), payload=table))
    filled = plan.step(FILL, [number], I64, integers=(7,))
    seven = lookup_table([7])
    plan.store(plan.step(LOOKUP, [filled], I32, integers=(0, 0, 0, 3), payload=seven))
    got = plan.run(t=pa.array([None, "JFK", "LGA"]), n=pa.array([None, 7, 8]))
    assert got.tolist() == [[2, 3, 2], [3, 3, 2], [1, 1, 1]]


@given(
    st.lists(
        st.tuples(st.none() | texts, st.none() | integers, st.none() | st.floats()), max_size=60
    ),
    st.sampled_from([1, 2, 1000, 2**24 - 1]),
)
def test_cross_of_any_values_equals_plain_integers(
    rows: list[tuple[str | None, int | None, float | None]], buckets: int
) -> None:
    plan = Plan()
    hashed = [
        plan.step(HASH, [plan.load(name, kind)], I64)
        for name, kind in [("t", TEXT), ("n", INTEGER), ("x", FLOAT)]
    ]
    pair = plan.step(COMBINE_HASHES, hashed[:2], I64)
    triple = plan.step(COMBINE_HASHES, [pair, hashed[2]], I64)
    for slot in (hashed[0], hashed[1], hashed[2], triple):
        plan.store(plan.step(HASH_BUCKET, [slot], I32, integers=(0, 0, 0, buckets)))
    got = plan.run(
        t=pa.array([row[0] for row in rows], pa.string()),
        n=pa.array([row[1] for row in rows], pa.int64()),
        x=pa.array([row[2] for row in rows], pa.float64()),
    )
    expected = []
    for text, number, real in rows:
        encoded = None if text is None else text.encode()
        parts = [hashes.hash_value(value) for value in (encoded, number, real)]
        cross = hashes.combine_hashes(hashes.combine_hashes(parts[0], parts[1]), parts[2])
        expected.append([hashes.hash_bucket(value, buckets) for value in (*parts, cross)])
    np.testing.assert_array_equal(got, np.array(expected, np.float32).reshape(-1, 4))


@given(st.lists(st.none() | texts, max_size=80), st.sampled_from([2, 3, 1000]))
def test_unseen_ids_when_spread_equal_plain_integers(
    column: list[str | None], buckets: int
) -> None:
    keys: list[object] = [b"a", b"ab", "é".encode()]
    plan = Plan()
    loaded = plan.load("x", TEXT)
    ids = plan.step(LOOKUP, [loaded], I32, integers=(0, 0, 0, 5), payload=lookup_table(keys))
    hashed = plan.step(HASH, [loaded], I64)
    room = 5 + buckets - 1
    plan.store(plan.step(HASH_BUCKET, [hashed, ids], I32, integers=(2, buckets, 0, room)))
    column = [*column, "a", "é", None, "never"]
    encoded = [None if value is None else value.encode() for value in column]
    expected = [
        hashes.spread_unseen(hashes.hash_value(value), steps.lookup(value, keys), buckets)
        for value in encoded
    ]
    assert plan.run(x=pa.array(column, pa.string()))[:, 0].tolist() == expected


def test_combine_hashes_in_another_order_gives_another_hash() -> None:
    plan = Plan()
    first, second = (plan.step(HASH, [plan.load(name, TEXT)], I64) for name in "ab")
    for pair in ([first, second], [second, first]):
        crossed = plan.step(COMBINE_HASHES, pair, I64)
        plan.store(plan.step(HASH_BUCKET, [crossed], I32, integers=(0, 0, 0, 2**20)))
    got = plan.run(a=pa.array(["x", "y"]), b=pa.array(["y", "x"]))
    assert got[0, 0] == got[1, 1]
    assert got[0, 1] == got[1, 0]
    assert got[0, 0] != got[0, 1]
