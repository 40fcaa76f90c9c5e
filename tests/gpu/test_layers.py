"""Linear models, chains of layers and networks: the GPU's kernels have the bits of the CPU."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import mainspring as ms
from mainspring import col, gpu

NUM_ROWS, WIDTH = 300, 21


def rows(seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=(NUM_ROWS, WIDTH))


def model(name: str) -> Any:
    x = rows()
    y, classes = x[:, 0] * 2 + x[:, 1], (x[:, 0] > 0).astype(int) + (x[:, 2] > 1)
    few = {"max_iter": 3, "random_state": 0}
    made: dict[str, Callable[[], Any]] = {
        "linear": lambda: LinearRegression().fit(x, y),
        "poisson": lambda: PoissonRegressor().fit(x, np.abs(y)),
        "logistic": lambda: LogisticRegression().fit(x, classes > 0),
        "softmax": lambda: make_pipeline(StandardScaler(), LogisticRegression()).fit(x, classes),
        "wide": lambda: MLPRegressor(hidden_layer_sizes=(70, 9), **few).fit(x, y),
        "tanh": lambda: MLPClassifier((40, 33), activation="tanh", **few).fit(x, classes),
        "sigmoid": lambda: MLPClassifier((12,), activation="logistic", **few).fit(x, classes),
        "distances": lambda: GaussianNB().fit(x, classes),
    }
    return made[name]()


NAMES = ["linear", "poisson", "logistic", "softmax", "wide", "tanh", "sigmoid", "distances"]


@pytest.fixture(scope="module")
def predictors() -> Callable[[str], ms.Predictor]:
    return functools.cache(lambda name: ms.Predictor(model(name)))


def same_bits(got: gpu.DeviceArray, expected: np.ndarray[Any, Any]) -> None:
    np.testing.assert_array_equal(got.to_host().view(np.uint64), expected.view(np.uint64))


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_predict_of_a_device_matrix_has_the_bits_of_the_cpu(
    device: object, predictors: Callable[[str], ms.Predictor], name: str, dtype: str
) -> None:
    predictor = predictors(name)
    x = rows(1).astype(dtype)
    x[3, 2], x[4, 0], x[5, 1] = np.nan, np.inf, -np.inf
    for matrix in (x, x[:1], x[:33], x[:0]):
        same_bits(predictor.predict_raw(gpu.to_device(matrix)), predictor.predict_raw(matrix))
    if predictor.num_classes:
        same_bits(predictor.predict_proba(gpu.to_device(x)), predictor.predict_proba(x))


def torch_layers(*layers: Any) -> ms.Predictor:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    return ms.Predictor(torch.nn.Sequential(*(make(torch.nn) for make in layers)).eval())


@pytest.mark.parametrize(
    "activation", ["ReLU", "LeakyReLU", "Sigmoid", "Tanh", "SiLU", "ELU", "GELU"]
)
def test_layers_of_torch_have_the_bits_of_the_cpu(device: object, activation: str) -> None:
    predictor = torch_layers(
        lambda nn: nn.Linear(WIDTH, 40),
        lambda nn: getattr(nn, activation)(),
        lambda nn: nn.LayerNorm(40),
        lambda nn: nn.Linear(40, 3),
    )
    x = rows(2).astype(np.float32) * 3
    x[0] = np.nan
    same_bits(predictor.predict_raw(gpu.to_device(x)), predictor.predict_raw(x))


@pytest.mark.parametrize("weights", ["bfloat16", "int8"])
def test_short_weights_have_the_bits_of_the_cpu(device: object, weights: str) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    nn = torch.nn
    network = nn.Sequential(nn.Linear(WIDTH, 50), nn.ReLU(), nn.Linear(50, 2)).eval()
    predictor = ms.Predictor(network, weights=weights)
    x = rows(3).astype(np.float32)
    same_bits(predictor.predict_raw(gpu.to_device(x)), predictor.predict_raw(x))


def table() -> pa.Table:
    rng = np.random.default_rng(5)
    return pa.table(
        {
            "a": [f"a{i}" for i in rng.integers(0, 12, NUM_ROWS)],
            "x": pa.array(rng.normal(size=NUM_ROWS), mask=rng.random(NUM_ROWS) < 0.1),
            "b": rng.integers(0, 12, NUM_ROWS),
            "c": rng.lognormal(size=NUM_ROWS),
        }
    )


NETWORKS: dict[str, dict[str, Any]] = {
    "MLP": {"hidden": (24, 12), "width": 5},
    "ResNet": {"size": 20, "inner": 30, "width": 4},
    "WideAndDeep": {"hidden": (16,), "width": 4},
    "FM": {"width": 6},
    "FwFM": {"width": 6},
    "DeepFM": {"hidden": (16, 8), "width": 6},
    "DCNv2": {"hidden": (16,), "width": 4, "num_crosses": 3},
    "DLRM": {"bottom": (12,), "top": (16,), "width": 8},
}


@pytest.mark.parametrize("name", list(NETWORKS))
def test_networks_over_features_have_the_bits_of_the_cpu(device: object, name: str) -> None:
    torch = pytest.importorskip("torch")
    from mainspring import train

    prep = ms.Preprocessor(
        col("a").ordinal(),
        col("x").impute("median").standardize(),
        col("b").hash(buckets=32),
        col("c").log1p().standardize(),
    ).fit(table())
    torch.manual_seed(3)
    network = getattr(train, name).from_features(prep, **NETWORKS[name]).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    predictor = ms.Predictor(network, prep)
    expected = predictor.predict_proba(table())
    same_bits(predictor.predict_proba(gpu.DeviceTable(table())), expected)
