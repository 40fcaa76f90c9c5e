"""Numbers to buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from bench.data.operator_columns import Columns
from bench.operator_cases.case import (
    Array,
    Case,
    Peer,
    polars_peer,
)

EDGES = tuple(np.linspace(1.0, 30.0, 15).tolist())


def _buckets(edges: Callable[[Columns], Any]) -> tuple[Peer, ...]:
    def in_polars(given: Columns) -> pl.Expr:
        number = pl.col("number")
        found = pl.lit(pl.Series(edges(given))).search_sorted(number, side="right") + 1
        return pl.when(number.is_null()).then(0).otherwise(found).cast(pl.Float32)

    def in_numpy(given: Columns) -> Callable[[], Array]:
        limits = np.asarray(edges(given))

        def run() -> Array:
            found = np.searchsorted(limits, given.number, side="right") + 1
            return np.where(np.isnan(given.number), 0, found).astype(np.float32)

        return run

    return polars_peer("search_sorted", in_polars), Peer("numpy", "searchsorted", in_numpy)


CASES = {
    "bucketize": Case(
        ("number",), lambda column: column.bucketize(edges=EDGES), _buckets(lambda _: EDGES)
    ),
    "quantile_bucketize": Case(
        ("number",),
        lambda column: column.quantile_bucketize(buckets=16),
        _buckets(lambda given: given.quantiles),
    ),
    "width_bucketize": Case(
        ("number",),
        lambda column: column.width_bucketize(buckets=16),
        _buckets(lambda given: np.linspace(given.low, given.high, 17)[1:-1]),
    ),
}
