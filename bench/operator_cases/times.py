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


HOLIDAYS = tuple(f"{year}-{day}" for year in range(1970, 2006) for day in ("01-01", "12-25"))


def _days_numpy(given: Columns, name: str) -> Array:
    return given.table[name].to_numpy().astype("datetime64[D]")


def _counts_numpy(given: Columns) -> Callable[[], Array]:
    days, since = _days_numpy(given, "ts"), _days_numpy(given, "start")
    return lambda: np.busday_count(since, days, holidays=HOLIDAYS).astype(np.float32)


def _flags_numpy(given: Columns) -> Callable[[], Array]:
    days = _days_numpy(given, "ts")
    return lambda: np.is_busday(days, holidays=HOLIDAYS).astype(np.float32)


def _hours_since_numpy(given: Columns) -> Callable[[], Array]:
    times, since = given.table["ts"].to_numpy(), given.table["start"].to_numpy()
    return lambda: ((times - since).astype(np.int64) / 3.6e9).astype(np.float32)


def _listed_polars(_: Columns) -> pl.Expr:
    listed = pl.Series(HOLIDAYS).str.to_date()
    return pl.col("ts").dt.date().is_in(listed.implode()).cast(pl.Float32)


CASES = {
    "elapsed": Case(
        ("ts",),
        lambda column: column.elapsed(since="start", unit="hours"),
        (
            polars_peer(
                "total_microseconds of a difference",
                lambda _: ((pl.col("ts") - pl.col("start")).dt.total_microseconds() / 3.6e9).cast(
                    pl.Float32
                ),
            ),
            Peer("numpy", "subtract", _hours_since_numpy),
        ),
        keys=("start",),
    ),
    "holidays": Case(
        ("ts",),
        lambda column: column.holidays(HOLIDAYS),
        (polars_peer("dt.date, is_in", _listed_polars),),
    ),
    "is_business_day": Case(
        ("ts",),
        lambda column: column.is_business_day(holidays=HOLIDAYS),
        (
            polars_peer(
                "dt.is_business_day",
                lambda _: (
                    pl.col("ts")
                    .dt.date()
                    .dt.is_business_day(holidays=pl.Series(HOLIDAYS).str.to_date().to_list())
                    .cast(pl.Float32)
                ),
            ),
            Peer("numpy", "is_busday", _flags_numpy),
        ),
    ),
    "business_days": Case(
        ("ts",),
        lambda column: column.business_days(since="start", holidays=HOLIDAYS),
        (
            polars_peer(
                "business_day_count",
                lambda _: pl.business_day_count(
                    pl.col("start").dt.date(),
                    pl.col("ts").dt.date(),
                    holidays=pl.Series(HOLIDAYS).str.to_date().to_list(),
                ).cast(pl.Float32),
            ),
            Peer("numpy", "busday_count", _counts_numpy),
        ),
        keys=("start",),
    ),
    "datetime": Case(
        ("ts",),
        lambda column: column.datetime("hour", "weekday"),
        (
            polars_peer("dt.hour, dt.weekday", _hours_polars),
            Peer("pyarrow", "hour, day_of_week", _hours_pyarrow),
        ),
    ),
}
