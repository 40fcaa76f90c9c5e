"""join_asof against a look at every pair of rows, and what it makes of bad input."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from tests.reference.as_of import last_known

TIMES = st.one_of(st.none(), st.integers(-3, 12))
KEYS = st.one_of(st.none(), st.sampled_from(["a", "b", "ccc"]))


def tables(
    left: list[tuple[Any, Any]], right: list[tuple[Any, Any, Any]], keys: Any
) -> tuple[pa.Table, pa.Table]:
    first = pa.table(
        {
            "at": pa.array([row[0] for row in left], pa.int64()),
            "key": pa.array([row[1] for row in left], pa.string()).cast(keys),
        }
    )
    second = pa.table(
        {
            "at": pa.array([row[0] for row in right], pa.int64()),
            "key": pa.array([row[1] for row in right], pa.string()),
            "known": pa.array([row[2] for row in right], pa.int64()),
            "row": pa.array(range(len(right)), pa.int64()),
        }
    )
    return first, second


@given(
    left=st.lists(st.tuples(TIMES, KEYS), max_size=12),
    right=st.lists(st.tuples(TIMES, KEYS, TIMES), max_size=12),
    tolerance=st.one_of(st.none(), st.integers(0, 5)),
    exact=st.booleans(),
    with_available=st.booleans(),
    coded=st.booleans(),
)
def test_join_when_rows_are_in_any_order_is_the_oracle(
    left: list[tuple[Any, Any]],
    right: list[tuple[Any, Any, Any]],
    tolerance: int | None,
    exact: bool,
    with_available: bool,
    coded: bool,
) -> None:
    keys = pa.dictionary(pa.int8(), pa.string()) if coded else pa.string()
    first, second = tables(left, right, keys)
    if not with_available:
        right = [(time, key, time) for time, key, _ in right]
    result = ms.join_asof(
        first,
        second,
        "at",
        "key",
        tolerance=tolerance,
        available="known" if with_available else None,
        allow_exact_matches=exact,
        sort=True,
    )
    assert result["row"].to_pylist() == last_known(left, right, tolerance=tolerance, exact=exact)
    assert result.select(["at", "key"]).equals(first)


@pytest.mark.parametrize("span", [5, 2**40])
@pytest.mark.parametrize("available", [None, "known"])
def test_join_of_many_rows_is_the_oracle_of_each_key(span: int, available: str | None) -> None:
    rng = np.random.default_rng(3)
    rows = 400
    keys = rng.integers(0, 4, (2, rows)) * span - 7
    times = np.sort(rng.integers(0, 300, (2, rows)))
    known = times[1] + rng.integers(0, 40, rows)
    left = pa.table({"t": times[0], "k": keys[0]})
    right = pa.table({"t": times[1], "k": keys[1], "known": known, "v": rng.random(rows)})
    found = last_known(
        list(zip(times[0].tolist(), keys[0].tolist(), strict=True)),
        list(
            zip(
                times[1].tolist(),
                keys[1].tolist(),
                (times[1] if available is None else known).tolist(),
                strict=True,
            )
        ),
    )
    values = right["v"].to_pylist()
    expected = [None if row is None else values[row] for row in found]
    got = ms.join_asof(left, right, "t", "k", available=available)
    assert got["v"].to_pylist() == expected


def test_join_with_two_keys_and_two_names_matches_both() -> None:
    left = {"t": [5, 5, 5], "a": ["x", "x", None], "b": [1, 2, 1]}
    right = {"u": [1, 2, 3], "a": ["x", "x", "x"], "c": [1, 2, 1], "v": [10, 20, 30]}
    result = ms.join_asof(left, right, ("t", "u"), ["a", ("b", "c")])
    assert result.column_names == ["t", "a", "b", "u", "v"]
    assert result["v"].to_pylist() == [30, 20, None]


def test_join_without_keys_and_with_equal_names_adds_the_suffix() -> None:
    result = ms.join_asof({"t": [2], "v": [1]}, {"t": [1], "v": [7]}, "t", suffix="_before")
    assert result.to_pylist() == [{"t": 2, "v": 1, "v_before": 7}]


def test_join_of_every_type_takes_values_and_nulls() -> None:
    moment = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
    right = pa.table(
        {
            "t": [1, 2, 3],
            "small": pa.array([1, None, 3], pa.int8()),
            "half": pa.array([1, 2, None], pa.int16()),
            "single": pa.array([1.5, None, 2.5], pa.float32()),
            "text": ["a", None, "c"],
            "flag": [True, False, None],
            "moment": pa.array([moment] * 3, pa.timestamp("us", "UTC")),
            "list": [[1], None, [2, 3]],
        }
    )
    left = pa.table({"t": [0, 2, 3, 4]})
    result = ms.join_asof(left, right.slice(0), "t")
    assert result.drop(["t"]).to_pylist() == [
        dict.fromkeys(right.column_names[1:]),
        *right.drop(["t"]).to_pylist(),
    ]
    chunked = pa.concat_tables([right.slice(0, 1), right.slice(1)])
    assert ms.join_asof(left, chunked, "t").equals(result)
    assert ms.join_asof(left, right.slice(1), "t")["small"].to_pylist() == [None, None, None, 3]


def test_join_of_two_units_compares_exactly() -> None:
    left = pa.table({"t": pa.array([2], pa.timestamp("s"))})
    right = pa.table(
        {"t": pa.array([1_999_999_999, 2_000_000_000], pa.timestamp("ns")), "v": [1, 2]}
    )
    assert ms.join_asof(left, right, "t")["v"].to_pylist() == [1]
    assert ms.join_asof(left, right, "t", allow_exact_matches=True)["v"].to_pylist() == [2]
    assert ms.join_asof(left, right, "t", tolerance="1us")["v"].to_pylist() == [1]
    assert ms.join_asof(left, right, "t", tolerance=timedelta(0))["v"].to_pylist() == [None]


def test_join_when_rows_are_unsorted_names_the_first_one() -> None:
    sorted_rows = {"t": [1, 2, 3]}
    with pytest.raises(ms.DataError, match=r"left table, row 2.*sort=True") as caught:
        ms.join_asof({"t": [1, 5, 3]}, sorted_rows, "t")
    assert (caught.value.column, caught.value.row) == ("t", 2)
    with pytest.raises(ms.DataError, match="right table, row 1"):
        ms.join_asof(sorted_rows, {"t": [1, 0, None]}, "t")


def test_join_counts_what_meets_nothing() -> None:
    left = {"t": [None, 2, 3], "k": [1, None, 1]}
    right = {"t": [1, None, 2, 2], "k": [1, 1, None, 1], "seen": [1, 1, 1, None]}
    result = ms.join_asof(left, right, "t", "k", available="seen")
    counts = json.loads(result.schema.metadata[b"mainspring.counts"])
    assert counts == {
        "left_without_time": 1,
        "left_without_key": 1,
        "right_without_time": 1,
        "right_without_key": 1,
        "right_never_available": 1,
    }
    assert result["seen"].to_pylist() == [None, None, 1]


@pytest.mark.parametrize(
    ("left", "right", "error", "message"),
    [
        ({"t": [0.5]}, {"t": [1]}, ms.SchemaError, "expected a timestamp, a date or integers"),
        ({"t": [1]}, {"t": [datetime(2024, 1, 1)]}, ms.SchemaError, "can be compared"),
        ({"u": [1]}, {"t": [1]}, ms.SchemaError, "'t'"),
        ({"t": [1], "k": ["a"]}, {"t": [1], "k": [1]}, ms.SchemaError, "keys like those"),
        ({"t": [1], "k": [[1]]}, {"t": [1], "k": [[1]]}, ms.SchemaError, "expected keys"),
    ],
)
def test_join_when_columns_do_not_fit_says_why(
    left: Any, right: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ms.join_asof(left, right, "t", "k" if "k" in left else None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"on": 3}, "on must be a column name"),
        ({"on": "t", "by": 3}, "by must be column names"),
        ({"on": "t", "tolerance": "7d"}, "must be an int"),
        ({"on": "t", "tolerance": -1}, "must be an int"),
    ],
)
def test_join_when_an_argument_cannot_be_says_so(arguments: Any, message: str) -> None:
    with pytest.raises(ms.ParameterError, match=message):
        ms.join_asof({"t": [1]}, {"t": [1]}, **arguments)


def test_join_when_a_zone_is_on_one_side_refuses() -> None:
    left = pa.table({"t": pa.array([1], pa.timestamp("us", "UTC"))})
    right = pa.table({"t": pa.array([1], pa.timestamp("us"))})
    with pytest.raises(ms.SchemaError, match="time zone"):
        ms.join_asof(left, right, "t")
    with pytest.raises(ms.ParameterError, match="'7d'"):
        ms.join_asof(left, left, "t", tolerance="7 days")


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(("span", "tolerance"), [(10**5, None), (10**5, 1000), (500, None)])
def test_join_with_any_number_of_threads_is_the_same(
    exact: bool, span: int, tolerance: int | None
) -> None:
    """Of some keys the last row lies two cuts back; times are equal on both sides of a cut."""
    rng = np.random.default_rng(0)
    rows = 300_000
    left, right = (
        pa.table(
            {
                "t": np.sort(rng.integers(0, span, rows)),
                "k": rng.zipf(1.4, rows).clip(0, 5000),
                "v": np.arange(rows),
            }
        )
        for _ in range(2)
    )
    results = []
    try:
        for threads in (1, 3, 7):
            ms.set_num_threads(threads)
            results.append(
                ms.join_asof(left, right, "t", "k", tolerance=tolerance, allow_exact_matches=exact)
            )
    finally:
        ms.set_num_threads(2)
    assert results[0].equals(results[1])
    assert results[0].equals(results[2])
    assert 0 < results[0]["v_right"].null_count < rows


def test_join_of_many_rows_of_which_some_lack_a_time_is_that_of_the_others() -> None:
    rng = np.random.default_rng(1)
    rows = 100_000
    times = np.sort(rng.integers(0, 10**6, rows))
    mask = rng.random(rows) < 0.1
    table = pa.table({"t": pa.array(times, mask=mask), "k": rng.integers(0, 9, rows)})
    table = table.append_column("v", pa.array(np.arange(rows)))
    others = table.filter(pa.array(~mask))
    want = ms.join_asof(others, others, "t", "k")["v_right"].to_numpy()
    got = ms.join_asof(table, table, "t", "k")["v_right"]
    assert got.filter(pa.array(mask)).null_count == mask.sum()
    np.testing.assert_array_equal(got.filter(pa.array(~mask)).to_numpy(), want)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("place", [1, 66_666, 133_333, 199_999])
def test_join_of_many_rows_names_the_first_that_is_out_of_order(side: str, place: int) -> None:
    """Whichever part of the time it lies in, and where a part begins."""
    rows = 200_000
    times = np.arange(rows) * 2
    bad = times.copy()
    bad[place] = times[place - 1] - 1
    if place + 1000 < rows:
        bad[place + 1000] = 0  # a later one is not named
    sides = {"left": times, "right": times, side: bad}
    ms.set_num_threads(3)
    try:
        with pytest.raises(ms.DataError, match=f"{side} table, row {place}:"):
            ms.join_asof(*({"t": one, "k": one % 7} for one in sides.values()), "t", "k")
    finally:
        ms.set_num_threads(2)
