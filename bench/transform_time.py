"""Seconds of one transform in a process of its own: run as a module by bench_transform.

Prints as JSON the smallest CPU time and wall time of some calls. The instruction set is that of
the environment, which is read once in a process.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

import mainspring as ms
from bench.data.clicks import clicks
from bench.jobs.click_features import NUM_FEATURES, bucket_edges, full_job

__all__ = ["main"]

_CALLS = 7


def main() -> None:
    rows, threads = int(sys.argv[1]), int(sys.argv[2])
    ms.set_num_threads(threads)
    train, table = clicks(100_000, seed=0), clicks(rows, seed=1)
    prep = full_job(bucket_edges(train)).fit(train, target="label")
    out = np.empty((rows, NUM_FEATURES), dtype=np.float32)
    cpu, wall = [], []
    for _ in range(_CALLS):
        before = time.process_time(), time.perf_counter()
        prep.transform(table, out=out)
        cpu.append(time.process_time() - before[0])
        wall.append(time.perf_counter() - before[1])
    isa = ms.build_info()["isa"]
    print(json.dumps({"isa": isa, "cpu": min(cpu), "wall": min(wall)}))


if __name__ == "__main__":
    main()
