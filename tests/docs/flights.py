"""The tables that the pages speak of: ``train``, ``test``, ``more`` and ``this_week``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa

import mainspring as ms
from mainspring import col

__all__ = ["names"]


def _flights(num_rows: int, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    hours = random.integers(5, 23, num_rows)
    departures = [datetime(2013, 1, 1) + timedelta(hours=int(h)) for h in hours]
    minutes = random.integers(40, 360, num_rows)
    wind = random.gamma(2.0, 5.0, num_rows)
    return pa.table(
        {
            "distance": minutes * 7.0,
            "wind_speed": pa.array(wind, mask=random.random(num_rows) < 0.05),
            "carrier": random.choice(["UA", "AA", "DL"], num_rows),
            "origin": random.choice(["JFK", "LGA", "EWR"], num_rows),
            "dest": random.choice(["BOS", "LAX", "SFO", "MIA"], num_rows),
            "tailnum": [f"N{number}" for number in random.integers(100, 160, num_rows)],
            "sched_dep": departures,
            "air_time": minutes,
            "arrived": [
                at + timedelta(minutes=int(wait))
                for at, wait in zip(departures, minutes, strict=True)
            ],
            "late": (random.random(num_rows) < 1 / (1 + np.exp(2 - 0.1 * wind))).astype(np.int64),
        }
    )


def names() -> dict[str, Any]:
    """Return what the code of a page may use without making it."""
    train = _flights(2000, seed=1)
    prep = ms.Preprocessor(
        col("wind_speed").impute("median").log1p().standardize(),
        col("carrier", "dest").ordinal(),
        col("distance"),
    )
    data = lightgbm.Dataset(prep.fit_transform(train), label=train["late"].to_numpy())
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 5)
    return {
        "train": train,
        "test": _flights(500, seed=2),
        "more": _flights(500, seed=3),
        "this_week": _flights(700, seed=4).drop_columns(["late"]),
        "late": train["late"].to_numpy(),
        "predictor": ms.Predictor(booster, prep, name="late-flights"),
    }
