"""Claim: the features of a table of clicks, from Arrow columns to a matrix, in less time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from bench.data.clicks import clicks
from bench.jobs import click_features_polars, click_features_pyarrow
from bench.jobs.click_features import NUM_FEATURES, bucket_edges, check_features, full_job

ROWS = 100_000
INPUTS: dict[str, dict[str, Any]] = {
    "strings of 8 bytes": {},
    "strings of 4 to 40 bytes": {"tokens": "long"},
    "dictionaries": {"dictionary": True},
}


class Job:
    """The table, and everything that the versions of the job have learnt from another one."""

    def __init__(self, kind: str, rows: int) -> None:
        options = INPUTS[kind]
        train = clicks(rows, seed=0, tokens=options.get("tokens", "short"))
        self.table = clicks(rows, seed=1, **options)
        edges = bucket_edges(train)
        self.prep = full_job(edges).fit(train, target="label")
        learned = click_features_pyarrow.fit(train)
        self.pyarrow = click_features_pyarrow.transformer(learned, edges)
        self.polars = click_features_polars.transformer(learned, edges)
        self.out = np.empty((rows, NUM_FEATURES), dtype=np.float32)
        used = self.table.drop_columns(["label"])
        self.num_bytes = used.nbytes + self.out.nbytes


@pytest.fixture(scope="module", params=list(INPUTS))
def job(request: pytest.FixtureRequest) -> tuple[str, Job]:
    return request.param, Job(request.param, ROWS)


def test_transform_beside_polars(job: tuple[str, Job], compare: Any) -> None:
    kind, made = job
    frame = pl.from_arrow(made.table)
    compare(
        f"{ROWS:,} rows, {kind}",
        lambda: made.prep.transform(made.table),
        lambda: made.polars(frame),
        peer="polars",
        api=click_features_polars.TRANSFORM_API,
        check=check_features,
        rows=ROWS,
        num_bytes=made.num_bytes,
    )


def test_transform_beside_pyarrow(job: tuple[str, Job], compare: Any) -> None:
    kind, made = job
    compare(
        f"{ROWS:,} rows, {kind}",
        lambda: made.prep.transform(made.table),
        lambda: made.pyarrow(made.table),
        peer="pyarrow",
        api=click_features_pyarrow.TRANSFORM_API,
        check=check_features,
        rows=ROWS,
        num_bytes=made.num_bytes,
    )


def test_transform_into_reused_memory(job: tuple[str, Job], compare: Any) -> None:
    kind, made = job
    theirs = np.empty_like(made.out)
    compare(
        f"{ROWS:,} rows, {kind}, output reused",
        lambda: made.prep.transform(made.table, out=made.out),
        lambda: made.pyarrow(made.table, theirs),
        peer="pyarrow",
        api=click_features_pyarrow.TRANSFORM_API,
        check=check_features,
        rows=ROWS,
        num_bytes=made.num_bytes,
    )


@pytest.mark.large
def test_transform_of_many_rows(compare: Any) -> None:
    rows = 1_000_000
    made = Job("strings of 8 bytes", rows)
    frame = pl.from_arrow(made.table)
    compare(
        f"{rows:,} rows, strings of 8 bytes",
        lambda: made.prep.transform(made.table),
        lambda: made.polars(frame),
        peer="polars",
        api=click_features_polars.TRANSFORM_API,
        check=check_features,
        rows=rows,
        num_bytes=made.num_bytes,
    )
