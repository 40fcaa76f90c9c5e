"""The features of clicks with polars: one lazy query, a cast of each category to an Enum.

Left joins with tables of ids and means cost three times as much at 100,000 rows, because polars
hashes the tables anew for each query.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from bench.data.clicks import CATEGORIES, NUMBERS
from bench.jobs.click_features import BUCKETED, CROSS_BUCKETS, CROSSED, Floats, Learned

__all__ = ["COLUMNS_API", "TRANSFORM_API", "column_transformer", "transformer"]

COLUMNS_API = "lazy query, casts to Enum, gather"
TRANSFORM_API = f"{COLUMNS_API}, to_numpy"


def transformer(
    learned: Learned, edges: dict[str, list[float]]
) -> Callable[[pl.DataFrame], Floats]:
    """Return the function that computes the features of a frame as a matrix."""
    transform = column_transformer(learned, edges)
    return lambda frame: transform(frame).to_numpy(order="c")


def column_transformer(
    learned: Learned, edges: dict[str, list[float]]
) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return the function that computes the features of a frame as columns."""
    features = [
        *_number_features(learned),
        *(_mean_feature(learned, name) for name in CATEGORIES),
        *(_id(learned, name).cast(pl.Float32).alias(f"{name}_id") for name in CATEGORIES),
        *_bucket_features(learned, edges),
        *_cross_features(),
        *_time_features(),
    ]
    return lambda frame: frame.lazy().select(features).collect()


def _number_features(learned: Learned) -> list[pl.Expr]:
    features = []
    for name in NUMBERS:
        mean, deviation = learned.moments[name]
        imputed = pl.col(name).cast(pl.Float64).fill_null(learned.medians[name])
        features.append(((imputed.log1p() - mean) / deviation).cast(pl.Float32))
    return features


def _id(learned: Learned, name: str) -> pl.Expr:
    # Appears under a mean and an id; polars computes a common expression once.
    words: Any = pl.from_arrow(learned.vocabularies[name])
    code = pl.col(name).cast(pl.Enum(words), strict=False).to_physical()
    return pl.when(pl.col(name).is_null()).then(0).otherwise((code + 2).fill_null(1))


def _mean_feature(learned: Learned, name: str) -> pl.Expr:
    means = pl.lit(pl.Series(learned.means[name].astype(np.float32)))
    return means.gather(_id(learned, name)).alias(f"{name}_mean")


def _bucket_features(learned: Learned, edges: dict[str, list[float]]) -> list[pl.Expr]:
    return [
        (
            pl.lit(pl.Series(edges[name]))
            .search_sorted(pl.col(name).fill_null(learned.medians[name]), side="right")
            .cast(pl.Float32)
            .add(1)
            .alias(f"{name}_bucket")
        )
        for name in BUCKETED
    ]


def _cross_features() -> list[pl.Expr]:
    return [
        (pl.struct(pair).hash() % CROSS_BUCKETS).cast(pl.Float32).alias("_x_".join(pair))
        for pair in CROSSED
    ]


def _time_features() -> list[pl.Expr]:
    return [
        pl.col("ts").dt.hour().cast(pl.Float32).alias("hour"),
        (pl.col("ts").dt.weekday() - 1).cast(pl.Float32).alias("weekday"),  # Monday is 1 in polars
    ]
