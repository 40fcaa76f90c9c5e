"""scikit-learn's estimators that are made of others, against scikit-learn itself."""

from __future__ import annotations

import warnings
from typing import Any

import lightgbm
import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import ensemble, linear_model, tree
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

import mainspring as ms
from mainspring import _engine
from mainspring.models import read_model

LABELS: dict[str, list[Any]] = {
    "int": [3, -1],
    "text": ["no", "ja"],
    "bool": [True, False],
    "three": ["b", "a", "ö"],
    "five": [0, 1, 2, 5, 9],
}


def trees(seed: int) -> list[tuple[str, Any]]:
    """Classifiers whose probabilities are exact."""
    return [
        ("tree", tree.DecisionTreeClassifier(max_depth=4, random_state=seed)),
        ("forest", ensemble.RandomForestClassifier(5, max_depth=4, random_state=seed)),
        ("extra", ensemble.ExtraTreesClassifier(4, max_depth=3, random_state=seed)),
    ]


def tree_regressors(seed: int) -> list[tuple[str, Any]]:
    """Regressors whose predictions are exact."""
    return [
        ("tree", tree.DecisionTreeRegressor(max_depth=4, random_state=seed)),
        ("forest", ensemble.RandomForestRegressor(5, max_depth=4, random_state=seed)),
        ("boosted", ensemble.GradientBoostingRegressor(n_estimators=6, random_state=seed)),
        ("hist", ensemble.HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=5)),
    ]


def smooth(seed: int) -> list[tuple[str, Any]]:
    """Classifiers whose scores are rounded in an order of their own."""
    return [
        ("linear", linear_model.LogisticRegression(max_iter=300)),
        ("bayes", GaussianNB()),
        ("network", MLPClassifier((6,), max_iter=30, random_state=seed)),
        ("boosted", ensemble.GradientBoostingClassifier(n_estimators=4, random_state=seed)),
    ]


def training_data(seed: int, labels: str = "int") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, numbers, and classes that depend on them."""
    generator = np.random.default_rng(seed)
    rows = np.round(generator.normal(size=(150, 4)) * [1, 10, 0.1, 3], 2)
    score = rows[:, 0] + 0.1 * rows[:, 1] + generator.normal(size=150) * 0.3
    known = np.array(LABELS[labels])
    places = np.digitize(score, np.quantile(score, np.linspace(0, 1, len(known) + 1)[1:-1]))
    return rows, score, known[places]


def hard_rows(rows: np.ndarray, seed: int) -> np.ndarray:
    """Training rows, whose values are halfway to thresholds, and rows far away."""
    generator = np.random.default_rng(seed)
    between = (rows[:40] + rows[40:80]) / 2
    return np.vstack(
        [rows, between, rows[:9] * 50, generator.normal(size=(30, 4)), -0.0 * rows[:2]]
    )


def fitted(model: Any, rows: np.ndarray, target: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sklearn.clone(model).fit(rows, target)


def assert_classifies(model: Any, rows: np.ndarray, *, exact: bool) -> None:
    """Labels and probabilities are the library's: all bits, or to some roundings."""
    predictor = ms.Predictor(model)
    np.testing.assert_array_equal(predictor.classes_, model.classes_)
    for matrix in (rows, rows[:1]) if exact else (rows,):
        own, got = model.predict_proba(matrix), predictor.predict_proba(matrix)
        if exact:
            np.testing.assert_array_equal(got, own)
            np.testing.assert_array_equal(predictor.predict(matrix), model.predict(matrix))
            continue
        np.testing.assert_allclose(got, own, rtol=1e-9, atol=1e-12)
        ordered = np.sort(own, axis=1)
        clear = ordered[:, -1] - ordered[:, -2] > 1e-8
        assert clear.sum() > 60
        np.testing.assert_array_equal(predictor.predict(rows)[clear], model.predict(rows)[clear])
    again = ms.Predictor.from_bytes(predictor.to_bytes())
    np.testing.assert_array_equal(again.predict_proba(rows), predictor.predict_proba(rows))
    batch = predictor.predict_proba(rows)
    for number in (0, 7, len(rows) - 1):
        row = dict(zip(predictor.feature_names, rows[number].tolist(), strict=True))
        assert predictor.scorer("proba")(row) == batch[number].tolist()


