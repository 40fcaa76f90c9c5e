"""Raw scores bit for bit and predictions to the rounding of exp, against LightGBM itself and the
plain oracle."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings

import mainspring as ms
from tests.models.lightgbm_models import (
    CATEGORICAL,
    OBJECTIVES,
    RECIPES,
    Recipe,
    hard_rows,
    train,
    training_data,
    ulps,
)
from tests.reference import forest
from tests.tolerances import PROBABILITY_ULPS, softmax_bounds

QUIET = {"verbose": -1, "num_threads": 1}


def assert_same_as_lightgbm(booster: lightgbm.Booster, rows: np.ndarray) -> None:
    predictor = ms.Predictor(booster)
    for matrix in (rows, rows.astype(np.float32), np.asfortranarray(rows)[::-1]):
        with np.errstate(over="ignore"):
            raw = booster.predict(matrix, raw_score=True, num_threads=1)
            expected = booster.predict(matrix, num_threads=1)
        np.testing.assert_array_equal(predictor.predict_raw(matrix), raw)
        got = predictor.predict(matrix)
        assert got.shape == expected.shape
        assert got.dtype == np.float64
        if "objective=multiclass " not in booster.model_to_string(num_iteration=1):
            assert ulps(got, expected).max() <= PROBABILITY_ULPS
            continue
        lowest, highest = softmax_bounds(raw / divisor_of(booster))
        for shares in (got, expected):
            assert ((lowest <= shares) & (shares <= highest)).all()


def divisor_of(booster: lightgbm.Booster) -> int:
    """Return how many trees of a class random forests average before the link."""
    averages = "\naverage_output\n" in booster.model_to_string(num_iteration=1)
    return booster.num_trees() // booster.num_model_per_iteration() if averages else 1


@pytest.mark.shows(
    "LightGBM",
    "gbdt, dart, rf",
    "drawn models: numbers and categories, use_missing, zero_as_missing",
    "ulp",
)
@given(RECIPES)
@settings(max_examples=100)
def test_predict_of_any_model_is_lightgbms(recipe: Recipe) -> None:
    booster = train(recipe)
    with np.errstate(over="ignore"):
        assert_same_as_lightgbm(booster, hard_rows(booster, recipe.seed))


@pytest.mark.shows(
    "LightGBM",
    "gbdt",
    "every objective: regression, binary with sigmoid, multiclass, one-vs-all, ranking, custom",
    "ulp",
)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_predict_of_each_objective_is_lightgbms(objective: str) -> None:
    recipe = Recipe(objective=objective, categorical=True, seed=3)
    with np.errstate(over="ignore"):
        booster = train(recipe)
        assert_same_as_lightgbm(booster, training_data(recipe)[0])
        assert_same_as_lightgbm(booster, hard_rows(booster, 3))


@pytest.mark.parametrize("zero_as_missing", [False, True])
@pytest.mark.parametrize("categorical", [False, True])
def test_raw_scores_when_oracle_walks_are_equal(zero_as_missing: bool, categorical: bool) -> None:
    recipe = Recipe("multiclass", zero_as_missing=zero_as_missing, categorical=categorical, seed=5)
    booster = train(recipe)
    rows = hard_rows(booster, 5, 80)
    expected = np.array(forest.raw_scores(booster.model_to_string(), rows.tolist()))
    np.testing.assert_array_equal(ms.Predictor(booster).predict_raw(rows), expected)


def test_oracle_when_a_decision_is_changed_differs() -> None:
    """The comparison can fail: one changed decision type shows."""
    booster = train(Recipe(seed=6))
    text = booster.model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("decision_type="))
    flipped = "decision_type=" + " ".join(str(int(t) ^ 2) for t in line[14:].split())
    rows = hard_rows(booster, 6)
    changed = ms.Predictor(text.replace(line, flipped, 1)).predict_raw(rows)
    assert not np.array_equal(changed, booster.predict(rows, raw_score=True))


def test_batches_of_any_size_give_the_same_bits() -> None:
    booster = train(Recipe("multiclass", categorical=True, num_rounds=11, seed=9))
    predictor = ms.Predictor(booster)
    rows = np.tile(hard_rows(booster, 9), (5, 1))
    whole = predictor.predict(rows)
    for size in (1, 2, 7, 8, 9, 63, 64, 65, 511, 512, 513):
        np.testing.assert_array_equal(predictor.predict(rows[:size]), whole[:size])
        np.testing.assert_array_equal(predictor.predict(rows[-size:]), whole[-size:])


@pytest.mark.shows("LightGBM", "gbdt", "best_iteration of early stopping", "bits")
def test_best_iteration_when_training_stopped_early_is_respected() -> None:
    matrix, label = training_data(Recipe(seed=10))
    data = lightgbm.Dataset(matrix[:200], label=label[:200])
    booster = lightgbm.train(
        {**QUIET, "num_leaves": 40, "min_data_in_leaf": 1, "learning_rate": 0.3},
        data,
        60,
        valid_sets=[lightgbm.Dataset(matrix[200:], label=label[200:], reference=data)],
        callbacks=[lightgbm.early_stopping(3, verbose=False)],
        keep_training_booster=True,
    )
    assert 0 < booster.best_iteration < booster.current_iteration()
    assert_same_as_lightgbm(booster, matrix)


@pytest.mark.shows("LightGBM", "gbdt", "trees without splits, no trees", "bits")
def test_models_without_splits_predict_their_constant() -> None:
    matrix = np.ones((50, 2))
    data = lightgbm.Dataset(matrix, label=np.ones(50))
    assert_same_as_lightgbm(lightgbm.train(QUIET, data, 1), matrix)
    empty = lightgbm.Booster(QUIET, data)
    assert empty.num_trees() == 0
    assert_same_as_lightgbm(empty, matrix)


@pytest.mark.shows("LightGBM", "gbdt", "1,500 features", "bits")
def test_forests_wider_than_a_block_give_the_same_bits() -> None:
    """More slots than one block of 64 rows takes: blocks of eight rows."""
    draw = np.random.default_rng(11)
    matrix = draw.normal(size=(300, 1500))
    matrix[draw.random(matrix.shape) < 0.05] = np.nan
    booster = lightgbm.train(
        {**QUIET, "feature_fraction": 0.01, "min_data_in_leaf": 2},
        lightgbm.Dataset(matrix, label=draw.normal(size=300)),
        120,
    )
    assert_same_as_lightgbm(booster, matrix[:131])


def test_features_with_odd_names_keep_them() -> None:
    matrix, label = training_data(Recipe(seed=12))
    names = ["a b", "é", "x/y", "名前", "q'", "1"]
    booster = lightgbm.train(QUIET, lightgbm.Dataset(matrix, label=label, feature_name=names), 3)
    predictor = ms.Predictor(booster)
    assert predictor.feature_names == ["a_b", *names[1:]]
    assert_same_as_lightgbm(booster, matrix)


@pytest.mark.shows("LightGBM", "gbdt", "pandas categories, as codes", "bits")
def test_categories_of_pandas_are_taken_as_codes_only() -> None:
    pandas = pytest.importorskip("pandas")
    matrix, label = training_data(Recipe(seed=13))
    frame = pandas.DataFrame({"x": matrix[:, 0]})
    frame["c"] = pandas.Categorical.from_codes(
        np.nan_to_num(matrix[:, CATEGORICAL]).astype(int) % 4, ["red", "green", "blue", "grey"]
    )
    booster = lightgbm.train(QUIET, lightgbm.Dataset(frame, label=label), 5)
    predictor = ms.Predictor(booster)
    codes = np.column_stack([frame["x"], frame["c"].cat.codes])
    np.testing.assert_array_equal(
        predictor.predict_raw(codes), booster.predict(frame, raw_score=True)
    )
    with pytest.raises(ms.UnsupportedError, match=r"pandas categories.*cat\.codes"):
        predictor.predict(frame)
    with pytest.raises(ms.UnsupportedError, match="pandas categories"):
        predictor.predict_row({"x": 1.0, "c": 2})
