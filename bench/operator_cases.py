"""One operator alone beside the fair expression of the same in other libraries.

``CASES`` has an entry for each operator of the engine; a test says which one is missing. Every side
starts from a column in its own form and ends with a float32 array; what fitting learns is given to
all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.compute as pc

from bench.data.operator_columns import ROWS, Columns, columns, ids_of
from mainspring import col

__all__ = ["CASES", "ROWS", "Case", "Columns", "Peer", "columns"]

BUCKETS = 4096
EDGES = tuple(np.linspace(1.0, 30.0, 15).tolist())
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Peer:
    """A library's expression: ``make`` returns the function to time."""

    name: str
    api: str
    make: Callable[[Columns], Callable[[], Array]]


@dataclass(frozen=True)
class Case:
    """An operator on columns, its peers, and whether they must give the same numbers.

    Of hashes only the ranges are compared. ``keys`` are columns that the operator names itself.
    """

    names: tuple[str, ...]
    operator: Callable[[Any], Any]
    peers: tuple[Peer, ...]
    same_values: bool = True
    keys: tuple[str, ...] = ()

    def expression(self) -> Any:
        """Make the expression that is measured."""
        return self.operator(col(*self.names))


def _polars(api: str, expression: Callable[[Columns], Any]) -> Peer:
    def make(given: Columns) -> Callable[[], Array]:
        wanted = expression(given)
        return lambda: given.frame.select(wanted).to_numpy(order="c")

    return Peer("polars", api, make)


def _polars_id(given: Columns, name: str) -> pl.Expr:
    words: Any = pl.from_arrow(given.vocabularies[name])
    code = pl.col(name).cast(pl.Enum(words), strict=False).to_physical()
    return pl.when(pl.col(name).is_null()).then(0).otherwise((code + 2).fill_null(1))


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

    return _polars("search_sorted", in_polars), Peer("numpy", "searchsorted", in_numpy)


def _number_peers(
    polars: Callable[[Columns, pl.Expr], pl.Expr], numpy: Callable[[Columns, Array], Array]
) -> tuple[Peer, ...]:
    return (
        _polars("expression", lambda given: polars(given, pl.col("number")).cast(pl.Float32)),
        Peer(
            "numpy",
            "expression",
            lambda given: lambda: numpy(given, given.number).astype(np.float32),
        ),
    )


def _powers(method: str) -> tuple[Peer, ...]:
    def in_sklearn(given: Columns) -> Callable[[], Array]:
        from sklearn.preprocessing import PowerTransformer

        values = given.number.reshape(-1, 1)
        transformer = PowerTransformer(method=method).fit(values)
        return lambda: transformer.transform(values).astype(np.float32)

    def in_numpy(given: Columns) -> Callable[[], Array]:
        from scipy import stats

        # All values are positive: one side of Yeo-Johnson, which is Box-Cox of 1 + x.
        offset = 1.0 if method == "yeo-johnson" else 0.0
        known = given.number[~np.isnan(given.number)] + offset
        moved, exponent = stats.boxcox(known)
        mean, std = moved.mean(), moved.std()

        def run() -> Array:
            powers = np.power(given.number + offset, exponent)
            return (((powers - 1) / exponent - mean) / std).astype(np.float32)

        return run

    return (
        Peer("scikit-learn", "PowerTransformer", in_sklearn),
        Peer("numpy", "power", in_numpy),
    )


def _ranks_sklearn(given: Columns) -> Callable[[], Array]:
    from sklearn.preprocessing import QuantileTransformer

    values = given.number.reshape(-1, 1)
    transformer = QuantileTransformer(output_distribution="normal", subsample=None).fit(values)
    return lambda: transformer.transform(values).astype(np.float32)


def _difference_numpy(given: Columns) -> Callable[[], Array]:
    label = given.table["label"].to_numpy()
    return lambda: (given.number - label).astype(np.float32)


def _pyarrow_ids(given: Columns) -> Callable[[], Array]:
    column, words = given.table["city"], given.vocabularies["city"]
    return lambda: ids_of(column, words).astype(np.float32)


