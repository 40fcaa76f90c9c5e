"""Numbers of leaves and predictions of the first trees: those of each library."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn import ensemble, tree

import mainspring as ms
from mainspring import col
from tests.models.lightgbm_models import Recipe, hard_rows, train
from tests.models.xgboost_models import (
    XgboostRecipe,
    hard_xgboost_rows,
    json_of,
    matrix_of,
    train_xgboost,
)

DRAW = np.random.default_rng(3)
MATRIX = DRAW.normal(size=(200, 4))
SCORE = MATRIX[:, 0] * MATRIX[:, 1] + MATRIX[:, 2]


@pytest.mark.shows("LightGBM", "gbdt, rf", "leaf_index and num_trees", "bits")
@pytest.mark.parametrize("objective", ["binary", "multiclass"])
@pytest.mark.parametrize("boosting", ["gbdt", "rf"])
def test_lightgbms_leaves_and_stages(objective: str, boosting: str) -> None:
    booster = train(Recipe(objective, boosting=boosting, categorical=True, seed=3))
    rows = hard_rows(booster, 3, 120)
    predictor = ms.Predictor(booster)
    expected = booster.predict(rows, pred_leaf=True)
    got = predictor.leaf_index(rows)
    assert got.dtype == np.int32
    np.testing.assert_array_equal(got, expected)
    round_ = booster.num_model_per_iteration()
    for rounds in (1, 3, booster.num_trees() // round_):
        raw = booster.predict(rows, raw_score=True, num_iteration=rounds)
        count = rounds * round_
        np.testing.assert_array_equal(predictor.predict_raw(rows, num_trees=count), raw)
        np.testing.assert_allclose(
            predictor.predict(rows, num_trees=count),
            booster.predict(rows, num_iteration=rounds),
            rtol=1e-14,
        )
        np.testing.assert_array_equal(
            predictor.leaf_index(rows, num_trees=count), expected[:, :count]
        )
    assert not np.array_equal(
        predictor.predict_raw(rows, num_trees=round_), predictor.predict_raw(rows)
    )


@pytest.mark.shows("XGBoost", "gbtree, dart", "leaf_index and num_trees", "bits")
@pytest.mark.parametrize(
    "recipe",
    [
        XgboostRecipe("binary:logistic", categorical=True, seed=4),
        XgboostRecipe("multi:softprob", dart=True, seed=4),
        XgboostRecipe(num_targets=3, vector_leaves=True, seed=4),
    ],
)
def test_xgboosts_leaves_and_stages(recipe: XgboostRecipe) -> None:
    booster = train_xgboost(recipe)
    rows = hard_xgboost_rows(json_of(booster), 4, 120)
    data = matrix_of(rows, recipe.categorical)
    predictor = ms.Predictor(booster)
    expected = booster.predict(data, pred_leaf=True)
    np.testing.assert_array_equal(predictor.leaf_index(rows), expected)
    per_round = expected.shape[1] // recipe.num_rounds
    for rounds in (1, 2, recipe.num_rounds):
        raw = booster.predict(data, output_margin=True, iteration_range=(0, rounds))
        got = predictor.predict_raw(rows, num_trees=rounds * per_round)
        np.testing.assert_array_equal(got, raw)


@pytest.mark.shows("scikit-learn", "trees, forests, boosting", "leaf_index and num_trees", "bits")
def test_scikit_learns_leaves_and_stages() -> None:
    classes = np.digitize(SCORE, [-0.5, 0.5])
    boosting = ensemble.GradientBoostingClassifier(n_estimators=5).fit(MATRIX, classes)
    predictor = ms.Predictor(boosting)
    leaves = predictor.leaf_index(MATRIX).reshape(len(MATRIX), 5, 3)
    np.testing.assert_array_equal(leaves, boosting.apply(MATRIX))
    for rounds, expected in enumerate(boosting.staged_predict(MATRIX), 1):
        got = predictor.predict(MATRIX, num_trees=3 * rounds)
        np.testing.assert_array_equal(got, expected)
    for rounds, proba in enumerate(boosting.staged_predict_proba(MATRIX), 1):
        got = predictor.predict_proba(MATRIX, num_trees=3 * rounds)
        np.testing.assert_allclose(got, proba, rtol=1e-13)
    forest = ensemble.RandomForestClassifier(6, max_depth=4, random_state=0).fit(MATRIX, classes)
    predictor = ms.Predictor(forest)
    np.testing.assert_array_equal(predictor.leaf_index(MATRIX), forest.apply(MATRIX))
    forest.estimators_ = forest.estimators_[:2]
    expected = forest.predict_proba(MATRIX)
    np.testing.assert_array_equal(predictor.predict_proba(MATRIX, num_trees=2), expected)
    single = tree.DecisionTreeRegressor(max_depth=3).fit(MATRIX, SCORE)
    np.testing.assert_array_equal(
        ms.Predictor(single).leaf_index(MATRIX)[:, 0], single.apply(MATRIX)
    )


def test_transforms_before_the_trees_stay() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(MATRIX, columns=list("abcd"))
    prep = ms.Preprocessor(col("a", "b").standardize(), col("c", "d").identity())
    features = prep.fit_transform(frame)
    booster = lightgbm.train(
        {"verbose": -1, "num_threads": 1}, lightgbm.Dataset(features, SCORE), 6
    )
    predictor = ms.Predictor(booster, prep)
    np.testing.assert_array_equal(
        predictor.leaf_index(frame), booster.predict(features, pred_leaf=True)
    )
    expected = booster.predict(features, num_iteration=2)
    np.testing.assert_array_equal(predictor.predict(frame, num_trees=2), expected)


@pytest.mark.parametrize("count", [0, -1, 25, 2.5, True, 2**40, 4])
def test_numbers_of_trees_that_cannot_be_are_refused(count: Any) -> None:
    predictor = ms.Predictor(train(Recipe("multiclass", seed=5)))
    assert predictor.leaf_index(MATRIX[:0].repeat(2, axis=1)[:, :6]).shape == (0, 24)
    rows = np.zeros((3, 6))
    with pytest.raises(ms.ParameterError, match="num_trees is"):
        predictor.predict(rows, num_trees=count)


def test_models_whose_trees_have_weights_are_refused() -> None:
    model = ensemble.AdaBoostClassifier(n_estimators=4).fit(MATRIX, SCORE > 0)
    predictor = ms.Predictor(model)
    assert predictor.leaf_index(MATRIX).shape == (200, len(model.estimators_))
    with pytest.raises(ms.UnsupportedError, match="weights of its trees"):
        predictor.predict(MATRIX, num_trees=2)


def test_few_models_are_kept() -> None:
    predictor = ms.Predictor(train(Recipe(seed=6)))
    rows = np.zeros((3, 6))
    for count in range(1, 8):
        predictor.predict(rows, num_trees=count)
    assert len(predictor._derived) <= 3
