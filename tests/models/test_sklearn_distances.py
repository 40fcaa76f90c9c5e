"""GaussianNB and KMeans against scikit-learn itself."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mainspring as ms
from tests.models.test_sklearn_composite import LABELS, fitted, hard_rows, training_data


@pytest.mark.shows("scikit-learn", "linear models", "GaussianNB", "rounding")
@settings(max_examples=25)
@given(labels=st.sampled_from(sorted(LABELS)), seed=st.integers(0, 2**20))
def test_naive_bayes_is_scikit_learns(labels: str, seed: int) -> None:
    rows, _, y = training_data(seed, labels)
    model = fitted(GaussianNB(), rows, y)
    predictor = ms.Predictor(model)
    hard = hard_rows(rows, seed)
    own = model.predict_joint_log_proba(hard)
    # A sum of four terms and two constants: each rounding is 2^-53 of what is added.
    np.testing.assert_allclose(predictor.predict_raw(hard), own, rtol=1e-14, atol=1e-12)
    np.testing.assert_allclose(
        predictor.predict_proba(hard), model.predict_proba(hard), rtol=1e-8, atol=1e-300
    )
    np.testing.assert_array_equal(predictor.predict(hard), model.predict(hard))


@pytest.mark.shows(
    "scikit-learn",
    "clusters",
    "KMeans, MiniBatchKMeans, unless two centers are as near",
    "labels",
)
@settings(max_examples=20)
@given(
    kind=st.sampled_from([KMeans, MiniBatchKMeans]),
    count=st.integers(2, 20),
    seed=st.integers(0, 2**20),
)
def test_nearest_centers_are_scikit_learns(kind: Any, count: int, seed: int) -> None:
    rows, _, _ = training_data(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = kind(count, n_init=1, random_state=seed, max_iter=5).fit(rows)
    predictor = ms.Predictor(model)
    hard = hard_rows(rows, seed)
    distances = model.transform(hard)
    raw = predictor.predict_raw(hard)
    exact = ((hard[:, None, :] - model.cluster_centers_) ** 2).sum(axis=2)
    np.testing.assert_allclose(-raw, exact, rtol=1e-14)
    ordered = np.sort(distances, axis=1)
    clear = ordered[:, 1] - ordered[:, 0] > 1e-9 * (1 + ordered[:, 1])
    assert clear.sum() > 100
    np.testing.assert_array_equal(predictor.predict(hard)[clear], model.predict(hard)[clear])
    assert predictor.classes_.tolist() == list(range(count))
    with pytest.raises(ms.UnsupportedError, match="without class probabilities"):
        predictor.predict_proba(hard)


@pytest.mark.shows("scikit-learn", "clusters", "KMeans behind a scaler", "labels")
def test_clusters_of_scaled_rows_are_scikit_learns() -> None:
    rows, _, _ = training_data(2)
    model = make_pipeline(StandardScaler(), KMeans(4, n_init=2, random_state=0)).fit(rows)
    np.testing.assert_array_equal(ms.Predictor(model).predict(rows), model.predict(rows))
