"""Claim: a LightGBM model scores faster here than in LightGBM, the same bits."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from bench.peers import ENGINES, engine_of, second_class

TREES, LEAVES, FEATURES = 100, 31, 30
BATCHES = (
    *(pytest.param(rows, marks=pytest.mark.one_thread) for rows in (1, 16, 256)),
    *(4_096, 65_536),
)
MODEL = f"{TREES} trees of {LEAVES} leaves"


@pytest.fixture(scope="module")
def booster(threads: int) -> lightgbm.Booster:
    return trained(matrix(np.random.default_rng(1), 50_000), threads)


@pytest.fixture(scope="module")
def narrow_booster(threads: int) -> lightgbm.Booster:
    """Train on float32, which is all that the other engines read."""
    return trained(matrix(np.random.default_rng(1), 50_000).astype(np.float32), threads)


def trained(features: Any, threads: int) -> lightgbm.Booster:
    random = np.random.default_rng(5)
    noise = random.normal(size=len(features))
    labels = (np.nan_to_num(features[:, :6]).sum(axis=1) + noise > 0).astype(float)
    parameters = {
        "objective": "binary",
        "num_leaves": LEAVES,
        "num_threads": threads,
        "verbose": -1,
        "deterministic": True,
    }
    return lightgbm.train(parameters, lightgbm.Dataset(features, labels), TREES)


def matrix(random: np.random.Generator, rows: int) -> Any:
    """Draw features of which one in fifty is missing."""
    features = random.normal(size=(rows, FEATURES))
    features[random.random(features.shape) < 0.02] = np.nan
    return features


def check_scores(ours: Any, theirs: Any) -> None:
    """Assert probabilities within 2 ulp: exp may round another way."""
    np.testing.assert_allclose(ours, theirs, rtol=5e-16)


@pytest.mark.parametrize("rows", BATCHES)
def test_predict(rows: int, booster: lightgbm.Booster, threads: int, compare: Any) -> None:
    batch = matrix(np.random.default_rng(2), rows)
    predictor = ms.Predictor(booster, name="forest")
    raw = booster.predict(batch, raw_score=True, num_threads=threads)
    assert (predictor.predict_raw(batch) == raw).all()
    compare(
        f"{MODEL}, {rows:,} row{'s' if rows > 1 else ''}",
        lambda: predictor.predict(batch),
        lambda: booster.predict(batch, num_threads=threads),
        peer="lightgbm",
        api="Booster.predict on float64",
        check=check_scores,
        rows=rows,
        num_bytes=batch.nbytes + 8 * rows,
    )


@pytest.mark.one_thread
def test_predict_row(booster: lightgbm.Booster, threads: int, compare: Any) -> None:
    """A dict here; LightGBM takes no dict, so it gets the matrix of one row at once."""
    batch = matrix(np.random.default_rng(3), 1)
    predictor = ms.Predictor(booster, name="forest")
    row = dict(zip(predictor.feature_names, batch[0].tolist(), strict=True))
    compare(
        f"{MODEL}, predict_row of a dict",
        lambda: predictor.predict_row(row),
        lambda: booster.predict(batch, num_threads=threads),
        peer="lightgbm",
        api="Booster.predict on a float64 matrix of one row",
        check=lambda ours, theirs: check_scores([ours], theirs),
        rows=1,
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("form", ["buffer", "dict"])
def test_scorer(form: str, booster: lightgbm.Booster, threads: int, compare: Any) -> None:
    """A prepared function here; in LightGBM the call that a service makes."""
    batch = matrix(np.random.default_rng(4), 1)
    predictor = ms.Predictor(booster, name="forest")
    score = predictor.scorer()
    names = predictor.feature_names
    row = batch[0] if form == "buffer" else dict(zip(names, batch[0].tolist(), strict=True))
    compare(
        f"{MODEL}, scorer of a {form}",
        lambda: score(row),
        lambda: booster.predict(batch, num_threads=threads),
        peer="lightgbm",
        api="Booster.predict on a float64 matrix of one row",
        check=lambda ours, theirs: check_scores([ours], theirs),
        rows=1,
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rows", [1, 16, 256, 4_096])
def test_other_engines(
    engine: str, rows: int, narrow_booster: lightgbm.Booster, threads: int, compare: Any
) -> None:
    batch = matrix(np.random.default_rng(2), rows).astype(np.float32)
    predictor = ms.Predictor(narrow_booster, name="forest")
    other = engine_of(engine, narrow_booster, "lightgbm", FEATURES, threads)
    compare(
        f"{MODEL}, {rows:,} row{'s' if rows > 1 else ''}, float32",
        lambda: predictor.predict(batch),
        lambda: second_class(other.predict(batch), rows),
        peer=other.peer,
        api=other.api,
        check=lambda ours, theirs: np.testing.assert_allclose(ours, theirs, atol=other.tolerance),
        rows=rows,
        num_bytes=batch.nbytes + 8 * rows,
    )
