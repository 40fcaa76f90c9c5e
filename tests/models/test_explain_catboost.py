"""Contributions of CatBoost's trees against CatBoost's own exact ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mainspring as ms

catboost = pytest.importorskip("catboost")


def rows(count: int, seed: int) -> Any:
    drawn = np.random.default_rng(seed).normal(size=(count, 6)).astype(np.float32)
    drawn[np.random.default_rng(seed + 1).random(drawn.shape) < 0.05] = np.nan
    return drawn


@pytest.mark.parametrize("loss", ["RMSE", "Logloss", "MultiClass"])
@pytest.mark.parametrize("depth", [1, 4, 6])
def test_contributions_of_symmetric_trees_are_catboosts(loss: str, depth: int) -> None:
    train = rows(500, 1)
    known = np.nan_to_num(train)
    score = known[:, 0] + known[:, 1] * known[:, 2] - known[:, 3] ** 2
    label = {"RMSE": score, "Logloss": score > 0, "MultiClass": np.digitize(score, [-1, 0.5])}[loss]
    kind = catboost.CatBoostRegressor if loss == "RMSE" else catboost.CatBoostClassifier
    model = kind(
        iterations=30,
        depth=depth,
        loss_function=loss,
        random_seed=1,
        thread_count=1,
        verbose=0,
        allow_writing_files=False,
    ).fit(train, label)
    some = rows(60, 3)
    theirs = model.get_feature_importance(
        catboost.Pool(some), type="ShapValues", shap_calc_type="Regular", thread_count=1
    )
    explained = ms.Predictor(model).explain(some)
    assert explained.values.shape == theirs[..., :-1].shape
    largest = float(np.abs(theirs).max())
    np.testing.assert_allclose(explained.values, theirs[..., :-1], atol=1e-9 * largest)
