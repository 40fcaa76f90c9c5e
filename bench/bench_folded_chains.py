"""Claim: ranks in place of features cost a forest less than features do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from bench.bench_forests import lightgbm_model
from mainspring import Preprocessor, col

ROWS = 65_536
NUMBERS = tuple(f"x{i}" for i in range(20))
WORDS = tuple(f"word{i}" for i in range(6))
CHAINS = {
    "20 numbers, impute and standardize": (col(*NUMBERS).impute("median").standardize(),),
    "20 numbers, impute, log1p and standardize": (
        col(*NUMBERS).impute("median").log1p().standardize(),
    ),
    "6 dictionaries, ordinal and target mean": (
        col(*WORDS).ordinal(),
        *(col(name).target_mean(smoothing=20.0).alias(f"{name}_mean") for name in WORDS),
    ),
    "20 numbers with log1p, 6 dictionaries, ordinal": (
        col(*NUMBERS).impute("median").log1p().standardize(),
        col(*WORDS).ordinal(),
    ),
}


def table(rows: int, seed: int) -> pa.Table:
    """Numbers with a tail of which one in twenty is missing, and words of dictionaries."""
    random = np.random.default_rng(seed)
    columns: dict[str, Any] = {
        name: pa.array(np.exp(random.normal(size=rows)), mask=random.random(rows) < 0.05)
        for name in NUMBERS
    }
    for name in WORDS:
        entries = pa.array([f"{name}-{i}" for i in range(200)])
        indices = pa.array(random.integers(0, 200, rows), pa.int16())
        columns[name] = pa.DictionaryArray.from_arrays(indices, entries)
    codes = sum(columns[name].indices.to_numpy() % 7 for name in WORDS)
    known = np.nan_to_num(np.stack([columns[name].to_numpy(False) for name in NUMBERS[:6]]))
    noise = random.normal(size=rows)
    columns["late"] = (np.log1p(known).sum(axis=0) + codes / 7 + noise > 7.5).astype(float)
    return pa.table(columns)


@pytest.mark.parametrize("chains", CHAINS)
def test_folded_chains(chains: str, threads: int, compare: Any) -> None:
    """Both sides are mainspring's, and give the same bits."""
    train, batch = table(50_000, 1), table(ROWS, 2)
    prep = Preprocessor(*CHAINS[chains], profile=False)
    features = prep.fit_transform(train, target="late")
    more = {"objective": "binary", "num_leaves": 31, "categories": prep.categorical_indices}
    booster = lightgbm_model(features, train["late"].to_numpy(), 100, threads, **more)
    whole, forest = ms.Predictor(booster, prep), ms.Predictor(booster)
    compare(
        f"100 trees of 31 leaves behind {chains}, {ROWS:,} rows",
        lambda: whole.predict_raw(batch),
        lambda: forest.predict_raw(prep.transform(batch)),
        peer="mainspring",
        api="Preprocessor.transform, then predict_raw of its matrix",
        check=lambda ours, theirs: np.testing.assert_array_equal(ours, theirs),
        rows=ROWS,
    )
