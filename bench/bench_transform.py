"""Claim: the features of a table of clicks, from Arrow columns to a matrix, in less time."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from bench.data.clicks import clicks
from bench.jobs import click_features_duckdb, click_features_polars, click_features_pyarrow
from bench.jobs.click_features import NUM_FEATURES, bucket_edges, check_features, full_job

ROOT = Path(__file__).resolve().parent.parent
ROWS = 100_000
LARGE_ROWS = 500_000
PROCESSES = 3  # of each side, in turns, where one process cannot be both
INPUTS: dict[str, dict[str, Any]] = {
    "strings of 8 bytes": {},
    "strings of 4 to 40 bytes": {"tokens": "long"},
    "dictionaries": {"dictionary": True},
}


class Job:
    """The table, and everything that the versions of the job have learnt from another one."""

    def __init__(self, kind: str, rows: int, chunks: int = 1) -> None:
        options = INPUTS[kind]
        train = clicks(rows, seed=0, tokens=options.get("tokens", "short"))
        parts = [clicks(rows // chunks, seed=1 + i, **options) for i in range(chunks)]
        self.table = pa.concat_tables(parts)
        edges = bucket_edges(train)
        self.prep = full_job(edges).fit(train, target="label")
        learned = click_features_pyarrow.fit(train)
        self.learned, self.edges = learned, edges
        self.pyarrow = click_features_pyarrow.transformer(learned, edges)
        self.polars = click_features_polars.transformer(learned, edges)
        self.polars_columns = click_features_polars.column_transformer(learned, edges)
        self.out = np.empty((rows, NUM_FEATURES), dtype=np.float32)
        used = self.table.drop_columns(["label"])
        self.num_bytes = used.nbytes + self.out.nbytes

    def side(self, peer: str, out: Any = None) -> tuple[Callable[[], Any], str]:
        """Return a peer's whole job over the table, into `out` where it can, and what it is."""
        if peer == "polars":
            frame = pl.from_arrow(self.table)
            return lambda: self.polars(frame), click_features_polars.TRANSFORM_API
        return lambda: self.pyarrow(self.table, out), click_features_pyarrow.TRANSFORM_API


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


def test_transform_beside_duckdb(job: tuple[str, Job], compare: Any, threads: int) -> None:
    pytest.importorskip("duckdb")
    kind, made = job
    database = click_features_duckdb.connection(threads)
    theirs = click_features_duckdb.transformer(made.learned, made.edges, database)
    compare(
        f"{ROWS:,} rows, {kind}",
        lambda: made.prep.transform(made.table),
        lambda: theirs(made.table),
        peer="duckdb",
        api=click_features_duckdb.TRANSFORM_API,
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


def compare_columns(title: str, made: Job, compare: Any) -> None:
    """Ours are Arrow columns that polars takes without a copy."""
    frame = pl.from_arrow(made.table)

    def check(ours: Any, theirs: pl.DataFrame) -> None:
        columns = pa.table(ours).columns
        matrix = np.column_stack([c.to_numpy().astype(np.float32) for c in columns])
        check_features(matrix, theirs.to_numpy(order="c"))

    rows = made.table.num_rows
    compare(
        f"{rows:,} rows, {title}, to columns",
        lambda: made.prep.transform(made.table, output="arrow"),
        lambda: made.polars_columns(frame),
        peer="polars",
        api=click_features_polars.COLUMNS_API,
        check=check,
        rows=rows,
        num_bytes=made.num_bytes,
    )


def test_transform_to_columns(job: tuple[str, Job], compare: Any) -> None:
    kind, made = job
    compare_columns(kind, made, compare)


@pytest.fixture(scope="module", params=list(INPUTS))
def large_job(request: pytest.FixtureRequest) -> tuple[str, Job]:
    """Dictionaries in chunks of a quarter of a million rows, as files of Parquet hold them."""
    chunks = 2 if request.param == "dictionaries" else 1
    title = f"{request.param} of two chunks" if chunks == 2 else request.param
    return title, Job(request.param, LARGE_ROWS, chunks)


@pytest.mark.large
@pytest.mark.parametrize("peer", ["pyarrow", "polars"])
def test_transform_of_half_a_million_rows(
    large_job: tuple[str, Job], peer: str, compare: Any
) -> None:
    title, made = large_job
    theirs, api = made.side(peer)
    compare(
        f"{LARGE_ROWS:,} rows, {title}",
        lambda: made.prep.transform(made.table),
        theirs,
        peer=peer,
        api=api,
        check=check_features,
        rows=LARGE_ROWS,
        num_bytes=made.num_bytes,
    )


@pytest.mark.large
@pytest.mark.parametrize("peer", ["pyarrow", "polars"])
def test_transform_of_half_a_million_rows_into_reused_memory(
    large_job: tuple[str, Job], peer: str, compare: Any
) -> None:
    """New memory for 144 MB can cost more than all features; polars always makes its own."""
    title, made = large_job
    theirs, api = made.side(peer, np.empty_like(made.out))
    compare(
        f"{LARGE_ROWS:,} rows, {title}, output reused",
        lambda: made.prep.transform(made.table, out=made.out),
        theirs,
        peer=peer,
        api=api,
        check=check_features,
        rows=LARGE_ROWS,
        num_bytes=made.num_bytes,
    )


@pytest.mark.large
def test_transform_of_half_a_million_rows_to_columns(
    large_job: tuple[str, Job], compare: Any
) -> None:
    title, made = large_job
    compare_columns(title, made, compare)


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


def measured(rows: int, threads: int, isa: str | None = None) -> dict[str, Any]:
    """Return what bench.transform_time prints."""
    environment = dict(os.environ)
    if isa is not None:
        environment["MAINSPRING_ISA"] = isa
    run = subprocess.run(
        [sys.executable, "-m", "bench.transform_time", str(rows), str(threads)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return dict(json.loads(run.stdout))


@pytest.mark.one_thread
def test_transform_on_older_instruction_sets(record: Any) -> None:
    rows = 100_000
    best = measured(rows, 1)["isa"]
    levels = [level for level in ("avx2", "baseline") if level != best]
    for level in levels:
        turns = [(measured(rows, 1, level), measured(rows, 1)) for _ in range(PROCESSES)]
        assert all(older["isa"] == level for older, _ in turns)
        record.value(
            f"{rows:,} rows, strings of 8 bytes, {level}",
            statistics.median(older["cpu"] for older, _ in turns) / rows * 1e9,
            unit="ns a row",
            theirs=statistics.median(newer["cpu"] for _, newer in turns) / rows * 1e9,
            peer="mainspring",
            api=f"the same on {best}",
        )


@pytest.mark.one_thread
@pytest.mark.large
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_transform_on_two_threads(record: Any) -> None:
    rows = 1_000_000
    turns = [(measured(rows, 2), measured(rows, 1)) for _ in range(PROCESSES)]
    record.value(
        f"{rows:,} rows, strings of 8 bytes, wall time of one thread over two",
        statistics.median(one["wall"] / two["wall"] for two, one in turns),
        unit="x",
    )
