"""ms.deduplicate beside polars and pandas, on drawn tables of every kind of column."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from tests.generic.columns import chunked, sliced, with_null_entries

DAY = datetime.date(2024, 2, 29)
NOON = datetime.datetime(2024, 2, 29, 12)
KINDS: dict[pa.DataType, list[Any]] = {
    pa.string(): ["", "a", "b\0", "b", "longer than twelve bytes", "longer than twelve bytez"],
    pa.large_binary(): [b"", b"\0", b"\xff"],
    pa.int8(): [0, 1, -1],
    pa.int64(): [2**53, 2**53 + 1, -(2**63)],
    pa.uint64(): [2**64 - 1, 0],
    pa.float64(): [0.0, -0.0, math.nan, 0.1, math.inf, 5e-324],
    pa.float32(): [0.0, -0.0, math.nan, 0.5],
    pa.bool_(): [True, False],
    pa.date32(): [DAY, DAY + datetime.timedelta(1)],
    pa.timestamp("us"): [NOON, NOON + datetime.timedelta(microseconds=1)],
    pa.decimal128(38, 2): [decimal.Decimal("1.00"), decimal.Decimal("1.01"), decimal.Decimal(-1)],
}
WITH_NULLS = {
    pa.int8(): pd.Int8Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}
KEEPS = ["first", "last", "none"]


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    kinds = draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=3))
    rows = draw(st.integers(0, 40))
    columns = {
        f"c{i}": pa.array(
            draw(st.lists(st.none() | st.sampled_from(KINDS[kind]), min_size=rows, max_size=rows)),
            kind,
        )
        for i, kind in enumerate(kinds)
    }
    return pa.table({**columns, "row": pa.array(range(rows), pa.int64())})


def rows_of(table: Any) -> list[int]:
    return [int(row) for row in table["row"].to_pylist()]


@given(tables(), st.sampled_from(KEEPS), st.data())
def test_rows_that_stay_are_those_of_polars(
    table: pa.Table, keep: str, data: st.DataObject
) -> None:
    names = table.column_names[:-1]
    subset = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    got = ms.deduplicate(table, subset, keep=keep)
    frame = pl.DataFrame(table).unique(subset, keep=keep, maintain_order=True)
    assert rows_of(got) == frame["row"].to_list()
    assert got.schema == table.schema
    taken = table.take(pa.array(rows_of(got), pa.int64()))
    assert repr(got.to_pylist()) == repr(taken.to_pylist())
    # Chunks, offsets, dictionaries with nulls in two ways: the same rows.
    cuts = data.draw(st.lists(st.integers(0, table.num_rows), max_size=4))
    layouts = [chunked(table, cuts), *([sliced(table, 3)] if table.num_rows else [])]
    for layout in layouts:
        assert rows_of(ms.deduplicate(layout, subset, keep=keep)) == rows_of(got)


@given(tables(), st.sampled_from(KEEPS))
def test_rows_that_stay_are_those_of_pandas(table: pa.Table, keep: str) -> None:
    floats = [name for name in table.column_names if pa.types.is_floating(table[name].type)]
    for name in floats:  # pandas takes NaN for null
        place = table.column_names.index(name)
        filled = pa.array(table[name].to_numpy(), table[name].type, from_pandas=True)
        table = table.set_column(place, name, filled)
    frame = table.to_pandas(types_mapper=WITH_NULLS.get)
    expected = frame.drop_duplicates(
        table.column_names[:-1], keep=False if keep == "none" else keep
    )
    got = ms.deduplicate(table, table.column_names[:-1], keep=keep)
    assert rows_of(got) == expected["row"].tolist()


def test_columns_behind_dictionaries_and_runs_are_compared_by_value() -> None:
    plain = pa.table({"x": ["a", None, "b", "a", None, "b"], "row": list(range(6))})
    coded = with_null_entries(plain.select(["x"])).append_column("row", plain["row"])
    assert rows_of(ms.deduplicate(coded, "x")) == [0, 1, 2]
    runs = pa.RunEndEncodedArray.from_arrays([2, 3, 6], pa.array([1.5, None, -0.0]))
    table = pa.table({"x": runs, "row": list(range(6))})
    got = ms.deduplicate(table, "x", keep="last")
    assert got["x"].to_pylist() == [1.5, None, 0.0]
    assert rows_of(got) == [1, 2, 5]
    nothing = pa.table({"x": pa.nulls(3), "row": [0, 1, 2]})
    assert rows_of(ms.deduplicate(nothing, "x")) == [0]


def test_null_and_nan_are_different_and_equal_to_themselves() -> None:
    table = pa.table({"x": pa.array([None, math.nan, None, -math.nan, 0.0, -0.0])})
    got = ms.deduplicate(table)["x"].to_pylist()
    assert got[0] is None
    assert math.isnan(got[1])
    assert got[2:] == [0.0]


def test_values_of_neighbouring_columns_do_not_run_together() -> None:
    table = pa.table({"x": ["ab", "a", "", None], "y": ["c", "bc", "abc", "abc"]})
    assert ms.deduplicate(table).num_rows == 4


def test_many_rows_stay_in_order_across_batches() -> None:
    random = np.random.default_rng(3)
    values = random.integers(0, 5000, 30_000)
    table = pa.table({"x": values, "row": np.arange(30_000)})
    _, first = np.unique(values, return_index=True)
    got = ms.deduplicate(chunked(table, [1, 511, 512, 9_000]), "x")
    assert rows_of(got) == sorted(first.tolist())


def test_every_form_of_data_is_taken_and_what_all_stays_is_not_copied() -> None:
    rows = [{"x": 1}, {"x": 1, "y": "b"}, {"x": 1}]
    assert ms.deduplicate(rows).to_pylist() == [{"x": 1, "y": None}, {"x": 1, "y": "b"}]
    for data in (
        {"x": [1, 1, 2]},
        pd.DataFrame({"x": [1, 1, 2]}),
        pl.DataFrame({"x": [1, 1, 2]}),
        pa.record_batch({"x": [1, 1, 2]}),
        pa.table({"x": [1, 1, 2]}).to_reader(),
    ):
        assert ms.deduplicate(data)["x"].to_pylist() == [1, 2]
    table = pa.table({"x": [1, 2]})
    assert ms.deduplicate(table) is table
    assert ms.deduplicate(table.slice(0, 0)).num_rows == 0


def test_arguments_when_wrong_are_refused_by_name() -> None:
    table = pa.table({"x": [1], "many": [[1]]})
    with pytest.raises(ms.ParameterError, match=r"keep must be .* got 'any'"):
        ms.deduplicate(table, "x", keep="any")
    with pytest.raises(ms.ParameterError, match="subset must be one column name or more"):
        ms.deduplicate(table, [])
    with pytest.raises(ms.ParameterError, match="subset"):
        ms.deduplicate(table, [1])  # type: ignore[list-item]
    with pytest.raises(ms.ParameterError, match=r"data must be .*, got int"):
        ms.deduplicate(3)
    with pytest.raises(ms.SchemaError, match="'y'"):
        ms.deduplicate(table, "y")
    with pytest.raises(ms.SchemaError, match=r"Column 'many' has type list<int64>.* subset="):
        ms.deduplicate(table)
    structs = pa.table({"s": pa.array([{"a": 1}])})
    with pytest.raises(ms.SchemaError, match="'s'"):
        ms.deduplicate(structs)
