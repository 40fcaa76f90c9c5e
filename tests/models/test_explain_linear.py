"""Contributions of linear models: coefficients times the distance from the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn import linear_model
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import mainspring as ms

DRAW = np.random.default_rng(12)
MATRIX = DRAW.normal(size=(300, 4)) * [1, 10, 0.1, 3] + [0, 5, 0, -2]
SCORE = MATRIX @ [1.0, -0.2, 3.0, 0.5] + DRAW.normal(size=300)
TWELVE = np.stack([SCORE * k for k in range(12)], axis=1)


@pytest.mark.parametrize(
    ("model", "label"),
    [
        (linear_model.LinearRegression(), SCORE),
        (linear_model.LinearRegression(), TWELVE),
        (make_pipeline(StandardScaler(), linear_model.Ridge()), SCORE),
        (make_pipeline(MinMaxScaler(), linear_model.LogisticRegression()), SCORE > 0),
        (linear_model.LogisticRegression(), np.digitize(SCORE, [-1, 1])),
    ],
    ids=["one", "twelve", "standardized", "min_max", "three classes"],
)
def test_contributions_are_terms(model: Any, label: Any) -> None:
    predictor = ms.Predictor(model.fit(MATRIX, label))
    background = MATRIX[:50]
    explanation = predictor.explain(MATRIX, background=background)
    raw, base = predictor.predict_raw(MATRIX), predictor.predict_raw(background)
    np.testing.assert_allclose(explanation.base_values, base.mean(axis=0), rtol=1e-9, atol=1e-9)
    total = explanation.values.sum(axis=-1) + explanation.base_values
    np.testing.assert_allclose(total, raw, rtol=1e-9, atol=1e-9)
    moved = background.mean(axis=0, keepdims=True).repeat(len(MATRIX), axis=0)
    moved[:, 1] = MATRIX[:, 1]
    alone = predictor.predict_raw(moved) - explanation.base_values
    np.testing.assert_allclose(explanation.values[..., 1], alone, rtol=1e-8, atol=1e-8)
    pairs = predictor.explain(MATRIX[:3], background=background, interactions=True).values
    np.testing.assert_array_equal(np.diagonal(pairs, axis1=-2, axis2=-1), explanation.values[:3])
    assert np.count_nonzero(pairs) == np.count_nonzero(explanation.values[:3])
    np.testing.assert_array_equal(
        predictor.explain(MATRIX[5:6], background=background).values, explanation.values[5:6]
    )


def test_means_come_from_the_profile() -> None:
    model = linear_model.LinearRegression().fit(MATRIX, SCORE)
    names = ["x0", "x1", "x2", "x3"]
    model.feature_names_in_ = np.array(names, dtype=object)
    table = pa.table({name: MATRIX[:, i] for i, name in enumerate(names)})
    predictor = ms.Predictor(model, profile=ms.profile(table))
    explanation = predictor.explain(table)
    expected = model.coef_ * (MATRIX - MATRIX.mean(axis=0))
    np.testing.assert_allclose(explanation.values, expected, rtol=1e-9, atol=1e-9)
    missing = MATRIX.copy()
    missing[0, 2] = np.nan
    values = predictor.explain(missing).values
    assert np.isnan(values[0]).tolist() == [False, False, True, False]
    against = predictor.explain(MATRIX, background=missing)
    known = model.coef_[2] * (MATRIX[:, 2] - MATRIX[1:, 2].mean())
    np.testing.assert_allclose(against.values[:, 2], known, rtol=1e-9, atol=1e-9)


def test_what_is_not_known_or_not_linear_is_refused() -> None:
    model = ms.Predictor(linear_model.LinearRegression().fit(MATRIX, SCORE))
    with pytest.raises(ms.ParameterError, match="background="):
        model.explain(MATRIX)
    with pytest.warns(Warning, match="converged"):
        network = ms.Predictor(MLPRegressor(hidden_layer_sizes=(5,), max_iter=3).fit(MATRIX, SCORE))
    with pytest.raises(ms.UnsupportedError, match="hidden layers"):
        network.explain(MATRIX, background=MATRIX)