WEIGHTS = st.none() | st.lists(st.sampled_from([0.25, 1.0, 2.0, 3.5]), min_size=3, max_size=3)


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "VotingClassifier of trees, soft and hard",
    "bits",
)
@settings(max_examples=25)
@given(
    labels=st.sampled_from(sorted(LABELS)),
    weights=WEIGHTS,
    voting=st.sampled_from(["soft", "hard"]),
    seed=st.integers(0, 2**20),
)
def test_votes_of_trees_are_scikit_learns_to_the_bit(
    labels: str, weights: list[float] | None, voting: str, seed: int
) -> None:
    rows, _, y = training_data(seed, labels)
    source = ensemble.VotingClassifier(trees(seed % 99), voting=voting, weights=weights)
    model = fitted(source, rows, y)
    hard = hard_rows(rows, seed)
    if voting == "soft":
        assert_classifies(model, hard, exact=True)
        return
    predictor = ms.Predictor(model)
    np.testing.assert_array_equal(predictor.predict(hard), model.predict(hard))
    with pytest.raises(ms.UnsupportedError, match="without class probabilities"):
        predictor.predict_proba(hard)


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "VotingClassifier of linear models, networks, Bayes and boosting",
    "rounding",
)
@settings(max_examples=10)
@given(labels=st.sampled_from(sorted(LABELS)), seed=st.integers(0, 2**20))
def test_votes_of_any_classifier_are_scikit_learns(labels: str, seed: int) -> None:
    rows, _, y = training_data(seed, labels)
    model = fitted(ensemble.VotingClassifier(smooth(seed % 99), voting="soft"), rows, y)
    assert_classifies(model, rows, exact=False)


@pytest.mark.shows("scikit-learn", "made of models", "VotingRegressor of trees", "bits")
@settings(max_examples=20)
@given(
    weights=st.none() | st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=4, max_size=4),
    seed=st.integers(0, 2**20),
)
def test_averages_of_regressors_are_scikit_learns_to_the_bit(
    weights: list[float] | None, seed: int
) -> None:
    rows, score, _ = training_data(seed)
    source = ensemble.VotingRegressor(tree_regressors(seed % 99), weights=weights)
    model = fitted(source, rows, score)
    hard = hard_rows(rows, seed)
    for matrix in (hard, hard.astype(np.float32), np.asfortranarray(hard)):
        np.testing.assert_array_equal(ms.Predictor(model).predict(matrix), model.predict(matrix))


@pytest.mark.shows("scikit-learn", "made of models", "AdaBoostRegressor over trees", "bits")
@settings(max_examples=25)
@given(
    loss=st.sampled_from(["linear", "square", "exponential"]),
    count=st.integers(1, 30),
    depth=st.integers(1, 4),
    seed=st.integers(0, 2**20),
)
def test_weighted_medians_are_scikit_learns_to_the_bit(
    loss: str, count: int, depth: int, seed: int
) -> None:
    rows, score, _ = training_data(seed)
    estimator = tree.DecisionTreeRegressor(max_depth=depth)
    source = ensemble.AdaBoostRegressor(estimator, n_estimators=count, loss=loss, random_state=seed)
    model = fitted(source, rows, score)
    hard = hard_rows(rows, seed)
    np.testing.assert_array_equal(ms.Predictor(model).predict(hard), model.predict(hard))


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "AdaBoostRegressor over linear models",
    "rounding",
)
def test_weighted_median_of_other_regressors_is_scikit_learns() -> None:
    rows, score, _ = training_data(3)
    source = ensemble.AdaBoostRegressor(linear_model.Ridge(), n_estimators=9, random_state=1)
    model = fitted(source, rows, score)
    np.testing.assert_allclose(
        ms.Predictor(model).predict(rows), model.predict(rows), rtol=1e-10, atol=1e-12
    )


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "StackingClassifier over trees, votes and a linear model",
    "rounding",
)
@settings(max_examples=15)
@given(
    labels=st.sampled_from(sorted(LABELS)),
    passthrough=st.booleans(),
    final=st.sampled_from(["tree", "linear", "votes"]),
    seed=st.integers(0, 2**20),
)
def test_stacks_of_trees_are_scikit_learns(
    labels: str, passthrough: bool, final: str, seed: int
) -> None:
    rows, _, y = training_data(seed, labels)
    finals = {
        "tree": tree.DecisionTreeClassifier(max_depth=5, random_state=1),
        "linear": linear_model.LogisticRegression(max_iter=300),
        "votes": ensemble.VotingClassifier(trees(1), voting="soft"),
    }
    source = ensemble.StackingClassifier(
        trees(seed % 99), finals[final], cv=2, passthrough=passthrough
    )
    model = fitted(source, rows, y)
    # A tree rounds what it reads to float32, so that the last bits of its inputs may matter; those
    # of trees have none that differ.
    assert_classifies(model, hard_rows(rows, seed), exact=final != "linear")


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "StackingClassifier of every stack_method",
    "rounding",
)
@pytest.mark.parametrize("method", ["predict", "decision_function", "auto"])
@pytest.mark.parametrize("labels", ["text", "five"])
def test_stacks_of_every_method_are_scikit_learns(method: str, labels: str) -> None:
    rows, _, y = training_data(8, labels)
    parts = [
        ("boosted", ensemble.GradientBoostingClassifier(n_estimators=3, random_state=0)),
        ("ada", ensemble.AdaBoostClassifier(n_estimators=5, random_state=0)),
        ("hist", ensemble.HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5)),
        ("linear", make_pipeline(StandardScaler(), linear_model.LogisticRegression())),
    ]
    source = ensemble.StackingClassifier(parts, stack_method=method, cv=2)
    assert_classifies(fitted(source, rows, y), rows, exact=False)


