"""Forests of large trees, row by row down clusters of nodes, give the bits of their library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier

import mainspring as ms

SIZES = (1, 2, 7, 8, 9, 17, 23, 24, 33, 127, 128, 150, 600)
THREE_LEVELS = "walks of three levels at a time, "
SINGLES = (THREE_LEVELS + "row by row", "walks through six trees")
MANY = (THREE_LEVELS + "rows together", "walks of eight rows")


def rows_of(num_rows: int, num_features: int, seed: int) -> np.ndarray:
    """Numbers of which one in twenty is missing."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(num_rows, num_features))
    rows[random.random(rows.shape) < 0.05] = np.nan
    return rows


def noise_of(rows: np.ndarray) -> np.ndarray:
    """What only large trees learn."""
    return np.random.default_rng(3).normal(size=len(rows))


def check(predictor: ms.Predictor, rows: np.ndarray, expected: np.ndarray) -> None:
    assert predictor.kernel_name(512) in MANY
    assert predictor.kernel_name(1) in SINGLES
    for size in SIZES:
        np.testing.assert_array_equal(predictor.predict_raw(rows[:size]), expected[:size])
        last = predictor.predict_raw(np.asfortranarray(rows[-size:]))
        np.testing.assert_array_equal(last, expected[-size:])


@pytest.mark.parametrize("num_features", [1, 31, 32, 33, 40, 64, 65])
@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_leaves_that_are_vectors(num_features: int, num_classes: int) -> None:
    """More features than two, four and no registers hold."""
    rows = rows_of(12_000, num_features, 1)
    noise = noise_of(rows)
    label = np.digitize(noise, np.quantile(noise, np.linspace(0, 1, num_classes + 1)[1:-1]))
    model = RandomForestClassifier(3, random_state=1).fit(rows, label)
    for some in (rows[:600], rows[:600].astype(np.float32), np.zeros((600, num_features))):
        expected = sum(tree.predict_proba(some) for tree in model.estimators_)
        check(ms.Predictor(model), some, expected)


@pytest.mark.parametrize("num_trees", [1, 3, 8, 9])
def test_leaves_that_are_numbers(num_trees: int) -> None:
    rows = np.nan_to_num(rows_of(12_000, 6, 2))
    model = ExtraTreesRegressor(num_trees, random_state=1).fit(rows, noise_of(rows))
    predictor = ms.Predictor(model)
    expected = sum(tree.predict(rows[:600]) for tree in model.estimators_)
    check(predictor, rows[:600], expected)


def test_values_on_thresholds() -> None:
    """A row of float64 is rounded to float32 before it is compared, as in scikit-learn."""
    rows = np.nan_to_num(rows_of(12_000, 4, 4)).astype(np.float32)
    model = RandomForestClassifier(3, random_state=1).fit(rows, noise_of(rows) > 0)
    tree = model.estimators_[0].tree_
    inner = tree.feature >= 0
    some = np.repeat(rows[:1].astype(np.float64), 400, axis=0)
    for i, node in enumerate(np.flatnonzero(inner)[:400]):
        threshold = tree.threshold[node]
        some[i, tree.feature[node]] = (threshold, np.nextafter(threshold, 9), -0.0)[i % 3]
    some[-4:, 0] = (np.inf, -np.inf, 1e300, -1e-300)
    some = some[np.abs(some).max(axis=1) < 1e38]  # scikit-learn takes no others
    expected = sum(tree.predict_proba(some) for tree in model.estimators_)
    predictor = ms.Predictor(model)
    alone = np.concatenate([predictor.predict_raw(row[None]) for row in some])
    np.testing.assert_array_equal(alone, expected)
    np.testing.assert_array_equal(predictor.predict_raw(some), expected)


@pytest.mark.parametrize("more", [{}, {"objective": "multi:softprob", "num_class": 3}])
def test_float_sums(more: dict[str, Any]) -> None:
    xgboost = pytest.importorskip("xgboost")
    rows = rows_of(16_000, 5, 5).astype(np.float32)
    noise = noise_of(rows)
    label = np.digitize(noise, [-0.5, 0.5]) if more else noise
    parameters = {"max_depth": 30, "tree_method": "exact", "min_child_weight": 0, "nthread": 1}
    data = xgboost.DMatrix(rows, label=label)
    large = xgboost.train({**parameters, **more}, data, 2)
    predictor = ms.Predictor(large)
    some = rows[:600]
    expected = large.predict(xgboost.DMatrix(some), output_margin=True)
    check(predictor, some, expected.astype(np.float64))
