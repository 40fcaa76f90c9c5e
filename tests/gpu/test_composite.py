"""Models made of others on a GPU have the bits of the CPU: parts, and what is made of them."""

from __future__ import annotations

import functools
import gc
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn import ensemble, linear_model, tree
from sklearn.calibration import CalibratedClassifierCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import mainspring as ms
from mainspring import _engine, col, errors, gpu
from tests.bundle.sample_models import sample_composite_model
from tests.generic.test_models import FIXED, predictor_and_rows
from tests.gpu.emulation import Emulation
from tests.models.test_sklearn_composite import (
    fitted,
    hard_rows,
    smooth,
    training_data,
    tree_regressors,
    trees,
)

SEED = 3


def small_tree() -> Any:
    return tree.DecisionTreeRegressor(max_depth=3, random_state=0)


def classifiers(labels: str) -> dict[str, Any]:
    """Of two and of five classes."""
    forest = ensemble.RandomForestClassifier(5, max_depth=4, random_state=0)
    linear = linear_model.LogisticRegression(max_iter=300)
    stacked = ensemble.StackingClassifier(smooth(SEED)[:3], linear, cv=2, passthrough=True)
    made = {
        "soft votes": ensemble.VotingClassifier(
            [*trees(SEED), *smooth(SEED)], voting="soft", weights=[1, 2, 0.5, 1, 3, 0.25, 1]
        ),
        "hard votes": ensemble.VotingClassifier(trees(SEED), voting="hard", weights=[1, 2, 0.5]),
        "stack": stacked,
        "stack of votes": ensemble.StackingClassifier(
            [("votes", ensemble.VotingClassifier(trees(SEED), voting="soft")), *trees(SEED)],
            forest,
            cv=2,
        ),
        "sigmoid": CalibratedClassifierCV(GaussianNB(), method="sigmoid", cv=2),
        "isotonic": CalibratedClassifierCV(forest, method="isotonic", cv=2),
        "scaled": make_pipeline(
            MinMaxScaler(), ensemble.VotingClassifier(trees(SEED), voting="soft")
        ),
    }
    return {f"{name}, {labels}": model for name, model in made.items()}


CLASSIFIERS = {**classifiers("int"), **classifiers("five")}
REGRESSORS = {
    "votes of numbers": ensemble.VotingRegressor(tree_regressors(SEED), weights=[1, 2, 3, 0.5]),
    "median": ensemble.AdaBoostRegressor(small_tree(), n_estimators=9, random_state=0),
    "median of linear models": ensemble.AdaBoostRegressor(
        linear_model.LinearRegression(), n_estimators=5, random_state=0
    ),
    "stack of numbers": ensemble.StackingRegressor(
        [("linear", linear_model.Ridge()), *tree_regressors(SEED)], cv=2
    ),
}
OUTLIERS = ensemble.IsolationForest(n_estimators=20, random_state=0)


@functools.cache
def predictor_of(name: str) -> ms.Predictor:
    labels = "five" if name.endswith("five") else "int"
    rows, numbers, classes = training_data(SEED, labels)
    model = {**CLASSIFIERS, **REGRESSORS, "outliers": OUTLIERS}[name]
    return ms.Predictor(fitted(model, rows, classes if name in CLASSIFIERS else numbers))


def same_bits(got: gpu.DeviceArray, expected: np.ndarray[Any, Any]) -> None:
    values = got.to_host()
    assert values.shape == expected.shape
    np.testing.assert_array_equal(values.view(np.uint64), expected.view(np.uint64))


def some_rows() -> np.ndarray[Any, Any]:
    return hard_rows(training_data(SEED)[0], 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [*CLASSIFIERS, *REGRESSORS, "outliers"])
def test_models_made_of_others_have_the_bits_of_the_cpu(
    device: object, name: str, dtype: str
) -> None:
    predictor, rows = predictor_of(name), some_rows().astype(dtype)
    assert len(np.unique(predictor.predict_raw(rows), axis=0)) > 3
    same_bits(predictor.predict_raw(gpu.to_device(rows)), predictor.predict_raw(rows))
    if name in CLASSIFIERS and not name.startswith("hard"):
        got = predictor.predict_proba(gpu.to_device(rows))
        same_bits(got, predictor.predict_proba(rows))
    elif name in REGRESSORS:
        same_bits(predictor.predict(gpu.to_device(rows)), predictor.predict(rows))


def test_temperatures_have_the_bits_of_the_cpu(device: object) -> None:
    pytest.importorskip("sklearn", minversion="1.8")
    for labels in ("int", "five"):
        rows, _, classes = training_data(SEED, labels)
        source = CalibratedClassifierCV(trees(SEED)[1][1], method="temperature", cv=2)
        predictor, hard = ms.Predictor(fitted(source, rows, classes)), some_rows()
        same_bits(predictor.predict_proba(gpu.to_device(hard)), predictor.predict_proba(hard))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_node_of_every_kind_has_the_bits_of_the_cpu(device: object, dtype: str) -> None:
    data = sample_composite_model()
    names = [f"x{i}" for i in range(9)]
    bundle = _engine.write_bundle(b'{"name":"nodes","preprocessor":null}', None, names, data, b"")
    predictor, rng = ms.Predictor.from_bytes(bundle), np.random.default_rng(7)
    rows = np.round(rng.normal(size=(300, 9)) * 2, 1)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    rows[7], rows[8], rows[9:11] = np.inf, -np.inf, 1e30
    rows = rows.astype(dtype)
    same_bits(predictor.predict_raw(gpu.to_device(rows)), predictor.predict_raw(rows))


@pytest.mark.parametrize(("kind", "number"), FIXED)
def test_models_drawn_at_random_have_the_bits_of_the_cpu(
    device: object, kind: str, number: int
) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    same_bits(predictor.predict_raw(gpu.to_device(rows)), predictor.predict_raw(rows))


def test_models_made_of_others_take_columns_behind_transforms(device: object) -> None:
    rows, numbers, _ = training_data(SEED)
    table = pa.record_batch({name: rows[:, i] for i, name in enumerate("abcd")})
    prep = ms.Preprocessor(col("a").standardize(), col("b").clip(-9, 9), col("c"), col("d"))
    matrix = prep.fit(table).transform(table)
    model = fitted(REGRESSORS["votes of numbers"], matrix, numbers)
    predictor = ms.Predictor(model, prep)
    same_bits(predictor.predict(gpu.DeviceTable(table)), predictor.predict(table))


@pytest.mark.parametrize("count", [0, 1, 127, 129])
def test_any_number_of_rows_has_the_bits_of_the_cpu(device: object, count: int) -> None:
    predictor, rows = predictor_of("median"), some_rows()[:count]
    same_bits(predictor.predict(gpu.to_device(rows)), predictor.predict(rows))


def test_when_the_device_fails_all_memory_comes_back(emulation: Emulation) -> None:
    predictor, rows = predictor_of("stack of numbers"), gpu.to_device(some_rows())
    predictor.predict(rows)
    gc.collect()
    before = emulation.used_bytes
    with (
        emulation.failing_launch(sticky=False),
        pytest.raises(errors.DeviceError, match="illegal memory access"),
    ):
        predictor.predict(rows)
    with emulation.room(1024), pytest.raises(errors.DeviceError, match="The device has no "):
        predictor.predict(rows)
    assert emulation.used_bytes == before
    copies = emulation.copies_out
    predictor.predict(rows)
    assert emulation.copies_out == copies
