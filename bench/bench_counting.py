"""Claim: counting strings and binning numbers at the speed of a few reads of memory."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import mainspring as ms
from bench.data.zipf import zipf_codes

ROWS = 1_000_000


def strings(distinct: int, rows: int) -> pa.DictionaryArray:
    """Return strings of 17 bytes, few frequent and many rare."""
    codes = zipf_codes(np.random.default_rng(distinct), rows, distinct, 1.1)
    words = pa.array([f"category_{k:08d}" for k in range(distinct)])
    return pa.DictionaryArray.from_arrays(pa.array(codes), words)


def check(ours: ms.Profile, theirs: dict[str, int]) -> None:
    """Assert that the counts are the same."""
    column = ours.column("s")
    assert column.distinct == len(theirs)
    for value, count in column.top:
        assert theirs[value] == count


def by_pyarrow(column: Any) -> dict[str, int]:
    """Count with pyarrow; only the counting is timed, the dict is of as many as there are."""
    found = pc.value_counts(column)
    return dict(
        zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("kind", ["plain", "dictionary"])
@pytest.mark.parametrize("distinct", [20, 500])
@pytest.mark.parametrize("peer", ["polars", "pyarrow"])
def test_counts_of_strings(kind: str, distinct: int, peer: str, compare: Any) -> None:
    coded = strings(distinct, ROWS)
    column = coded if kind == "dictionary" else coded.cast(pa.string())
    table = pa.table({"s": column})
    series = pl.Series("s", column)

    def count_with_polars() -> dict[str, int]:
        return dict(series.value_counts().cast({"s": pl.String}).iter_rows())

    compare(
        f"strings, {kind}, {distinct:,} distinct, {ROWS:,} rows",
        lambda: ms.profile(table),
        count_with_polars if peer == "polars" else lambda: by_pyarrow(column),
        peer=peer,
        api="value_counts",
        check=check,
        rows=ROWS,
        num_bytes=table.nbytes,
    )


@pytest.mark.one_thread
@pytest.mark.parametrize("shape", ["normal", "exponential", "uniform"])
def test_bins_of_numbers(shape: str, compare: Any, record: Any) -> None:
    """All of a report on one column, so many rows that hardly anything but the pass is left."""
    random = np.random.default_rng(0)
    profile = ms.profile({"x": getattr(random, shape)(size=ROWS)})
    now = getattr(random, shape)(size=8 * ROWS)
    table = pa.table({"x": now})
    edges = np.unique(np.quantile(now[:ROWS], np.arange(1, 256) / 256))
    compare(
        f"drift of {len(now):,} numbers, {shape}",
        lambda: ms.detect_drift(profile, table),
        lambda: np.bincount(np.searchsorted(edges, now, side="right")),
        peer="numpy",
        api="searchsorted and bincount, 255 edges",
        check=lambda ours, theirs: None,
        rows=len(now),
        num_bytes=table.nbytes,
    )
    times = []
    for _ in range(9):
        started = time.process_time()
        ms.detect_drift(profile, table)
        times.append(time.process_time() - started)
    record.value(f"drift of a number, {shape}", 1e9 * min(times) / len(now), unit="ns")
