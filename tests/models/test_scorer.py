"""Predictor.scorer: one row as a dict or a buffer, with the bits and the errors of the methods."""

from __future__ import annotations

import array
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression

import mainspring as ms
from mainspring import col, errors
from tests.generic.columns import bits
from tests.generic.test_models import FIXED, predictor_and_rows
from tests.models.lightgbm_models import Recipe, hard_rows, train

by_model = pytest.mark.parametrize(("kind", "number"), FIXED)
METHODS = {"predict": "predict", "proba": "predict_proba", "raw": "predict_raw"}


def kinds_of(predictor: ms.Predictor) -> list[str]:
    return [kind for kind in METHODS if kind != "proba" or has_probabilities(predictor)]


def has_probabilities(predictor: ms.Predictor) -> bool:
    try:
        predictor.scorer("proba")
    except errors.UnsupportedError:
        return False
    return True


@by_model
def test_rows_when_scored_have_the_bits_of_the_batch(kind: str, number: int) -> None:
    predictor, rows = predictor_and_rows(kind, number)
    with np.errstate(over="ignore"):
        narrow = rows.astype(np.float32)
    for output in kinds_of(predictor):
        score = predictor.scorer(output)
        wide_scores = getattr(predictor, METHODS[output])(rows)
        narrow_scores = getattr(predictor, METHODS[output])(narrow)
        for i, row in enumerate(rows):
            values = dict(zip(predictor.feature_names, row.tolist(), strict=True))
            for form in (row, row.tolist(), tuple(row), memoryview(row), values):
                assert bits(np.array(score(form))) == bits(wide_scores[i])
            assert bits(np.array(score(narrow[i]))) == bits(narrow_scores[i])


def test_values_of_every_kind_are_those_of_predict_row() -> None:
    booster = train(Recipe("multiclass", seed=4))
    predictor = ms.Predictor(booster)
    score = predictor.scorer()
    names = predictor.feature_names
    kinds: list[Any] = [
        1.5,
        3,
        None,
        np.float64(0.25),
        np.float32(0.5),
        np.int32(7),
        True,
        2**60,
        2**70,
    ]
    for shift in range(len(kinds)):
        row = dict(zip(names, np.roll(np.array(kinds, object), shift), strict=False))
        assert score(row) == predictor.predict_row(row)
        assert score({**row, "more": "x"}) == predictor.predict_row(row)

    class Row(dict[str, Any]):
        def __missing__(self, key: str) -> float:
            return 0.5

    assert score(Row(row)) == predictor.predict_row(Row(row))
    assert isinstance(score(row), list)


@pytest.mark.parametrize("value", ["x", object(), [1.0], b"1", 1j])
def test_dict_when_a_value_is_none_has_the_error_of_predict_row(value: object) -> None:
    predictor = ms.Predictor(train(Recipe(seed=5)))
    row = dict.fromkeys(predictor.feature_names, 0.5) | {predictor.feature_names[2]: value}
    with pytest.raises(errors.MainspringError) as expected:
        predictor.predict_row(row)
    with pytest.raises(type(expected.value)) as raised:
        predictor.scorer()(row)
    assert str(raised.value) == str(expected.value)


def test_dict_when_a_key_is_missing_is_named() -> None:
    predictor = ms.Predictor(train(Recipe(seed=5)))
    row = dict.fromkeys(predictor.feature_names[1:], 0.5)
    with pytest.raises(errors.SchemaError, match=predictor.feature_names[0]):
        predictor.scorer()(row)


@pytest.mark.parametrize(
    "row", [np.zeros(5), np.zeros(7), np.zeros((1, 6)), [], 1.5, None, np.zeros((2, 3))]
)
def test_buffer_when_its_shape_is_another_is_refused(row: object) -> None:
    score = ms.Predictor(train(Recipe(seed=5))).scorer()
    with pytest.raises(errors.SchemaError, match=r"expected \(6,\)"):
        score(row)


def test_buffers_when_they_lie_otherwise_are_read() -> None:
    predictor = ms.Predictor(train(Recipe(seed=5)))
    score = predictor.scorer()
    rows = np.random.default_rng(1).normal(size=(6, 12))
    expected = predictor.predict(np.ascontiguousarray(rows[:, ::2]))
    shifted = np.zeros(6 * 8 + 4, np.uint8)[4:].view(np.float64)
    for row, value in zip(rows, expected, strict=True):
        shifted[:] = row[::2]
        assert score(row[::2]) == value
        assert score(shifted) == value
        assert score(array.array("d", row[::2])) == value
    integers = np.arange(6)
    assert score(integers) == predictor.predict(integers[None])[0]
    assert score(integers.astype(">f8")) == predictor.predict(integers[None])[0]
    for other in (np.array(list("abcdef")), row[::2].astype(object)):
        with pytest.raises(errors.SchemaError, match="numbers"):
            score(other)


