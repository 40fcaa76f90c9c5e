"""Raw scores bit for bit, against XGBoost itself and the plain oracle."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings

import mainspring as ms
from tests.models.xgboost_models import (
    OBJECTIVES,
    XGBOOST_RECIPES,
    XgboostRecipe,
    hard_xgboost_rows,
    json_of,
    matrix_of,
    train_xgboost,
    training_data,
)
from tests.reference import xgboost_trees


def assert_same_as_xgboost(
    booster: xgboost.Booster, recipe: XgboostRecipe, rows: np.ndarray
) -> None:
    predictor = ms.Predictor(booster)
    for matrix in (rows, rows.astype(np.float32), np.asfortranarray(rows)[::-1]):
        data = matrix_of(matrix, recipe.categorical)
        raw = predictor.predict_raw(matrix)
        np.testing.assert_array_equal(raw, booster.predict(data, output_margin=True))
        # The library's link is in float32; ours is in float64, from the same raw scores.
        with np.errstate(over="ignore"):
            expected = booster.predict(data)
        got = predictor.predict(matrix)
        assert got.shape == expected.shape
        np.testing.assert_allclose(got.astype(np.float32), expected, rtol=1e-6, atol=1e-30)
    for contents in (bytes(booster.save_raw("ubj")), json_of(booster)):
        np.testing.assert_array_equal(ms.Predictor(contents).predict_raw(matrix), raw)


@pytest.mark.shows(
    "XGBoost",
    "gbtree, dart",
    "drawn models: categories, parallel trees, several targets, vector leaves; UBJSON, JSON",
    "float32 link",
)
@given(XGBOOST_RECIPES)
@settings(max_examples=60)
def test_predict_of_any_model_is_xgboosts(recipe: XgboostRecipe) -> None:
    booster = train_xgboost(recipe)
    assert_same_as_xgboost(booster, recipe, hard_xgboost_rows(json_of(booster), recipe.seed))


@pytest.mark.shows("XGBoost", "gbtree", "every objective", "float32 link")
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_predict_of_each_objective_is_xgboosts(objective: str) -> None:
    recipe = XgboostRecipe(objective, categorical=True, seed=3)
    booster = train_xgboost(recipe)
    assert_same_as_xgboost(booster, recipe, training_data(recipe)[0])
    assert_same_as_xgboost(booster, recipe, hard_xgboost_rows(json_of(booster), 3))


@given(XGBOOST_RECIPES)
@settings(max_examples=10)
def test_inplace_predict_of_xgboost_is_the_same(recipe: XgboostRecipe) -> None:
    """Its other way to predict; DART's takes the base out and puts it back, which rounds."""
    booster = train_xgboost(recipe)
    rows = hard_xgboost_rows(json_of(booster), recipe.seed)
    raw = booster.inplace_predict(rows, predict_type="margin")
    got = ms.Predictor(booster).predict_raw(rows)
    if recipe.dart:
        np.testing.assert_allclose(got, raw, rtol=1e-5, atol=1e-5)
    else:
        np.testing.assert_array_equal(got, raw)


def test_scores_when_oracle_walks_are_equal_with_infinity() -> None:
    """XGBoost's matrices refuse infinity, so the oracle alone says what its rule gives."""
    recipe = XgboostRecipe("binary:logistic", categorical=True, dart=True, seed=5)
    text = json_of(train_xgboost(recipe))
    rows = hard_xgboost_rows(text, 5, 80)
    rows[::3, 0], rows[::4, 1], rows[::5, 3] = np.inf, -np.inf, np.inf
    expected = np.array(xgboost_trees.raw_scores(text, rows.tolist()))
    np.testing.assert_array_equal(ms.Predictor(text).predict_raw(rows), expected[:, 0])


def test_oracle_when_a_direction_is_changed_differs() -> None:
    """The comparison can fail: one changed default direction shows."""
    booster = train_xgboost(XgboostRecipe(seed=6))
    model = json.loads(json_of(booster))
    tree = model["learner"]["gradient_booster"]["model"]["trees"][0]
    tree["default_left"][0] ^= 1
    rows = hard_xgboost_rows(json_of(booster), 6)
    changed = ms.Predictor(json.dumps(model)).predict_raw(rows)
    expected = booster.predict(matrix_of(rows, categorical=False), output_margin=True)
    assert not np.array_equal(changed, expected)


@pytest.mark.shows(
    "XGBoost",
    "gbtree",
    "XGBRegressor, XGBRFRegressor, XGBRanker, several targets",
    "bits",
)
def test_estimators_predict_what_their_own_predict_returns() -> None:
    matrix, label = training_data(XgboostRecipe(seed=7))
    plain = {"n_estimators": 5, "n_jobs": 1, "verbosity": 0}
    ranker = xgboost.XGBRanker(**plain)
    ranker.fit(matrix, label > 0, qid=np.repeat([0, 1, 2], 100))
    for model in (
        xgboost.XGBRegressor(**plain).fit(matrix, label),
        xgboost.XGBRFRegressor(**plain).fit(matrix, label),
        xgboost.XGBRegressor(**plain).fit(matrix, np.column_stack([label, label])),
        ranker,
    ):
        rows = hard_xgboost_rows(json_of(model.get_booster()), 7)
        np.testing.assert_array_equal(ms.Predictor(model).predict(rows), model.predict(rows))


