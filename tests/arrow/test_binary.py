"""Columns of bytes: the same ids, profiles and predictions as strings of the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import errors

TEXTS = ["a", "", None, "grün", "a", "longer than twelve bytes", "b" * 40, "a", "b" * 40, None] * 80
TYPES = [
    (pa.binary(), "binary"),
    (pa.large_binary(), "large_binary"),
    (pa.binary_view(), "binary_view"),
]


def bytes_column(values: list[Any], kind: pa.DataType) -> pa.ChunkedArray:
    """Two chunks, each a slice of a longer array."""
    encoded = [value.encode() if isinstance(value, str) else value for value in values]
    longer = pa.array([b"before", None, *encoded, b"after"], kind)
    return pa.chunked_array([longer.slice(2, 333), longer.slice(335, len(values) - 333)], kind)


def ids(fitted: ms.Preprocessor, data: dict[str, Any]) -> np.ndarray:
    return np.asarray(fitted.transform(data))


@pytest.mark.parametrize(("kind", "name"), TYPES)
def test_binary_of_any_layout_gives_the_ids_of_its_strings(kind: pa.DataType, name: str) -> None:
    column = bytes_column(TEXTS, kind)
    as_strings = {"x": pa.array(TEXTS)}
    by_text = ms.Preprocessor(ms.col("x").ordinal()).fit(as_strings)
    by_bytes = ms.Preprocessor(ms.col("x").ordinal()).fit({"x": column})
    wanted = ids(by_text, as_strings)
    assert len(np.unique(wanted)) == 6
    for fitted in (by_text, by_bytes):
        np.testing.assert_array_equal(ids(fitted, {"x": column}), wanted)
        np.testing.assert_array_equal(ids(fitted, as_strings), wanted)
    profile = ms.profile({"x": column}).column("x").to_dict()
    assert profile.pop("type") == name
    assert profile == {
        key: value
        for key, value in ms.profile(as_strings).column("x").to_dict().items()
        if key != "type"
    }


def test_dictionary_of_binary_gives_the_ids_of_its_strings() -> None:
    as_strings = {"x": pa.array(TEXTS)}
    fitted = ms.Preprocessor(ms.col("x").ordinal()).fit(as_strings)
    coded = bytes_column(TEXTS, pa.binary()).dictionary_encode()
    np.testing.assert_array_equal(ids(fitted, {"x": coded}), ids(fitted, as_strings))
    assert ms.profile({"x": coded}).column("x").type == "binary"


@pytest.mark.parametrize(("kind", "name"), TYPES)
def test_bytes_that_are_no_text_are_values_like_others(kind: pa.DataType, name: str) -> None:
    data = {"x": pa.array([b"\xff\x00", b"\xff", b"\xff\x00", None, b"\xfe" * 20], kind)}
    fitted = ms.Preprocessor(ms.col("x").ordinal()).fit(data)
    assert ids(fitted, data).ravel().tolist() == [2, 4, 2, 0, 3]
    assert ms.profile(data).column("x").distinct == 3
    assert name in str(ms.profile(data))
    with pytest.raises(errors.SchemaError, match=f"'x' has type {name}, expected a number"):
        ms.Preprocessor(ms.col("x").standardize()).fit(data)
