"""Numbers to numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from bench.data.operator_columns import Columns
from bench.operator_cases.case import (
    Array,
    Case,
    Peer,
    number_peers,
    polars_peer,
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


def _products_numpy(given: Columns) -> Callable[[], Array]:
    a, b = given.number, given.table["label"].to_numpy()
    return lambda: np.stack([a, b, a * a, a * b, b * b], axis=1, dtype=np.float32)


def _products_polars(_: Columns) -> list[pl.Expr]:
    a, b = pl.col("number"), pl.col("label")
    products = {"a": a, "b": b, "aa": a * a, "ab": a * b, "bb": b * b}
    return [product.cast(pl.Float32).alias(name) for name, product in products.items()]


CASES = {
    "identity": Case(
        ("number",),
        lambda column: column.identity(),
        number_peers(lambda _, x: x, lambda _, x: x),
    ),
    "keep_nan": Case(
        ("number",),
        lambda column: column.keep_nan(),
        number_peers(lambda _, x: x, lambda _, x: x),
    ),
    "impute": Case(
        ("number",),
        lambda column: column.impute("median"),
        number_peers(
            lambda given, x: x.fill_null(given.median),
            lambda given, x: np.where(np.isnan(x), given.median, x),
        ),
    ),
    "missing_flag": Case(
        ("number",),
        lambda column: column.missing_flag(),
        number_peers(lambda _, x: x.is_null(), lambda _, x: np.isnan(x)),
    ),
    "standardize": Case(
        ("number",),
        lambda column: column.standardize(),
        number_peers(
            lambda given, x: (x - given.mean) / given.std,
            lambda given, x: (x - given.mean) / given.std,
        ),
    ),
    "min_max": Case(
        ("number",),
        lambda column: column.min_max(),
        number_peers(
            lambda given, x: (x - given.low) / (given.high - given.low),
            lambda given, x: (x - given.low) / (given.high - given.low),
        ),
    ),
    "max_abs": Case(
        ("number",),
        lambda column: column.max_abs(),
        number_peers(lambda given, x: x / given.high, lambda given, x: x / given.high),
    ),
    "robust_scale": Case(
        ("number",),
        lambda column: column.robust_scale(),
        number_peers(
            lambda given, x: (x - given.median) / (given.quantiles[11] - given.quantiles[3]),
            lambda given, x: (x - given.median) / (given.quantiles[11] - given.quantiles[3]),
        ),
    ),
    "log1p": Case(
        ("number",),
        lambda column: column.log1p(),
        number_peers(lambda _, x: x.log1p(), lambda _, x: np.log1p(x)),
    ),
    "clip": Case(
        ("number",),
        lambda column: column.clip(1.0, 30.0),
        number_peers(lambda _, x: x.clip(1.0, 30.0), lambda _, x: np.clip(x, 1.0, 30.0)),
    ),
    "winsorize": Case(
        ("number",),
        lambda column: column.winsorize(1 / 16, 15 / 16),
        number_peers(
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
    "arithmetic": Case(
        ("number", "label"),
        lambda column: column.arithmetic("-"),
        (
            polars_peer(
                "subtract", lambda _: (pl.col("number") - pl.col("label")).cast(pl.Float32)
            ),
            Peer("numpy", "subtract", _difference_numpy),
        ),
    ),
    "polynomial": Case(
        ("number", "label"),
        lambda column: column.polynomial(),
        (
            polars_peer("expressions", _products_polars),
            Peer("numpy", "expressions", _products_numpy),
        ),
    ),
    "arithmetic_number": Case(
        ("number",),
        lambda column: 3.0 / column,
        number_peers(lambda _, x: 3.0 / x, lambda _, x: 3.0 / x),
    ),
}
