"""A Parquet folder of any size fits and transforms in less than a gigabyte: the proof.

``python -m bench.larger_than_memory FOLDER --gigabytes 20`` writes synthetic Parquet files into
FOLDER (which must be empty), fits a preprocessor over it and transforms it in batches, in a process
of its own, and prints one line of JSON: bytes on disk, rows, seconds, and the peak of that
process's memory. ``--limit MIB`` makes more than that an error. The files stay for a next run with
``--reuse``; remove them by hand.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_FILE_ROWS = 2_000_000
_GROUP_ROWS = 250_000
_NUMBERS = 12
_MAX_KEYS = 1_000_000


def write_file(path: Path, number: int, rows: int = _FILE_ROWS) -> int:
    """Write a file: numbers with gaps, repeated texts, and a user of whom most come once.

    Returns
    -------
    int
        Its bytes.
    """
    random = np.random.default_rng(number)
    values = random.normal(size=rows + 100 * _NUMBERS)  # every column begins elsewhere
    gaps = random.random(rows) < 0.05
    columns = {
        f"x{i}": pa.array(values[100 * i : 100 * i + rows], mask=np.roll(gaps, i))
        for i in range(_NUMBERS)
    }
    places = np.array([f"place {i:05}" for i in range(20_000)])
    columns |= {
        f"place{i}": pa.array(places[random.integers(0, 20 * 10**i, rows)]) for i in range(4)
    }
    heavy = random.random(rows) < 0.3
    users = np.where(heavy, random.integers(0, 1000, rows), 1000 + number * rows + np.arange(rows))
    columns["user"] = pa.array(users)
    columns["day"] = pa.array(random.integers(0, 10**9, rows), pa.timestamp("s"))
    columns["y"] = pa.array(random.integers(0, 2, rows))
    texts = [name for name in columns if name.startswith("place")]
    options = {"row_group_size": _GROUP_ROWS, "compression": "none", "use_dictionary": texts}
    pq.write_table(pa.table(columns), path, **options)
    return path.stat().st_size


def write_folder(folder: Path, size: int, rows: int = _FILE_ROWS) -> None:
    """Write files until they have so many bytes."""
    written = 0
    for number in range(1_000_000):
        if written >= size:
            return
        written += write_file(folder / f"{number:05}.parquet", number, rows)


def measure(folder: Path) -> dict[str, object]:
    """Fit and transform the folder, and say what that took."""
    import warnings

    import mainspring as ms
    from mainspring import col

    files = sorted(folder.iterdir())
    prep = ms.Preprocessor(
        *(col(f"x{i}").impute("mean").log1p().standardize() for i in range(0, _NUMBERS, 2)),
        *(col(f"x{i}").min_max() for i in range(1, _NUMBERS, 2)),
        *(col(f"place{i}").ordinal(min_count=20) for i in range(4)),
        *(col(f"place{i}").target_mean().alias(f"mean {i}") for i in range(4)),
        col("user").ordinal(min_count=20),
        col("user").target_mean().alias("mean of user"),
        col("day").datetime("hour", "weekday"),
        max_keys=_MAX_KEYS,
    )
    start = time.monotonic()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        prep.fit(files, target="y", progress=True)
    fitted = time.monotonic()
    rows = sum(len(X) for X in prep.transform_batches(files, progress=True))
    end = time.monotonic()
    return {
        "bytes": sum(file.stat().st_size for file in files),
        "rows": rows,
        "fit_seconds": round(fitted - start, 1),
        "transform_seconds": round(end - fitted, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
        "warnings": [str(warning.message) for warning in caught],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, measure in a process of its own, and print."""
    parser = argparse.ArgumentParser(prog="larger_than_memory")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float, default=20.0)
    parser.add_argument("--file-rows", type=int, default=_FILE_ROWS)
    parser.add_argument("--limit", type=int, metavar="MIB", help="an error above so much memory")
    parser.add_argument("--reuse", action="store_true", help="the files are there already")
    parser.add_argument("--only-measure", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.only_measure:
        print(json.dumps(measure(given.folder)))
        return 0
    if not given.reuse:
        given.folder.mkdir(parents=True, exist_ok=True)
        if any(given.folder.iterdir()):
            parser.error(f"{given.folder} is not empty")
        write_folder(given.folder, int(given.gigabytes * 1e9), given.file_rows)
    command = [sys.executable, "-m", "bench.larger_than_memory", str(given.folder)]
    command.append("--only-measure")
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    print(ran.stdout, end="")
    peak = json.loads(ran.stdout)["peak_mib"]
    if given.limit is not None and peak > given.limit:
        print(f"{peak} MiB, expected at most {given.limit}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
