"""Calibrated classifiers of scikit-learn against scikit-learn itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from sklearn import ensemble, linear_model
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import GaussianNB

import mainspring as ms
from tests.models.test_sklearn_composite import (
    LABELS,
    assert_classifies,
    fitted,
    hard_rows,
    training_data,
    trees,
)


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "CalibratedClassifierCV, sigmoid and isotonic",
    "calibration",
)
@settings(max_examples=20)
@given(
    labels=st.sampled_from(sorted(LABELS)),
    method=st.sampled_from(["isotonic", "sigmoid"]),
    together=st.booleans(),
    part=st.integers(0, 3),
    seed=st.integers(0, 2**20),
)
def test_calibrated_classifiers_are_scikit_learns(
    labels: str, method: str, together: bool, part: int, seed: int
) -> None:
    rows, _, y = training_data(seed, labels)
    parts: list[BaseEstimator] = [
        trees(seed % 99)[1][1],
        linear_model.LogisticRegression(max_iter=300),
        ensemble.AdaBoostClassifier(n_estimators=4, random_state=0),
        GaussianNB(),
    ]
    source = CalibratedClassifierCV(parts[part], method=method, cv=2, ensemble=together)
    model = fitted(source, rows, y)
    exact = method == "isotonic" and part == 0 and len(LABELS[labels]) == 2
    hard = hard_rows(rows, seed)
    if method == "isotonic" and not exact:
        # Steep steps of the calibration make much of the last bits of a score.
        np.testing.assert_allclose(
            ms.Predictor(model).predict_proba(hard), model.predict_proba(hard), atol=1e-6
        )
        return
    assert_classifies(model, hard, exact=exact)


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "CalibratedClassifierCV, temperature",
    "rounding",
)
@settings(max_examples=20)
@given(
    labels=st.sampled_from(sorted(LABELS)),
    together=st.booleans(),
    part=st.integers(0, 4),
    seed=st.integers(0, 2**20),
)
def test_temperatures_of_classifiers_are_scikit_learns(
    labels: str, together: bool, part: int, seed: int
) -> None:
    # scikit-learn has it from version 1.8 on.
    pytest.importorskip("sklearn", minversion="1.8")
    rows, _, y = training_data(seed, labels)
    parts: list[BaseEstimator] = [
        trees(seed % 99)[1][1],
        linear_model.LogisticRegression(max_iter=300),
        ensemble.AdaBoostClassifier(n_estimators=4, random_state=0),
        ensemble.RandomForestClassifier(7, max_depth=3, random_state=0),
        GaussianNB(),
    ]
    source = CalibratedClassifierCV(parts[part], method="temperature", cv=2, ensemble=together)
    try:
        model = fitted(source, rows, y)
    except RuntimeError:  # of scikit-learn's, whose search for the temperature met a NaN
        reject()
    hard = hard_rows(rows, seed)
    clear = np.full(len(hard), True)
    for pair in model.calibrated_classifiers_:
        if not hasattr(pair.estimator, "decision_function"):
            # log(p + 1e-12) makes whole digits of the last bits of a p that is nearly 0 or 1.
            shares = pair.estimator.predict_proba(hard)
            clear &= ((shares == 0) | (shares > 1e-5)).all(axis=1)
    if clear.sum() < 100:
        reject()
    assert_classifies(model, hard[clear], exact=False)
    np.testing.assert_allclose(
        ms.Predictor(model).predict_proba(hard), model.predict_proba(hard), atol=0.01
    )


@pytest.mark.shows(
    "scikit-learn",
    "made of models",
    "CalibratedClassifierCV over a FrozenEstimator",
    "bits",
)
def test_frozen_classifiers_are_calibrated() -> None:
    rows, _, y = training_data(6, "text")
    frozen = FrozenEstimator(fitted(trees(1)[1][1], rows, y))
    model = fitted(CalibratedClassifierCV(frozen, method="isotonic"), rows, y)
    assert_classifies(model, rows, exact=True)