@pytest.mark.shows("scikit-learn", "made of models", "StackingRegressor", "rounding")
def test_stacks_of_regressors_are_scikit_learns() -> None:
    rows, score, _ = training_data(4)
    exact = ensemble.StackingRegressor(
        tree_regressors(2), tree.DecisionTreeRegressor(max_depth=5), cv=2
    )
    model = fitted(exact, rows, score)
    np.testing.assert_array_equal(ms.Predictor(model).predict(rows), model.predict(rows))
    blend = ensemble.StackingRegressor(tree_regressors(2), cv=2, passthrough=True)
    model = fitted(blend, rows, score)
    np.testing.assert_allclose(ms.Predictor(model).predict(rows), model.predict(rows), rtol=1e-10)


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "StackingClassifier of models fitted before",
    "bits",
)
def test_models_that_were_fitted_before_are_stacked() -> None:
    rows, _, y = training_data(5, "five")
    numbers = np.searchsorted(np.unique(y), y)
    parts = [(name, fitted(model, rows, numbers)) for name, model in trees(1)]
    source = ensemble.StackingClassifier(parts, tree.DecisionTreeClassifier(), cv="prefit")
    assert_classifies(source.fit(rows, y), rows, exact=True)


SCALERS = [StandardScaler(), MinMaxScaler((-1, 2)), MaxAbsScaler()]


@pytest.mark.shows("scikit-learn", "made of models", "scalers before trees and votes", "link")
@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("name", ["forest", "hist", "votes", "lightgbm"])
def test_scalers_before_trees_are_scikit_learns_to_the_bit(scaler: Any, name: str) -> None:
    rows, _, y = training_data(7, "three")
    models = {
        "forest": trees(1)[1][1],
        "hist": ensemble.HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5),
        "votes": ensemble.VotingClassifier(trees(2), voting="soft"),
        "lightgbm": lightgbm.LGBMClassifier(n_estimators=3, min_child_samples=5, verbose=-1),
    }
    model = fitted(make_pipeline(scaler, models[name]), rows, y)
    hard = hard_rows(rows, 7)
    predictor = ms.Predictor(model)
    np.testing.assert_array_equal(predictor.predict(hard), model.predict(hard))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own = model.predict_proba(hard)
    if name in ("forest", "votes"):
        np.testing.assert_array_equal(predictor.predict_proba(hard), own)
    else:
        np.testing.assert_allclose(predictor.predict_proba(hard), own, rtol=1e-14)


@pytest.mark.shows("scikit-learn", "made of models", "missing values behind a scaler", "bits")
def test_missing_values_reach_the_trees_behind_a_scaler() -> None:
    rows, score, _ = training_data(9)
    rows[np.random.default_rng(9).random(rows.shape) < 0.2] = np.nan
    parts = [("a", ensemble.HistGradientBoostingRegressor(max_iter=4, min_samples_leaf=5))]
    parts.append(("b", tree.DecisionTreeRegressor(max_depth=4)))
    model = fitted(make_pipeline(StandardScaler(), ensemble.VotingRegressor(parts)), rows, score)
    np.testing.assert_array_equal(ms.Predictor(model).predict(rows), model.predict(rows))


def test_a_model_made_of_models_says_what_it_is() -> None:
    rows, _, y = training_data(2)
    model = fitted(ensemble.VotingClassifier(trees(1), voting="soft"), rows, y)
    image = read_model(model)
    bundle = _engine.Bundle.open(ms.Predictor(model).to_bytes(), "bundle")
    assert image.kind == "composite"
    assert image.description == "scikit-learn VotingClassifier of 3 models"
    assert image.num_trees == 10
    assert bundle.model_kind == "composite"
    assert bundle.kernel_name(1) == "one part after the other"
    with pytest.raises(ms.UnsupportedError, match="forest"):
        ms.Predictor(model).leaf_index(rows)
