"""Claim: to add up as the source library does costs no more than fixed point, in any order."""

from __future__ import annotations

from typing import Any

import pytest

import mainspring as ms
from bench.bench_forests import by_batch, lightgbm_model, measure, numbers, score


@pytest.fixture(scope="module")
def booster(threads: int) -> Any:
    features = numbers(20_000, 30, 1)
    label = (score(features, 2) > 0).astype(float)
    return lightgbm_model(features, label, 200, threads, objective="binary", num_leaves=63)


@by_batch
def test_fixed_sums(rows: int, booster: Any, compare: Any) -> None:
    """Both sides are mainspring's."""
    batch = numbers(rows, 30, 3)
    library = ms.Predictor(booster, name="library")
    fixed = ms.Predictor(booster, name="fixed", sums="fixed")
    measure(
        compare,
        "LightGBM, 200 trees of 63 leaves, sums of the library",
        batch,
        lambda: library.predict(batch),
        lambda: fixed.predict(batch),
        ("mainspring", 'Predictor(sums="fixed")'),
        1e-12,
    )
