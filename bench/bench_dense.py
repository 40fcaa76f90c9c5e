"""Claim: linear models and small networks predict faster here than in scikit-learn and NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor

import mainspring as ms
from bench.peers import engine_of
from mainspring.models.layers import LayerChain, default_names

BATCHES = tuple(pytest.param(n, marks=pytest.mark.one_thread) for n in (1, 16, 256, 4_096))
SIZES = (64, 256, 128, 1)
FEATURES = 1_000


def name_of(rows: int) -> str:
    return f"{rows:,} row{'s' if rows > 1 else ''}"


@pytest.fixture(scope="module")
def network() -> MLPRegressor:
    random = np.random.default_rng(1)
    train = random.normal(size=(2_000, SIZES[0])).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPRegressor(hidden_layer_sizes=SIZES[1:-1], max_iter=2, random_state=1)
        return model.fit(train, train[:, 0].astype(np.float32))


@pytest.fixture(scope="module")
def logistic() -> LogisticRegression:
    random = np.random.default_rng(2)
    train = random.normal(size=(3_000, FEATURES))
    return LogisticRegression(max_iter=20, C=0.01).fit(train, train[:, :9].sum(axis=1) > 0)


def float32_network(model: MLPRegressor, held_in: str = "library") -> ms.Predictor:
    """Hold the same weights in float32, as torch would, or in a shorter type."""
    chain = LayerChain("float32")
    for weights, bias in zip(model.coefs_, model.intercepts_, strict=True):
        if chain.layers:
            chain.activate("relu")
        chain.add("dense", weights.T, bias)
    return ms.Predictor(chain.image(default_names(SIZES[0]), "network"), weights=held_in)


def network_by_numpy(model: MLPRegressor) -> Callable[[Any], Any]:
    """Return what a user of NumPy writes, given the weights in float32."""
    weights = [w.astype(np.float32) for w in model.coefs_]
    biases = [b.astype(np.float32) for b in model.intercepts_]

    def predict(x: Any) -> Any:
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            x = np.maximum(x @ w + b, 0)
        return (x @ weights[-1] + biases[-1])[:, 0]

    return predict


def logistic_by_numpy(model: LogisticRegression) -> Callable[[Any], Any]:
    """Return what a user of NumPy writes, given the weights."""
    weights, bias = model.coef_[0], model.intercept_[0]

    def predict(x: Any) -> Any:
        second = 1 / (1 + np.exp(-(x @ weights + bias)))
        return np.stack([1 - second, second], axis=1)

    return predict


@pytest.mark.parametrize("peer", ["scikit-learn", "numpy"])
@pytest.mark.parametrize("rows", BATCHES)
def test_network(rows: int, peer: str, network: MLPRegressor, compare: Any) -> None:
    batch = np.random.default_rng(3).normal(size=(rows, SIZES[0])).astype(np.float32)
    predictor = float32_network(network)
    is_numpy = peer == "numpy"
    predict = network_by_numpy(network) if is_numpy else network.predict
    compare(
        f"network {'-'.join(map(str, SIZES))}, {name_of(rows)}",
        lambda: predictor.predict(batch),
        lambda: predict(batch),
        peer=peer,
        api="products of float32 matrices" if is_numpy else "MLPRegressor.predict on float32",
        check=lambda ours, other: np.testing.assert_allclose(ours, other, rtol=1e-4, atol=1e-5),
        rows=rows,
    )


@pytest.mark.parametrize("weights", ["bfloat16", "int8"])
@pytest.mark.parametrize("rows", BATCHES)
def test_shorter_weights(rows: int, weights: str, network: MLPRegressor, compare: Any) -> None:
    """Other scores than the peer's, a little: off unless asked for."""
    batch = np.random.default_rng(3).normal(size=(rows, SIZES[0])).astype(np.float32)
    predictor, predict = float32_network(network, weights), network_by_numpy(network)
    compare(
        f"network {'-'.join(map(str, SIZES))}, weights in {weights}, {name_of(rows)}",
        lambda: predictor.predict(batch),
        lambda: predict(batch),
        peer="numpy",
        api="products of float32 matrices",
        check=lambda ours, other: np.testing.assert_allclose(ours, other, atol=0.05),
        rows=rows,
    )


@pytest.mark.parametrize("rows", BATCHES)
def test_network_in_onnxruntime(
    rows: int, network: MLPRegressor, threads: int, compare: Any
) -> None:
    batch = np.random.default_rng(3).normal(size=(rows, SIZES[0])).astype(np.float32)
    predictor = float32_network(network)
    other = engine_of("onnxruntime", network, "sklearn", SIZES[0], threads)
    compare(
        f"network {'-'.join(map(str, SIZES))}, {name_of(rows)}",
        lambda: predictor.predict(batch),
        lambda: other.predict(batch).ravel(),
        peer=other.peer,
        api=other.api,
        check=lambda ours, theirs: np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5),
        rows=rows,
    )


@pytest.mark.parametrize("peer", ["scikit-learn", "numpy"])
@pytest.mark.parametrize("rows", BATCHES)
def test_logistic(rows: int, peer: str, logistic: LogisticRegression, compare: Any) -> None:
    batch = np.random.default_rng(4).normal(size=(rows, FEATURES))
    predictor = ms.Predictor(logistic)
    is_numpy = peer == "numpy"
    predict = logistic_by_numpy(logistic) if is_numpy else logistic.predict_proba
    compare(
        f"logistic regression of {FEATURES:,} features, {name_of(rows)}",
        lambda: predictor.predict_proba(batch),
        lambda: predict(batch),
        peer=peer,
        api="a product and an expression" if is_numpy else "predict_proba on float64",
        check=lambda ours, other: np.testing.assert_allclose(ours, other, rtol=1e-9),
        rows=rows,
        num_bytes=batch.nbytes,
    )
