"""Claim: what a call from Python costs above the model is a fraction of a microsecond.

The model is one leaf, which any row reaches without a comparison, so that what is timed is the way
of 30 numbers into the engine and of one number back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms

FEATURES, CALLS = 30, 2_000


def microseconds(score: Callable[[Any], Any], rows: list[Any], turns: int) -> float:
    """Return the least CPU time of a call, over rows that rotate."""
    best = float("inf")
    for _ in range(turns):
        begin = time.process_time()
        for row in rows:
            score(row)
        best = min(best, time.process_time() - begin)
    return 1e6 * best / len(rows)


@pytest.mark.one_thread
@pytest.mark.parametrize("form", ["buffer", "dict"])
def test_overhead_of_a_call(form: str, record: Any, request: pytest.FixtureRequest) -> None:
    names = [f"f{number}" for number in range(FEATURES)]
    matrix = np.random.default_rng(0).normal(size=(CALLS, FEATURES))
    same = lightgbm.Dataset(matrix, np.full(CALLS, 0.25), feature_name=names)
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, same, 1)
    score = ms.Predictor(booster, name="leaf").scorer()
    rows: list[Any] = list(matrix)
    if form == "dict":
        rows = [dict(zip(names, row.tolist(), strict=True)) for row in matrix]
    assert score(rows[0]) == 0.25
    turns = 20 if request.config.getoption("--quick") else 300
    record.value(f"scorer of a {form} of 30 numbers", microseconds(score, rows, turns), unit="us")
