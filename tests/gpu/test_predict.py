"""Forests walked by the GPU's kernels have the bits of the CPU's, and of the source library."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestClassifier

import mainspring as ms
from mainspring import col, errors, gpu
from tests.gpu.emulation import Emulation

NUM_ROWS = 700


def features(seed: int = 0) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(NUM_ROWS, 6))
    x[rng.random(x.shape) < 0.05] = np.nan
    x[rng.random(x.shape) < 0.05] = 0.0
    x[:, 5] = rng.integers(0, 40, NUM_ROWS)
    x[::50, 5] = -1
    x[:, 4] = np.round(x[:, 4])
    x[3, :5] = np.inf
    return x


def boosted(objective: str, target: np.ndarray[Any, Any], **parameters: Any) -> Any:
    lightgbm = pytest.importorskip("lightgbm")
    x = features()
    settings = {"objective": objective, "num_leaves": 15, "verbose": -1, "min_data_in_leaf": 5}
    data = lightgbm.Dataset(x, target, categorical_feature=[5])
    return lightgbm.train({**settings, **parameters}, data, num_boost_round=12)


def float_sums(x: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> Any:
    xgboost = pytest.importorskip("xgboost")
    data = xgboost.DMatrix(np.where(np.isinf(x), np.nan, x), target)
    settings = {"max_depth": 4, "objective": "binary:logistic"}
    return xgboost.train(settings, data, num_boost_round=15)


def model(name: str) -> Any:
    x = features()
    clean = np.nan_to_num(x, nan=0.5, posinf=9.0)
    y = np.nan_to_num(x[:, 0], posinf=1.0) + (x[:, 5] % 3)
    classes = (x[:, 5] % 4).astype(int) % 3
    rng = {"random_state": 0}
    made: dict[str, Callable[[], Any]] = {
        "regression": lambda: boosted("regression", y),
        "binary": lambda: boosted("binary", y > 1),
        "multiclass": lambda: boosted("multiclass", classes, num_class=3),
        "one against all": lambda: boosted("multiclassova", classes, num_class=3),
        "poisson": lambda: boosted("poisson", np.abs(y)),
        "square root": lambda: boosted("regression", np.abs(y), reg_sqrt=True),
        "entropy": lambda: boosted("cross_entropy_lambda", (y > 1).astype(float)),
        "zero is missing": lambda: boosted("regression", y, zero_as_missing=True),
        "float sums": lambda: float_sums(x, y > 1),
        "scikit-learn": lambda: GradientBoostingRegressor(n_estimators=9, **rng).fit(clean, y),
        "vectors": lambda: RandomForestClassifier(9, max_depth=5, **rng).fit(clean, classes),
        "several outputs": lambda: ExtraTreesRegressor(5, max_depth=4, **rng).fit(
            clean, np.stack([y, -y], axis=1)
        ),
    }
    return made[name]()


@pytest.fixture(scope="module")
def predictors() -> Callable[[str], ms.Predictor]:
    return functools.cache(lambda name: ms.Predictor(model(name)))


def same_bits(got: gpu.DeviceArray, expected: np.ndarray[Any, Any]) -> None:
    values = got.to_host()
    assert values.shape == expected.shape
    assert values.dtype == expected.dtype == np.float64
    np.testing.assert_array_equal(values.view(np.uint64), expected.view(np.uint64))


NAMES = [
    "regression", "binary", "multiclass", "one against all", "poisson", "square root", "entropy",
    "zero is missing", "float sums", "scikit-learn", "vectors", "several outputs",
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_predict_of_a_device_matrix_has_the_bits_of_the_cpu(
    device: object, predictors: Callable[[str], ms.Predictor], name: str, dtype: str
) -> None:
    predictor = predictors(name)
    x = features(1)
    x[::2] = features()[::2]  # where the thresholds were found: on them
    x = x.astype(dtype)
    same_bits(predictor.predict_raw(gpu.to_device(x)), predictor.predict_raw(x))
    if predictor.num_classes:
        same_bits(predictor.predict_proba(gpu.to_device(x)), predictor.predict_proba(x))
    if name == "vectors":
        with pytest.raises(errors.UnsupportedError, match="predicts labels"):
            predictor.predict(gpu.to_device(x))
    else:
        same_bits(predictor.predict(gpu.to_device(x)), predictor.predict(x))


@pytest.mark.parametrize("count", [0, 1, 127, 129])
def test_predict_of_any_number_of_rows_has_the_bits_of_the_cpu(
    device: object, predictors: Callable[[str], ms.Predictor], count: int
) -> None:
    x = features()[:count]
    same_bits(
        predictors("several outputs").predict(gpu.to_device(x)),
        predictors("several outputs").predict(x),
    )


class Transposed:
    """A device matrix whose columns lie one behind the other."""

    def __init__(self, array: gpu.DeviceArray) -> None:
        self.array = array

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        rows, columns = self.array.shape
        size = self.array.dtype.itemsize
        changes = {"shape": (columns, rows), "strides": (size, columns * size)}
        return {**self.array.__cuda_array_interface__, **changes}


def test_predict_of_a_transposed_matrix_reads_it_in_place(
    device: object, predictors: Callable[[str], ms.Predictor]
) -> None:
    x = features()
    got = predictors("scikit-learn").predict(Transposed(gpu.to_device(np.ascontiguousarray(x.T))))
    same_bits(got, predictors("scikit-learn").predict(x))


def test_predict_with_a_preprocessor_has_the_bits_of_the_cpu(device: object) -> None:
    x = features()
    words = [None if i % 7 == 0 else f"word {i % 23}" for i in range(NUM_ROWS)]
    table = pa.record_batch({"a": x[:, 0], "b": x[:, 1], "word": words})
    prep = ms.Preprocessor(
        col("a").clip(-9, 9).impute("mean").standardize(), col("b"), col("word").ordinal()
    )
    target = np.nan_to_num(x[:, 2], posinf=1.0)
    matrix = np.nan_to_num(prep.fit(table).transform(table), posinf=9.0)
    predictor = ms.Predictor(GradientBoostingRegressor(n_estimators=20).fit(matrix, target), prep)
    expected = predictor.predict(table)
    same_bits(predictor.predict(gpu.DeviceTable(table)), expected)
    out = gpu.DeviceArray((NUM_ROWS,), "float64")
    assert predictor.predict(gpu.DeviceTable(table), out) is out
    same_bits(out, expected)


def test_predict_refuses_what_does_not_fit_by_name(
    emulation: Emulation, predictors: Callable[[str], ms.Predictor]
) -> None:
    predictor = predictors("scikit-learn")
    x = features()
    with pytest.raises(errors.SchemaError, match="has 5 columns, expected 6"):
        predictor.predict(gpu.to_device(x[:, :5]))
    with pytest.raises(errors.SchemaError, match="type <i4"):
        predictor.predict(gpu.to_device(x[:, :6].astype(np.float32).view(np.int32)))
    with pytest.raises(errors.ParameterError, match="out has shape"):
        predictor.predict(gpu.to_device(x), gpu.DeviceArray((3,), "float64"))
    with pytest.raises(errors.ParameterError, match="out lies in host memory"):
        predictor.predict(gpu.to_device(x), np.zeros(NUM_ROWS))
    with pytest.raises(errors.UnsupportedError, match="model without transforms, got columns"):
        predictor.predict({name: gpu.to_device(x[:, 0]) for name in predictor.feature_names})


def test_predict_names_the_kernel_that_failed_and_gives_memory_back(
    emulation: Emulation, predictors: Callable[[str], ms.Predictor]
) -> None:
    x = gpu.to_device(features())
    predictors("scikit-learn").predict(x)
    gc.collect()
    before = emulation.used_bytes
    with (
        emulation.failing_launch(sticky=False),
        pytest.raises(errors.DeviceError, match="illegal memory access"),
    ):
        predictors("scikit-learn").predict(x)
    assert emulation.used_bytes == before
    copies = emulation.copies_out
    predictors("scikit-learn").predict(x)
    assert emulation.copies_out == copies
