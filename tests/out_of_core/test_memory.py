"""A folder larger than what may be held: fitted and transformed in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms

PROGRAM = """
import resource, sys
import numpy, pyarrow, pyarrow.dataset, pyarrow.parquet
import mainspring as ms
from mainspring import col

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

prep = ms.Preprocessor(
    *(col(f"x{i}").impute("mean").standardize() for i in range(10)),
    *(col(f"s{i}").ordinal() for i in range(4)),
    *(col(f"s{i}").target_mean().standardize().alias(f"mean{i}") for i in range(4)),
)
first = sys.argv[1] + "/000.parquet"
prep.fit(first, target="y")
for _ in prep.transform_batches(first, output="arrow"):
    pass
base = used()
prep.fit(sys.argv[1], target="y")
rows = sum(len(batch) for batch in prep.transform_batches(sys.argv[1], output="arrow"))
rows += sum(len(batch) for batch in prep.transform_batches(pyarrow.dataset.dataset(sys.argv[1])))
print(rows, base, used() - base)
"""


def write_folder(folder: Path, files: int, rows: int) -> int:
    """Return the bytes that the rows take in memory."""
    random = np.random.default_rng(3)
    texts = np.array([f"category {i:06}" for i in range(5000)])
    size = 0
    for number in range(files):
        columns = {f"x{i}": random.normal(size=rows) for i in range(10)}
        columns |= {f"s{i}": texts[random.integers(0, 5000, rows)] for i in range(4)}
        table = pa.table({**columns, "y": random.integers(0, 2, rows)})
        size += table.nbytes
        pq.write_table(table, folder / f"{number:03}.parquet", row_group_size=100_000)
    return size


@pytest.mark.slow
def test_fit_and_transform_when_folder_is_large_take_bounded_memory(tmp_path: Path) -> None:
    size = write_folder(tmp_path, files=15, rows=200_000)
    assert size > 400 << 20
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, base, more = map(int, ran.stdout.split())
    assert rows == 2 * 15 * 200_000
    assert more < 150, f"{more} MiB more than the {base} MiB of one file"


PREDICT = """
import resource, sys
from mainspring.cli import main

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

bundle, folder, out = sys.argv[1:]
assert main(["predict", bundle, folder + "/000.parquet", "-o", out, "--keep", "s0"]) == 0
base = used()
assert main(["predict", bundle, folder, "-o", out, "--keep", "s0"]) == 0
print(used() - base)
"""


@pytest.mark.slow
def test_predict_when_folder_is_large_takes_bounded_memory(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    write_folder(folder, files=15, rows=200_000)
    table = pq.read_table(folder / "000.parquet").slice(0, 5000)
    prep = ms.Preprocessor(*(ms.col(f"x{i}").standardize() for i in range(10)), ms.col("s0").hash())
    data = lightgbm.Dataset(prep.fit_transform(table), table["y"].to_numpy())
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 5)
    ms.Predictor(booster, prep, name="late").save(tmp_path / "late.spring")
    out = tmp_path / "out.parquet"
    command = [sys.executable, "-c", PREDICT, tmp_path / "late.spring", folder, out]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert pq.read_metadata(out).num_rows == 15 * 200_000
    more = int(ran.stdout.splitlines()[-1])
    assert more < 100, f"{more} MiB more than for one file"
