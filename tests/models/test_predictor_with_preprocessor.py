"""A Predictor with transforms: the model sees what the preprocessor makes, wherever it runs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine, col

ROWS = 600


def make_table() -> pa.Table:
    draw = np.random.default_rng(5)
    distance = draw.lognormal(6, 1, ROWS)
    carrier = draw.choice(["UA", "AA", "B6", "é"], ROWS)
    late = (distance / 400 + (carrier == "UA") + draw.normal(size=ROWS) > 1.5).astype(np.int8)
    return pa.table(
        {
            "distance": pa.array(distance, mask=draw.random(ROWS) < 0.1),
            "carrier": pa.array(carrier, mask=draw.random(ROWS) < 0.1),
            "late": late,
        }
    )


def make_preprocessor() -> ms.Preprocessor:
    return ms.Preprocessor(
        col("distance").impute("median").log1p().standardize(), col("carrier").ordinal()
    )


def train(features: np.ndarray, table: pa.Table, **dataset: object) -> lightgbm.Booster:
    data = lightgbm.Dataset(features, label=table["late"].to_numpy(), **dataset)
    return lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 10)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return make_table()


@pytest.fixture(scope="module")
def prep(table: pa.Table) -> ms.Preprocessor:
    return make_preprocessor().fit(table, target="late")


@pytest.fixture(scope="module")
def booster(table: pa.Table, prep: ms.Preprocessor) -> lightgbm.Booster:
    return train(prep.transform(table), table, categorical_feature=prep.categorical_indices)


def test_predictions_are_the_models_on_the_preprocessors_features(
    table: pa.Table, prep: ms.Preprocessor, booster: lightgbm.Booster
) -> None:
    predictor = ms.Predictor(booster, prep, name="late")
    features = prep.transform(table)
    expected = booster.predict(features, raw_score=True)
    np.testing.assert_array_equal(predictor.predict_raw(table), expected)
    np.testing.assert_array_equal(predictor.predict_raw(table.to_pandas()), expected)
    batch = predictor.predict(table)
    rows = table.to_pylist()
    assert [predictor.predict_row(row) for row in rows[:50]] == batch[:50].tolist()
    np.testing.assert_array_equal(predictor.predict(rows), batch)
    assert predictor.input_names == ["distance", "carrier"]
    assert predictor.feature_names == ["distance", "carrier"]
    assert predictor.has_preprocessor
    assert predictor.steps[0]["step"] == "load"


def test_profile_of_the_preprocessor_travels_unless_another_is_given(
    table: pa.Table, prep: ms.Preprocessor, booster: lightgbm.Booster, tmp_path: Path
) -> None:
    predictor = ms.Predictor(booster, prep)
    predictor.save(tmp_path / "late.spring")
    loaded = ms.load(tmp_path / "late.spring")
    assert loaded.profile is not None
    assert prep.profile is not None
    assert loaded.profile.to_bytes() == prep.profile.to_bytes()
    given = ms.profile(table.slice(0, 10))
    copy = pickle.loads(pickle.dumps(ms.Predictor(booster, prep, profile=given)))
    assert copy.profile.to_bytes() == given.to_bytes()
    np.testing.assert_array_equal(copy.predict(table), predictor.predict(table))


def test_meta_names_columns_as_they_were_fitted(
    prep: ms.Preprocessor, booster: lightgbm.Booster
) -> None:
    data = ms.Predictor(booster, prep).to_bytes()
    meta = json.loads(_engine.Bundle.open(data, "test").meta)
    assert meta["columns"] == [
        {"name": "distance", "kind": "float", "type": "float64"},
        {"name": "carrier", "kind": "bytes", "type": "string"},
    ]
    assert meta["preprocessor"] is True
    assert meta["profile"] is True


def test_matrix_when_there_are_transforms_is_refused(
    table: pa.Table, prep: ms.Preprocessor, booster: lightgbm.Booster
) -> None:
    with pytest.raises(ms.MainspringError, match="ndarray"):
        ms.Predictor(booster, prep).predict(prep.transform(table))


def test_preprocessor_when_not_fitted_is_refused(booster: lightgbm.Booster) -> None:
    with pytest.raises(ms.NotFittedError):
        ms.Predictor(booster, make_preprocessor())


def test_preprocessor_when_it_makes_other_features_is_refused(
    table: pa.Table, prep: ms.Preprocessor, booster: lightgbm.Booster
) -> None:
    short = ms.Preprocessor(col("distance")).fit(table)
    with pytest.raises(ms.SchemaError, match=r"makes is 1, expected the model's 2"):
        ms.Predictor(booster, short)
    named = train(prep.transform(table), table, feature_name=["carrier", "distance"])
    with pytest.raises(ms.SchemaError, match=r"'distance' in place of 'carrier'"):
        ms.Predictor(named, prep)
    right = train(prep.transform(table), table, feature_name=prep.bundle.feature_names)
    assert ms.Predictor(right, prep).predict(table).shape == (ROWS,)
