"""Forests sliced by ballots have the bits of walked ones, and a table says which is chosen."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import mainspring as ms
from bench.gpu.forest_text import forest_text
from mainspring import errors, gpu
from mainspring.gpu.program import forest_way
from tests.gpu.test_predict import boosted, features, model

DEPTH = {"max_depth": 4}


def small_model(name: str) -> Any:
    x = features()
    y = np.nan_to_num(x[:, 0], posinf=1.0) + (x[:, 5] % 3)
    classes = (x[:, 5] % 4).astype(int) % 3
    made: dict[str, Callable[[], Any]] = {
        "categories": lambda: boosted("regression", y, **DEPTH),
        "classes": lambda: boosted("multiclass", classes, num_class=3, **DEPTH),
        "zero is missing": lambda: boosted("regression", y, zero_as_missing=True, **DEPTH),
        "stumps": lambda: boosted("binary", y > 1, max_depth=1, num_leaves=2),
    }
    return made[name]() if name in made else model(name)


NAMES = [
    "categories", "classes", "zero is missing", "stumps", "float sums", "scikit-learn", "vectors",
    "several outputs",
]  # fmt: skip


@functools.cache
def sliced(name: str) -> ms.Predictor:
    return ms.Predictor(small_model(name))


def text_of(
    num_trees: int, depth: int, num_features: int, *, symmetric: bool = False
) -> ms.Predictor:
    return ms.Predictor(
        forest_text(num_trees, 1 << depth, num_features, balanced=True, symmetric=symmetric)
    )


def drawn_rows(num_rows: int, num_features: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(num_rows, num_features))
    x[rng.random(x.shape) < 0.1] = np.nan
    return x


def check_both_ways(predictor: ms.Predictor, x: np.ndarray[Any, Any]) -> None:
    expected = predictor.predict_raw(x)
    for way in ("walk", "slices"):
        assert forest_way(predictor.bundle, way) == way
        got = predictor.predict_raw(gpu.to_device(x)).to_host()
        np.testing.assert_array_equal(got.view(np.uint64), expected.view(np.uint64))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_both_ways_have_the_bits_of_the_cpu(device: object, name: str, dtype: str) -> None:
    x = features(1)
    x[::2] = features()[::2]  # where the thresholds were found: on them
    check_both_ways(sliced(name), x.astype(dtype))


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("depth", range(1, 9))
def test_trees_of_any_depth_have_the_bits_of_the_cpu(
    device: object, depth: int, symmetric: bool
) -> None:
    predictor = text_of(40, depth, 7, symmetric=symmetric)
    if depth > 6 and not symmetric:
        assert forest_way(predictor.bundle) == "walk"
        with pytest.raises(
            errors.UnsupportedError, match="trees are deeper than 6 levels, or 8 of"
        ):
            forest_way(predictor.bundle, "slices")
        assert forest_way(predictor.bundle) == "walk"
        return
    check_both_ways(predictor, drawn_rows(200, 7))


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 129])
def test_any_number_of_rows_has_the_bits_of_the_cpu(device: object, count: int) -> None:
    check_both_ways(sliced("vectors"), features()[:count])
    check_both_ways(sliced("stumps"), features()[:count])


def test_more_conditions_than_a_warp_holds_have_the_bits_of_the_cpu(device: object) -> None:
    check_both_ways(text_of(130, 6, 100), drawn_rows(70, 100))


def test_symmetric_trees_of_catboost_are_sliced(device: object) -> None:
    catboost = pytest.importorskip("catboost")
    x = np.nan_to_num(features(), posinf=9.0)
    settings = {"verbose": False, "allow_writing_files": False, "thread_count": 1}
    source = catboost.CatBoostRegressor(iterations=50, depth=5, **settings).fit(x, x[:, 0])
    predictor = ms.Predictor(source)
    assert forest_way(predictor.bundle) == "slices"
    check_both_ways(predictor, x)


@pytest.mark.parametrize(
    ("way", "size", "symmetric"),
    [
        ("slices", (200, 4, 2), False),  # at most 500 conditions, 80 for 32 trees
        ("walk", (200, 4, 100), False),  # nearly each node another
        ("walk", (20, 4, 2), False),  # too few trees to ask a condition twice
        ("slices", (20, 4, 100), True),
        ("slices", (20, 8, 100), True),
        ("walk", (40, 9, 5), True),
    ],
)
def test_way_follows_from_the_forest(
    device: object, way: str, size: tuple[int, int, int], symmetric: bool
) -> None:
    predictor = text_of(*size, symmetric=symmetric)
    assert forest_way(predictor.bundle) == way
    x = drawn_rows(40, size[2])
    got = predictor.predict_raw(gpu.to_device(x)).to_host()
    np.testing.assert_array_equal(got, predictor.predict_raw(x))


def test_way_of_what_is_no_forest_is_none(device: object) -> None:
    x = np.arange(12.0).reshape(4, 3)
    predictor = ms.Predictor(LinearRegression().fit(x, x[:, 0]))
    assert forest_way(predictor.bundle) == ""
    with pytest.raises(errors.ParameterError, match="has no way 2, expected a forest"):
        forest_way(predictor.bundle, "slices")
