"""Claim: exact Shapley values of forests come faster than from the libraries that grew them."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost

import mainspring as ms
from bench.bench_forests import lightgbm_model, numbers, score

BACKGROUND = 100


def batches(*counts: int) -> Any:
    """Return numbers of rows; few of them are too little work for several threads."""
    return [pytest.param(n, marks=pytest.mark.one_thread if n < 64 else ()) for n in counts]


@pytest.fixture(scope="module")
def small(threads: int) -> lightgbm.Booster:
    features = numbers(50_000, 30, 1)
    label = (score(features, 2) > 0).astype(float)
    return lightgbm_model(features, label, 100, threads, objective="binary", num_leaves=31)


@pytest.fixture(scope="module")
def deep(threads: int) -> xgboost.Booster:
    features = numbers(20_000, 50, 6).astype(np.float32)
    parameters = {"objective": "binary:logistic", "max_depth": 8, "nthread": threads, "seed": 1}
    data = xgboost.DMatrix(features, (score(features, 7) > 0).astype(np.float32))
    return xgboost.train(parameters, data, 500)


def near(ours: Any, theirs: Any, tolerance: float) -> None:
    """Assert contributions that differ by what is small beside the largest."""
    atol = tolerance * float(np.abs(theirs).max())
    np.testing.assert_allclose(ours.values, theirs, rtol=0, atol=atol)


def rows_of(count: int) -> str:
    return f"{count:,} row{'s' if count > 1 else ''}"


@pytest.mark.parametrize("rows", batches(1, 16, 1_024))
def test_lightgbm(rows: int, small: lightgbm.Booster, threads: int, compare: Any) -> None:
    batch = numbers(rows, 30, 3)
    predictor = ms.Predictor(small, name="small")
    compare(
        f"LightGBM, 100 trees of 31 leaves, {rows_of(rows)}",
        lambda: predictor.explain(batch),
        lambda: small.predict(batch, pred_contrib=True, num_threads=threads)[:, :-1],
        peer="lightgbm",
        api="Booster.predict(pred_contrib=True) on float64",
        check=lambda ours, theirs: near(ours, theirs, 1e-10),
        rows=rows,
        num_bytes=2 * batch.nbytes,
    )


@pytest.mark.large
@pytest.mark.parametrize("rows", batches(1, 16, 128))
def test_xgboost(rows: int, deep: xgboost.Booster, compare: Any) -> None:
    batch = numbers(rows, 50, 22).astype(np.float32)
    predictor = ms.Predictor(deep, name="deep")
    data = xgboost.DMatrix(batch)
    compare(
        f"XGBoost, 500 trees of depth 8, {rows_of(rows)}",
        lambda: predictor.explain(batch),
        lambda: deep.predict(data, pred_contribs=True)[:, :-1],
        peer="xgboost-cpu",
        api="Booster.predict(pred_contribs=True) on a DMatrix",
        check=lambda ours, theirs: near(ours, theirs, 1e-4),
        rows=rows,
        num_bytes=2 * batch.nbytes,
    )


@pytest.mark.large
@pytest.mark.parametrize("rows", batches(64))
def test_interactions(rows: int, compare: Any, threads: int) -> None:
    features = numbers(20_000, 10, 8).astype(np.float32)
    parameters = {"max_depth": 6, "nthread": threads, "seed": 1}
    model = xgboost.train(parameters, xgboost.DMatrix(features, score(features, 9)), 100)
    batch = features[:rows]
    predictor, data = ms.Predictor(model, name="pairs"), xgboost.DMatrix(batch)
    compare(
        f"interactions, XGBoost, 100 trees of depth 6, 10 features, {rows_of(rows)}",
        lambda: predictor.explain(batch, interactions=True),
        lambda: model.predict(data, pred_interactions=True)[:, :-1, :-1],
        peer="xgboost-cpu",
        api="Booster.predict(pred_interactions=True) on a DMatrix",
        check=lambda ours, theirs: near(ours, theirs, 1e-4),
        rows=rows,
    )


def test_background(small: lightgbm.Booster, record: Any, benchmark: Any) -> None:
    """No peer of ours has it: what it costs beside the default."""
    batch, background = numbers(64, 30, 3), numbers(BACKGROUND, 30, 4)
    predictor = ms.Predictor(small, name="small")
    benchmark.pedantic(lambda: predictor.explain(batch, background=background), rounds=3)
    per_row = benchmark.stats.stats.median / len(batch) * 1e6
    record.value(
        f"LightGBM, 100 trees of 31 leaves, background of {BACKGROUND} rows, a row of 64",
        per_row,
        unit="us",
    )
