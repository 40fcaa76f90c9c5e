"""What scikit-learn expects of hashed models, and what they say to bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col
from mainspring.train import HashedFactorizationMachine, HashedLogisticRegression
from tests.train.test_hashed_models import MODELS, draw, preprocessor


@pytest.mark.parametrize("kind", MODELS)
def test_clone_keeps_parameters_and_nothing_learnt(kind: Any) -> None:
    base = pytest.importorskip("sklearn.base")
    table, y = draw(200)
    model = kind(preprocessor(), l1=0.5, epochs=3).fit(table, y)
    clone = base.clone(model)
    assert clone.get_params()["l1"] == 0.5
    assert not hasattr(clone, "classes_")
    assert base.is_classifier(model)
    assert (clone.fit(table, y).coef_ == model.coef_).all()


def test_search_and_cross_validation_take_it() -> None:
    selection = pytest.importorskip("sklearn.model_selection")
    table, y = draw(600)
    frame = table.to_pandas()
    scores = selection.cross_val_score(HashedLogisticRegression(buckets=64), frame, y, cv=3)
    assert scores.mean() > 0.55
    search = selection.GridSearchCV(
        HashedLogisticRegression(buckets=64), {"rate": [0.01, 0.5]}, scoring="roc_auc", cv=3
    ).fit(frame, y)
    assert search.best_params_["rate"] == 0.5


def test_parameters_are_set_by_name_and_shown() -> None:
    model = HashedFactorizationMachine(num_factors=4)
    assert repr(model) == "HashedFactorizationMachine(num_factors=4)"
    assert model.set_params(l2=0.25).get_params()["l2"] == 0.25
    with pytest.raises(ms.ParameterError, match="has no parameter 'lr', expected one of"):
        model.set_params(lr=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": "adam"}, "optimizer must be 'ftrl' or 'adagrad', got 'adam'"),
        ({"buckets": 1}, "buckets must be an integer from 2"),
        ({"buckets": 2.5}, "buckets must be an integer"),
        ({"rate": 0}, "rate must be a number from"),
        ({"rate": float("nan")}, "rate must be a number from"),
        ({"smoothing": -1}, "smoothing must be a number"),
        ({"l1": -0.1}, "l1 must be a number from 0"),
        ({"l2": True}, "l2 must be a number from 0"),
        ({"epochs": 0}, "epochs must be an integer from 1"),
        ({"l1": 1.0, "optimizer": "adagrad"}, "Adagrad has no such penalty"),
    ],
    ids=str,
)
def test_parameter_out_of_range_is_refused(settings: dict[str, Any], message: str) -> None:
    table, y = draw(10)
    with pytest.raises(ms.ParameterError, match=message):
        HashedLogisticRegression(**settings).fit(table, y)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_factors": 0}, "num_factors must be an integer from 1"),
        ({"factor_rate": 0}, "factor_rate must be"),
        ({"scale": 0}, "scale must be"),
        ({"seed": -1}, "seed must be an integer from 0"),
    ],
    ids=str,
)
def test_parameter_of_the_machine_out_of_range_is_refused(
    settings: dict[str, Any], message: str
) -> None:
    table, y = draw(10)
    with pytest.raises(ms.ParameterError, match=message):
        HashedFactorizationMachine(**settings).fit(table, y)


def test_model_without_rows_says_to_fit() -> None:
    with pytest.raises(ms.NotFittedError, match="Call fit first"):
        HashedLogisticRegression().predict({"a": [1]})
    with pytest.raises(ms.NotFittedError, match="Call fit first"):
        ms.Predictor(HashedLogisticRegression())


def test_missing_number_is_named_and_nothing_is_learnt() -> None:
    table, y = draw(300)
    model = HashedLogisticRegression(ms.Preprocessor(col("size"), col("city").hash(buckets=8)))
    model.fit(table, y)
    before = model.coef_.copy()
    sizes = table["size"].to_numpy().copy()
    sizes[17] = np.nan
    broken = table.set_column(2, "size", pa.array(sizes))
    with pytest.raises(ms.DataError, match="'size' is missing or infinite at row 17") as caught:
        model.partial_fit(broken, y)
    assert (caught.value.column, caught.value.row) == ("size", 17)
    assert (model.coef_ == before).all()
    with pytest.raises(ms.DataError, match="at row 17"):
        model.predict(broken)


def test_bad_value_in_a_later_chunk_leaves_the_model_as_it_was() -> None:
    table, y = draw(40_000)
    model = HashedLogisticRegression(buckets=16).fit(table, y)
    before = model.coef_.copy()
    weights = np.ones(40_000)
    weights[39_999] = -1
    with pytest.raises(ms.DataError, match="weight at row 39999 is negative"):
        model.partial_fit(table, y, sample_weight=weights)
    assert (model.coef_ == before).all()
    assert model.num_rows_ == 40_000


@pytest.mark.parametrize(
    ("y", "kind", "message"),
    [
        ([0, 1, 2] * 10, ms.DataError, r"have 3 classes \(0, 1, 2\), expected two"),
        ([0] * 30, ms.DataError, r"have 1 classes \(0\)"),
        ([0.0, np.nan, 1.0] * 10, ms.DataError, "label at row 1 is missing"),
        (["a", None, "b"] * 10, ms.DataError, "label at row 1 is missing"),
        ([0, 1] * 10, ms.ParameterError, "y has 20 values, expected one for each of the data's 30"),
        ([0, 1] * 20, ms.ParameterError, "y has 40 values"),
        (np.zeros((30, 2)), ms.ParameterError, "2 dimensions"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_label_that_cannot_be_is_refused(y: Any, kind: Any, message: str) -> None:
    table, _ = draw(30)
    with pytest.raises(kind, match=message):
        HashedLogisticRegression(buckets=8).fit(table, y)


def test_label_must_come_in_one_way() -> None:
    table, y = draw(30)
    with pytest.raises(ms.ParameterError, match="got neither"):
        HashedLogisticRegression().fit(table)
    with pytest.raises(ms.ParameterError, match="got both"):
        HashedLogisticRegression().fit(table, y, target="city")
    with pytest.raises(ms.SchemaError, match="'lable', which the table has not at all"):
        HashedLogisticRegression().fit(table, target="lable")


def test_class_that_comes_later_is_refused_unless_it_was_named() -> None:
    table, y = draw(30)
    model = HashedLogisticRegression(buckets=8)
    with pytest.raises(ms.DataError, match="have 1 classes"):
        model.partial_fit(table, np.zeros(30))
    model.partial_fit(table, np.zeros(30), classes=[0, 1]).partial_fit(table, y)
    with pytest.raises(ms.DataError, match="label at row 4 is 7, expected 0 or 1"):
        model.partial_fit(table, np.where(np.arange(30) == 4, 7, y))
    with pytest.raises(ms.ParameterError, match=r"expected those of the rows before: \[0, 1\]"):
        model.partial_fit(table, y, classes=[0, 2])


def test_columns_that_are_no_feature_are_refused_by_name() -> None:
    times = pa.table({"t": pa.array([0, 1], pa.timestamp("us")), "a": [1, 2]})
    with pytest.raises(ms.SchemaError, match=r"'t' has type timestamp\[us\]"):
        HashedLogisticRegression().fit(times, [0, 1])
    with pytest.raises(ms.SchemaError, match="has no columns to learn from"):
        HashedLogisticRegression().fit({"y": [0, 1]}, target="y")
    with pytest.raises(ms.DataError, match="has no rows"):
        HashedLogisticRegression().partial_fit({"a": []}, [], classes=[0, 1])
    with pytest.raises(ms.ParameterError, match="must be a Preprocessor or None, got str"):
        HashedLogisticRegression("hash").fit({"a": [1, 2]}, [0, 1])  # type: ignore[arg-type]
    leaky = ms.Preprocessor(col("a").target_mean())
    with pytest.raises(ms.ParameterError, match="learns from the target and has not been fitted"):
        HashedLogisticRegression(leaky).fit({"a": [1, 2]}, [0, 1])
    lists = ms.Preprocessor(col("a").hash(buckets=4))
    with pytest.raises(ms.ParameterError, match="gives a list of ids"):
        HashedLogisticRegression(lists).fit(pa.table({"a": [[1], [2]]}), [0, 1])


def test_numbers_that_run_away_are_not_exported() -> None:
    rows = {"x": [1e30, -1e30] * 20}
    model = HashedLogisticRegression(ms.Preprocessor("x"), rate=1e6).fit(rows, [0, 1] * 20)
    with pytest.raises(ms.DataError, match="weights that are not finite"):
        ms.Predictor(model)
