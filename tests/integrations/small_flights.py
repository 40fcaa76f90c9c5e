"""A small pipeline for orchestrators: a step fails on its first try, a name is no identifier."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mainspring as ms

pipeline = ms.Pipeline("small-flights", parameters={"count": 300, "rounds": 3, "note": None})


@pipeline.step
def rows(count: int) -> Any:
    """Make the rows."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(7)
    wind = random.gamma(2.0, 5.0, count)
    late = random.random(count) < 1 / (1 + np.exp(2 - 0.1 * wind))
    carrier = random.choice(["UA", "AA", "DL"], count)
    return pa.table({"wind": wind, "carrier": carrier, "late": late.astype(np.int64)})


@pipeline.step("features.learnt", retries=2, backoff_seconds=0.05)
def features(rows: Any) -> ms.Preprocessor:
    """Learn the features; the first try fails."""
    mark = os.environ.get("MAINSPRING_TEST_MARK")
    if mark and not Path(mark).exists():
        Path(mark).touch()
        raise OSError("the first try fails")
    return ms.Preprocessor(ms.col("wind").standardize(), ms.col("carrier").ordinal()).fit(rows)


@pipeline.step(needs={"features": "features.learnt"})
def predictor(features: ms.Preprocessor, rows: Any, rounds: int) -> ms.Predictor:
    """Train a model on them."""
    import lightgbm

    data = lightgbm.Dataset(features.transform(rows), label=rows["late"].to_numpy())
    options = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_in_leaf": 5}
    return ms.Predictor(lightgbm.train(options, data, rounds), features, name="late")


@pipeline.step(timeout_seconds=60)
def mean(predictor: ms.Predictor, rows: Any) -> float:
    """Average its predictions, in a process of its own."""
    if len(rows) == 13:
        raise ValueError("thirteen rows are too few")
    return float(predictor.predict(rows).mean())
