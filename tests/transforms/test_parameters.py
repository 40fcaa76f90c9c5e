"""Wrong parameters are errors where they are written, and say what was expected."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mainspring import ParameterError, Preprocessor, _engine, col
from mainspring.transforms import Clip, Datetime, Expression, Impute, Transform, operator_classes

WRONG: list[tuple[Callable[[], Any], str]] = [
    (lambda: col("x").clip("low"), "'low' of clip must be number, got 'low'"),
    (lambda: col("x").clip(2, 1), "'high' of clip must be a number not below low .2., got 1"),
    (lambda: col("x").clip(math.nan), "'low' of clip must be a number, got nan"),
    (lambda: col("x").clip(True), "'low' of clip must be number, got True"),
    (lambda: col("x").clip(upper=1), "clip.*unexpected keyword argument 'upper'"),
    (lambda: col("x").impute("avg"), "'strategy' of impute must be 'median'.*got 'avg'"),
    (lambda: col("x").impute("constant"), "'fill_value' of impute must be a number or a string"),
    (lambda: col("x").impute("mean", 3), "'fill_value' of impute must be None unless"),
    (lambda: col("x").impute("constant", math.nan), "'fill_value' of impute"),
    (lambda: col("x").impute("constant", [1]), "'fill_value' of impute must be number, string"),
    (lambda: col("x").standardize(with_mean=1), "'with_mean' of standardize must be bool, got 1"),
    (lambda: col("x").min_max(math.nan), "'low' of min_max must be a finite number, got nan"),
    (lambda: col("x").min_max(1), "'high' of min_max must be a finite number above low .1."),
    (lambda: col("x").min_max(0, math.inf), "'high' of min_max must be a finite number above"),
    (lambda: col("x").hash(1), "'buckets' of hash must be an integer from 2 to 16777216, got 1"),
    (lambda: col("x").hash(1 << 25), "'buckets' of hash"),
    (lambda: col("x").bucketize([]), "'edges' of bucketize must be at least one edge"),
    (lambda: col("x").bucketize(), "'edges' of bucketize must be at least one edge"),
    (lambda: col("x").bucketize([1, 1]), "strictly ascending, got .1, 1."),
    (lambda: col("x").bucketize([0, math.inf]), "'edges' of bucketize"),
    (lambda: col("x").bucketize(["a"]), "'edges' of bucketize must be list of numbers"),
    (lambda: col("x").bucketize(3), "'edges' of bucketize must be list of numbers, got 3"),
    (lambda: col("x").bucketize(object()), "'edges' of bucketize must be a number"),
    (lambda: col("x").ordinal(min_count=0), "'min_count' of ordinal must be an integer of 1 or"),
    (lambda: col("x").ordinal(min_count=1.5), "'min_count' of ordinal must be integer, got 1.5"),
    (lambda: col("x").ordinal(max_size=0), "'max_size' of ordinal"),
    (lambda: col("x").ordinal(max_size=1 << 80), "'max_size' of ordinal"),
    (lambda: col("x").target_mean(smoothing=-1), "'smoothing' of target_mean"),
    (lambda: col("x").target_mean(folds=1), "'folds' of target_mean must be an integer from 2"),
    (lambda: col("x").target_mean(seed=-1), "'seed' of target_mean"),
    (lambda: col("x").datetime(), "'parts' of datetime must be one or more"),
    (lambda: col("x").datetime("hours"), r"'parts' of datetime.*got \['hours'\]"),
    (lambda: col("x").datetime("hour", "hour"), "all different"),
    (lambda: col("x").datetime("year", cyclical=True), "come round again"),
    (lambda: col("x", "y").cross(buckets=1), "'buckets' of cross must be an integer from 2"),
    (lambda: col("x", "y").cross(1 << 25), "'buckets' of cross"),
    (lambda: col("x").alias(""), "alias: the name must be a string that is not empty"),
    (lambda: col("x").alias(3), "alias"),
    (lambda: col(), "got nothing"),
    (lambda: col(["a", "b"]), r"Write col\(\*names\) for a list"),
    (lambda: col("a", ""), "column names"),
    (lambda: Preprocessor(), "at least one expression"),
    (lambda: Preprocessor(3), "takes expressions, got int"),
    (lambda: Preprocessor(col("a", "b").log1p().alias("c")), r"alias\('c'\) is for one column"),
    (lambda: _engine.check_operator("clip", {"hight": 1}), "Did you mean 'high'"),
    (lambda: _engine.check_operator("log1p", {"base": 2}), "it has none"),
    (lambda: _engine.check_operator("clipp", {}), "Did you mean 'clip'"),
]


@pytest.mark.parametrize(("make", "message"), WRONG, ids=[message for _, message in WRONG])
def test_expression_when_a_parameter_is_wrong_names_it(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        make()


def test_expression_when_an_operator_is_unknown_proposes_the_nearest() -> None:
    with pytest.raises(AttributeError, match="Did you mean 'standardize'"):
        col("x").standardise()
    with pytest.raises(AttributeError, match=r"There are .*ordinal"):
        col("x").fly()
    assert not hasattr(col("x"), "__array__")


def test_expression_when_longer_leaves_the_shorter_one() -> None:
    short = col("x").clip(0, 1)
    long = short.log1p()
    assert repr(short) == "col('x').clip(low=0, high=1)"
    assert repr(long) == "col('x').clip(low=0, high=1).log1p()"
    assert short == col("x").clip(0, 1)
    assert short != col("x").clip(0, 2)
    assert {short: 1}[col("x").clip(0, 1)] == 1


def test_parameters_when_numpy_comes_in_become_plain() -> None:
    op = col("x").bucketize(np.array([1, 2], dtype=np.int8)).operators[0]
    assert op.params == {"edges": (1, 2)}
    assert type(Clip(np.float32(0.5)).params["low"]) is float
    assert col("x").ordinal(np.int64(3)).operators[0].params["min_count"] == 3
    assert hash(op) == hash(col("x").bucketize((1, 2)).operators[0])


def test_methods_when_inspected_show_the_parameters_of_the_class() -> None:
    for name, cls in operator_classes().items():
        method = getattr(Expression, name)
        assert method.__doc__ == cls.__doc__
        assert list(inspect.signature(method).parameters)[1:] == list(
            inspect.signature(cls).parameters
        )
    assert repr(Impute("constant", 2)) == "Impute(strategy='constant', fill_value=2)"
    assert repr(Datetime("hour", cyclical=True)) == "Datetime('hour', cyclical=True)"


def test_operators_when_listed_describe_every_parameter() -> None:
    rows = {row["name"]: row for row in _engine.operators()}
    assert rows.keys() == operator_classes().keys()
    for row in rows.values():
        assert row["summary"].endswith(".")
        for param in row["params"]:
            assert param["help"]
            assert param["type"]
    assert rows["target_mean"]["uses_target"]
    assert rows["cross"]["joint"]
    assert not rows["log1p"]["learns"]


def test_class_when_it_differs_from_the_engine_fails_loudly() -> None:
    with pytest.raises(TypeError, match="different parameters"):
        type("Clip2", (Transform,), {"__annotations__": {"low": "float"}, "low": 0.0}, op="clip")
    with pytest.raises(TypeError, match="no operator 'fly'"):
        type("Fly", (Transform,), {}, op="fly")
