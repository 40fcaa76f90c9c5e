"""Calls of predict and predict_proba that enter no frame of Python are calls like all others."""

from __future__ import annotations

import gc
import inspect
import pickle
import pydoc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from mainspring import _engine

METHODS = ["predict", "predict_proba"]
X = np.random.default_rng(0).normal(size=(300, 4))


@pytest.fixture(scope="module")
def predictor() -> ms.Predictor:
    parameters = {"objective": "binary", "num_leaves": 7, "verbose": -1}
    return ms.Predictor(lightgbm.train(parameters, lightgbm.Dataset(X, X[:, 0] > 0), 5))


def said(call: Any, *arguments: Any, **named: Any) -> tuple[type, str]:
    """Return the error of a call and its words."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 (the error is what is compared)
        call(*arguments, **named)
    return caught.type, str(caught.value)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_every_way_of_calling(predictor: ms.Predictor, name: str, dtype: Any, rows: int) -> None:
    data = X[:rows].astype(dtype)
    direct = predictor.predict(data) if name == "predict" else predictor.predict_proba(data)
    bound = getattr(predictor, name)
    others = [bound(data), bound(data=data), getattr(ms.Predictor, name)(predictor, data)]
    for other in [*others, bound(data, np.empty_like(direct)), bound(data, num_trees=5)]:
        np.testing.assert_array_equal(other, direct)
        assert other.dtype == direct.dtype == np.float64
        assert other.flags.owndata == direct.flags.owndata
        assert direct.flags.c_contiguous
        assert direct.flags.writeable
    assert not np.shares_memory(direct, others[0])


@pytest.mark.parametrize("name", METHODS)
def test_errors_are_those_of_the_function(predictor: ms.Predictor, name: str) -> None:
    function = getattr(ms.Predictor, name)
    bad: list[Any] = [
        X[0],
        X[:, :3],
        None,
        "rows",
        X.astype(str),
        [[1.0], [1.0, 2.0]],
        {"a": 1},
    ]
    for data in bad:
        expected = said(function, predictor, data)
        if name == "predict":
            assert said(lambda data=data: predictor.predict(data)) == expected
        else:
            assert said(lambda data=data: predictor.predict_proba(data)) == expected
    for arguments in [(), (X, None, None), (X, None, 3, 4)]:
        assert said(getattr(predictor, name), *arguments) == said(function, predictor, *arguments)
    assert said(lambda: predictor.predict(X, rows=1))[1].endswith("keyword argument 'rows'")  # type: ignore[call-arg]
    assert said(lambda: predictor.predict()) == said(ms.Predictor.predict, predictor)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", METHODS)
def test_looks_like_a_function(predictor: ms.Predictor, name: str) -> None:
    function = getattr(ms.Predictor, name)
    assert inspect.isfunction(function)
    assert list(inspect.signature(function).parameters) == ["self", "data", "out", "num_trees"]
    method = getattr(predictor, name)
    assert inspect.ismethod(method)
    assert method.__self__ is predictor
    assert method.__func__ is function
    held = vars(ms.Predictor)[name]
    assert (held.__name__, held.__doc__, held.__module__) == (
        name,
        function.__doc__,
        "mainspring.predictor",
    )
    assert inspect.isroutine(held)
    kinds = {
        attribute.name: attribute.kind for attribute in inspect.classify_class_attrs(ms.Predictor)
    }
    assert kinds[name] == "method"
    assert f"{name}(self, data" in pydoc.plain(pydoc.render_doc(ms.Predictor))


def test_pickled_methods(predictor: ms.Predictor) -> None:
    copy = pickle.loads(pickle.dumps(predictor.predict))
    np.testing.assert_array_equal(copy(X), predictor.predict(X))
    assert pickle.loads(pickle.dumps(ms.Predictor.predict)) is ms.Predictor.predict


def test_subclasses_and_patches(predictor: ms.Predictor) -> None:
    class Doubled(ms.Predictor):
        def predict(self, data: object, *arguments: Any, **named: Any) -> Any:
            return 2 * super().predict(data, *arguments, **named)

    doubled = Doubled.from_bytes(predictor.to_bytes())
    np.testing.assert_array_equal(doubled.predict(X), 2 * predictor.predict(X))
    np.testing.assert_array_equal(doubled.predict_proba(X), predictor.predict_proba(X))
    with mock.patch.object(ms.Predictor, "predict", return_value="patched"):
        assert predictor.predict(X) == "patched"  # type: ignore[comparison-overlap]
    assert predictor.predict(X).shape == (300,)


def test_threads_have_results_of_their_own(predictor: ms.Predictor) -> None:
    def rows_of(start: int) -> list[Any]:
        return [predictor.predict(X[row : row + 1]) for row in range(start, 300)] * 3

    expected = predictor.predict(X)
    with ThreadPoolExecutor(4) as pool:
        for start, rows in enumerate(pool.map(rows_of, range(8))):
            np.testing.assert_array_equal(np.concatenate(rows[: 300 - start]), expected[start:])


def make_holder() -> Any:
    class Holder:
        scorer: Any = None

        def method(self, data: object) -> object:
            return Holder, data

        direct = _engine.direct_method(method, "scorer")

    return Holder()


def test_asks_the_object_first() -> None:
    """In functions of their own: within an assert pytest asks for the method, then calls it."""
    holder = make_holder()

    def direct() -> Any:
        return holder.direct(3)

    itself = type(holder), 3
    assert direct() == itself
    holder.scorer = lambda data: data + 1
    assert direct() == 4
    assert holder.direct(data=3) == itself
    holder.scorer = lambda data: None
    assert direct() == itself
    holder.scorer = lambda data: data.missing
    assert said(direct) == (AttributeError, "'int' object has no attribute 'missing'")


def test_lets_go_of_its_class() -> None:
    holder = make_holder()
    gone = weakref.ref(type(holder))
    del holder
    gc.collect()
    assert gone() is None
