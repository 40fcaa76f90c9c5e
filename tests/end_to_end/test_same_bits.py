"""One bundle, every way in: Python, command line, ISA levels, batches, chunks, threads, frames."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring import col

ROWS = 3000


def make_table(seed: int = 7) -> pa.Table:
    """A small table with every kind of column that the spine knows, missing values included."""
    draw = np.random.default_rng(seed)

    def missing(values: list[object], share: float) -> list[object]:
        lost = draw.random(len(values)) < share
        return [None if gone else value for value, gone in zip(values, lost, strict=True)]

    distance = draw.lognormal(6, 1, ROWS)
    wind = draw.gamma(2, 5, ROWS)
    carriers = draw.choice(["UA", "AA", "B6", "a carrier with a name past 23 bytes", "", "é"], ROWS)
    flight = draw.integers(1, 400, ROWS)
    moments = draw.integers(1_356_998_400, 1_388_534_400, ROWS) * 1_000_000
    late = (draw.random(ROWS) < 1 / (1 + np.exp(-(wind - 10) / 5))).astype(np.int8)
    return pa.table(
        {
            "distance": pa.array(missing(distance.tolist(), 0.1)),
            "wind": pa.array(missing(wind.astype(np.float32).tolist(), 0.1), pa.float32()),
            "carrier": pa.array(missing(carriers.tolist(), 0.05)).dictionary_encode(),
            "flight": pa.array(missing(flight.tolist(), 0.05), pa.int32()),
            "sched": pa.array(
                missing(moments.tolist(), 0.05), pa.timestamp("us", tz="America/New_York")
            ),
            "late": pa.array(late),
        }
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, np.ndarray]:
    """A saved bundle, a Parquet file and the probabilities that Python gives for it."""
    folder = tmp_path_factory.mktemp("same_bits")
    table = make_table()
    prep = ms.Preprocessor(
        col("distance").impute("median").log1p().standardize(),
        col("wind").clip(0.0, 40.0).bucketize([2.0, 5.0, 10.0, 20.0]),
        col("wind").alias("wind_raw"),
        col("carrier").ordinal(min_count=5),
        col("flight").target_mean(smoothing=10.0, folds=4),
        col("sched").datetime("hour", "weekday", "month", cyclical=True),
        col("carrier", "flight").cross(buckets=256),
    )
    features = prep.fit_transform(table, target="late")
    booster = lightgbm.train(
        {
            "objective": "binary",
            "num_leaves": 31,
            "verbose": -1,
            "num_threads": 1,
            "deterministic": True,
        },
        lightgbm.Dataset(
            features,
            label=table["late"].to_numpy(),
            categorical_feature=prep.categorical_indices,
        ),
        num_boost_round=40,
    )
    predictor = ms.Predictor(booster, prep, name="same-bits", profile=ms.profile(table))
    bundle = folder / "same-bits.spring"
    predictor.save(bundle)
    data = folder / "rows.parquet"
    pq.write_table(table, data)
    expected = predictor.predict(table)
    matrix = prep.transform(table)
    np.testing.assert_array_equal(
        predictor.predict_raw(table), booster.predict(matrix, raw_score=True)
    )
    return bundle, data, expected


def bits(values: np.ndarray) -> bytes:
    return np.ascontiguousarray(values, np.float64).tobytes()


def test_predict_when_batches_and_chunks_differ_expected_same_bits(
    made: tuple[Path, Path, np.ndarray],
) -> None:
    bundle, data, expected = made
    predictor = ms.load(bundle)
    table = pq.read_table(data)
    for size in (1, 7, 511, 512, 513, 2048):
        rows = min(ROWS, size * 40)
        parts = [
            predictor.predict(table.slice(first, min(size, rows - first)))
            for first in range(0, rows, size)
        ]
        assert bits(np.concatenate(parts)) == bits(expected[:rows])
    chunked = pa.Table.from_batches(table.to_batches(max_chunksize=333))
    assert bits(predictor.predict(chunked)) == bits(expected)


def test_predict_when_threads_differ_expected_same_bits(
    made: tuple[Path, Path, np.ndarray],
) -> None:
    bundle, data, expected = made
    predictor = ms.load(bundle)
    big = pa.concat_tables([pq.read_table(data)] * 12)
    try:
        for count in (1, 2, 5):
            ms.set_num_threads(count)
            assert bits(predictor.predict(big)) == bits(np.tile(expected, 12))
    finally:
        ms.set_num_threads(2)


def test_predict_row_when_called_for_each_row_expected_same_bits(
    made: tuple[Path, Path, np.ndarray],
) -> None:
    bundle, data, expected = made
    predictor = ms.load(bundle)
    rows = pq.read_table(data).slice(0, 300).to_pylist()
    one_by_one = np.array([predictor.predict_row(row) for row in rows])
    assert bits(one_by_one) == bits(expected[:300])


@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_predict_when_isa_is_forced_expected_same_bits(
    made: tuple[Path, Path, np.ndarray], level: str
) -> None:
    bundle, data, expected = made
    script = (
        "import json, sys, numpy as np, pyarrow.parquet as pq, mainspring as ms\n"
        "predictor = ms.load(sys.argv[1]); table = pq.read_table(sys.argv[2])\n"
        "out = predictor.predict(table)\n"
        "rows = [predictor.predict_row(row) for row in table.slice(0, 50).to_pylist()]\n"
        "print(json.dumps({'isa': ms.build_info()['isa'], 'bits': out.tobytes().hex(),\n"
        "                  'rows': np.array(rows).tobytes().hex()}))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(bundle), str(data)],
        env={**os.environ, "MAINSPRING_ISA": level},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(run.stdout)
    available = ms.build_info()["isa_levels"]
    assert answer["isa"] == (level if level in available else available[-1])
    assert bytes.fromhex(answer["bits"]) == bits(expected)
    assert bytes.fromhex(answer["rows"]) == bits(expected[:50])


@pytest.mark.parametrize("level", ["baseline", "avx512"])
def test_command_line_when_it_scores_a_file_expected_same_bits(
    made: tuple[Path, Path, np.ndarray], tmp_path: Path, level: str
) -> None:
    bundle, data, expected = made
    out = tmp_path / "scores.parquet"
    subprocess.run(
        [sys.executable, "-m", "mainspring", "predict", str(bundle), str(data), "-o", str(out)],
        env={**os.environ, "MAINSPRING_ISA": level},
        check=True,
    )
    scores = pq.read_table(out)
    assert bits(scores.column(scores.num_columns - 1).to_numpy()) == bits(expected)


def test_frames_when_the_data_is_the_same_expected_same_bits(
    made: tuple[Path, Path, np.ndarray],
) -> None:
    import duckdb
    import pandas as pd
    import polars as pl

    bundle, data, expected = made
    predictor = ms.load(bundle)
    assert bits(predictor.predict(pl.read_parquet(data))) == bits(expected)
    assert bits(predictor.predict(pd.read_parquet(data))) == bits(expected)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'America/New_York'")
        assert bits(predictor.predict(connection.sql(f"select * from '{data}'"))) == bits(expected)
