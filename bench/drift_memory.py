"""Peak memory of a drift report in a process of its own: run as a module by bench_drift_memory.

Prints as JSON how many bytes the process held at most beyond both tables (and the stored profile).
A report of few rows has gone before, so that loading of code does not count.
"""

from __future__ import annotations

import json
import sys

import mainspring as ms
from bench.data.sensors import SHIFTED, sensors
from bench.extra_memory import extra_bytes

__all__ = ["main"]


def main() -> None:
    rows, threads = int(sys.argv[1]), int(sys.argv[2])
    ms.set_num_threads(threads)
    before, now = (sensors(rows, seed=1 + moved, moved=moved) for moved in (False, True))
    ms.detect_drift(before.slice(0, 1_000), now.slice(0, 1_000))
    profile = ms.profile(before)
    found = {}
    for case, reference in (("stored profile", profile), ("both tables", before)):
        found[case], report = extra_bytes(lambda side=reference: ms.detect_drift(side, now))
        assert set(report.drifted) == SHIFTED
    print(json.dumps(found))


if __name__ == "__main__":
    main()
