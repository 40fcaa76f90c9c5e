"""Claim: CatBoost's symmetric trees score faster here than in CatBoost, the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import mainspring as ms
from bench.bench_forests import by_batch, measure, numbers, score


@pytest.fixture(scope="module")
def oblivious(threads: int) -> Any:
    catboost = pytest.importorskip("catboost")
    features = numbers(20_000, 50, 10).astype(np.float32)
    more = {"random_seed": 1, "verbose": 0, "allow_writing_files": False}
    model = catboost.CatBoostRegressor(iterations=500, depth=6, thread_count=threads, **more)
    return model.fit(features, score(features, 11))


@by_batch
def test_oblivious(rows: int, oblivious: Any, threads: int, compare: Any) -> None:
    batch = numbers(rows, 50, 24).astype(np.float32)
    predictor = ms.Predictor(oblivious, name="oblivious")
    assert (predictor.predict(batch) == oblivious.predict(batch, thread_count=threads)).all()
    measure(
        compare,
        "CatBoost, 500 symmetric trees of depth 6",
        batch,
        lambda: predictor.predict(batch),
        lambda: oblivious.predict(batch, thread_count=threads),
        ("catboost", "CatBoostRegressor.predict on float32"),
    )
