"""Models over hashed features against their definition and their bundles."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import col
from mainspring.train import HashedFactorizationMachine, HashedLogisticRegression
from tests.train.id_oracle import Oracle

MODELS = [HashedLogisticRegression, HashedFactorizationMachine]


def draw(rows: int, seed: int = 0) -> tuple[pa.Table, np.ndarray]:
    """Two categories and two numbers, one of which is sometimes missing."""
    random = np.random.default_rng(seed)
    city = random.integers(0, 30, rows)
    kind = random.integers(0, 5, rows)
    size = random.normal(size=rows)
    paid = random.lognormal(size=rows)
    chance = 1 / (1 + np.exp(-(0.2 * (city % 7) - 0.8 + size + 0.5 * (kind == city % 5))))
    table = pa.table(
        {
            "city": [f"c{number}" for number in city],
            "kind": pa.array(kind, mask=random.random(rows) < 0.1),
            "size": size,
            "paid": pa.array(paid, mask=random.random(rows) < 0.2),
        }
    )
    return table, (random.random(rows) < chance).astype(int)


def preprocessor() -> ms.Preprocessor:
    return ms.Preprocessor(
        col("size").standardize(),
        col("city").hash(buckets=64),
        col("city", "kind").cross(buckets=128),
        col("paid").impute("median").log1p(),
        profile=False,
    )


def features_of(tensors: Any, row: int) -> list[tuple[Any, float]]:
    ids = [((column, int(value)), 1.0) for column, value in enumerate(tensors.ids[row])]
    return ids + [(("number", place), float(x)) for place, x in enumerate(tensors.dense[row])]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"l1": 0.7, "l2": 0.3, "rate": 0.3, "smoothing": 0.5},
        {"optimizer": "adagrad"},
        {"optimizer": "adagrad", "l2": 0.01, "rate": 0.4},
        {"num_factors": 3, "scale": 0.3, "factor_rate": 0.2},
        {"num_factors": 40, "scale": 0.1, "factor_l2": 0.02, "optimizer": "adagrad"},
    ],
    ids=str,
)
def test_weights_follow_the_papers(settings: dict[str, Any]) -> None:
    table, y = draw(400)
    given_weights = np.linspace(0.0, 2.0, 400)
    kind = HashedFactorizationMachine if "num_factors" in settings else HashedLogisticRegression
    prep = preprocessor().fit(table)
    model = kind(prep, **settings)
    tensors = prep.transform(table, output="tensors")
    names = {"optimizer": "rule"}
    oracle = Oracle(**{names.get(k, k): v for k, v in settings.items() if k != "scale"})
    starts = [0, *np.cumsum(tensors.cardinalities)]
    place_of = {("number", p): starts[-1] + p for p in range(2)} | {"bias": starts[-1] + 2}
    if oracle.num_factors:
        # The vectors that it begins with: learnt from one row of weight 0.
        begun = copy.deepcopy(model)
        begun.partial_fit(table.slice(0, 1), y[:1], classes=[0, 1], sample_weight=[0.0])
        drawn = begun._factors[:, 0].astype(float)
        assert 0 < np.abs(drawn).max() <= np.float32(settings["scale"])
        assert abs(drawn.mean()) < settings["scale"] / 5
    for row in range(len(y)):
        for key, _ in features_of(tensors, row):
            place_of.setdefault(key, starts[key[0]] + key[1] if key[0] != "number" else 0)
            if oracle.num_factors:
                oracle.vectors.setdefault(key, drawn[place_of[key]])
    model.fit(table, y, sample_weight=given_weights)
    losses = [
        oracle.step(features_of(tensors, row), y[row], given_weights[row]) for row in range(len(y))
    ]
    found = np.append(model.coef_[0], model.intercept_)
    expected = np.zeros_like(found)
    for key in place_of:
        expected[place_of[key]] = oracle.weight(key)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
    assert np.count_nonzero(expected) > 50
    np.testing.assert_allclose(model.loss_, np.average(losses, weights=given_weights), rtol=1e-5)
    scores = [oracle.score(features_of(tensors, row)) for row in range(len(y))]
    np.testing.assert_allclose(model.decision_function(table), scores, rtol=1e-3, atol=1e-4)


def test_weights_of_rare_values_when_l1_are_zero() -> None:
    table, y = draw(2000)
    dense = HashedLogisticRegression(buckets=256).fit(table, y)
    sparse = HashedLogisticRegression(buckets=256, l1=5.0).fit(table, y)
    assert np.count_nonzero(sparse.coef_) < np.count_nonzero(dense.coef_) / 2


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("own", [False, True], ids=["columns", "preprocessor"])
def test_predictor_gives_the_bits_of_the_model(kind: Any, own: bool) -> None:
    table, y = draw(3000)
    labels = np.array(["no", "yes"])[y]
    model = kind(preprocessor() if own else None, buckets=512, epochs=2).fit(table, labels)
    predictor = ms.Predictor(model)
    other = draw(1000, seed=5)[0]
    assert (predictor.predict_raw(other) == model.decision_function(other)).all()
    assert (predictor.predict_proba(other) == model.predict_proba(other)).all()
    assert (predictor.predict(other) == model.predict(other)).all()
    assert predictor.predict(other).dtype.kind == "U"
    again = ms.Predictor.from_bytes(predictor.to_bytes())
    row = other.slice(3, 1)
    assert again.predict_proba(row)[0, 1] == model.predict_proba(other)[3, 1]
    given = ms.Predictor(model, model.preprocessor_)
    assert (given.predict_raw(other) == predictor.predict_raw(other)).all()


def test_bundle_takes_more_features_than_a_plan_has_inputs() -> None:
    table, y = draw(500)
    model = HashedLogisticRegression(buckets=1 << 20).fit(table, y)
    assert model.coef_.shape[1] > 2 * (1 << 20)
    predictor = ms.Predictor(model)
    assert (predictor.predict_raw(table) == model.decision_function(table)).all()


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("pieces", [1, 7, 40_000])
def test_partial_fit_equals_fit_bit_for_bit(kind: Any, pieces: int) -> None:
    table, y = draw(40_000 if pieces > 1000 else 900)
    whole = kind(buckets=128).fit(table, y)
    parts = kind(buckets=128)
    step = 20_000 if pieces > 1000 else -(-len(y) // pieces)
    for first in range(0, len(y), step):
        end = first + step
        parts.partial_fit(table.slice(first, step), y[first:end], classes=[0, 1])
    assert (parts.coef_ == whole.coef_).all()
    assert parts.intercept_ == whole.intercept_
    assert parts.num_rows_ == whole.num_rows_ == len(y)
    assert parts.loss_ == pytest.approx(whole.loss_, rel=1e-12)


@pytest.mark.parametrize("kind", MODELS)
def test_pickle_goes_on_as_if_nothing_had_happened(kind: Any) -> None:
    table, y = draw(1000)
    straight = kind(buckets=64).fit(table.slice(0, 500), y[:500])
    again = pickle.loads(pickle.dumps(straight))
    for model in (straight, again):
        model.partial_fit(table.slice(500), y[500:])
    assert (straight.coef_ == again.coef_).all()
    assert (straight.decision_function(table) == again.decision_function(table)).all()


def test_any_form_of_the_same_data_gives_the_same_bits(tmp_path: Path) -> None:
    table, y = draw(3000)
    whole = table.append_column("y", pa.array(y))
    expected = HashedLogisticRegression(buckets=64, epochs=2).fit(table, y).coef_
    path = tmp_path / "data.parquet"
    pq.write_table(whole, path, row_group_size=700)
    polars = pytest.importorskip("polars").from_arrow(whole)
    forms: list[Any] = [whole, polars, path, iter(whole.to_batches(max_chunksize=999))]
    for form in forms:
        model = HashedLogisticRegression(buckets=64, epochs=2).fit(form, target="y")
        assert (model.coef_ == expected).all()
    matrix = np.arange(40.0).reshape(20, 2)
    by_name = {"Column_0": matrix[:, 0], "Column_1": matrix[:, 1]}
    labels = [0, 1] * 10
    of_matrix = HashedLogisticRegression().fit(matrix, labels)
    assert (of_matrix.coef_ == HashedLogisticRegression().fit(by_name, labels).coef_).all()


def test_threads_do_not_matter() -> None:
    table, y = draw(30_000)
    found = []
    try:
        for threads in (1, 3):
            ms.set_num_threads(threads)
            found.append(HashedFactorizationMachine(buckets=64).fit(table, y).coef_)
    finally:
        ms.set_num_threads(2)
    assert (found[0] == found[1]).all()


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from(MODELS))
def test_predictor_gives_the_bits_of_any_model(seed: int, rows: int, kind: Any) -> None:
    random = np.random.default_rng(seed)
    table = pa.table(
        {
            "a": random.integers(0, 4, rows),
            "b": random.choice(["x", "y", None], rows).tolist(),
            "c": random.normal(size=rows) * 10.0 ** random.integers(-3, 3),
            "d": random.normal(size=rows),
        }
    )
    y = random.integers(0, 2, rows)
    expressions = [col("a").hash(buckets=8), col("d"), col("b").ordinal(), col("c")]
    prep = ms.Preprocessor(*expressions[: random.integers(1, 5)], profile=False)
    model = kind(prep, rate=10.0 ** random.uniform(-2, 1))
    model.partial_fit(table, y, classes=[0, 1])
    assert (ms.Predictor(model).predict_raw(table) == model.decision_function(table)).all()


def test_flights_and_a_public_data_set_reach_what_others_reach() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    linear = pytest.importorskip("sklearn.linear_model")
    metrics = pytest.importorskip("sklearn.metrics")
    X, y = datasets.load_breast_cancer(return_X_y=True)
    names = [f"x{number}" for number in range(X.shape[1])]
    table = pa.table({name: X[:, number] for number, name in enumerate(names)})
    train, test = table.slice(0, 400), table.slice(400)
    prep = ms.Preprocessor(col(*names).standardize())
    ours = HashedLogisticRegression(prep, epochs=5).fit(train, y[:400])
    scaled = prep.fit_transform(train)
    theirs = linear.SGDClassifier(loss="log_loss", random_state=0).fit(scaled, y[:400])
    own = metrics.roc_auc_score(y[400:], ours.predict_proba(test)[:, 1])
    peer = metrics.roc_auc_score(y[400:], theirs.decision_function(prep.transform(test)))
    assert own > peer - 0.005
    assert own > 0.98


def test_machine_learns_what_no_sum_of_weights_can() -> None:
    random = np.random.default_rng(0)
    a, b = random.integers(0, 6, (2, 6000))
    y = ((a + b) % 2).astype(int)
    table = pa.table({"a": a, "b": b})
    linear = HashedLogisticRegression(buckets=64, epochs=8).fit(table, y)
    machine = HashedFactorizationMachine(buckets=64, epochs=8, scale=0.3, rate=0.3)
    machine.fit(table, y)
    assert linear.score(table, y) < 0.6
    assert machine.score(table, y) > 0.99
