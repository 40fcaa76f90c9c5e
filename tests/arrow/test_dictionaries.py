"""Dictionaries: every index type, nulls on both levels, slices, other entries in each chunk."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.arrow.columns import ids_of, numbers_of, parts_of

INDICES = [
    pa.int8(), pa.int16(), pa.int32(), pa.int64(),
    pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_nulls_of_indices_and_of_entries_are_missing(index: pa.DataType) -> None:
    entries = pa.array(["never", "a", None, "b"]).slice(1)
    indices = pa.array([2, 2, 0, 1, None, 2, 0, 1], index).slice(2)
    column = pa.DictionaryArray.from_arrays(indices, entries)
    assert ids_of(column, fitted_on=["a", "a", "b"]) == [2, 0, 0, 3, 2, 0]
    assert ms.profile({"x": column}).column("x").missing == 3


def test_dictionaries_that_differ_in_each_chunk_give_the_same_ids() -> None:
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["a", "b"])),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), pa.array(["b", "a", None])),
        pa.DictionaryArray.from_arrays(pa.array([1, 1, 0]), pa.array(["new", "a"])),
    ]
    flat = ["a", "b", None, "b", "a", None, "a", "a", "new"]
    assert ids_of(pa.chunked_array(chunks)) == ids_of(flat)


def test_dictionary_that_grows_from_chunk_to_chunk_gives_the_same_ids() -> None:
    words = [f"w{n}" for n in range(40)]
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array(range(size), pa.uint16()), pa.array(words[:size]))
        for size in (3, 20, 40)
    ]
    flat = words[:3] + words[:20] + words
    assert ids_of(pa.chunked_array(chunks)) == ids_of(flat)


VALUES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "int64": (pa.int64(), [5, None, -7, 5]),
    "uint64": (pa.uint64(), [2**63 - 1, None, 3, 2**63 - 1]),
    "float16": (pa.float16(), [0.5, None, -2.0, 0.5]),
    "double": (pa.float64(), [0.5, None, -2.25, 0.5]),
    "bool": (pa.bool_(), [True, None, False, True]),
    "decimal128": (pa.decimal128(9, 2), [Decimal("1.25"), None, Decimal("-3"), Decimal("1.25")]),
}


@pytest.mark.parametrize("name", VALUES)
def test_dictionary_of_numbers_is_its_numbers(name: str) -> None:
    kind, values = VALUES[name]
    plain = pa.array(values, kind)
    entries = pa.concat_arrays([plain[2:3], plain[:3]]).slice(1)
    indices = pa.array([9, 0, 1, 2, None, 0], pa.int16()).slice(1)
    column = pa.DictionaryArray.from_arrays(indices, entries)
    flat = pa.array([values[0], None, values[2], None, values[0]], kind)
    np.testing.assert_array_equal(numbers_of(column), numbers_of(flat))
    assert ids_of(column) == ids_of(flat)


def test_dictionary_of_times_is_its_times() -> None:
    when = [dt.datetime(1969, 12, 31, 23, 59, 58), None, dt.datetime(2024, 2, 29, 1, 2, 3)]
    for kind in (pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us", "Asia/Kolkata")):
        plain = pa.array(when, kind)
        column = pa.DictionaryArray.from_arrays(pa.array([2, 0, 1, None]), plain)
        taken = plain.take(pa.array([2, 0, 1, None]))
        np.testing.assert_array_equal(parts_of(column), parts_of(taken))
