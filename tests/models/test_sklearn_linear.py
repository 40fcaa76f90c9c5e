"""scikit-learn's linear models and perceptrons against scikit-learn itself."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lars,
    Lasso,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC, LinearSVR

import mainspring as ms

REGRESSORS: list[Any] = [
    ARDRegression(),
    BayesianRidge(),
    ElasticNet(alpha=0.01),
    GammaRegressor(),
    HuberRegressor(),
    Lars(),
    Lasso(alpha=0.01),
    LassoLars(alpha=0.01),
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    LinearSVR(),
    PoissonRegressor(),
    QuantileRegressor(alpha=0.01),
    Ridge(),
    SGDRegressor(max_iter=5, tol=None),
]
CLASSIFIERS: list[Any] = [
    LinearDiscriminantAnalysis(),
    LinearSVC(),
    LogisticRegression(),
    LogisticRegression(fit_intercept=False, C=0.1),
    Perceptron(),
    RidgeClassifier(),
    SGDClassifier(loss="hinge", max_iter=5, tol=None),
    SGDClassifier(loss="log_loss", max_iter=5, tol=None),
]
SCALERS: list[Any] = [
    None,
    StandardScaler(),
    StandardScaler(with_mean=False),
    StandardScaler(with_std=False),
    MinMaxScaler((-1, 2)),
    MaxAbsScaler(),
    RobustScaler(),
    RobustScaler(with_centering=False),
    "passthrough",
]
# Sums have at most 30 terms here, and a network three layers: each rounding is 2^-53 of a term.
TERMS = 1e-14


def data(num_features: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Training rows, and rows that are hard on a linear model."""
    generator = np.random.default_rng(seed)
    train = generator.normal(size=(120, num_features)) * 10.0 ** generator.integers(
        -2, 3, num_features
    )
    train[:2] = np.eye(2, num_features) + 0.5  # no column is constant
    rows = np.vstack([train, np.zeros((1, num_features)), -np.zeros((1, num_features))])
    rows = np.vstack([rows, np.full((1, num_features), 1e150), rows[:5] * 1e-300])
    return train, rows


