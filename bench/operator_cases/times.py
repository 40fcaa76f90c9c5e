"""Times."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pyarrow.compute as pc

from bench.data.operator_columns import Columns
from bench.operator_cases.case import (
    Array,
    Case,
    Peer,
    polars_peer,
)


def _hours_pyarrow(given: Columns) -> Callable[[], Array]:
    times = given.table["ts"]

    def run() -> Array:
        parts = (pc.hour(times).to_numpy(), pc.day_of_week(times).to_numpy())
        return np.stack(parts, axis=1, dtype=np.float32, casting="unsafe")

    return run


def _hours_polars(_: Columns) -> list[pl.Expr]:
    hour = pl.col("ts").dt.hour().cast(pl.Float32).alias("hour")
    return [hour, (pl.col("ts").dt.weekday() - 1).cast(pl.Float32).alias("weekday")]


CASES = {
    "datetime": Case(
        ("ts",),
        lambda column: column.datetime("hour", "weekday"),
        (
            polars_peer("dt.hour, dt.weekday", _hours_polars),
            Peer("pyarrow", "hour, day_of_week", _hours_pyarrow),
        ),
    ),
}
