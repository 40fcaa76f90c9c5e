"""yeo_johnson and box_cox where a search for the exponent can go wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import DataError, Preprocessor, col


def learnt(values: Any, operator: Any) -> tuple[float, np.ndarray]:
    """The exponent, and the features of the values."""
    table = pa.table({"x": pa.array(values, pa.float64())})
    prep = Preprocessor(operator).fit(table)
    step = next(step for step in prep.bundle.steps if step["step"] == "power")
    return step["numbers"][0], prep.transform(table)[:, 0]


OPERATORS = [col("x").yeo_johnson(), col("x").box_cox()]
by_operator = pytest.mark.parametrize("operator", OPERATORS, ids=["yeo_johnson", "box_cox"])


@by_operator
def test_exponent_when_values_are_one_or_none_changes_nothing(operator: Any) -> None:
    for values in ([], [3.0], [3.0] * 7):
        exponent, features = learnt([*values, None], operator)
        assert exponent == 1
        assert np.array_equal(features, [*[0.0] * len(values), np.nan], equal_nan=True)


@by_operator
@pytest.mark.parametrize(
    "values",
    [
        np.arange(1990.0, 2021.0),  # far from zero, as years are
        [1.0] * 999 + [2.0],
        [1.0] + [2.0] * 999,
        np.logspace(-300, 300, 61),
        [1e-310, 1e-309, 1.0],
        [1.0, 1.0 + 2.0**-52, 1.0 + 2.0**-51],
        np.arange(1.0, 100.0) ** 9,
    ],
    ids=["years", "one above", "one below", "magnitudes", "tiny", "neighbours", "skewed"],
)
def test_features_when_values_are_odd_are_finite_and_in_their_order(
    operator: Any, values: Any
) -> None:
    exponent, features = learnt(values, operator)
    assert np.isfinite(exponent)
    assert abs(exponent) <= 1024
    assert np.isfinite(features).all()
    assert (np.diff(features) >= 0).all()


def test_box_cox_when_values_are_lognormal_finds_the_logarithm() -> None:
    values = np.exp(np.random.default_rng(2).normal(size=100_000))
    exponent, features = learnt(values, col("x").box_cox())
    assert abs(exponent) < 0.01
    assert features.mean() == pytest.approx(0, abs=1e-6)
    assert features.std() == pytest.approx(1, abs=1e-6)


def test_yeo_johnson_when_signs_are_turned_is_turned() -> None:
    values = np.random.default_rng(4).gamma(2.0, size=500) - 1
    exponent, features = learnt(values, col("x").yeo_johnson())
    turned, mirrored = learnt(-values, col("x").yeo_johnson())
    assert turned == pytest.approx(2 - exponent, abs=1e-9)
    np.testing.assert_allclose(mirrored, -features, rtol=1e-6, atol=1e-7)


def test_yeo_johnson_when_values_fill_float64_is_an_error_that_names_the_column() -> None:
    with pytest.raises(DataError, match="'x' has a range that is more than float64 holds"):
        learnt([-1.7e308, 0.0, 1.7e308], col("x").yeo_johnson())


def test_powers_behind_a_fill_learn_in_one_round() -> None:
    table = pa.table({"x": [1.0, 2.0, None, 9.0, 30.0, None]})
    for operator in OPERATORS:
        chain = type(operator)(("x",), (*col("x").impute().operators, *operator.operators))
        prep = Preprocessor(chain)
        assert prep.num_rounds == 1
        filled = pa.table({"x": [1.0, 2.0, 5.5, 9.0, 30.0, 5.5]})
        expected = Preprocessor(operator).fit_transform(filled)
        assert np.array_equal(prep.fit_transform(table), expected)
