"""A table with every kind of learner's food, and the ways in which it can come in parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from mainspring import Preprocessor, col


def sample_table(num_rows: int = 3000) -> pa.Table:
    """Numbers with gaps, texts, times with a zone, and a target."""
    random = np.random.default_rng(11)
    seconds = random.integers(0, 10**9, num_rows)
    return pa.table(
        {
            "x": pa.array(random.lognormal(size=num_rows), mask=random.random(num_rows) < 0.1),
            "n": pa.array(random.integers(-50, 50, num_rows), pa.int64()),
            "s": pa.array(
                random.choice(["", "a", "bb", "a longer text than most"], num_rows),
                mask=random.random(num_rows) < 0.1,
            ),
            "t": pa.array(seconds * 1000, pa.timestamp("ms", tz="Europe/Paris")),
            "y": random.integers(0, 2, num_rows),
        }
    )


def one_pass(**options: Any) -> Preprocessor:
    """Expressions that learn everything in one pass."""
    return Preprocessor(
        col("x").impute("median").log1p().standardize(),
        col("n").quantile_bucketize(8),
        col("s").ordinal(),
        col("s").target_mean().alias("s mean"),
        col("t").datetime("hour", "weekday"),
        **options,
    )


def two_passes(**options: Any) -> Preprocessor:
    """Expressions of which two need a second pass."""
    return Preprocessor(
        col("x").impute("median").bucketize((0.5, 1.0, 2.0)).target_mean(),
        col("n").standardize().impute("mean").ordinal(),
        col("s").ordinal(),
        **options,
    )


def slices(table: pa.Table, sizes: list[int]) -> Iterator[pa.Table]:
    """Slices of these sizes, again and again, 0 among them; to the table's end."""
    start = 0
    while start < table.num_rows:
        for size in sizes:
            yield table.slice(start, size)
            start += size


def write_parquet(table: pa.Table, folder: Path, files: int, row_group_size: int = 400) -> Path:
    """A folder with a part of the rows in each file."""
    folder.mkdir()
    bounds = np.linspace(0, table.num_rows, files + 1).astype(int)
    for number in range(files):
        part = table.slice(bounds[number], bounds[number + 1] - bounds[number])
        pq.write_table(part, folder / f"{number:03}.parquet", row_group_size=row_group_size)
    return folder


def write_arrow(table: pa.Table, path: Path, *, stream: bool) -> Path:
    """An Arrow file, or a stream in a file."""
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=170)
    return path


def every_source(table: pa.Table, folder: Path) -> dict[str, Any]:
    """The same rows in the same order from everything that can be read in parts."""
    parquet = write_parquet(table, folder / "parquet", 3)
    return {
        "folder": parquet,
        "path as str": str(parquet),
        "files": sorted(parquet.iterdir()),
        "arrow file": write_arrow(table, folder / "a.arrow", stream=False),
        "arrow stream": write_arrow(table, folder / "b.arrow", stream=True),
        "dataset": ds.dataset(parquet),
        "filtered dataset": ds.dataset(parquet).filter(ds.field("n") < 1000),
        "dataset in memory": ds.dataset(table),
        "reader": table.to_reader(211),
        "tables": slices(table, [0, 1, 300]),
        "record batches": iter(table.to_batches(99)),
    }
