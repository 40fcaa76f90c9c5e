"""All benchmarks by one command: ``python -m bench [--quick] [--record]``.

Measures with one thread, then the claims that use several with two; writes bench/results and says
what has become worse than recorded. With ``--record`` the results become the recorded ones and
docs/performance.md and the README's table are written anew; only a full run on a machine that does
nothing else is worth that.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from bench import compare, report

ROOT = Path(__file__).resolve().parent.parent
# Claims where more than one thread has something to do.
THREADED = "bench_transform.py bench_fit.py bench_predict.py bench_drift.py bench_profile.py"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="minutes instead of half an hour")
    parser.add_argument("--record", action="store_true", help="make the results the recorded ones")
    given = parser.parse_args()
    stamp = time.strftime("%Y%m%d-%H%M%S")
    paths = []
    for threads in (1, 2) if (os.cpu_count() or 1) > 1 else (1,):
        files = ["bench"] if threads == 1 else [f"bench/{name}" for name in THREADED.split()]
        path = ROOT / "bench" / "results" / f"{stamp}-{threads}.json"
        command = [sys.executable, "-m", "pytest", *files, f"--threads={threads}", "-q"]
        command += ["--benchmark-quiet", f"--result={path}", *(["--quick"] if given.quick else [])]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            return 1
        paths.append(str(path))
    if given.record:
        report.main(paths)
        return 0
    return compare.main(paths)


if __name__ == "__main__":
    sys.exit(main())
