"""Raw scores that stop early: the same side of the threshold always, and no other score without."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

import mainspring as ms
from tests.models.lightgbm_models import RECIPES, Recipe, hard_rows, train
from tests.models.xgboost_models import XgboostRecipe, hard_xgboost_rows, json_of, train_xgboost

DRAW = np.random.default_rng(31)
MATRIX = DRAW.normal(size=(2_000, 4))
LABEL = (MATRIX[:, 0] + MATRIX[:, 1] ** 2 > 0.7).astype(float)


def exit_scores(
    model: lightgbm.Booster, rows: np.ndarray, threshold: float
) -> tuple[np.ndarray, float]:
    """Follow the stated rule in plain Python; return scores and the share of trees that ran."""
    leaves = [
        [float(value) for value in line.removeprefix("leaf_value=").split()]
        for line in model.model_to_string().splitlines()
        if line.startswith("leaf_value=")
    ]
    low = [sum(min(tree) for tree in leaves[i:]) for i in range(len(leaves) + 1)]
    high = [sum(max(tree) for tree in leaves[i:]) for i in range(len(leaves) + 1)]
    scores, count = [], 0
    for path in model.predict(rows, pred_leaf=True).astype(int):
        total = 0.0
        for number, leaf in enumerate(path, 1):
            total += leaves[number - 1][leaf]
            count += 1
            if number % 8 == 0 and (
                total + low[number] > threshold or total + high[number] <= threshold
            ):
                total += (low[number] + high[number]) / 2
                break
        scores.append(total)
    return np.array(scores), count / len(rows) / len(leaves)


def test_scores_are_those_of_the_rule() -> None:
    parameters = {"objective": "binary", "learning_rate": 0.3, "verbose": -1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(MATRIX, LABEL), 40)
    predictor = ms.Predictor(booster)
    expected, share = exit_scores(booster, MATRIX, 0.0)
    assert share < 0.95
    got = predictor.predict_raw(MATRIX, early_exit=0.0)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
    whole = predictor.predict_raw(MATRIX)
    assert not np.array_equal(got, whole)
    assert ((got > 0) == (whole > 0)).all()


@given(RECIPES, st.floats(0, 1))
@settings(max_examples=40)
def test_the_side_of_the_threshold_is_that_of_the_whole_score(
    recipe: Recipe, quantile: float
) -> None:
    booster = train(recipe)
    predictor = ms.Predictor(booster)
    rows = hard_rows(booster, recipe.seed, 200)
    whole = predictor.predict_raw(rows)
    if whole.ndim == 2:
        with pytest.raises(ms.UnsupportedError, match="one raw score"):
            predictor.predict_raw(rows, early_exit=0.0)
        return
    for threshold in (float(np.quantile(whole, quantile)), float(whole[0]), 0.0):
        got = predictor.predict_raw(rows, early_exit=threshold)
        np.testing.assert_array_equal(got > threshold, whole > threshold)


def test_float32_sums_keep_their_side() -> None:
    booster = train_xgboost(XgboostRecipe("binary:logistic", num_rounds=10, seed=3))
    predictor = ms.Predictor(booster)
    rows = hard_xgboost_rows(json_of(booster), 3, 400)
    whole = predictor.predict_raw(rows)
    for threshold in whole[:50].tolist():
        got = predictor.predict_raw(rows, early_exit=threshold)
        np.testing.assert_array_equal(got > threshold, whole > threshold)
    np.testing.assert_array_equal(predictor.predict_raw(rows, early_exit=np.nan), whole)


def test_rows_stop_alone() -> None:
    booster = train(Recipe("binary", categorical=True, num_rounds=30, num_leaves=6, seed=8))
    predictor = ms.Predictor(booster)
    rows = hard_rows(booster, 8, 150)
    every = predictor.predict_raw(rows, early_exit=0.1)
    for first, count in ((0, 1), (5, 3), (60, 70), (149, 1)):
        part = predictor.predict_raw(rows[first : first + count], early_exit=0.1)
        np.testing.assert_array_equal(part, every[first : first + count])
    table = pa.table(dict(zip(predictor.feature_names, rows.T, strict=True)))
    np.testing.assert_array_equal(predictor.predict_raw(table, early_exit=0.1), every)
    np.testing.assert_array_equal(predictor.predict_raw(table.to_pylist(), early_exit=0.1), every)
    out = np.empty(150)
    assert predictor.predict_raw(rows, out, early_exit=0.1) is out
    np.testing.assert_array_equal(out, every)
    np.testing.assert_array_equal(
        predictor.predict_raw(rows, num_trees=5, early_exit=0.1),
        predictor.predict_raw(rows, num_trees=5),
    )


@pytest.mark.parametrize("threshold", ["0", True, None])
def test_what_is_no_threshold_is_refused(threshold: Any) -> None:
    predictor = ms.Predictor(train(Recipe(num_rounds=9, seed=1)))
    rows = MATRIX[:3, [0, 1, 2, 3, 0, 1]]
    if threshold is None:
        np.testing.assert_array_equal(
            predictor.predict_raw(rows, early_exit=None), predictor.predict_raw(rows)
        )
        return
    with pytest.raises(ms.ParameterError, match="early_exit"):
        predictor.predict_raw(rows, early_exit=threshold)


def test_models_without_trees_are_refused() -> None:
    predictor = ms.Predictor(LinearRegression().fit(MATRIX, LABEL))
    with pytest.raises(ms.UnsupportedError, match="forest"):
        predictor.predict_raw(MATRIX, early_exit=0.5)