@pytest.mark.shows("XGBoost", "gbtree", "best_iteration of an estimator", "bits")
def test_best_iteration_is_the_estimators_and_not_the_boosters() -> None:
    matrix, label = training_data(XgboostRecipe(seed=10))
    model = xgboost.XGBRegressor(n_estimators=60, early_stopping_rounds=2, n_jobs=1, max_depth=8)
    model.fit(matrix[:150], label[:150], eval_set=[(matrix[150:], label[150:])], verbose=False)
    booster = model.get_booster()
    assert 0 < model.best_iteration + 1 < booster.num_boosted_rounds()
    predictor = ms.Predictor(model)
    np.testing.assert_array_equal(predictor.predict(matrix), model.predict(matrix))
    whole = booster.predict(xgboost.DMatrix(matrix))
    np.testing.assert_array_equal(ms.Predictor(booster).predict(matrix), whole)
    assert not np.array_equal(whole, model.predict(matrix))


def test_estimators_that_cannot_be_read_say_why() -> None:
    matrix, label = training_data(XgboostRecipe(seed=11))
    with pytest.raises(ms.NotFittedError, match="XGBRegressor has not been fitted"):
        ms.Predictor(xgboost.XGBRegressor())
    with pytest.raises(ms.UnsupportedError, match=r"missing=0.*expected NaN"):
        ms.Predictor(xgboost.XGBRegressor(n_estimators=2, missing=0).fit(matrix, label))
    linear = xgboost.train(
        {"booster": "gblinear", "verbosity": 0}, xgboost.DMatrix(matrix[:, :2], label), 2
    )
    with pytest.raises(ms.UnsupportedError, match="'gblinear', expected gbtree or dart"):
        ms.Predictor(linear)


def test_names_of_features_find_columns() -> None:
    pandas = pytest.importorskip("pandas")
    matrix, label = training_data(XgboostRecipe(seed=12))
    frame = pandas.DataFrame(matrix, columns=["a b", "é", "x/y", "名前", "q'", "1"])
    model = xgboost.XGBRegressor(n_estimators=3, n_jobs=1).fit(frame, label)
    predictor = ms.Predictor(model)
    assert predictor.feature_names == list(frame.columns)
    expected = model.predict(frame)
    np.testing.assert_array_equal(predictor.predict(frame[frame.columns[::-1]]), expected)
    with pytest.raises(ms.SchemaError, match="'é'"):
        predictor.predict(frame.drop(columns="é"))


def test_categories_of_a_data_frame_are_taken_as_codes_only() -> None:
    pandas = pytest.importorskip("pandas")
    matrix, label = training_data(XgboostRecipe(seed=13))
    frame = pandas.DataFrame({"x": matrix[:, 0]})
    codes = np.nan_to_num(matrix[:, 3]).astype(int) % 4
    frame["c"] = pandas.Categorical.from_codes(codes, ["red", "green", "blue", "grey"])
    model = xgboost.XGBRegressor(n_estimators=5, enable_categorical=True, n_jobs=1)
    model.fit(frame, label)
    predictor = ms.Predictor(model)
    np.testing.assert_array_equal(
        predictor.predict(np.column_stack([frame["x"], codes])), model.predict(frame)
    )
    with pytest.raises(ms.UnsupportedError, match="categories"):
        predictor.predict(frame)


CLASSIFIERS = ("binary:logistic", "binary:hinge", "multi:softprob", "multi:softmax")


@pytest.mark.shows("XGBoost", "gbtree", "XGBClassifier of two and three classes", "labels")
@pytest.mark.parametrize("objective", CLASSIFIERS)
def test_classifiers_give_the_numbers_of_classes(objective: str) -> None:
    recipe = XgboostRecipe("multi:softprob" if "multi" in objective else "binary:logistic", seed=14)
    matrix, label = training_data(recipe)
    model = xgboost.XGBClassifier(objective=objective, n_estimators=6, max_depth=4, n_jobs=1)
    model.fit(matrix, label.astype(int))
    predictor = ms.Predictor(model)
    rows = hard_xgboost_rows(json_of(model.get_booster()), 14)
    expected = model.predict(rows)
    assert len(set(expected.tolist())) == len(model.classes_)
    got = predictor.predict(rows)
    assert got.dtype == np.int64
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(predictor.classes_, model.classes_)
    if objective != "binary:hinge":
        probabilities = predictor.predict_proba(rows)
        assert probabilities.shape == (len(rows), len(model.classes_))
    if "soft" not in objective.removesuffix("prob") and objective != "binary:hinge":
        np.testing.assert_allclose(probabilities, model.predict_proba(rows), rtol=1e-5, atol=1e-6)


@pytest.mark.shows("XGBoost", "gbtree", "XGBClassifier on scores next to the threshold", "labels")
def test_classes_of_scores_around_zero_are_xgboosts() -> None:
    """Its probability is a float32, which is more than a half only from some score on."""
    matrix = np.array([[0.0], [1.0]] * 20)
    model = xgboost.XGBClassifier(n_estimators=1, max_depth=1, n_jobs=1, base_score=0.5)
    model.fit(matrix, matrix[:, 0].astype(int))
    document = json.loads(json_of(model.get_booster()))
    tree = document["learner"]["gradient_booster"]["model"]["trees"][0]
    leaf = tree["left_children"].index(-1)
    for score in np.float32([0, 1e-9, 5e-8, 8e-8, 8.9e-8, 9e-8, 1e-7, 1.2e-7, 2e-7, -1e-8]):
        tree["split_conditions"][leaf] = float(score)
        model.get_booster().load_model(bytearray(json.dumps(document).encode()))
        np.testing.assert_array_equal(ms.Predictor(model).predict(matrix), model.predict(matrix))


def test_classifiers_of_several_targets_are_refused() -> None:
    matrix, label = training_data(XgboostRecipe(seed=15))
    targets = np.column_stack([label > 0, label > 1]).astype(int)
    model = xgboost.XGBClassifier(n_estimators=2, n_jobs=1).fit(matrix, targets)
    with pytest.raises(ms.UnsupportedError, match="XGBClassifier has several targets"):
        ms.Predictor(model)
