"""Tables of many rows: a forest that gets ranks in place of features gives the bits of features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import Preprocessor, col
from tests.generic.columns import num_threads

ROWS = 5000  # far above the number from which ranks are given
FEW = 700  # below it
WORDS = [None, "", *(f"w{i}" for i in range(40))]
SPECIAL = [np.nan, np.inf, -np.inf, -1.0, np.nextafter(-1, -2), 0.0, -0.0, 1e300, -1e300, 5e-324]


def coded(random: np.random.Generator, rows: int) -> pa.ChunkedArray:
    """Two chunks with dictionaries of their own, unused and null entries."""
    chunks = []
    for count in (rows // 3, rows - rows // 3):
        entries = pa.array([WORDS[i] for i in random.permutation(len(WORDS))])
        codes = random.integers(0, len(WORDS) - 3, count)
        indices = pa.array(codes, pa.int16(), mask=random.random(count) < 0.05)
        chunks.append(pa.DictionaryArray.from_arrays(indices, entries))
    return pa.chunked_array(chunks)


def table(seed: int, rows: int = ROWS, special: bool = True) -> pa.Table:
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {}
    for name in ("a", "b", "c"):
        values = np.exp(random.normal(size=rows)) - 0.5
        if special:
            chosen = random.random(rows) < 0.1
            values[chosen] = random.choice(SPECIAL, chosen.sum())
        columns[name] = pa.array(values, mask=random.random(rows) < 0.1)
    columns["n"] = pa.array(random.integers(-3, 30, rows), mask=random.random(rows) < 0.1)
    columns["s"] = coded(random, rows)
    columns["d"] = coded(random, rows)
    known = np.nan_to_num(columns["a"].to_numpy(zero_copy_only=False), posinf=9, neginf=-9)
    words = [len(word or "") + (word or "w0").count("1") for word in columns["s"].to_pylist()]
    columns["y"] = pa.array((np.clip(known, -9, 9) + words > 2.5).astype(float))
    return pa.table(columns)


PREP = (
    col("a", "b").impute("median").log1p().standardize(),
    col("a").identity().alias("raw"),
    col("b").log1p().alias("log"),
    col("c").log1p().impute("median").alias("filled"),
    col("c").clip(-0.5, 3).robust_scale(),
    col("c").bucketize([0, 0.5, 1, 2]).alias("bucket"),
    col("c").missing_flag().alias("flag"),
    col("c").keep_nan().missing_flag().alias("null"),
    col("a").keep_nan().impute("median").alias("kept"),
    col("n").impute("mean").min_max(),
    col("s").ordinal(),
    col("d").target_mean(smoothing=5.0).alias("mean"),
    col("s", "d").cross(buckets=50),
    col("d").one_hot(min_count=200),
)


def booster_of(prep: Preprocessor, features: Any, label: Any, **more: Any) -> Any:
    data = lightgbm.Dataset(features, label, categorical_feature=prep.categorical_indices)
    parameters = {"verbose": -1, "num_threads": 1, "min_data_per_group": 5, **more}
    return lightgbm.train(parameters, data, 40)


def xgboost_of(prep: Preprocessor, features: Any, label: Any) -> Any:
    xgboost = pytest.importorskip("xgboost")
    parameters = {"objective": "binary:logistic", "nthread": 1, "max_depth": 6}
    return xgboost.train(parameters, xgboost.DMatrix(features, label), 30)


def catboost_of(prep: Preprocessor, features: Any, label: Any) -> Any:
    catboost = pytest.importorskip("catboost")
    more = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
    return catboost.CatBoostRegressor(iterations=40, depth=5, **more).fit(features, label)


MODELS = {
    "LightGBM": lambda *a: booster_of(*a, objective="binary", num_leaves=31),
    "three outputs": lambda p, x, y: booster_of(
        p, x, y + (x[:, 0] > 0.5), objective="multiclass", num_class=3
    ),
    "zeros missing": lambda *a: booster_of(*a, objective="binary", zero_as_missing=True),
    "XGBoost": xgboost_of,
    "CatBoost": catboost_of,
}


@pytest.fixture(scope="module", params=MODELS)
def predictor(request: pytest.FixtureRequest) -> ms.Predictor:
    train = table(1, special=False)
    prep = Preprocessor(*PREP, profile=False)
    features = prep.fit_transform(train, target="y")
    made = MODELS[request.param](prep, features, train["y"].to_numpy())
    return ms.Predictor(made, prep)


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    with num_threads(request.param):
        yield request.param


def by_pieces(predictor: ms.Predictor, given: pa.Table) -> Any:
    """Scores of pieces that are too short for ranks to be given."""
    pieces = [given.slice(first, FEW) for first in range(0, given.num_rows, FEW)]
    return np.concatenate([predictor.predict_raw(piece) for piece in pieces])


@pytest.mark.parametrize("rows", [ROWS, 1024, 1025, 1100])
def test_ranks_give_the_bits_of_features(predictor: ms.Predictor, threads: int, rows: int) -> None:
    given = table(2).slice(17, rows)
    wanted = by_pieces(predictor, given)
    assert len(np.unique(wanted)) > 100
    assert predictor.predict_raw(given).tobytes() == wanted.tobytes()


def test_strings_without_dictionaries_give_the_same_bits(predictor: ms.Predictor) -> None:
    given = table(3)
    flat = given.set_column(4, "s", given["s"].cast(pa.string()))
    wanted = by_pieces(predictor, given)
    assert predictor.predict_raw(flat).tobytes() == wanted.tobytes()
    assert predictor.predict_raw(given).tobytes() == wanted.tobytes()


def test_arrow_gives_the_same_bits(predictor: ms.Predictor) -> None:
    given = table(4)
    columns = pa.table(predictor.predict_arrow(given, "raw"))
    found = np.column_stack([column.to_numpy() for column in columns.columns])
    wanted = by_pieces(predictor, given)
    assert found.tobytes() == wanted.reshape(found.shape).tobytes()


def test_first_trees_are_those_of_features(predictor: ms.Predictor) -> None:
    given = table(5)
    pieces = [given.slice(first, FEW) for first in range(0, ROWS, FEW)]
    wanted = np.concatenate([predictor.predict_raw(piece, num_trees=6) for piece in pieces])
    assert predictor.predict_raw(given, num_trees=6).tobytes() == wanted.tobytes()


def test_features_that_need_not_exist_are_named(
    predictor: ms.Predictor, request: pytest.FixtureRequest
) -> None:
    """Chains that keep the order are folded, unless zeros are missing; dictionaries are coded."""
    zeros = request.node.callspec.params["predictor"] == "zeros missing"
    ranked = predictor.bundle.ranked_features()
    folded, coded = set(ranked["folded"]), set(ranked["coded"])
    assert not folded & coded
    assert folded | coded <= set(predictor.feature_names)
    assert bool(folded & {"a", "raw", "filled", "log"}) != zeros
    assert "s" in coded
    assert not coded & {"a", "b", "c", "n"}
    assert not folded & {"s", "mean"}
    assert (ranked["folded_from_rows"], ranked["coded_from_rows"]) == (1024, 1024)
