"""Calculating with expressions: what Python's operators make of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.preprocessing import PolynomialFeatures

from mainspring import ParameterError, Preprocessor, SchemaError, col
from mainspring.transforms import Arithmetic, ArithmeticNumber, Polynomial

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


@pytest.mark.parametrize("interaction_only", [False, True])
@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_polynomial_has_the_features_of_sklearn_bit_for_bit(
    degree: int, interaction_only: bool
) -> None:
    rows = np.random.default_rng(degree).normal(size=(700, 4)) * [1.0, 1e-3, 30.0, 1e4]
    names = ["p", "q", "r", "s"]
    table = pa.table({name: rows[:, i] for i, name in enumerate(names)})
    theirs = PolynomialFeatures(degree, interaction_only=interaction_only, include_bias=False)
    expected = theirs.fit_transform(rows).astype(np.float32)
    prep = Preprocessor(col(*names).polynomial(degree, interaction_only), profile=False)
    np.testing.assert_array_equal(prep.fit_transform(table), expected)
    spelled = [name.replace(" ", "_times_") for name in theirs.get_feature_names_out(names)]
    assert prep.feature_names_out_ == spelled


def test_polynomial_learns_behind_what_learns_and_before() -> None:
    products = col("a", "b").impute("mean").polynomial(interaction_only=True)
    prep = Preprocessor(products.min_max())
    assert prep.num_rounds == 2
    got = prep.fit_transform(TABLE)
    a, b = np.array([1.0, -6, 0, 5]), np.array([4.0, 0, 2, -2])
    expected = [(x - x.min()) / (x.max() - x.min()) for x in (a, b, a * b)]
    np.testing.assert_allclose(got, np.stack(expected, 1), rtol=1e-6)


def test_polynomial_that_cannot_be_is_refused() -> None:
    for degree in (0, 17, -1):
        with pytest.raises(ParameterError, match="'degree' of polynomial must be 1 to 16"):
            Polynomial(degree)
    names = [f"x{i}" for i in range(40)]
    table = pa.table({name: [1.0] for name in names})
    with pytest.raises(ParameterError, match=r"polynomial of degree 3 gives .* more than 2,000"):
        Preprocessor(col(*names).polynomial(3)).fit(table)
    assert Preprocessor(col(*names).polynomial()).fit_transform(table).shape == (1, 860)
    with pytest.raises(SchemaError, match="Column 's' has type string, expected a number for poly"):
        Preprocessor(col("a", "s").polynomial()).fit(TABLE)
    with pytest.raises(ParameterError, match="Two features are called 'a'"):
        Preprocessor(col("a"), col("a", "b").polynomial()).fit(TABLE)
