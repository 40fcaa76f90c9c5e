"""Calculating with expressions: what Python's operators make of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import ParameterError, Preprocessor, SchemaError, col
from mainspring.transforms import Arithmetic, ArithmeticNumber

TABLE = pa.table(
    {"a": [1.0, -6.0, None, 5.0], "b": [4.0, 0.0, 2.0, -2.0], "s": ["x", "y", "x", "z"]}
)


@pytest.mark.parametrize(
    ("expression", "expected", "name"),
    [
        (col("a") + col("b"), [5, -6, math.nan, 3], "a_plus_b"),
        (col("a") - col("b"), [-3, -6, math.nan, 7], "a_minus_b"),
        (col("a") * col("b"), [4, 0, math.nan, -10], "a_times_b"),
        (col("a") / col("b"), [0.25, math.nan, math.nan, -2.5], "a_div_b"),
        (col("a") / col("a"), [1, 1, math.nan, 1], "a_div_a"),
        (col("a") + 1, [2, -5, math.nan, 6], "a"),
        (1 + col("a"), [2, -5, math.nan, 6], "a"),
        (col("a") - 1, [0, -7, math.nan, 4], "a"),
        (1 - col("a"), [0, 7, math.nan, -4], "a"),
        (2.5 * col("a"), [2.5, -15, math.nan, 12.5], "a"),
        (col("a") / 2, [0.5, -3, math.nan, 2.5], "a"),
        (2 / col("b"), [0.5, math.nan, 1, -1], "b"),
        (1 / (col("a") + col("b")), [0.2, -1 / 6, math.nan, 1 / 3], "a_plus_b"),
        ((col("a") / col("b")).alias("r").clip(0.0, 1.0), [0.25, math.nan, math.nan, 0], "r"),
    ],
)
def test_expression_when_calculated_is_pythons(
    expression: Any, expected: list[float], name: str
) -> None:
    prep = Preprocessor(expression)
    np.testing.assert_array_equal(prep.fit_transform(TABLE)[:, 0], np.float32(expected))
    assert prep.feature_names_out_ == [name]
    again = Preprocessor.from_state_bytes(prep.state_bytes())
    assert again.bundle.to_bytes() == prep.bundle.to_bytes()
    assert repr(again) == repr(prep)
    assert eval(repr(expression), {"col": col}) == expression


def test_ratio_when_both_sides_are_imputed_learns_in_one_round() -> None:
    ratio = col("a").impute("mean") / col("b").impute("mean")
    assert ratio == col("a", "b").impute("mean").arithmetic("/")
    prep = Preprocessor(ratio)
    assert prep.num_rounds == 1
    prep.partial_fit(TABLE.slice(0, 3)).partial_fit(TABLE.slice(3))
    expected = np.float32([0.25, math.nan, 0, -2.5])
    np.testing.assert_array_equal(prep.transform(TABLE)[:, 0], expected)
    # What joins two columns learns when both are known.
    assert Preprocessor(ratio.standardize()).num_rounds == 2
    assert np.isfinite(Preprocessor(ratio.impute().standardize()).fit_transform(TABLE)).all()


@pytest.mark.parametrize(
    "both",
    [
        lambda: col("a") / col("b").log1p(),
        lambda: col("a", "b") / col("b"),
        lambda: col("a").alias("x") / col("b"),
    ],
)
def test_sides_that_cannot_be_joined_are_refused(both: Any) -> None:
    with pytest.raises(ParameterError, match="expected one column on each side"):
        both()


def test_operands_that_are_no_numbers_are_refused() -> None:
    for other in ("b", None, True, [1]):
        with pytest.raises(TypeError):
            col("a") / other
    for number in (math.nan, math.inf):
        with pytest.raises(ParameterError, match="'number' of arithmetic_number must be a finite"):
            col("a") * number
    with pytest.raises(ParameterError, match="'symbol' of arithmetic must be"):
        Arithmetic("%")
    with pytest.raises(ParameterError, match="'symbol' of arithmetic_number must be"):
        ArithmeticNumber("**", 2)


def test_columns_that_do_not_fit_are_refused_by_name() -> None:
    with pytest.raises(SchemaError, match="Column 's' has type string, expected a number"):
        Preprocessor(col("a") / col("s")).fit(TABLE)
    with pytest.raises(ParameterError, match="arithmetic takes two columns, got 1 behind col"):
        Preprocessor(col("a").arithmetic("/")).fit(TABLE)