def _encoding_peers(numbers: Callable[[Array, Array], Array]) -> tuple[Peer, ...]:
    """Of what a category's count of rows and sum of the label are encoded as, by id."""

    def learnt(given: Columns) -> Array:
        return numbers(given.city_counts, given.city_sums)

    def in_polars(given: Columns) -> pl.Expr:
        return pl.lit(pl.Series(learnt(given).astype(np.float32))).gather(_polars_id(given, "city"))

    def in_pyarrow(given: Columns) -> Callable[[], Array]:
        column, words = given.table["city"], given.vocabularies["city"]
        by_id = learnt(given)
        return lambda: by_id.take(ids_of(column, words)).astype(np.float32)

    return _polars("cast to Enum, gather", in_polars), Peer("pyarrow", "index_in, take", in_pyarrow)


def _smoothed_means(smoothing: float) -> Callable[[Array, Array], Array]:
    def means(counts: Array, sums: Array) -> Array:
        prior = sums.sum() / counts.sum()
        weight = np.where(counts == 0, 1.0, counts + smoothing)
        return np.where(counts == 0, prior, (sums + smoothing * prior) / weight)

    return means


def _weights_of_evidence(counts: Array, sums: Array) -> Array:
    ones, zeros = sums.sum() + 2, counts.sum() - sums.sum() + 2
    evidence = np.log(((sums + 1) / ones) / ((counts - sums + 1) / zeros))
    return np.where(counts == 0, 0.0, evidence)


def _james_stein(counts: Array, sums: Array) -> Array:
    there = counts > 0
    rows, own = counts[there], sums[there] / counts[there]
    n, k, mean = rows.sum(), len(rows), sums.sum() / rows.sum()
    noise = (rows * own * (1 - own)).sum() / (n - k)  # the label is 0 or 1
    between = (rows * (own - mean) ** 2).sum() - (k - 1) * noise
    signal = max(0.0, between) / (n - (rows**2).sum() / n)
    drawn = (k - 3) / (k - 1) * (noise / rows) / (noise / rows + signal)
    by_id = np.full(len(counts), mean)
    by_id[there] = mean + (1 - drawn) * (own - mean)
    return by_id


def _one_hot_sklearn(given: Columns) -> Callable[[], Array]:
    from sklearn.preprocessing import OneHotEncoder

    values = np.array(given.table["day"].to_pylist(), dtype=object).reshape(-1, 1)
    order = [[*given.vocabularies["day"].to_pylist(), None]]
    encoder = OneHotEncoder(categories=order, sparse_output=False, dtype=np.float32).fit(values)
    return lambda: encoder.transform(values)


def _one_hot_polars(given: Columns) -> list[pl.Expr]:
    day, words = pl.col("day"), given.vocabularies["day"].to_pylist()
    known = [(day == w).fill_null(False).cast(pl.Float32).alias(w) for w in words]
    return [*known, day.is_null().cast(pl.Float32).alias("missing")]


def _hours_pyarrow(given: Columns) -> Callable[[], Array]:
    times = given.table["ts"]

    def run() -> Array:
        parts = (pc.hour(times).to_numpy(), pc.day_of_week(times).to_numpy())
        return np.stack(parts, axis=1, dtype=np.float32, casting="unsafe")

    return run


def _hours_polars(_: Columns) -> list[pl.Expr]:
    hour = pl.col("ts").dt.hour().cast(pl.Float32).alias("hour")
    return [hour, (pl.col("ts").dt.weekday() - 1).cast(pl.Float32).alias("weekday")]


