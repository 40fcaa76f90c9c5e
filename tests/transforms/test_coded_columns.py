"""Dictionaries of many rows: entries go through the steps once, with the bits of strings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import Preprocessor, col
from tests.generic.columns import num_threads

ROWS = 5000  # far above the number from which entries are looked up beforehand
INDICES = [
    pa.int8(), pa.int16(), pa.int32(), pa.int64(),
    pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
]  # fmt: skip
WORDS = [None, "", "a", "bb", "unseen", "x" * 40, *(f"w{i}" for i in range(60))]


def coded(seed: int, index: pa.DataType = INDICES[2], rows: int = ROWS) -> pa.DictionaryArray:
    """Codes with nulls, null and unused entries, at an offset in both arrays."""
    random = np.random.default_rng(seed)
    entries = pa.array([WORDS[i] for i in random.permutation(len(WORDS))]).slice(3)
    codes = random.integers(0, len(entries) - 5, rows + 7)
    indices = pa.array(codes, mask=random.random(rows + 7) < 0.1).cast(index).slice(7)
    return pa.DictionaryArray.from_arrays(indices, entries)


def strings(column: pa.ChunkedArray | pa.DictionaryArray) -> Any:
    return column.cast(pa.string())


def table(c: Any, d: Any) -> pa.Table:
    rows = len(c)
    x = np.random.default_rng(9).normal(size=rows)
    return pa.table({"c": c, "d": d, "x": pa.array(x, mask=x > 1), "y": (x > 0).astype(float)})


def flat(given: pa.Table) -> pa.Table:
    return pa.table({n: strings(given[n]) if n in "cd" else given[n] for n in given.column_names})


@pytest.fixture(scope="module")
def prep() -> Preprocessor:
    given = flat(table(coded(0), coded(1)))
    known = given.filter(pa.compute.invert(pa.compute.equal(given["c"], "unseen")))
    return Preprocessor(
        col("c").target_mean(smoothing=5.0).alias("c mean"),
        col("d").target_mean(smoothing=5.0).alias("d mean"),
        col("c", "d").ordinal(),
        col("c", "d").cross(buckets=1000),
        col("c").impute("most_frequent").ordinal().alias("filled"),
        col("c").impute("most_frequent").one_hot(),
        col("d").missing_flag(),
        col("c").hash(buckets=37).alias("hashed"),
        col("x").impute("mean"),
        profile=False,
    ).fit(known, target="y")


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    with num_threads(request.param):
        yield request.param


def assert_same(prep: Preprocessor, given: pa.Table) -> None:
    wanted = prep.transform(flat(given))
    assert len(np.unique(wanted[:, 0])) > 20
    assert prep.transform(given).tobytes() == wanted.tobytes()
    columns = pa.table(prep.transform(given, output="arrow"))
    assert columns.equals(pa.table(prep.transform(flat(given), output="arrow")))


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_codes_of_every_type_give_the_bits_of_strings(prep: Preprocessor, index: Any) -> None:
    assert_same(prep, table(coded(2, index), coded(3)))


def test_other_dictionaries_in_each_chunk_give_the_bits_of_strings(
    prep: Preprocessor, threads: int
) -> None:
    sizes = [1, 4000, 300, 2500, 0, 700]
    chunks = [
        pa.chunked_array([coded(10 * n + i, rows=rows) for i, rows in enumerate(sizes)])
        for n in (4, 5)
    ]
    assert_same(prep, table(*chunks))


def test_chunks_that_share_a_dictionary_give_the_bits_of_strings(
    prep: Preprocessor, threads: int
) -> None:
    whole = coded(6)
    chunks = pa.chunked_array([whole.slice(0, 2048), whole.slice(2048, 1), whole.slice(2049)])
    assert_same(prep, table(chunks, coded(7)))


def test_dictionaries_larger_than_their_chunks_give_the_bits_of_strings(
    prep: Preprocessor,
) -> None:
    entries = pa.array([f"w{i}" for i in range(3 * ROWS)])
    codes = pa.array(np.random.default_rng(8).integers(0, 66, ROWS), pa.int32())
    large = pa.DictionaryArray.from_arrays(codes, entries)
    assert_same(prep, table(large, coded(8)))
    assert_same(prep, table(coded(8), large))


@pytest.mark.parametrize("value", [pa.large_string(), pa.string_view(), pa.binary()], ids=str)
def test_entries_of_every_layout_give_the_bits_of_strings(prep: Preprocessor, value: Any) -> None:
    plain = coded(11)
    other = pa.DictionaryArray.from_arrays(plain.indices, plain.dictionary.cast(value))
    wanted = prep.transform(flat(table(plain, coded(12))))
    assert prep.transform(table(other, coded(12))).tobytes() == wanted.tobytes()


def test_dictionary_of_nulls_or_of_nothing_is_missing(prep: Preprocessor) -> None:
    missing = pa.nulls(ROWS, pa.string())
    wanted = prep.transform(table(missing, missing))
    nulls = pa.DictionaryArray.from_arrays(pa.array([0] * ROWS), pa.array([None], pa.string()))
    nothing = pa.DictionaryArray.from_arrays(pa.nulls(ROWS, pa.int8()), pa.array([], pa.string()))
    for column in (nulls, nothing):
        assert prep.transform(table(column, column)).tobytes() == wanted.tobytes()


def test_predictions_of_codes_are_those_of_strings(prep: Preprocessor) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    given = table(coded(13), coded(14))
    features = prep.transform(given)
    data = lightgbm.Dataset(features, given["y"].to_numpy())
    model = lightgbm.train({"verbose": -1, "num_leaves": 7, "min_data_in_leaf": 1}, data, 20)
    predictor = ms.Predictor(model, prep)
    wanted = predictor.predict(flat(given))
    assert len(np.unique(wanted)) > 5
    assert predictor.predict(given).tobytes() == wanted.tobytes()
    columns = pa.table(predictor.predict_arrow(given))
    assert columns.equals(pa.table(predictor.predict_arrow(flat(given))))
