"""The engine's reading of number columns against plain Python, for any type, chunking and slice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import errors
from mainspring._arrow import as_table

INTEGERS = {
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint8": pa.uint8(),
    "uint16": pa.uint16(),
    "uint32": pa.uint32(),
    "uint64": pa.uint64(),
}


def read(data: Any, name: str) -> np.ndarray:
    table = as_table(data)
    out = np.full(table.num_rows, 123.0)
    table.numbers(name, out)
    return out


def expected(values: list[Any]) -> np.ndarray:
    """The slowest clear form: one value at a time, None for missing."""
    return np.array([math.nan if value is None else float(value) for value in values])


def values_of(kind: str) -> st.SearchStrategy[Any]:
    if kind == "bool":
        return st.booleans()
    if kind == "float":
        return st.floats(width=32)
    if kind == "double":
        return st.floats()
    bits = int(kind.strip("uint"))
    signed = not kind.startswith("u")
    low = -(2 ** (bits - 1)) if signed else 0
    high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    return st.integers(low, high)


@st.composite
def chunked_columns(draw: st.DrawFn) -> tuple[pa.ChunkedArray, list[Any]]:
    """A column of some type in chunks, each a slice of a longer array, and its values."""
    kind = draw(st.sampled_from([*INTEGERS, "bool", "float", "double"]))
    arrow_type = pa.type_for_alias(kind)
    element = st.one_of(st.none(), values_of(kind))
    chunks, flat = [], []
    for _ in range(draw(st.integers(1, 4))):
        before = draw(st.integers(0, 70))
        filler = draw(element)
        values = draw(st.lists(element, max_size=40)) * draw(st.integers(1, 40))
        after = draw(st.integers(0, 5))
        longer = pa.array([filler] * before + values + [filler] * after, type=arrow_type)
        chunks.append(longer.slice(before, len(values)))
        flat += values
    column = pa.chunked_array(chunks, type=arrow_type)
    if draw(st.booleans()):
        column = column.dictionary_encode()
    return column, flat


@given(chunked_columns())
def test_numbers_of_any_type_nulls_offsets_and_chunks_equal_python(
    case: tuple[pa.ChunkedArray, list[Any]],
) -> None:
    column, values = case
    got = read(pa.table({"x": column}), "x")
    np.testing.assert_array_equal(got, expected(values))
    np.testing.assert_array_equal(np.signbit(got), np.signbit(expected(values)) & ~np.isnan(got))


@pytest.mark.parametrize("offset", range(66))
def test_numbers_at_every_bit_offset_equal_the_slice(offset: int) -> None:
    bools = [None if row % 7 == 3 else row % 3 == 0 for row in range(700)]
    floats = [None if row % 5 == 1 else row / 8 for row in range(700)]
    table = pa.table({"b": bools, "f": floats}).slice(offset, 600)
    np.testing.assert_array_equal(read(table, "b"), expected(bools[offset : offset + 600]))
    np.testing.assert_array_equal(read(table, "f"), expected(floats[offset : offset + 600]))


@pytest.mark.parametrize("num_rows", [0, 1, 63, 64, 65, 511, 512, 513, 131_072, 300_001])
def test_numbers_of_any_length_equal_the_column(num_rows: int) -> None:
    values = np.arange(num_rows, dtype=np.float32) / 2
    mask = np.arange(num_rows) % 11 == 4
    column = pa.array(values, mask=mask)
    wanted = np.where(mask, np.nan, values.astype(np.float64))
    np.testing.assert_array_equal(read(pa.table({"x": column}), "x"), wanted)


def test_numbers_of_a_struct_array_with_offset_skip_its_first_rows() -> None:
    struct = pa.array([{"x": row, "y": 0} for row in range(100)]).slice(37, 50)
    np.testing.assert_array_equal(read(struct, "x"), np.arange(37.0, 87.0))


def test_struct_array_with_a_null_row_is_refused_with_its_row() -> None:
    struct = pa.array([{"x": 1}, {"x": 2}, None, {"x": 4}]).slice(1)
    with pytest.raises(
        errors.DataError, match=r"Row 1 is null as a whole, expected .*\. Drop such"
    ):
        as_table(struct)


def test_float16_of_every_bit_pattern_equals_numpy_and_the_cast() -> None:
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    mask = np.arange(2**16) % 7 == 3
    column = pa.array(halves, mask=mask).slice(5)
    wanted = np.where(mask, np.nan, halves.astype(np.float64))[5:]
    parts = [column.slice(0, 1001), column.slice(1001)]
    got = read(pa.table({"x": pa.chunked_array(parts)}), "x")
    np.testing.assert_array_equal(got, wanted)
    present = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got[present]), np.signbit(wanted[present]))
    cast = read(pa.table({"x": column.cast(pa.float64())}), "x")
    np.testing.assert_array_equal(got.view(np.uint64), cast.view(np.uint64))
    indices = pa.array([len(halves) - 1, None, 1, 0x7E00, 0x7C00], pa.int32())
    coded = pa.DictionaryArray.from_arrays(indices, pa.array(halves))
    np.testing.assert_array_equal(
        read(pa.table({"x": coded}), "x"), [np.nan, np.nan, 2.0**-24, np.nan, np.inf]
    )


def test_float16_keys_and_profile_equal_those_of_float64() -> None:
    halves = np.array([1, 2, 2, 0.5, np.nan, 6e-8, 65504, np.inf, -2], np.float16)
    narrow, wide = ({"x": pa.array(halves.astype(kind))} for kind in (np.float16, np.float64))
    cells = [ms.col("x").ordinal(), ms.col("x").standardize().alias("y")]
    finite = {name: column.slice(0, 6) for name, column in narrow.items()}
    fitted = ms.Preprocessor(*cells).fit(finite)
    np.testing.assert_array_equal(
        np.asarray(fitted.transform(narrow)), np.asarray(fitted.transform(wide))
    )
    profiles = [ms.profile(data).column("x").to_dict() for data in (narrow, wide)]
    assert profiles[0].pop("type") == "float16"
    assert profiles[1].pop("type") == "float64"
    assert profiles[0] == profiles[1]


def test_integers_above_two_to_53_round_to_nearest() -> None:
    large = [2**53 + 1, 2**63 - 1, -(2**63)]
    np.testing.assert_array_equal(
        read(pa.table({"x": pa.array(large, pa.int64())}), "x"), expected(large)
    )
    np.testing.assert_array_equal(
        read(pa.table({"x": pa.array([2**64 - 1, 2**53 + 1], pa.uint64())}), "x"),
        expected([2**64 - 1, 2**53 + 1]),
    )


def test_null_and_nan_are_both_missing_and_the_same_bits() -> None:
    values = np.array([1.0, -np.nan, 3.0])
    column = pa.array(values, mask=np.array([False, False, True]))
    got = read(pa.table({"x": column}), "x")
    assert got.view(np.uint64).tolist() == [0x3FF0000000000000, *[0x7FF8000000000000] * 2]


def test_column_of_type_null_is_all_missing() -> None:
    got = read(pa.table({"x": pa.nulls(70)}), "x")
    assert np.isnan(got).all()
    assert got.shape == (70,)


@pytest.mark.parametrize(
    ("column", "got", "fix"),
    [
        (pa.array(["a"]), "string", "Cast it to float64"),
        (
            pa.array([0], pa.timestamp("us", "Europe/Paris")),
            r"timestamp\[us, Europe/Paris\]",
            "Cast",
        ),
        (pa.array([0], pa.date32()), "date32", "Cast it to float64"),
        (
            pa.array([[1]], pa.large_list(pa.int64())),
            "large_list<int64>",
            "Make plain columns of its parts",
        ),
        (pa.array([{"a": 1}]), "struct", "Make plain columns of its parts"),
        (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "map", "Make plain columns"),
        (pa.array([0], pa.time32("ms")), r"time32\[ms\]", "Cast it to int64, or drop it"),
        (pa.array([0], pa.time64("ns")), r"time64\[ns\]", "Cast it to int64, or drop it"),
        (pc.run_end_encode(pa.array(["a"])), "run_end_encoded<string>", "Cast it to float64"),
        (pa.array([b"a"]), "binary", "Cast it to float64"),
        (pa.array([[1]]), "list<int64>", "Make plain columns of its parts"),
        (pa.array([[[1]]]), "list<list<int64>>", "Make plain columns of its parts, or drop it"),
        (pa.array([b"ab"], pa.binary(2)), r"fixed_size_binary\[2\]", "Cast it to float64"),
        (pa.array([0], pa.duration("s")), r"duration\[s\]", "Cast it to int64, or drop it"),
        (pa.array(["a"]).dictionary_encode(), "dictionary<string>", "Cast it to float64"),
    ],
)
def test_column_without_numbers_is_refused_by_name_and_type(
    column: pa.Array, got: str, fix: str
) -> None:
    with pytest.raises(errors.SchemaError, match=f"'x' has type {got}, expected .*{fix}") as caught:
        read(pa.table({"fine": [1], "x": column}), "x")
    assert caught.value.column == "x"
    read(pa.table({"fine": [1], "x": column}), "fine")  # an error only when it is used


def test_missing_column_is_refused_with_close_names() -> None:
    data = {name: [1] for name in ["carrier", "origin", "dest", "hour", "year", "month", "day"]}
    with pytest.raises(errors.SchemaError) as caught:
        read(data, "orgin")
    assert str(caught.value) == (
        "Column 'orgin' is missing; the data has 'carrier', 'origin', 'dest', 'hour', 'year' and "
        "2 more. Did you mean 'origin'?"
    )


def test_column_that_is_there_twice_is_refused() -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["x", "x"])
    with pytest.raises(errors.SchemaError, match=r"'x' is there more than once\. Rename"):
        read(table, "x")


@pytest.mark.parametrize(
    ("out", "text"),
    [
        (np.zeros(2), "out has 2 elements, expected one for each of 3 rows"),
        (np.zeros(3, np.float32), "element format 'f', expected 'd'"),
        (np.zeros(6)[::2], "C-contiguous"),
        (b"12345678" * 3, "writable"),
    ],
)
def test_numbers_into_an_unfit_buffer_is_refused(out: Any, text: str) -> None:
    with pytest.raises(errors.ParameterError, match=text):
        as_table({"x": [1, 2, 3]}).numbers("x", out)
