"""Peak memory of one transform in a process of its own: run as a module by bench_memory.

Prints as JSON how many bytes the process held at most beyond what it held before and beyond the
result. A transform of few rows has gone before, so that loading of code does not count; on our side
it is that of a plan of one column, so that the room of the large one does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa

import mainspring as ms
from bench.data.clicks import clicks
from bench.extra_memory import extra_bytes
from bench.jobs import click_features_pyarrow
from bench.jobs.click_features import NUM_FEATURES, bucket_edges, full_job

__all__ = ["main"]

_WARM_UP_ROWS = 1_000


def main() -> None:
    side, rows, threads = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    os.environ["POLARS_MAX_THREADS"] = threads
    warm_up, transform, table = _transforms_of(side, rows, int(threads))
    assert len(warm_up(table[:_WARM_UP_ROWS])) == _WARM_UP_ROWS
    extra, result = extra_bytes(lambda: transform(table))
    print(json.dumps({"extra_bytes": max(0, extra - result.nbytes)}))


def _transforms_of(
    side: str, rows: int, threads: int
) -> tuple[Callable[[Any], Any], Callable[[Any], Any], Any]:
    pa.set_cpu_count(threads)
    ms.set_num_threads(threads)
    train, table = clicks(100_000, seed=0), clicks(rows, seed=1)
    edges = bucket_edges(train)
    if side == "mainspring":
        prep = full_job(edges).fit(train, target="label")
        assert prep.bundle.num_features == NUM_FEATURES  # made before, as when it is loaded
        small = ms.Preprocessor(ms.col("I1").impute(), profile=False).fit(train)
        return small.transform, prep.transform, table
    learned = click_features_pyarrow.fit(train)
    if side == "pyarrow":
        transform = click_features_pyarrow.transformer(learned, edges)
        return transform, transform, table
    import polars as pl  # its threads are set before it is loaded

    from bench.jobs import click_features_polars

    transform = click_features_polars.transformer(learned, edges)
    return transform, transform, pl.from_arrow(table)


if __name__ == "__main__":
    main()
