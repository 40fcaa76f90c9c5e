"""Claim: a mergeable profile of every column costs less than a summary that cannot be merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

import mainspring as ms
from bench.data.sensors import NUMBERS, TEXTS, sensors

ROWS = 100_000
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def summary(frame: pl.DataFrame) -> dict[str, Any]:
    """Compute with polars what a profile holds, but for what makes it mergeable."""
    numbers = [pl.col(name) for name in NUMBERS]
    found = frame.select(
        *(c.null_count().name.suffix("/nulls") for c in numbers),
        *(c.mean().name.suffix("/mean") for c in numbers),
        *(c.std(ddof=0).name.suffix("/std") for c in numbers),
        *(c.skew().name.suffix("/skew") for c in numbers),
        *(c.min().name.suffix("/min") for c in numbers),
        *(c.max().name.suffix("/max") for c in numbers),
        *(c.approx_n_unique().name.suffix("/distinct") for c in numbers),
        *(c.quantile(q).name.suffix(f"/{q}") for c in numbers for q in QUANTILES),
        *(pl.col(name).sum().name.suffix("/true") for name in ("b0", "b1")),
        *(pl.col("ts").min().alias("ts/min"), pl.col("ts").max().alias("ts/max")),
        *(pl.col(name).str.len_bytes().mean().name.suffix("/length") for name in TEXTS),
    ).row(0, named=True)
    for name in TEXTS:
        found[f"{name}/counts"] = frame[name].value_counts()
    return found


def check(profile: ms.Profile, found: dict[str, Any]) -> None:
    """Assert that both counted and averaged the same."""
    for name in NUMBERS:
        column = profile.column(name)
        np.testing.assert_allclose(column.mean, found[f"{name}/mean"], rtol=1e-9, atol=1e-12)
        assert column.min == found[f"{name}/min"]
        assert column.max == found[f"{name}/max"]
        assert column.missing == found[f"{name}/nulls"]
    for name in TEXTS:
        assert profile.column(name).distinct == len(found[f"{name}/counts"])


def test_profile(compare: Any) -> None:
    table = sensors(ROWS, seed=1, moved=False)
    frame = pl.from_arrow(table)
    compare(
        f"{ROWS:,} rows x 40 columns",
        lambda: ms.profile(table),
        lambda: summary(frame),
        peer="polars",
        api="select of moments, extremes and seven quantiles, value_counts",
        check=check,
        rows=ROWS,
        num_bytes=table.nbytes,
    )
