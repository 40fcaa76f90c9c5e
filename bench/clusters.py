"""How a fit over Dask grows with its workers, and what merging costs: docs/concepts/scale.md.

``python -m bench.clusters [--rows N] [--folder FOLDER]`` fits files of N rows (10 million) in this
process on one thread, then over Dask with one and two workers of one thread each, and merges the
states of 1,000 partitions. Wall time tells on a machine that does nothing else; CPU time of every
process is there too. Needs ``dask[dataframe]`` and ``distributed``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mainspring as ms
from mainspring import col
from mainspring.scale.passes import FitPass
from mainspring.scale.worker import Worker
from mainspring.transforms.sharded_fit import ShardedFit

FILES = 20
MERGED = 1000
TURNS = 3
NUMBERS = [f"n{number}" for number in range(8)]
CATEGORIES = {"kind": 50, "carrier": 20, "place": 2000, "user": 20_000}


def preprocessor() -> ms.Preprocessor:
    """Numbers, medians, ids and target means: one pass."""
    return ms.Preprocessor(
        col(*NUMBERS[:4]).impute("median").log1p().standardize(),
        col(*NUMBERS[4:]).standardize(),
        col(*CATEGORIES).ordinal(min_count=10),
        col("place", "user").target_mean(smoothing=20),
        profile=False,
    )


def table(rows: int, seed: int) -> pa.Table:
    """Rows of eight numbers and four columns of 20 to 20,000 strings."""
    rng = np.random.default_rng(seed)
    columns: dict[str, Any] = {name: rng.gamma(2, 30, rows).round(2) for name in NUMBERS}
    for name, size in CATEGORIES.items():
        codes = pa.array(rng.integers(0, size, rows).astype(np.int32))
        columns[name] = pa.DictionaryArray.from_arrays(codes, [f"{name} {n}" for n in range(size)])
    columns["y"] = (rng.random(rows) < 0.2).astype(float)
    return pa.table(columns)


def write_files(folder: Path, rows: int) -> list[str]:
    """Write the files that are not there yet, and return all of them."""
    paths = [folder / f"rows-{rows}-{number:02}.parquet" for number in range(FILES)]
    for number, path in enumerate(paths):
        if not path.exists():
            pq.write_table(table(rows // FILES, number), path)
    return [str(path) for path in paths]


def cpu_seconds() -> float:
    """CPU time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what it gives, wall time and CPU time of this process."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    made = work()
    return made, {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}


def over_dask(paths: list[str], num_workers: int) -> tuple[bytes, dict[str, Any]]:
    """Fit with so many workers; CPU times of the workers beside those of this process."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=num_workers, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        ms.scale.dask.fit(preprocessor(), paths, target="y")  # every worker has imported all
        turns = []
        for _ in range(TURNS):
            before = client.run(cpu_seconds)
            prep, times = timed(lambda: ms.scale.dask.fit(preprocessor(), paths, target="y"))
            after = client.run(cpu_seconds)
            turns.append({**times, "workers": [after[name] - before[name] for name in after]})
        # What no number of cores can make shorter: this process, then the busier worker.
        turns.sort(key=lambda turn: turn["cpu"] + max(turn["workers"]))
        path = turns[0]["cpu"] + max(turns[0]["workers"])
        wall = min(turn["wall"] for turn in turns)
        return prep.bundle.to_bytes(), {**turns[0], "wall": wall, "path": path}


def merge_cost() -> dict[str, float]:
    """Merge the states of 1,000 partitions, in milliseconds each, and say how large one is."""
    prep = preprocessor()
    with ShardedFit(prep, "y") as fit:
        rows = table(20_000, 0)
        fit.begin(rows)
        work = FitPass(Worker.here(), fit.base(), fit.columns, rows.schema, "y", None)
        states = [work.learn(number, table(20_000, number)) for number in range(8)]
        made, times = timed(lambda: work.merge(states[number % 8] for number in range(MERGED)))
    return {
        "ms_each": 1e3 * times["cpu"] / MERGED,
        "state_bytes": float(len(states[0])),
        "merged_bytes": float(len(made)),
    }


def main() -> None:
    """Measure, and print a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    ms.set_num_threads(1)
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    with tempfile.TemporaryDirectory() as scratch:
        paths = write_files(given.folder or Path(scratch), given.rows)
        found: dict[str, Any] = {"rows": given.rows, "load": os.getloadavg()[0]}
        runs = [timed(lambda: preprocessor().fit(paths, target="y")) for _ in range(TURNS)]
        one = runs[0][0]
        found["one process"] = {
            name: min(times[name] for _, times in runs) for name in ("wall", "cpu")
        }
        for num_workers in (1, 2):
            plan, found[f"{num_workers} workers"] = over_dask(paths, num_workers)
            assert plan == one.bundle.to_bytes()
    found["merge"] = merge_cost()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
