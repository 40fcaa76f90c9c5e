"""Categories: ids, counts, groups, hashes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from bench.data.operator_columns import Columns, ids_of
from bench.operator_cases.case import (
    Array,
    Case,
    Peer,
    encoding_peers,
    polars_id,
    polars_peer,
)

BUCKETS = 4096


def _pyarrow_ids(given: Columns) -> Callable[[], Array]:
    column, words = given.table["city"], given.vocabularies["city"]
    return lambda: ids_of(column, words).astype(np.float32)


def _one_hot_sklearn(given: Columns) -> Callable[[], Array]:
    from sklearn.preprocessing import OneHotEncoder

    values = np.array(given.table["day"].to_pylist(), dtype=object).reshape(-1, 1)
    order = [[*given.vocabularies["day"].to_pylist(), None]]
    encoder = OneHotEncoder(categories=order, sparse_output=False, dtype=np.float32).fit(values)
    return lambda: encoder.transform(values)


def _one_hot_ids_polars(given: Columns) -> list[pl.Expr]:
    bucket = pl.col("city").hash() % 64
    return [(bucket == i).cast(pl.Float32).alias(f"city_{i}") for i in range(64)]


def _one_hot_polars(given: Columns) -> list[pl.Expr]:
    day, words = pl.col("day"), given.vocabularies["day"].to_pylist()
    known = [(day == w).fill_null(False).cast(pl.Float32).alias(w) for w in words]
    return [*known, day.is_null().cast(pl.Float32).alias("missing")]


CASES = {
    "ordinal": Case(
        ("city",),
        lambda column: column.ordinal(),
        (
            polars_peer("cast to Enum", lambda given: polars_id(given, "city").cast(pl.Float32)),
            Peer("pyarrow", "index_in", _pyarrow_ids),
        ),
    ),
    "one_hot": Case(
        ("day",),
        lambda column: column.one_hot(),
        (
            polars_peer("an equality for each category", _one_hot_polars),
            Peer("scikit-learn", "OneHotEncoder on objects", _one_hot_sklearn),
        ),
    ),
    "one_hot_ids": Case(
        ("city",),
        lambda column: column.hash(buckets=64).one_hot_ids(),
        (polars_peer("an equality for each bucket of a hash", _one_hot_ids_polars),),
        same_values=False,
    ),
    "count": Case(
        ("city",), lambda column: column.count(), encoding_peers(lambda counts, _: counts * 1.0)
    ),
    "group_stats": Case(
        ("number",),
        lambda column: column.group_stats(by="city", stats=("mean", "max")),
        (
            polars_peer(
                "mean and max over groups",
                lambda _: [
                    getattr(pl.col("number"), stat)().over("city").cast(pl.Float32).alias(stat)
                    for stat in ("mean", "max")
                ],
            ),
        ),
        keys=("city",),
    ),
    "hash": Case(
        ("city",),
        lambda column: column.hash(buckets=BUCKETS),
        (polars_peer("hash", lambda _: (pl.col("city").hash() % BUCKETS).cast(pl.Float32)),),
        same_values=False,
    ),
    "cross": Case(
        ("city", "day"),
        lambda column: column.cross(buckets=BUCKETS),
        (
            polars_peer(
                "hash of a struct",
                lambda _: (pl.struct("city", "day").hash() % BUCKETS).cast(pl.Float32),
            ),
        ),
        same_values=False,
    ),
}
