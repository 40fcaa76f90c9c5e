"""Contributions of features: those of the definition, those of the libraries, and their sums."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest
import xgboost
from hypothesis import given, settings
from sklearn import ensemble

import mainspring as ms
from mainspring import col
from tests.models.explained_trees import brute_force, trees_of
from tests.models.lightgbm_models import RECIPES, Recipe, hard_rows, train, training_data
from tests.models.xgboost_models import (
    XGBOOST_RECIPES,
    XgboostRecipe,
    hard_xgboost_rows,
    json_of,
    matrix_of,
    train_xgboost,
)

DRAW = np.random.default_rng(11)
MATRIX = DRAW.normal(size=(400, 5))
SCORE = MATRIX[:, 0] * MATRIX[:, 1] + np.sin(2 * MATRIX[:, 2])
CLASSES = np.digitize(SCORE, [-0.5, 0.5])


def scale_of(values: Any) -> float:
    """Return what rounding is measured against."""
    return 1 + float(np.abs(values).max(initial=0.0))


def assert_sums(predictor: ms.Predictor, rows: Any, explanation: ms.Explanation) -> None:
    """Base value and contributions add up to the raw score: the tolerance that the page states."""
    raw = predictor.predict_raw(rows)
    total = explanation.values.sum(axis=-1) + explanation.base_values
    assert total.shape == raw.shape
    tolerance = 1e-12 if "XGBoost" not in predictor.description else 1e-5
    finite = np.isfinite(raw)
    np.testing.assert_allclose(
        total[finite], raw[finite], rtol=0, atol=tolerance * scale_of(raw[finite])
    )


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("with_background", [False, True])
@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(categorical=True, num_leaves=7, num_rounds=4, seed=1),
        Recipe("binary", zero_as_missing=True, num_leaves=24, num_rounds=3, seed=2),
        Recipe("multiclass", categorical=True, num_leaves=9, num_rounds=2, seed=3),
    ],
)
def test_explain_is_the_definition(recipe: Recipe, with_background: bool, pairs: bool) -> None:
    booster = train(recipe)
    trees = trees_of(booster)
    rows = hard_rows(booster, recipe.seed, 5)
    background = hard_rows(booster, recipe.seed + 7, 3) if with_background else None
    explanation = ms.Predictor(booster).explain(rows, background=background, interactions=pairs)
    outputs = booster.num_model_per_iteration()
    assert explanation.feature_names == booster.feature_name()
    for row, got in zip(rows, explanation.values, strict=True):
        for output in range(outputs):
            expected = brute_force(
                trees[output::outputs],
                row.tolist(),
                None if background is None else background.tolist(),
                pairs,
            )
            part = got if outputs == 1 else got[output]
            np.testing.assert_allclose(part, expected, rtol=1e-11, atol=1e-13)


def test_the_definition_when_a_cover_changes_differs() -> None:
    """The comparison can fail: one leaf with another number of rows shows."""
    booster = train(Recipe(num_leaves=7, num_rounds=1, seed=1))
    text = booster.model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("leaf_count="))
    counts = line.removeprefix("leaf_count=").split()
    changed = text.replace(line, "leaf_count=" + " ".join([str(int(counts[0]) + 5), *counts[1:]]))
    rows = training_data(Recipe(seed=1))[0][:5]
    first, second = (ms.Predictor(model).explain(rows).values for model in (text, changed))
    assert np.abs(first - second).max() > 1e-6


@given(RECIPES)
@settings(max_examples=40)
def test_explain_of_any_model_is_lightgbms(recipe: Recipe) -> None:
    booster = train(recipe)
    predictor = ms.Predictor(booster)
    with np.errstate(over="ignore"):
        rows = hard_rows(booster, recipe.seed, 90)
        expected = booster.predict(rows, pred_contrib=True, num_threads=1)
    explanation = predictor.explain(rows)
    outputs, width = booster.num_model_per_iteration(), rows.shape[1]
    expected = expected.reshape(len(rows), outputs, width + 1)
    got = explanation.values.reshape(len(rows), outputs, width)
    atol = 1e-9 * scale_of(expected)
    np.testing.assert_allclose(got, expected[..., :-1], rtol=1e-7, atol=atol)
    bases = np.broadcast_to(explanation.base_values, (len(rows), outputs))
    np.testing.assert_allclose(bases, expected[..., -1], rtol=1e-9, atol=atol)
    assert_sums(predictor, rows, explanation)


@given(XGBOOST_RECIPES)
@settings(max_examples=40)
def test_explain_of_any_model_is_xgboosts(recipe: XgboostRecipe) -> None:
    booster = train_xgboost(recipe)
    predictor = ms.Predictor(booster)
    rows = hard_xgboost_rows(json_of(booster), recipe.seed, 60)
    explanation = predictor.explain(rows)
    assert_sums(predictor, rows, explanation)
    if recipe.vector_leaves:
        return  # XGBoost does not explain these
    expected = booster.predict(matrix_of(rows, recipe.categorical), pred_contribs=True)
    expected = expected.reshape(len(rows), -1, rows.shape[1] + 1)
    got = explanation.values.reshape(len(rows), -1, rows.shape[1])
    np.testing.assert_allclose(got, expected[..., :-1], rtol=1e-3, atol=2e-5 * scale_of(expected))


def test_interactions_are_xgboosts() -> None:
    data = xgboost.DMatrix(MATRIX, SCORE)
    booster = xgboost.train({"max_depth": 4, "seed": 1, "nthread": 1}, data, 6)
    rows = MATRIX[:70]
    expected = booster.predict(xgboost.DMatrix(rows), pred_interactions=True)[:, :-1, :-1]
    explanation = ms.Predictor(booster).explain(rows, interactions=True)
    np.testing.assert_allclose(explanation.values, expected, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        explanation.values.sum(axis=-1), ms.Predictor(booster).explain(rows).values, atol=1e-13
    )
    assert np.array_equal(explanation.values, explanation.values.swapaxes(1, 2))


@pytest.mark.parametrize("interactions", [False, True])
@pytest.mark.parametrize("with_background", [False, True])
def test_rows_have_the_same_bits_alone_and_in_any_batch(
    with_background: bool, interactions: bool
) -> None:
    booster = train(Recipe("multiclass", categorical=True, num_leaves=30, num_rounds=3, seed=4))
    rows = hard_rows(booster, 4, 150)
    background = rows[70:75] if with_background else None
    predictor = ms.Predictor(booster)

    def values(part: Any) -> Any:
        return predictor.explain(part, background=background, interactions=interactions).values

    every = values(rows)
    for first, count in ((0, 1), (3, 1), (149, 1), (1, 2), (5, 8), (60, 9), (17, 63), (0, 65)):
        np.testing.assert_array_equal(values(rows[first : first + count]), every[first:][:count])
    np.testing.assert_array_equal(values(np.asfortranarray(rows)[::-1]), every[::-1])
    ms.set_num_threads(3)
    try:
        np.testing.assert_array_equal(values(rows), every)
    finally:
        ms.set_num_threads(1)
    assert predictor.explain(rows[:0]).values.shape == (0, 3, rows.shape[1])


def test_paths_of_many_features_are_exact() -> None:
    """More features on a path than eight points are exact for."""
    draw = np.random.default_rng(5)
    matrix = draw.integers(0, 2, (3_000, 40)).astype(float)
    label = matrix @ draw.normal(size=40) + draw.normal(size=3_000)
    parameters = {"num_leaves": 120, "min_data_in_leaf": 1, "verbose": -1, "seed": 1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(matrix, label), 2)
    rows = matrix[:70]
    explanation = ms.Predictor(booster).explain(rows)
    expected = booster.predict(rows, pred_contrib=True)
    np.testing.assert_allclose(explanation.values, expected[:, :-1], rtol=1e-8, atol=1e-10)
    one = np.concatenate([ms.Predictor(booster).explain(rows[i : i + 1]).values for i in (0, 69)])
    np.testing.assert_array_equal(one, explanation.values[[0, 69]])


@pytest.mark.parametrize(
    "model",
    [
        ensemble.RandomForestClassifier(6, max_depth=7, random_state=1),
        ensemble.ExtraTreesRegressor(5, max_depth=6, random_state=1),
        ensemble.GradientBoostingRegressor(n_estimators=8, random_state=1),
        ensemble.HistGradientBoostingClassifier(max_iter=5, random_state=1),
        ensemble.IsolationForest(n_estimators=7, random_state=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_sums_of_scikit_learns_forests(model: Any) -> None:
    predictor = ms.Predictor(model.fit(MATRIX, SCORE if "Regressor" in str(model) else CLASSES))
    for background in (None, MATRIX[:7]):
        explanation = predictor.explain(MATRIX[:70], background=background)
        assert_sums(predictor, MATRIX[:70], explanation)
        assert np.abs(explanation.values).max() > 1e-3
    mean = predictor.predict_raw(MATRIX[:7]).mean(axis=0)
    np.testing.assert_allclose(explanation.base_values, mean, rtol=1e-12, atol=1e-12)


def test_with_a_preprocessor_contributions_are_of_its_features() -> None:
    names = ["carrier", "origin"]
    table = pa.table(
        {
            "distance": pa.array([None if i % 9 == 0 else v for i, v in enumerate(MATRIX[:, 0])]),
            "carrier": pa.array(np.array(names)[(MATRIX[:, 1] > 0).astype(int)]),
            "late": SCORE,
        }
    )
    prep = ms.Preprocessor(col("distance").impute("median"), col("carrier").ordinal())
    features = prep.fit_transform(table, target="late")
    booster = lightgbm.train(
        {"verbose": -1, "num_leaves": 8}, lightgbm.Dataset(features, SCORE), 10
    )
    predictor = ms.Predictor(booster, prep)
    explanation = predictor.explain(table)
    assert explanation.feature_names == predictor.feature_names
    expected = ms.Predictor(booster).explain(features)
    np.testing.assert_array_equal(explanation.values, expected.values)
    rows = table.slice(0, 20).to_pylist()
    np.testing.assert_array_equal(predictor.explain(rows).values, explanation.values[:20])
    against = predictor.explain(table, background=table.slice(0, 30))
    np.testing.assert_array_equal(
        against.values, ms.Predictor(booster).explain(features, background=features[:30]).values
    )
    np.testing.assert_array_equal(
        predictor.explain(rows, background=rows).values,
        predictor.explain(table.slice(0, 20), background=table.slice(0, 20)).values,
    )


def test_models_without_covers_are_refused_with_what_to_do() -> None:
    text = train(Recipe(num_rounds=3, seed=6)).model_to_string()
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith(("leaf_count=", "internal_count=", "tree_sizes="))
    ]
    predictor = ms.Predictor("\n".join(lines))
    rows = training_data(Recipe(seed=6))[0][:20]
    with pytest.raises(ms.UnsupportedError, match="background=") as refused:
        predictor.explain(rows)
    assert refused.value.expected == "trees with covers"
    assert_sums(predictor, rows, predictor.explain(rows, background=rows[:3]))


def test_what_cannot_be_explained_is_refused() -> None:
    booster = train(Recipe(num_rounds=3, seed=6))
    predictor = ms.Predictor(booster)
    rows = training_data(Recipe(seed=6))[0]
    with pytest.raises(ms.ParameterError, match="no rows"):
        predictor.explain(rows, background=rows[:0])
    with pytest.raises(ms.SchemaError, match="shape"):
        predictor.explain(rows[:, :2])
    with pytest.raises(ms.SchemaError, match="shape"):
        predictor.explain(rows, background=rows[:, :2])
    wide = np.zeros((30, 1_100))
    wide[:, 0] = np.arange(30)
    data = lightgbm.Dataset(wide, wide[:, 0], free_raw_data=False)
    parameters = {"verbose": -1, "min_data_in_leaf": 1, "feature_pre_filter": False}
    many = ms.Predictor(lightgbm.train(parameters, data, 1))
    assert many.explain(wide).values.shape == (30, 1_100)
    with pytest.raises(ms.UnsupportedError, match="at most 1024"):
        many.explain(wide, interactions=True)
