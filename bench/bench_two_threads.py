"""Claim: two threads predict almost twice as many rows as one."""

from __future__ import annotations

import time
from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms

MODEL = "100 trees of 31 leaves"


@pytest.fixture(scope="module")
def predictor() -> ms.Predictor:
    random = np.random.default_rng(0)
    features = random.normal(size=(20_000, 30))
    label = features[:, 0] * features[:, 1] + np.sin(3 * features[:, 2]) > 0
    options = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1}
    data = lightgbm.Dataset(features, label.astype(float))
    return ms.Predictor(lightgbm.train(options, data, 100), name="forest")


@pytest.mark.one_thread
@pytest.mark.parametrize("rows", [16_384, 65_536], ids="{:,}".format)
def test_wall_time_of_one_thread_over_two(
    rows: int, predictor: ms.Predictor, record: Any, request: pytest.FixtureRequest
) -> None:
    matrix = np.random.default_rng(1).normal(size=(rows, 30))
    expected, out = predictor.predict(matrix), np.empty(rows)
    best = {1: float("inf"), 2: float("inf")}
    before = int(str(ms.build_info()["num_threads"]))
    try:
        for turn in range(16 if request.config.getoption("--quick") else 400):
            threads = 1 + turn % 2
            ms.set_num_threads(threads)
            begin = time.perf_counter()
            predictor.predict(matrix, out=out)
            best[threads] = min(best[threads], time.perf_counter() - begin)
            assert out.tobytes() == expected.tobytes()
    finally:
        ms.set_num_threads(before)
    record.value(
        f"{MODEL}, {rows:,} rows, wall time of one thread over two", best[1] / best[2], unit="x"
    )
