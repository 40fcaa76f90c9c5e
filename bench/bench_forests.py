"""Claim: forests of other libraries score faster here than there, whatever their shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.ensemble import RandomForestClassifier

import mainspring as ms
from bench.peers import engine_of, second_class

BATCHES = tuple(pytest.param(n, marks=pytest.mark.one_thread) for n in (1, 16, 256, 4_096))
CATEGORIES = 200
by_batch = pytest.mark.parametrize("rows", BATCHES)


def numbers(rows: int, features: int, seed: int) -> Any:
    """Draw features of which one in fifty is missing."""
    random = np.random.default_rng(seed)
    drawn = random.normal(size=(rows, features))
    drawn[random.random(drawn.shape) < 0.02] = np.nan
    return drawn


def with_categories(rows: int, seed: int) -> Any:
    """Ten categories beside twenty numbers."""
    drawn = numbers(rows, 30, seed)
    drawn[:, :10] = np.random.default_rng(seed + 1).integers(0, CATEGORIES, (rows, 10))
    return drawn


def score(features: Any, seed: int) -> Any:
    """Return what there is to learn, with noise."""
    known = np.nan_to_num(features)
    noise = np.random.default_rng(seed).normal(size=len(known))
    return known[:, -6:].sum(axis=1) + 3 * np.sin(known[:, -7]) + noise


def lightgbm_model(features: Any, label: Any, trees: int, threads: int, **more: Any) -> Any:
    parameters = {"num_threads": threads, "verbose": -1, "deterministic": True, **more}
    categories = parameters.pop("categories", "auto")
    data = lightgbm.Dataset(features, label, categorical_feature=categories)
    return lightgbm.train(parameters, data, trees)


def large_model(threads: int) -> Any:
    """Train 1,000 trees of 255 leaves on 100 features."""
    features = numbers(10_000, 100, 4)
    more = {"objective": "regression", "num_leaves": 255, "min_data_in_leaf": 5}
    return lightgbm_model(features, score(features, 5), 1_000, threads, **more)


@pytest.fixture(scope="module")
def categorical(threads: int) -> Any:
    features = with_categories(20_000, 1)
    effect = np.random.default_rng(2).normal(size=CATEGORIES)
    known = np.nan_to_num(features)
    label = effect[known[:, :10].astype(int)].sum(axis=1) + score(features, 3) > 0
    more = {"objective": "binary", "num_leaves": 63, "categories": list(range(10))}
    return lightgbm_model(features, label.astype(float), 200, threads, **more)


@pytest.fixture(scope="module")
def large(threads: int) -> Any:
    return large_model(threads)


@pytest.fixture(scope="module")
def deep(threads: int) -> Any:
    features = numbers(20_000, 50, 6).astype(np.float32)
    parameters = {"objective": "binary:logistic", "max_depth": 8, "nthread": threads, "seed": 1}
    data = xgboost.DMatrix(features, (score(features, 7) > 0).astype(np.float32))
    return xgboost.train(parameters, data, 500)


@pytest.fixture(scope="module")
def random_forest(threads: int) -> Any:
    features = np.nan_to_num(numbers(40_000, 40, 8))
    label = np.digitize(score(features, 9), [-2.0, 2.0])
    model = RandomForestClassifier(200, max_depth=16, n_jobs=threads, random_state=1)
    return model.fit(features, label)


def near(ours: Any, theirs: Any, tolerance: float) -> None:
    """Assert predictions that differ by the rounding of links at most."""
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def measure(
    compare: Any,
    model: str,
    batch: Any,
    ours: Callable[[], Any],
    theirs: Callable[[], Any],
    peer: tuple[str, str],
    tolerance: float = 1e-15,
) -> None:
    rows = len(batch)
    compare(
        f"{model}, {rows:,} row{'s' if rows > 1 else ''}",
        ours,
        theirs,
        peer=peer[0],
        api=peer[1],
        check=lambda a, b: near(a, b, tolerance),
        rows=rows,
        num_bytes=batch.nbytes + 8 * rows,
    )


@by_batch
def test_categorical(rows: int, categorical: Any, threads: int, compare: Any) -> None:
    batch = with_categories(rows, 20)
    predictor = ms.Predictor(categorical, name="categorical")
    raw = categorical.predict(batch, raw_score=True, num_threads=threads)
    assert (predictor.predict_raw(batch) == raw).all()
    measure(
        compare,
        "LightGBM, 200 trees of 63 leaves, 10 of 30 features categories",
        batch,
        lambda: predictor.predict(batch),
        lambda: categorical.predict(batch, num_threads=threads),
        ("lightgbm", "Booster.predict on float64"),
    )


@pytest.mark.large
@by_batch
def test_large(rows: int, large: Any, threads: int, compare: Any) -> None:
    batch = numbers(rows, 100, 21)
    predictor = ms.Predictor(large, name="large")
    assert (predictor.predict(batch) == large.predict(batch, num_threads=threads)).all()
    measure(
        compare,
        "LightGBM, 1,000 trees of 255 leaves",
        batch,
        lambda: predictor.predict(batch),
        lambda: large.predict(batch, num_threads=threads),
        ("lightgbm", "Booster.predict on float64"),
    )


@pytest.mark.large
@by_batch
def test_deep(rows: int, deep: Any, compare: Any) -> None:
    batch = numbers(rows, 50, 22).astype(np.float32)
    predictor = ms.Predictor(deep, name="deep")
    margin = deep.inplace_predict(batch, predict_type="margin")
    assert (predictor.predict_raw(batch).astype(np.float32) == margin).all()
    measure(
        compare,
        "XGBoost, 500 trees of depth 8",
        batch,
        lambda: predictor.predict(batch),
        lambda: deep.inplace_predict(batch),
        ("xgboost-cpu", "Booster.inplace_predict on float32"),
        2e-6,
    )


@pytest.mark.large
@by_batch
def test_random_forest(rows: int, random_forest: Any, compare: Any) -> None:
    batch = np.nan_to_num(numbers(rows, 40, 23))
    predictor = ms.Predictor(random_forest, name="forest")
    measure(
        compare,
        "scikit-learn, random forest of 200 trees of depth 16, 3 classes",
        batch,
        lambda: predictor.predict_proba(batch),
        lambda: random_forest.predict_proba(batch),
        ("scikit-learn", "RandomForestClassifier.predict_proba on float64"),
    )


@pytest.mark.large
@pytest.mark.one_thread
@pytest.mark.parametrize("engine", ["onnxruntime", "daal4py", "treelite"])
@pytest.mark.parametrize("rows", [1, 256, 4_096])
def test_deep_in_other_engines(
    engine: str, rows: int, deep: Any, threads: int, compare: Any
) -> None:
    batch = numbers(rows, 50, 22).astype(np.float32)
    predictor = ms.Predictor(deep, name="deep")
    other = engine_of(engine, deep, "xgboost", 50, threads)
    measure(
        compare,
        "XGBoost, 500 trees of depth 8",
        batch,
        lambda: predictor.predict(batch),
        lambda: second_class(other.predict(batch), rows),
        (other.peer, other.api),
        other.tolerance,
    )


@pytest.mark.large
@pytest.mark.one_thread
@pytest.mark.parametrize("engine", ["onnxruntime", "daal4py"])
@pytest.mark.parametrize("rows", [1, 256, 4_096])
def test_large_in_other_engines(
    engine: str, rows: int, large: Any, threads: int, compare: Any
) -> None:
    """In float32, in which a value next to a threshold may go the other way."""
    batch = numbers(rows, 100, 21).astype(np.float32)
    predictor = ms.Predictor(large, name="large")
    other = engine_of(engine, large, "lightgbm", 100, threads)
    measure(
        compare,
        "LightGBM, 1,000 trees of 255 leaves, float32",
        batch,
        lambda: predictor.predict(batch),
        lambda: np.asarray(other.predict(batch)).ravel(),
        (other.peer, other.api),
        other.tolerance,
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("rows", [1, 256, 4_096])
def test_categorical_in_onnxruntime(
    rows: int, categorical: Any, threads: int, compare: Any
) -> None:
    """The others refuse sets of categories."""
    batch = with_categories(rows, 20).astype(np.float32)
    predictor = ms.Predictor(categorical, name="categorical")
    other = engine_of("onnxruntime", categorical, "lightgbm", 30, threads)
    measure(
        compare,
        "LightGBM, 200 trees of 63 leaves, 10 of 30 features categories, float32",
        batch,
        lambda: predictor.predict(batch),
        lambda: second_class(other.predict(batch), rows),
        (other.peer, other.api),
        other.tolerance,
    )


@pytest.mark.large
@pytest.mark.one_thread
@pytest.mark.parametrize("engine", ["onnxruntime", "treelite"])
@pytest.mark.parametrize("rows", [1, 256, 4_096])
def test_random_forest_in_other_engines(
    engine: str, rows: int, random_forest: Any, threads: int, compare: Any
) -> None:
    batch = np.nan_to_num(numbers(rows, 40, 23)).astype(np.float32)
    predictor = ms.Predictor(random_forest, name="forest")
    other = engine_of(engine, random_forest, "sklearn", 40, threads)
    measure(
        compare,
        "scikit-learn, random forest of 200 trees of depth 16, 3 classes",
        batch,
        lambda: predictor.predict_proba(batch),
        lambda: np.asarray(other.predict(batch)).reshape(rows, 3),
        (other.peer, other.api),
        other.tolerance,
    )
