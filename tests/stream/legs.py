"""Legs of planes, and a predictor whose features are about the past of each."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import lightgbm
import numpy as np
import pyarrow as pa

import mainspring as ms

__all__ = ["legs_predictor", "legs_table"]

START = datetime(2024, 5, 1, tzinfo=timezone.utc)


def legs_table(num_rows: int, start: datetime = START) -> pa.Table:
    """A leg each second."""
    rng = np.random.default_rng(4)
    return pa.table(
        {
            "id": np.arange(num_rows),
            "plane": rng.choice([f"N{number}" for number in range(20)], num_rows),
            "at": [start + timedelta(seconds=at) for at in range(num_rows)],
            "delay": rng.normal(5, 20, num_rows).round(1),
            "late": rng.integers(0, 2, num_rows),
        }
    )


def legs_predictor() -> ms.Predictor:
    """Made of how often a plane flew, and how late it was."""
    table = legs_table(2000)
    legs = ms.events("legs", key="plane", time="at", skew="2s")
    prep = ms.Preprocessor(legs.window("5min").count(), legs.last("delay", 5).mean())
    matrix = prep.fit_transform(table, events={"legs": table})
    booster = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1},
        lightgbm.Dataset(matrix, label=table["late"].to_numpy()),
        10,
    )
    return ms.Predictor(booster, prep, name="legs", profile=ms.profile(table))
