"""Several ids for what fitting did not see."""

from __future__ import annotations

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import Preprocessor, col

TRAIN = pa.table({"city": ["Rome", "Oslo", "Rome", None], "y": [1.0, 0.0, 1.0, 0.0]})


def ids(prep: Preprocessor, values: list[str | None]) -> list[float]:
    return prep.transform(pa.table({"city": pa.array(values, pa.string())})).ravel().tolist()


def test_unseen_values_when_spread_stay_below_the_known_ones() -> None:
    prep = Preprocessor(col("city").ordinal(unseen_buckets=8)).fit(TRAIN)
    unseen = ids(prep, [f"c{i}" for i in range(400)])
    assert set(unseen) == set(range(1, 9))
    assert ids(prep, ["Rome", "Oslo", None]) == [9, 10, 0]


def test_dictionary_and_single_rows_when_spread_give_the_same() -> None:
    prep = Preprocessor(col("city").ordinal(unseen_buckets=8)).fit(TRAIN)
    values = ["Rome", "Bonn", None, "Kiel", "Oslo", "Bonn"]
    want = ids(prep, values)
    coded = pa.table({"city": pa.array(values).dictionary_encode()})
    assert prep.transform(coded).ravel().tolist() == want
    rows = [{"city": value} for value in values]
    assert prep.transform(rows).ravel().tolist() == want
    tensors = prep.transform(pa.table({"city": values}), output="tensors")
    assert np.asarray(tensors.ids).ravel().tolist() == want


def test_features_behind_spread_ids_know_how_many_there_are() -> None:
    prep = Preprocessor(col("city").ordinal(unseen_buckets=3).one_hot_ids()).fit(TRAIN)
    assert prep.transform(TRAIN).shape == (4, 6)
    means = Preprocessor(col("city").ordinal(unseen_buckets=3).target_mean()).fit(TRAIN, target="y")
    assert means.transform(TRAIN).shape == (4, 1)


def test_model_of_spread_ids_predicts_from_its_bundle() -> None:
    table = pa.table({"city": [f"c{i % 30}" for i in range(600)], "y": np.arange(600) % 30 / 30})
    prep = Preprocessor(col("city").ordinal(max_size=10, unseen_buckets=4))
    features = prep.fit_transform(table)
    data = lightgbm.Dataset(features, label=table["y"].to_numpy(), categorical_feature=[0])
    booster = lightgbm.train({"verbose": -1}, data, 10)
    predictor = ms.Predictor.from_bytes(ms.Predictor(booster, prep).to_bytes())
    new = pa.table({"city": ["c0", "c29", "new", None]})
    assert predictor.predict(new).tolist() == booster.predict(prep.transform(new)).tolist()


@pytest.mark.parametrize("buckets", [0, -1, 2**20 + 1])
def test_buckets_when_out_of_range_are_refused(buckets: int) -> None:
    with pytest.raises(ms.ParameterError, match="unseen_buckets"):
        Preprocessor(col("city").ordinal(unseen_buckets=buckets)).fit(TRAIN)


def test_lists_have_one_unseen_id() -> None:
    table = pa.table({"tags": [["a"], ["b", "a"]]})
    prep = Preprocessor(col("tags").ordinal(unseen_buckets=2).list_pad(length=2))
    with pytest.raises(ms.ParameterError, match="unseen_buckets=2"):
        prep.fit(table)
