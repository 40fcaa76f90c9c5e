"""Every type of column that the C interface takes: the bits that Python gives for it."""

from __future__ import annotations

import ctypes
from ctypes import CDLL
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col
from tests.edge import library as edge
from tests.edge.columns import column_of

BYTES = [b"a", None, b"\xff\x00", b"", b"a", b"more than twenty-three bytes of it"] * 90
DECIMALS = [Decimal("1.25"), None, Decimal("-99.99"), Decimal("0"), Decimal("1.25")] * 110
HALVES = [None, *np.array([0.5, -0.0, 65504, 6e-8, np.inf, np.nan, 0.5], np.float16)] * 70

COLUMNS = {
    "binary": pa.array(BYTES, pa.binary()),
    "large binary": pa.array(BYTES, pa.large_binary()),
    "dictionary of binary": pa.array(BYTES, pa.binary()).dictionary_encode(),
    "half": pa.array(HALVES, pa.float16()),
    "decimal32": pa.array(DECIMALS, pa.decimal32(7, 2)),
    "decimal64": pa.array(DECIMALS, pa.decimal64(12, 2)),
    "decimal128": pa.array(DECIMALS, pa.decimal128(38, 20)),
    "decimal256": pa.array(DECIMALS, pa.decimal256(60, 30)),
    "whole decimal": pa.array([None, Decimal(1200), Decimal(-7)] * 40, pa.decimal128(20, 0)),
    "negative scale": pa.array([Decimal(1200), None, Decimal(300)] * 40, pa.decimal128(5, -2)),
    "dictionary of decimals": pa.array(DECIMALS, pa.decimal128(9, 2)).dictionary_encode(),
    "null": pa.nulls(70),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("offset", [0, 3])
def test_column_of_any_type_gives_the_bits_of_python(library: CDLL, name: str, offset: int) -> None:
    whole = COLUMNS[name]
    prep = ms.Preprocessor(col("x").ordinal(), col("x").hash(buckets=50).alias("h"))
    prep.fit(pa.table({"x": whole}))
    column = whole.slice(offset)
    expected = prep.transform(pa.table({"x": column}))
    opened = edge.open_bundle(library, prep.bundle.to_bytes())
    code, out = opened.transform([column_of(column)], len(column))
    assert code == edge.OK
    assert out.tobytes() == expected.tobytes()
    assert len(np.unique(out)) > 1


def test_scale_of_a_column_that_has_none_is_refused(library: CDLL) -> None:
    prep = ms.Preprocessor(col("x")).fit({"x": [1.0]})
    opened = edge.open_bundle(library, prep.bundle.to_bytes())
    array = pa.array([1.0])
    column = column_of(array)
    column.scale = 2
    assert opened.transform([column], 1)[0] == edge.INVALID_ARGUMENT


def test_list_that_is_damaged_or_unasked_for_is_refused(library: CDLL) -> None:
    prep = ms.Preprocessor(col("x").ordinal()).fit({"x": ["a"]})
    opened = edge.open_bundle(library, prep.bundle.to_bytes())
    array = pa.array([["a", "b"], None, ["c"]])
    column = column_of(array)
    assert opened.transform([column], 3)[0] == edge.WRONG_COLUMN_TYPE
    column.elements = ctypes.POINTER(edge.Column)()
    assert opened.transform([column], 3)[0] == edge.INVALID_ARGUMENT
    nested = pa.array([[["a"]]])
    assert opened.transform([column_of(nested)], 1)[0] == edge.UNSUPPORTED_TYPE


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
@pytest.mark.parametrize("offset", [0, 2])
def test_lists_give_the_bits_of_python(library: CDLL, kind: Any, offset: int) -> None:
    whole = pa.array([["a", None], None, [], ["b"] * 30] * 300, kind(pa.string()))
    coded = pa.array(whole.to_pylist(), kind(pa.dictionary(pa.int8(), pa.string())))
    prep = ms.Preprocessor(col("x").missing_flag()).fit({"x": whole})
    opened = edge.open_bundle(library, prep.bundle.to_bytes())
    for array in (whole.slice(offset), coded.slice(offset)):
        code, out = opened.transform([column_of(array)], len(array))
        assert code == edge.OK
        assert out.tobytes() == prep.transform({"x": array}).tobytes()
    assert set(out.ravel().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()])
@pytest.mark.parametrize("level", [edge.BASELINE, edge.AVX2, edge.AVX512])
def test_kept_nan_gives_the_bits_of_python(library: CDLL, kind: pa.DataType, level: int) -> None:
    numbers = [None, *np.array([0.5, np.nan, -2.0, np.inf, 0.5, np.nan], np.float16)] * 111
    whole = pa.array(numbers, pa.float16()).cast(kind)
    kept = col("x").keep_nan()
    made = [kept.impute("constant", 7.0), kept.missing_flag(), kept.ordinal(), kept.log1p()]
    made += [kept.hash(buckets=99), kept.bucketize([0.0]), col("x").impute("constant", 7.0)]
    prep = ms.Preprocessor(*(each.alias(str(i)) for i, each in enumerate(made)))
    prep = prep.fit({"x": pa.array([0.5, -2.0])})
    opened = edge.open_bundle(library, prep.bundle.to_bytes(), level)
    for array in (whole, whole.slice(3), whole.dictionary_encode()):
        code, out = opened.transform([column_of(array)], len(array))
        assert code == edge.OK
        assert out.tobytes() == prep.transform({"x": array}).tobytes()
    assert np.isnan(out[:, 0]).any()
    assert not np.isnan(out[:, 6]).any()
