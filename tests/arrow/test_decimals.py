"""Decimals of every width, precision and scale: the float that Python makes of them."""

from __future__ import annotations

import decimal
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import errors
from tests.arrow.columns import ids_of, in_slices, numbers_of

LIMITS = {128: 38, 256: 76}


def type_of(bits: int, precision: int, scale: int) -> pa.DataType:
    return {128: pa.decimal128, 256: pa.decimal256}[bits](precision, scale)


def scaled(digits: int, scale: int) -> Decimal:
    with decimal.localcontext() as context:
        context.prec = 100
        return Decimal(digits).scaleb(-scale)


def expected(values: list[Decimal | None]) -> np.ndarray:
    return np.array([np.nan if value is None else float(value) for value in values])


def from_digits(digits: list[int | None], scale: int, bits: int = 128) -> pa.Array:
    numbers = [0 if n is None else n for n in digits]
    buffer = b"".join(n.to_bytes(bits // 8, "little", signed=True) for n in numbers)
    validity = pa.array([n is not None for n in digits]).buffers()[1]
    kind = type_of(bits, LIMITS[bits], scale)
    return pa.Array.from_buffers(kind, len(digits), [validity, pa.py_buffer(buffer)])


@st.composite
def decimal_columns(draw: st.DrawFn) -> tuple[pa.Array, list[Decimal | None]]:
    bits = draw(st.sampled_from([128, 256]))
    precision = draw(st.integers(1, LIMITS[bits]))
    scale = draw(st.integers(-30, precision))
    digits = st.integers(-(10**precision) + 1, 10**precision - 1)
    near_a_tie = st.integers(0, 2**53).map(lambda n: min(2 * n + 1, 10**precision - 1))
    numbers = draw(st.lists(st.one_of(st.none(), digits, near_a_tie), min_size=1, max_size=20))
    values = [None if n is None else scaled(n, scale) for n in numbers]
    return from_digits(numbers, scale, bits), values


@given(decimal_columns())
def test_decimal_as_number_is_the_nearest_float(
    case: tuple[pa.Array, list[Decimal | None]],
) -> None:
    column, values = case
    wanted = expected(values)
    assert numbers_of(column).tobytes() == wanted.tobytes()
    longer = pa.concat_arrays([column[:1], column]).slice(1)
    assert numbers_of(longer).tobytes() == wanted.tobytes()


@pytest.mark.parametrize(
    ("digits", "scale"),
    [
        (2**53 + 1, 0),  # a tie: to even
        (2**53 + 3, 0),
        (2**54 + 2, 0),
        (9007199254740993 * 10**20 + 1, 20),  # just above a tie
        (9007199254740993 * 10**20, 20),
        (9007199254740993 * 10**20 - 1, 20),
        (-1, 38),
        (10**38 - 1, 38),
        (10**38 - 1, -30),
        (12345678901234567890, 19),
        (1, -22),
        (1, 22),
        (9007199254740993, 22),
        (0, 5),
    ],
)
def test_decimal_at_the_edges_of_rounding_is_the_nearest_float(digits: int, scale: int) -> None:
    value = scaled(digits, scale)
    column = from_digits([digits], scale)
    assert numbers_of(column).tobytes() == np.array([float(value)]).tobytes()


@pytest.mark.parametrize("scale", [-400, -309, -308, -290, 290, 300, 323, 324, 340, 400, 2000])
def test_decimal_with_a_scale_beyond_doubles_is_infinite_subnormal_or_zero(scale: int) -> None:
    digits = [7, -(10**20) - 1, 10**38 - 1]
    wanted = np.array([float(f"{n}e{-scale}") for n in digits])
    assert numbers_of(from_digits(digits, scale)).tobytes() == wanted.tobytes()


def test_decimals_of_32_and_64_bits_are_read_too() -> None:
    values = [Decimal("1.25"), None, Decimal("-0.01"), Decimal("99999.99")]
    for kind in (pa.decimal32(7, 2), pa.decimal64(12, 2)):
        assert numbers_of(in_slices(values, kind, 1)).tobytes() == expected(values).tobytes()
        assert ms.profile({"x": pa.array(values, kind)}).column("x").type == str(kind)


VALUES = [Decimal("1.10"), Decimal("2.50"), None, Decimal("1.10"), Decimal("-3.00"), Decimal("0")]
PLAIN = pa.array(VALUES, pa.decimal128(9, 2))
SOURCES: dict[str, Any] = {
    "pyarrow": lambda: pa.table({"x": in_slices(VALUES, pa.decimal128(9, 2), 2)}),
    "wider": lambda: pa.table({"x": pa.array(VALUES, pa.decimal256(50, 7))}),
    "dictionary": lambda: pa.table(
        {"x": pa.array(VALUES, pa.decimal128(9, 2)).dictionary_encode()}
    ),
    "run ends": lambda: pa.table(
        {"x": pa.compute.run_end_encode(pa.array(VALUES, pa.decimal128(9, 2)))}
    ),
    "polars": lambda: pl.DataFrame({"x": pl.Series(VALUES, dtype=pl.Decimal(9, 2))}),
    "pandas": lambda: pd.DataFrame(
        {"x": pd.array(VALUES, dtype=pd.ArrowDtype(pa.decimal128(9, 2)))}
    ),
    "duckdb": lambda: duckdb.sql(
        "SELECT v::DECIMAL(9, 2) AS x FROM "
        "(VALUES (1, 1.10), (2, 2.50), (3, NULL), (4, 1.10), (5, -3.00), (6, 0)) t(i, v) ORDER BY i"
    ),
    "floats": lambda: pa.table({"x": expected(VALUES)}),
}


@pytest.mark.parametrize("source", SOURCES)
def test_decimals_of_any_library_give_the_bits_of_their_floats(source: str) -> None:
    prep = ms.Preprocessor(ms.col("x"), ms.col("x").ordinal().alias("id"))
    wanted = prep.fit(SOURCES["floats"]()).transform(SOURCES["floats"]())
    for fitted_on in (source, "floats"):
        prep = ms.Preprocessor(ms.col("x"), ms.col("x").ordinal().alias("id"))
        got = prep.fit(SOURCES[fitted_on]()).transform(SOURCES[source]())
        assert got.tobytes() == wanted.tobytes()
    profile = ms.profile(SOURCES[source]()).column("x").to_dict()
    floats = ms.profile(SOURCES["floats"]()).column("x").to_dict()
    for key in ("mean", "min", "max", "distinct", "quantiles"):
        assert profile.get(key) == floats.get(key), key


def test_decimal_without_digits_behind_the_point_is_an_exact_integer_key() -> None:
    large = [2**60, 2**60 + 1, None, 2**60 + 1, 2**62]
    column = pa.array([None if v is None else Decimal(v) for v in large], pa.decimal128(38, 0))
    assert ids_of(column) == [3, 2, 0, 2, 4]  # as float64 the first two are one number
    assert ids_of(pa.array(large, pa.int64()), fitted_on=column) == [3, 2, 0, 2, 4]
    beyond = pa.array([Decimal(10**30), Decimal(2**60)], pa.decimal128(38, 0))
    assert ids_of(beyond, fitted_on=column) == [1, 3]
    scaled = pa.array([Decimal(2**60), Decimal("1.5")], pa.decimal128(38, 1))
    assert ids_of(scaled, fitted_on=column) == [3, 1]


def test_decimal_where_bytes_are_wanted_is_refused_by_its_name() -> None:
    prep = ms.Preprocessor(ms.col("x").ordinal()).fit({"x": ["a"]})
    with pytest.raises(errors.SchemaError, match=r"type decimal128\(9, 2\), expected text"):
        prep.transform(SOURCES["pyarrow"]())