CASES: dict[str, Case] = {
    "identity": Case(
        ("number",),
        lambda column: column.identity(),
        _number_peers(lambda _, x: x, lambda _, x: x),
    ),
    "impute": Case(
        ("number",),
        lambda column: column.impute("median"),
        _number_peers(
            lambda given, x: x.fill_null(given.median),
            lambda given, x: np.where(np.isnan(x), given.median, x),
        ),
    ),
    "missing_flag": Case(
        ("number",),
        lambda column: column.missing_flag(),
        _number_peers(lambda _, x: x.is_null(), lambda _, x: np.isnan(x)),
    ),
    "standardize": Case(
        ("number",),
        lambda column: column.standardize(),
        _number_peers(
            lambda given, x: (x - given.mean) / given.std,
            lambda given, x: (x - given.mean) / given.std,
        ),
    ),
    "min_max": Case(
        ("number",),
        lambda column: column.min_max(),
        _number_peers(
            lambda given, x: (x - given.low) / (given.high - given.low),
            lambda given, x: (x - given.low) / (given.high - given.low),
        ),
    ),
    "max_abs": Case(
        ("number",),
        lambda column: column.max_abs(),
        _number_peers(lambda given, x: x / given.high, lambda given, x: x / given.high),
    ),
    "robust_scale": Case(
        ("number",),
        lambda column: column.robust_scale(),
        _number_peers(
            lambda given, x: (x - given.median) / (given.quantiles[11] - given.quantiles[3]),
            lambda given, x: (x - given.median) / (given.quantiles[11] - given.quantiles[3]),
        ),
    ),
    "log1p": Case(
        ("number",),
        lambda column: column.log1p(),
        _number_peers(lambda _, x: x.log1p(), lambda _, x: np.log1p(x)),
    ),
    "clip": Case(
        ("number",),
        lambda column: column.clip(1.0, 30.0),
        _number_peers(lambda _, x: x.clip(1.0, 30.0), lambda _, x: np.clip(x, 1.0, 30.0)),
    ),
    "winsorize": Case(
        ("number",),
        lambda column: column.winsorize(1 / 16, 15 / 16),
        _number_peers(
            lambda given, x: x.clip(given.quantiles[0], given.quantiles[-1]),
            lambda given, x: np.clip(x, given.quantiles[0], given.quantiles[-1]),
        ),
    ),
    "yeo_johnson": Case(("number",), lambda column: column.yeo_johnson(), _powers("yeo-johnson")),
    "box_cox": Case(("number",), lambda column: column.box_cox(), _powers("box-cox")),
    "quantile_transform": Case(
        ("number",),
        lambda column: column.quantile_transform(output="normal"),
        (Peer("scikit-learn", "QuantileTransformer", _ranks_sklearn),),
    ),
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
    "ordinal": Case(
        ("city",),
        lambda column: column.ordinal(),
        (
            _polars("cast to Enum", lambda given: _polars_id(given, "city").cast(pl.Float32)),
            Peer("pyarrow", "index_in", _pyarrow_ids),
        ),
    ),
    "one_hot": Case(
        ("day",),
        lambda column: column.one_hot(),
        (
            _polars("an equality for each category", _one_hot_polars),
            Peer("scikit-learn", "OneHotEncoder on objects", _one_hot_sklearn),
        ),
    ),
    "target_mean": Case(
        ("city",),
        lambda column: column.target_mean(smoothing=20),
        _encoding_peers(_smoothed_means(20.0)),
    ),
    "leave_one_out": Case(
        ("city",), lambda column: column.leave_one_out(), _encoding_peers(_smoothed_means(0.0))
    ),
    "ordered_target": Case(
        ("city",), lambda column: column.ordered_target(), _encoding_peers(_smoothed_means(1.0))
    ),
    "james_stein": Case(
        ("city",), lambda column: column.james_stein(), _encoding_peers(_james_stein)
    ),
    "weight_of_evidence": Case(
        ("city",),
        lambda column: column.weight_of_evidence(),
        _encoding_peers(_weights_of_evidence),
    ),
    "count": Case(
        ("city",), lambda column: column.count(), _encoding_peers(lambda counts, _: counts * 1.0)
    ),
    "group_stats": Case(
        ("number",),
        lambda column: column.group_stats(by="city", stats=("mean", "max")),
        (
            _polars(
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
        (_polars("hash", lambda _: (pl.col("city").hash() % BUCKETS).cast(pl.Float32)),),
        same_values=False,
    ),
    "cross": Case(
        ("city", "day"),
        lambda column: column.cross(buckets=BUCKETS),
        (
            _polars(
                "hash of a struct",
                lambda _: (pl.struct("city", "day").hash() % BUCKETS).cast(pl.Float32),
            ),
        ),
        same_values=False,
    ),
    "arithmetic": Case(
        ("number", "label"),
        lambda column: column.arithmetic("-"),
        (
            _polars("subtract", lambda _: (pl.col("number") - pl.col("label")).cast(pl.Float32)),
            Peer("numpy", "subtract", _difference_numpy),
        ),
    ),
    "arithmetic_number": Case(
        ("number",),
        lambda column: 3.0 / column,
        _number_peers(lambda _, x: 3.0 / x, lambda _, x: 3.0 / x),
    ),
    "datetime": Case(
        ("ts",),
        lambda column: column.datetime("hour", "weekday"),
        (
            _polars("dt.hour, dt.weekday", _hours_polars),
            Peer("pyarrow", "hour, day_of_week", _hours_pyarrow),
        ),
    ),
}