def fitted(model: Any, train: np.ndarray, y: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sklearn.clone(model).fit(train, y)


def size_of_terms(model: Any, rows: np.ndarray) -> np.ndarray:
    """The sum of the absolute terms behind each row's score, as large as any rounding sees."""
    steps = [step for _, step in model.steps] if hasattr(model, "steps") else [model]
    x = np.abs(rows)
    for scaler in steps[:-1]:
        if scaler is None or isinstance(scaler, str):
            continue
        if isinstance(scaler, MinMaxScaler):
            x = x * np.abs(scaler.scale_) + np.abs(scaler.min_)
            continue
        center = getattr(scaler, "mean_", getattr(scaler, "center_", None))
        divisor = 1.0 if scaler.scale_ is None else scaler.scale_
        x = (x + (0.0 if center is None else np.abs(center))) / divisor
    last = steps[-1]
    if not hasattr(last, "coefs_"):
        return x @ np.abs(np.atleast_2d(last.coef_)).T + np.abs(last.intercept_)
    for weights, bias in zip(last.coefs_, last.intercepts_, strict=True):
        x = x @ np.abs(weights) + np.abs(bias)
    return x


def assert_scores_agree(got: np.ndarray, expected: np.ndarray, terms: np.ndarray) -> None:
    """Equal up to roundings of the terms; where they overflow, either may."""
    got, expected = got.reshape(terms.shape), expected.reshape(terms.shape)
    finite = np.isfinite(terms)
    assert (np.abs(got - expected)[finite] <= TERMS * terms[finite]).all()


@pytest.mark.shows(
    "scikit-learn",
    "linear models",
    "fifteen regressors, alone and behind scalers in a Pipeline",
    "rounding",
)
@settings(max_examples=60)
@given(
    model=st.sampled_from(REGRESSORS),
    scaler=st.sampled_from(SCALERS),
    num_features=st.integers(2, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_predictions_of_regressors_are_scikit_learns(
    model: Any, scaler: Any, num_features: int, seed: int
) -> None:
    train, rows = data(num_features, seed)
    target = np.exp(np.tanh(train[:, 0]) + np.random.default_rng(seed).normal(size=len(train)) / 9)
    source = fitted(model if scaler is None else make_pipeline(scaler, model), train, target)
    predictor = ms.Predictor(source)
    with np.errstate(all="ignore"):
        expected, terms = source.predict(rows), size_of_terms(source, rows)
        got = predictor.predict(rows)
        assert predictor.classes_ is None
        if isinstance(model, GammaRegressor | PoissonRegressor):
            got, expected = predictor.predict_raw(rows), np.log(expected)
            terms = np.where(np.abs(expected)[:, None] < 600, terms + 1, np.inf)
    assert_scores_agree(got, expected, terms)


@pytest.mark.shows(
    "scikit-learn",
    "linear models",
    "eight classifiers, alone and behind scalers: scores, labels, probabilities",
    "rounding",
)
@settings(max_examples=60)
@given(
    model=st.sampled_from(CLASSIFIERS),
    scaler=st.sampled_from(SCALERS),
    labels=st.sampled_from([[False, True], [-1, 4], ["a", "b", "ç"], [0, 1, 2, 7]]),
    seed=st.integers(0, 2**32 - 1),
)
def test_labels_and_probabilities_of_classifiers_are_scikit_learns(
    model: Any, scaler: Any, labels: list[Any], seed: int
) -> None:
    train, rows = data(5, seed)
    y = np.array(labels)[np.random.default_rng(seed).permutation(120) % len(labels)]
    source = fitted(model if scaler is None else make_pipeline(scaler, model), train, y)
    predictor = ms.Predictor(source)
    np.testing.assert_array_equal(predictor.classes_, source.classes_)
    with np.errstate(all="ignore"):
        scores, terms = source.decision_function(rows), size_of_terms(source, rows)
    raw = predictor.predict_raw(rows)
    assert_scores_agree(raw, scores, terms)
    ordered = np.sort(scores.reshape(terms.shape), axis=1)
    gap = np.abs(ordered[:, -1] - (ordered[:, -2] if scores.ndim == 2 else 0))
    clear = gap > 2 * TERMS * terms.max(axis=1)
    assert clear.sum() > 100
    np.testing.assert_array_equal(predictor.predict(rows)[clear], source.predict(rows)[clear])
    if not hasattr(source, "predict_proba"):
        with pytest.raises(ms.UnsupportedError, match="a classifier without class probabilities"):
            predictor.predict_proba(rows)
        return
    with np.errstate(all="ignore"):
        expected = source.predict_proba(rows)
    close = (terms * TERMS).max(axis=1) < 1e-10
    np.testing.assert_allclose(
        predictor.predict_proba(rows)[close], expected[close], rtol=1e-9, atol=1e-15
    )


NETWORKS = [
    MLPRegressor(hidden_layer_sizes=(7,), max_iter=3),
    MLPRegressor(hidden_layer_sizes=(20, 9), activation="tanh", max_iter=3),
    MLPRegressor(hidden_layer_sizes=(33,), activation="logistic", max_iter=3),
    MLPRegressor(hidden_layer_sizes=(8,), activation="identity", max_iter=3),
    MLPClassifier((40, 5), max_iter=3),
    MLPClassifier((12,), "tanh", max_iter=3),
    MLPClassifier((3,), "logistic", max_iter=3),
]


@pytest.mark.shows(
    "scikit-learn",
    "networks",
    "MLPRegressor and MLPClassifier of every activation, alone and behind scalers",
    "rounding",
)
@settings(max_examples=40)
@given(
    model=st.sampled_from(NETWORKS),
    scaler=st.sampled_from(SCALERS),
    num_outputs=st.integers(1, 9),
    seed=st.integers(0, 2**32 - 1),
)
def test_predictions_of_perceptrons_are_scikit_learns(
    model: Any, scaler: Any, num_outputs: int, seed: int
) -> None:
    train, rows = data(6, seed)
    generator = np.random.default_rng(seed)
    if isinstance(model, MLPRegressor):
        y = generator.normal(size=(120, num_outputs))
        y = y[:, 0] if num_outputs == 1 else y
    else:
        y = generator.permutation(120) % (num_outputs + 1)
    source = fitted(model if scaler is None else make_pipeline(scaler, model), train, y)
    predictor = ms.Predictor(source)
    with np.errstate(all="ignore"):
        terms = size_of_terms(source, rows)
    ordinary = terms.max(axis=1) < 1e6
    assert ordinary.sum() > 20
    rows, terms = rows[ordinary], terms[ordinary]
    if isinstance(model, MLPRegressor):
        assert_scores_agree(predictor.predict(rows), source.predict(rows), terms)
        return
    expected = source.predict_proba(rows)
    if len(source.classes_) > 1:
        np.testing.assert_allclose(predictor.predict_proba(rows), expected, rtol=1e-8, atol=1e-12)
    ordered = np.sort(expected, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-7
    np.testing.assert_array_equal(predictor.predict(rows)[clear], source.predict(rows)[clear])


def test_features_of_a_table_have_its_names() -> None:
    frame = pd.DataFrame({"b c": [1.0, 2.0, 4.0], "a": [0.0, 1.0, 5.0]})
    source = LinearRegression().fit(frame, [1.0, 2.0, 3.0])
    predictor = ms.Predictor(source)
    assert predictor.feature_names == ["b c", "a"]
    np.testing.assert_allclose(predictor.predict(frame[["a", "b c"]]), [1, 2, 3], atol=1e-12)
    assert predictor.predict_row({"b c": 1.0, "a": 0.0}) == predictor.predict(frame)[0]
    assert np.isnan(predictor.predict_row({"b c": None, "a": 0.0}))


def test_a_linear_model_behind_a_preprocessor_takes_its_features() -> None:
    frame = pd.DataFrame({"x y": np.arange(50.0), "z": np.arange(50.0) % 7})
    prep = ms.Preprocessor(ms.col("x y", "z").impute("median").standardize())
    features = prep.fit_transform(frame)
    named = pd.DataFrame(features, columns=prep.get_feature_names_out())
    expected = Ridge().fit(features, frame["z"]).predict(features)
    for data in (features, named):
        predictor = ms.Predictor(Ridge().fit(data, frame["z"]), prep)
        np.testing.assert_allclose(predictor.predict(frame), expected, rtol=1e-5)


@pytest.mark.shows("scikit-learn", "linear models", "several targets", "rounding")
def test_several_targets_are_several_outputs() -> None:
    train, rows = data(3, 5)
    source = Ridge().fit(train, train[:, :2] * 2)
    got = ms.Predictor(source).predict(rows)
    assert got.shape == (len(rows), 2)
    assert_scores_agree(got, source.predict(rows), size_of_terms(source, rows))


class Mine(LinearRegression):
    """A subclass, whose predict may be anything."""


def test_what_cannot_be_read_is_refused_by_name() -> None:
    train, _ = data(3, 6)
    y = train[:, 0]
    classes = (y > 0).astype(int)
    two = np.stack([classes, 1 - classes, classes], axis=1)
    cases: list[tuple[BaseEstimator, str]] = [
        (SGDClassifier(loss="modified_huber").fit(train, classes), "modified_huber"),
        (make_pipeline(Normalizer(), Ridge()).fit(train, y), "Normalizer cannot be converted"),
        (fitted(MLPClassifier((3,), max_iter=1), train, two), "several labels"),
        (Mine().fit(train, y), "Mine"),
        (BaggingRegressor(Ridge()).fit(train, y), "BaggingRegressor"),
        (RidgeClassifier().fit(train, two), "RidgeClassifier"),
    ]
    for source, message in cases:
        with pytest.raises(ms.UnsupportedError, match=message):
            ms.Predictor(source)
    for unfitted in (Ridge(), LogisticRegression(), MLPRegressor(), make_pipeline(Ridge())):
        with pytest.raises(ms.NotFittedError, match="Call fit first"):
            ms.Predictor(unfitted)
    broken = Ridge().fit(train, y)
    broken.coef_ = np.array([1.0, np.nan, 2.0])
    with pytest.raises(ms.DataError, match="not finite"):
        ms.Predictor(broken)
