"""Sums in fixed point: what integers give, in any order, near the library's own."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge

import mainspring as ms
from mainspring.models import read_model
from tests.reference.bundle import read

QUIET = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 2}


def rows(count: int, seed: int = 1) -> Any:
    drawn = np.random.default_rng(seed).normal(size=(count, 4))
    drawn[np.random.default_rng(seed + 1).random(drawn.shape) < 0.05] = np.nan
    return drawn


def model_of(kind: str) -> tuple[Any, Any]:
    """Return a model, and its raw scores of rows as its library adds them up."""
    train = rows(800)
    score = np.nan_to_num(train) @ [1.0, 2.0, -1.0, 1e-3]
    if kind == "forest":
        model = RandomForestClassifier(20, max_depth=6, random_state=1)
        model.fit(np.nan_to_num(train), np.digitize(score, [-1, 1]))
        return model, lambda x: sum(tree.predict_proba(x) for tree in model.estimators_)
    if kind in ("xgboost", "vectors"):
        xgboost = pytest.importorskip("xgboost")
        more = {"multi_strategy": "multi_output_tree"} if kind == "vectors" else {}
        target = np.column_stack([score, -score]) if more else score
        data = xgboost.DMatrix(train, label=target)
        model = xgboost.train({"max_depth": 5, "nthread": 1, **more}, data, 12)
        return model, lambda x: model.predict(xgboost.DMatrix(x), output_margin=True)
    more = {"objective": "multiclass", "num_class": 3} if kind == "classes" else {}
    label = np.digitize(score, [-1, 1]) if more else 1e6 * score
    model = lightgbm.train({**QUIET, **more}, lightgbm.Dataset(train, label=label), 40)
    return model, lambda x: model.predict(x, raw_score=True)


KINDS = ("numbers", "classes", "forest", "xgboost", "vectors")


def unit_of(predictor: ms.Predictor) -> Fraction:
    section = next(s for s in read(predictor.to_bytes()).sections if s.type == b"MODL").content
    order, exponent = struct.unpack_from("<I12xi", section, 80)
    assert order == 3
    return Fraction(2) ** -exponent


@pytest.mark.parametrize("kind", KINDS)
def test_sums_are_near_and_the_same_for_any_number_of_rows(kind: str) -> None:
    model, theirs = model_of(kind)
    predictor = ms.Predictor(model, sums="fixed")
    assert predictor.description.endswith(", sums in fixed point")
    some = rows(700, 5) if kind != "forest" else np.nan_to_num(rows(700, 5))
    expected = theirs(some)
    got = predictor.predict_raw(some)
    largest = float(np.abs(expected).max())
    limit = 1e-6 if kind in ("xgboost", "vectors") else 1e-12
    assert np.abs(got - expected).max() <= limit * largest
    for size in (1, 9, 20, 64, 130):
        np.testing.assert_array_equal(predictor.predict_raw(some[:size]), got[:size])
    unit = unit_of(predictor)
    assert all((Fraction(score) / unit).denominator == 1 for score in np.ravel(got))


def test_scores_are_sums_of_whole_leaves_in_any_order() -> None:
    """Leaves of each tree by itself, rounded here; then as integers, from the last tree on."""
    booster, _ = model_of("numbers")
    predictor = ms.Predictor(booster, sums="fixed")
    unit = unit_of(predictor)
    some = rows(50, 7)
    leaves = booster.predict(some, pred_leaf=True)
    for row, score in zip(leaves, predictor.predict_raw(some), strict=True):
        values = [booster.get_leaf_output(tree, leaf) for tree, leaf in enumerate(row)]
        units = [round(Fraction(value) / unit) for value in values]
        assert Fraction(score) == sum(reversed(units)) * unit


def test_error_is_within_the_bound_of_the_page() -> None:
    booster, _ = model_of("numbers")
    predictor = ms.Predictor(booster, sums="fixed")
    some = rows(200, 8)
    leaves = booster.predict(some, pred_leaf=True)
    count = booster.num_trees()
    most = sum(
        max(abs(booster.get_leaf_output(tree, leaf)) for leaf in range(31)) for tree in range(count)
    )
    unit = unit_of(predictor)
    assert 0 < unit <= Fraction(most) / 2**51
    for row, score in zip(leaves, predictor.predict_raw(some), strict=True):
        exact = sum(Fraction(booster.get_leaf_output(tree, leaf)) for tree, leaf in enumerate(row))
        assert abs(Fraction(score) - exact) <= unit * (count + 1) / 2


def test_stages_leaves_and_explanations_are_those_of_the_model() -> None:
    booster, _ = model_of("classes")
    library, fixed = ms.Predictor(booster), ms.Predictor(booster, sums="fixed")
    some = rows(40, 9)
    np.testing.assert_array_equal(fixed.leaf_index(some), library.leaf_index(some))
    near = library.predict_raw(some, num_trees=30)
    np.testing.assert_allclose(fixed.predict_raw(some, num_trees=30), near, rtol=1e-12, atol=1e-12)
    ours, theirs = fixed.explain(some).values, library.explain(some).values
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


def test_leaves_of_zero_have_a_unit() -> None:
    booster = lightgbm.train(QUIET, lightgbm.Dataset(rows(100), label=np.zeros(100)), 2)
    assert (ms.Predictor(booster, sums="fixed").predict_raw(rows(5)) == 0).all()


def test_other_models_and_other_words_are_refused() -> None:
    train = np.nan_to_num(rows(100))
    with pytest.raises(ms.UnsupportedError, match="dense has no trees"):
        ms.Predictor(Ridge().fit(train, train[:, 0]), sums="fixed")
    with pytest.raises(ms.ParameterError, match="sums is 'float'; expected 'library' or 'fixed'"):
        ms.Predictor(model_of("numbers")[0], sums="float")


def test_image_that_is_read_twice_keeps_its_sums() -> None:
    booster, _ = model_of("numbers")
    image = read_model(booster).with_fixed_sums()
    some = rows(30, 3)
    expected = ms.Predictor(booster, sums="fixed").predict_raw(some)
    np.testing.assert_array_equal(ms.Predictor(image).predict_raw(some), expected)
    again = ms.Predictor(image.with_fixed_sums()).predict_raw(some)
    np.testing.assert_array_equal(again, expected)
