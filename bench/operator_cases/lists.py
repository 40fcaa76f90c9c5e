"""Operators for columns of lists."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow.compute as pc

from bench.data.operator_columns import Columns
from bench.operator_cases.case import Array, Case, Peer, polars_peer

__all__ = ["CASES"]

PLACES = 4


def _lengths_pyarrow(given: Columns) -> Callable[[], Array]:
    prices = given.table["prices"]
    return lambda: pc.list_value_length(prices).to_numpy().astype(np.float32)


def _padded_polars(_: Columns) -> list[pl.Expr]:
    prices = pl.col("prices").list
    return [
        prices.get(place, null_on_oob=True).fill_null(0).cast(pl.Float32).alias(f"prices_{place}")
        for place in range(PLACES)
    ]


CASES: dict[str, Case] = {
    "list_length": Case(
        ("prices",),
        lambda column: column.list_length(),
        (
            polars_peer("list.len", lambda _: pl.col("prices").list.len().cast(pl.Float32)),
            Peer("pyarrow", "list_value_length", _lengths_pyarrow),
        ),
    ),
    "list_pool": Case(
        ("prices",),
        lambda column: column.list_pool("mean"),
        (polars_peer("list.mean", lambda _: pl.col("prices").list.mean().cast(pl.Float32)),),
    ),
    "list_slice": Case(
        ("prices",),
        lambda column: column.list_slice(-3).list_pool("max"),
        (
            polars_peer(
                "list.tail, list.max",
                lambda _: pl.col("prices").list.tail(3).list.max().cast(pl.Float32),
            ),
        ),
    ),
    "list_pad": Case(
        ("prices",),
        lambda column: column.list_pad(PLACES),
        (polars_peer("list.get for each place", _padded_polars),),
    ),
}
