"""Lists through the engine: tables of every layout, and rows of Python."""

from __future__ import annotations

import collections
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine, errors

LISTS = [["a", "b"], None, [], [None, "a string of more than twelve bytes"], ["a"]] * 300
FLAGS = [0.0, 1.0, 0.0, 0.0, 0.0] * 300
LAYOUTS: dict[str, Any] = {
    "list": lambda: pa.array(LISTS, pa.list_(pa.string())),
    "large_list": lambda: pa.array(LISTS, pa.large_list(pa.large_string())),
    "list_view": lambda: pa.array(LISTS, pa.list_view(pa.string_view())),
    "large_list_view": lambda: pa.array(LISTS, pa.large_list_view(pa.string())),
    "of dictionaries": lambda: pa.array(LISTS, pa.list_(pa.dictionary(pa.int16(), pa.string()))),
    "polars": lambda: pl.Series(LISTS).to_arrow(),
    "slices": lambda: pa.chunked_array(
        [pa.array([["x"], *LISTS]).slice(1, 77), pa.array([*LISTS, None]).slice(77, 1423)]
    ),
}


def flags_of(prep: ms.Preprocessor, data: Any) -> list[float]:
    return np.asarray(prep.transform(data)).ravel().tolist()


@pytest.mark.parametrize("fitted_on", LAYOUTS)
def test_null_lists_are_missing_and_empty_ones_are_not(fitted_on: str) -> None:
    prep = ms.Preprocessor(ms.col("x").missing_flag()).fit({"x": LAYOUTS[fitted_on]()})
    assert prep.bundle.input_kinds == ["list<bytes>"]
    for layout in LAYOUTS.values():
        assert flags_of(prep, {"x": layout()}) == FLAGS
    loaded = _engine.Bundle.open(prep.bundle.to_bytes(), "lists")
    for values, wanted in [(["a", None], 0.0), ([], 0.0), (None, 1.0), ((), 0.0)]:
        assert loaded.transform_row({"x": values}) == [wanted]


@pytest.mark.parametrize(
    ("kind", "name", "good", "bad"),
    [
        (pa.list_(pa.float32()), "list<float>", [1, 2.5, None, float("nan")], ["a"]),
        (pa.list_(pa.int64()), "list<integer>", [1, 2**63, -3, 0.5, None], ["a"]),
        (pa.list_(pa.string()), "list<bytes>", ["a", b"\xff", None, ""], [1]),
        (pa.list_(pa.int8(), 2), "list<integer>", np.array([1, 2]), [1, "b"]),
    ],
    ids=str,
)
def test_row_gives_a_list_as_a_list(kind: Any, name: str, good: Any, bad: Any) -> None:
    column = pa.array([None, None], kind)
    prep = ms.Preprocessor(ms.col("x").missing_flag()).fit({"x": column})
    assert prep.bundle.input_kinds == [name]
    for values in (good, tuple(good), collections.deque(good), None):
        assert prep.bundle.transform_row({"x": values}) == [float(values is None)]
    for values in (bad, 1, "text", b"text", {"a": 1}):
        with pytest.raises(errors.DataError, match=r"Column 'x' has the value .*a list of"):
            prep.bundle.transform_row({"x": values})


def test_list_of_another_kind_than_fitted_is_refused() -> None:
    prep = ms.Preprocessor(ms.col("x").missing_flag()).fit({"x": pa.array([["a"]])})
    match = r"has type list<int64>, expected a list of text. Cast it to list<string>"
    with pytest.raises(errors.SchemaError, match=match):
        prep.transform({"x": pa.array([[1]])})
    with pytest.raises(errors.SchemaError, match=r"has type string, expected a list of text"):
        prep.transform({"x": ["a"]})
    assert flags_of(prep, {"x": pa.nulls(2)}) == [1.0, 1.0]


def test_profile_of_lists_counts_rows_and_elements() -> None:
    profile = ms.profile({"x": pa.array(LISTS)}).column("x")
    assert (profile.kind, profile.type, profile.num_rows) == ("list", "list<string>", 1500)
    assert profile.elements is not None
    assert profile.elements.num_rows == sum(len(value or []) for value in LISTS)
