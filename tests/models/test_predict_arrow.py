"""Predictions as Arrow columns: the bits of the arrays, by name."""

from __future__ import annotations

import lightgbm
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import errors

RNG = np.random.default_rng(2)
TABLE = pa.table({"a": RNG.normal(size=3000), "b": RNG.normal(size=3000)})
CHUNKS = pa.concat_tables([TABLE.slice(0, 3), TABLE.slice(3, 700), TABLE.slice(703)])
QUIET = {"verbose": -1, "num_threads": 1}


def predictor(objective: str, classes: int = 1) -> ms.Predictor:
    matrix = np.column_stack([TABLE["a"], TABLE["b"]])
    label = np.digitize(matrix[:, 0], [-0.5, 0.5]) % max(classes, 2)
    extra = {"num_class": classes} if classes > 2 else {}
    data = lightgbm.Dataset(matrix, label=label, feature_name=["a", "b"])
    booster = lightgbm.train({**QUIET, "objective": objective, **extra}, data, 5)
    return ms.Predictor(booster, name="arrow")


def columns_of(result: object) -> np.ndarray:
    batch = pa.record_batch(result)
    batch.validate(full=True)
    assert all(column.null_count == 0 and column.type == pa.float64() for column in batch.columns)
    return np.column_stack([column.to_numpy() for column in batch.columns])


@pytest.mark.parametrize(("objective", "classes"), [("regression", 1), ("multiclass", 3)])
def test_columns_are_the_bits_of_the_array(objective: str, classes: int) -> None:
    model = predictor(objective, classes)
    wanted = model.predict(TABLE).reshape(3000, -1)
    result = model.predict_arrow(CHUNKS)
    assert result.column_names == model.output_names
    assert columns_of(result).tobytes() == wanted.tobytes()
    raw = model.predict_arrow(CHUNKS, "raw")
    assert raw.column_names == (["raw"] if classes == 1 else ["raw_0", "raw_1", "raw_2"])
    assert columns_of(raw).tobytes() == model.predict_raw(TABLE).reshape(3000, -1).tobytes()
    assert pl.DataFrame(result).columns == model.output_names


def test_probabilities_have_a_column_for_each_class() -> None:
    model = predictor("binary")
    result = model.predict_arrow(TABLE, "proba")
    assert result.column_names == ["probability_0", "probability_1"]
    assert columns_of(result).tobytes() == model.predict_proba(TABLE).tobytes()
    assert pa.record_batch(model.predict_arrow(TABLE.slice(0, 0))).num_rows == 0


def test_kinds_that_cannot_be_are_refused() -> None:
    with pytest.raises(errors.UnsupportedError, match="need a classifier"):
        predictor("regression").predict_arrow(TABLE, "proba")
    with pytest.raises(errors.ParameterError, match="kind is 'other', expected one of"):
        predictor("regression").predict_arrow(TABLE, "other")
    with pytest.raises(errors.ParameterError, match="Did you mean 'proba'"):
        predictor("binary").column_names("predict_proba")
