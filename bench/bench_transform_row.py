"""Claim: the features of one row cost microseconds, so a server needs no cache of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from bench.data.clicks import clicks
from bench.jobs import click_features_polars, click_features_pyarrow, click_features_sklearn
from bench.jobs.click_features import bucket_edges, check_features, full_job, plain_job

TRAIN_ROWS = 100_000
SKLEARN_ROWS = 20_000


@pytest.fixture(scope="module")
def train() -> pa.Table:
    return clicks(TRAIN_ROWS, seed=0)


@pytest.fixture(scope="module")
def one_row() -> pa.Table:
    return clicks(1, seed=1)


@pytest.mark.parametrize("form", ["Arrow table", "dict"])
def test_row_beside_pyarrow(form: str, train: pa.Table, one_row: pa.Table, compare: Any) -> None:
    edges = bucket_edges(train)
    prep = full_job(edges).fit(train, target="label")
    transform = click_features_pyarrow.transformer(click_features_pyarrow.fit(train), edges)
    given = one_row if form == "Arrow table" else one_row.to_pylist()
    compare(
        f"one row, {form}",
        lambda: prep.transform(given),
        lambda: transform(one_row),
        peer="pyarrow",
        api=click_features_pyarrow.TRANSFORM_API,
        check=check_features,
        rows=1,
    )


def test_row_beside_polars(train: pa.Table, one_row: pa.Table, compare: Any) -> None:
    edges = bucket_edges(train)
    prep = full_job(edges).fit(train, target="label")
    transform = click_features_polars.transformer(click_features_pyarrow.fit(train), edges)
    frame = pl.from_arrow(one_row)
    compare(
        "one row, polars frame",
        lambda: prep.transform(frame),
        lambda: transform(frame),
        peer="polars",
        api=click_features_polars.TRANSFORM_API,
        check=check_features,
        rows=1,
    )


def test_row_beside_sklearn(train: pa.Table, one_row: pa.Table, compare: Any) -> None:
    some = train.slice(0, SKLEARN_ROWS)
    prep = plain_job().fit(some, target="label")
    theirs = click_features_sklearn.plain_transformer()
    theirs.fit(some.to_pandas(), some["label"].to_numpy())
    frame = one_row.to_pandas()

    def check(ours: Any, found: Any) -> None:
        np.testing.assert_allclose(ours[:, :39], found[:, :39], rtol=1e-5, atol=1e-5)

    compare(
        "one row, pandas frame, without buckets, crosses and times",
        lambda: prep.transform(frame),
        lambda: theirs.transform(frame),
        peer="scikit-learn",
        api=click_features_sklearn.API,
        check=check,
        rows=1,
    )
