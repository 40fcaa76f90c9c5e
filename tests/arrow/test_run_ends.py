"""Run-end encoded columns: what their decoded values give."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import mainspring as ms
from tests.arrow.columns import ids_of, numbers_of, parts_of

ENDS = [pa.int16(), pa.int32(), pa.int64()]
RUNS = [3, 1, 600, 2, 1, 900, 5]


def repeated(values: list[Any]) -> list[Any]:
    return [value for value, count in zip(values, RUNS, strict=True) for _ in range(count)]


def encoded(values: list[Any], kind: pa.DataType, ends: pa.DataType) -> pa.Array:
    return pc.run_end_encode(pa.array(repeated(values), kind), run_end_type=ends)


@pytest.mark.parametrize("ends", ENDS, ids=str)
@pytest.mark.parametrize("offset", [0, 1, 3, 4, 600, 1511])
def test_runs_of_numbers_are_their_values(ends: pa.DataType, offset: int) -> None:
    values = [1.5, None, -2.0, float("nan"), 4.0, None, 7.25]
    column = encoded(values, pa.float64(), ends).slice(offset)
    flat = [np.nan if v is None else v for v in repeated(values)][offset:]
    np.testing.assert_array_equal(numbers_of(column), flat)


@pytest.mark.parametrize("ends", ENDS, ids=str)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_runs_of_strings_have_the_ids_of_their_values(ends: pa.DataType, kind: pa.DataType) -> None:
    values = ["a", None, "a string longer than twelve bytes", "a", "", "b", None]
    wanted = ids_of(pa.array(repeated(values)))
    array = pa.array(values, kind)
    stops = pa.array(np.cumsum(RUNS), ends)
    column = pa.RunEndEncodedArray.from_arrays(stops, array)
    assert ids_of(column) == wanted
    assert ids_of(pa.chunked_array([column.slice(0, 2), column.slice(2)])) == wanted


def test_runs_whose_parts_are_slices_are_read_from_there() -> None:
    stops = pa.array([9, 2, 5, 9], pa.int32()).slice(1)
    values = pa.array(["x", "y", None, "a", "b"]).slice(2)
    column = pa.RunEndEncodedArray.from_arrays(stops, values).slice(1, 7)
    assert ids_of(column, fitted_on=["a", "a", "b"]) == [0, 2, 2, 2, 3, 3, 3]


def test_runs_of_dictionaries_are_read_through_both() -> None:
    words = pa.array(["u", None, "v"])
    coded = pa.DictionaryArray.from_arrays(pa.array([0, 2, None, 1, 0], pa.uint8()), words)
    column = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3, 5, 6, 9], pa.int16()), coded)
    assert ids_of(column.slice(1), fitted_on=["u", "u", "v"]) == [2, 3, 0, 0, 0, 2, 2, 2]
    profile = ms.profile({"x": column}).column("x")
    assert (profile.num_rows, profile.missing) == (9, 3)


def test_runs_of_times_and_decimals_are_read() -> None:
    when = dt.datetime(2024, 2, 29, 12, 30, 15)
    column = pa.RunEndEncodedArray.from_arrays(
        pa.array([2, 3], pa.int32()), pa.array([when, None], pa.timestamp("ms"))
    )
    assert parts_of(column)[:2] == [[2024.0, 60.0, 12.0, 15.0]] * 2
    assert np.isnan(parts_of(column)[2]).all()


def test_profile_of_runs_counts_nulls_and_nan_apart() -> None:
    values = [1.5, None, -2.0, float("nan"), 4.0, None, 7.25]
    runs = ms.profile({"x": encoded(values, pa.float64(), pa.int32())}).column("x").to_dict()
    flat = ms.profile({"x": pa.array(repeated(values), from_pandas=False)}).column("x").to_dict()
    assert (runs.pop("type"), flat.pop("type")) == ("run_end_encoded<float64>", "float64")
    assert runs == flat
