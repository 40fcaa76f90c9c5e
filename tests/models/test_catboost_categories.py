"""Splits of CatBoost by one category: whole numbers, raw scores bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms

catboost = pytest.importorskip("catboost")

from tests.models.test_catboost import POLICIES, training_data  # noqa: E402

NUM_CATEGORIES = 12


def with_categories(matrix: np.ndarray, seed: int, seen: int = NUM_CATEGORIES) -> np.ndarray:
    """Columns 1 and 3 as whole numbers from 0 on, which is how CatBoost takes categories."""
    draw = np.random.default_rng(seed + 2)
    mixed = matrix.astype(object)
    for column, step in ((1, 1), (3, 70_003)):
        mixed[:, column] = (step * draw.integers(0, seen, len(matrix))).tolist()
    return mixed


def fitted_to_categories(loss: str, policy: str, size: int, seed: int) -> Any:
    matrix, score = training_data(seed)
    mixed = with_categories(matrix, seed)
    score = score + (mixed[:, 1] == 3) + 2 * (mixed[:, 3] == 70_003) - (mixed[:, 1] == 0)
    options = {
        "iterations": 8,
        "depth": 4,
        "grow_policy": policy,
        "random_seed": seed,
        "thread_count": 1,
        "verbose": 0,
        "allow_writing_files": False,
        "cat_features": [1, 3],
        "one_hot_max_size": size,
    }
    if loss == "RMSE":
        return catboost.CatBoostRegressor(**options).fit(mixed, score.astype(float))
    label = np.digitize(score.astype(float), [-0.5, 0.5] if loss == "MultiClass" else [0])
    return catboost.CatBoostClassifier(loss_function=loss, **options).fit(mixed, label)


@pytest.mark.shows(
    "CatBoost",
    "symmetric, depthwise, lossguide",
    "drawn models with one-hot splits of categories that are whole numbers, seen and unseen",
    "bits",
)
@given(
    st.sampled_from(["RMSE", "Logloss", "MultiClass"]),
    st.sampled_from(POLICIES),
    st.integers(0, 200),
)
@settings(max_examples=25)
def test_one_hot_splits_of_categories_are_catboosts(loss: str, policy: str, seed: int) -> None:
    model = fitted_to_categories(loss, policy, NUM_CATEGORIES, seed)
    predictor = ms.Predictor(model)
    rows = with_categories(np.tile(training_data(seed + 1)[0], (2, 1)), seed + 1, seen=15)
    raw = model.predict(rows, prediction_type="RawFormulaVal")
    for matrix in (rows.astype(np.float64), rows.astype(np.float32)):
        given = rows.copy()
        given[:, [0, 2, 4]] = matrix[:, [0, 2, 4]]
        expected = model.predict(given, prediction_type="RawFormulaVal")
        np.testing.assert_array_equal(predictor.predict_raw(matrix), expected)
        for row in (0, 7, 300):
            np.testing.assert_array_equal(
                predictor.predict_raw(matrix[row : row + 1]), expected[row : row + 1]
            )
    if policy == "SymmetricTree":
        leaves = predictor.leaf_index(rows.astype(float))
        np.testing.assert_array_equal(leaves, model.calc_leaf_indexes(rows))
    # Numbers that are no category are in no split, as unseen ones are.
    unseen = rows.astype(np.float64)
    unseen[:, 1] = np.resize([np.nan, -1, 0.5, np.inf, 2.0**31, 1 << 20], len(rows))
    other = rows.copy()
    other[:, 1] = NUM_CATEGORIES + 99
    expected = model.predict(other, prediction_type="RawFormulaVal")
    np.testing.assert_array_equal(predictor.predict_raw(unseen), expected)
    assert not np.array_equal(expected, raw) or loss != "RMSE"


def test_text_of_a_category_is_named_where_the_document_has_it(tmp_path: Path) -> None:
    mixed = training_data(9)[0].astype(object)
    mixed[:, 3] = ["x", "y"] * 150
    options = {"iterations": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    pool = catboost.Pool(mixed, np.arange(300) % 2, cat_features=[3])
    model = catboost.CatBoostRegressor(one_hot_max_size=9, **options).fit(pool)
    path = tmp_path / "model.json"
    model.save_model(str(path), format="json", pool=pool)
    with pytest.raises(ms.UnsupportedError, match=r"category '[xy]' of the feature of column 3"):
        ms.Predictor(path)