def test_classifier_gives_labels_and_probabilities() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 3))
    label = np.where(rows[:, 0] > 0, "cat", "dog")
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(rows, label)
    predictor = ms.Predictor(model)
    assert predictor.scorer()(rows[0]) == predictor.predict(rows)[0]
    assert type(predictor.scorer()(rows[0])) is str
    assert predictor.scorer("proba")(rows[0]) == predictor.predict_proba(rows)[0].tolist()


def test_predictor_with_transforms_takes_dicts_only() -> None:
    random = np.random.default_rng(0)
    table = pa.table({"a": random.normal(size=300), "b": random.choice(["x", "y"], 300)})
    prep = ms.Preprocessor(col("a").standardize(), col("b").ordinal())
    features = prep.fit_transform(table)
    booster = lightgbm.train(
        {"verbose": -1, "num_threads": 1},
        lightgbm.Dataset(features, random.normal(size=300)),
        5,
    )
    predictor = ms.Predictor(booster, preprocessor=prep)
    score = predictor.scorer("raw")
    expected = predictor.predict_raw(table)
    for i, row in enumerate(table.slice(0, 9).to_pylist()):
        assert score(row) == expected[i]
    with pytest.raises(errors.ParameterError, match="mapping"):
        score(np.zeros(2))


def test_model_with_categories_of_pandas_takes_buffers_only() -> None:
    pandas = pytest.importorskip("pandas")
    random = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {"a": pandas.Categorical(random.choice(["x", "y"], 300)), "b": random.normal(size=300)}
    )
    model = lightgbm.LGBMRegressor(n_estimators=3, verbose=-1).fit(frame, frame["b"])
    predictor = ms.Predictor(model.booster_)
    row = {"a": 1.0, "b": 0.5}
    with pytest.raises(errors.MainspringError) as expected:
        predictor.predict_row(row)
    with pytest.raises(type(expected.value)):
        predictor.scorer()(row)
    values = np.array([1.0, 0.5])
    assert predictor.scorer()(values) == predictor.predict(values[None])[0]


def test_kind_when_there_is_none_such_is_refused() -> None:
    predictor = ms.Predictor(LinearRegression().fit(np.eye(3), np.arange(3.0)))
    with pytest.raises(errors.ParameterError, match=r"kind is 'leaf', expected one of .*'raw'\.$"):
        predictor.scorer("leaf")
    for method, kind in (("predict_proba", "proba"), ("predict_raw", "raw")):
        with pytest.raises(errors.ParameterError, match=f"Did you mean '{kind}'") as caught:
            predictor.scorer(method)
        assert caught.value.hint == f"Did you mean '{kind}'?"
    with pytest.raises(errors.ParameterError, match="kind is 3"):
        predictor.scorer(3)  # type: ignore[arg-type]
    with pytest.raises(errors.ParameterError, match="kind is \\[\\]"):
        predictor.scorer([])  # type: ignore[arg-type]
    with pytest.raises(errors.UnsupportedError, match="probabilities"):
        predictor.scorer("proba")


def test_call_with_anything_but_one_row_is_a_type_error() -> None:
    score: Any = ms.Predictor(train(Recipe(seed=5))).scorer()
    for call in (lambda: score(), lambda: score([0.0] * 6, 1), lambda: score(row=[0.0] * 6)):
        with pytest.raises(TypeError, match="one row"):
            call()
    with pytest.raises(TypeError):
        type(score)()
    with pytest.raises((TypeError, pickle.PicklingError)):
        pickle.dumps(score)


def test_key_that_runs_code_while_it_is_looked_up_changes_nothing() -> None:
    predictor = ms.Predictor(train(Recipe("multiclass", seed=6)))
    score = predictor.scorer()
    names = predictor.feature_names

    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            score([9.0] * len(names))
            return str.__eq__(self, other)

    row = {Key(name): float(i) for i, name in enumerate(names)}
    assert score(row) == predictor.predict_row({name: float(i) for i, name in enumerate(names)})


def test_many_calls_from_many_threads_leak_nothing() -> None:
    booster = train(Recipe("multiclass", seed=7))
    predictor = ms.Predictor(booster)
    score = predictor.scorer()
    rows = hard_rows(booster, 3, 50)
    expected = predictor.predict(rows).tolist()
    row = dict(zip(predictor.feature_names, rows[0].tolist(), strict=True))
    before = [sys.getrefcount(value) for value in (*row.values(), *row)]

    def use(turn: int) -> bool:
        same = [score(values) for values in rows] == expected
        return same and score(row) == expected[0] and score(rows[turn % 50]) is not None

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(40)))
    assert [sys.getrefcount(value) for value in (*row.values(), *row)] == before
    held = sys.getrefcount(predictor)
    for _ in range(100):
        predictor.scorer()
    assert sys.getrefcount(predictor) == held
