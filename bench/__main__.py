"""All benchmarks by one command: ``python -m bench [--quick] [--record]``.

Measures with one thread, then the claims that use several with two; writes bench/results and says
what has become worse than recorded. With ``--record`` the results become the recorded ones and
docs/performance.md and the README's table are written anew; only a full run on a machine that does
nothing else is worth that. With ``--claims`` these alone are measured, and recorded among the rest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from bench import compare, report
from bench.claims import CLAIMS

ROOT = Path(__file__).resolve().parent.parent
# Claims where more than one thread has something to do.
THREADED = "bench_transform.py bench_fit.py bench_predict.py bench_drift.py bench_profile.py"


def _claims(text: str) -> list[str]:
    """Return the names of claims, or tell the parser which is none."""
    names = text.split(",")
    known = [claim.name for claim in CLAIMS]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is no claim, expected some of {known}")
    return names


def _files(threads: int, claims: list[str]) -> list[str]:
    """Return what is measured with so many threads."""
    names = [f"bench_{name}.py" for name in claims]
    if threads == 1:
        return [f"bench/{name}" for name in names] or ["bench"]
    threaded = THREADED.split()
    return [f"bench/{name}" for name in threaded if name in names or not claims]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="minutes instead of half an hour")
    parser.add_argument("--record", action="store_true", help="make the results the recorded ones")
    parser.add_argument("--claims", type=_claims, default=[], metavar="A,B", help="these alone")
    given = parser.parse_args()
    stamp = time.strftime("%Y%m%d-%H%M%S")
    paths = []
    for threads in (1, 2) if (os.cpu_count() or 1) > 1 else (1,):
        files = _files(threads, given.claims)
        if not files:
            continue
        path = ROOT / "bench" / "results" / f"{stamp}-{threads}.json"
        command = [sys.executable, "-m", "pytest", *files, f"--threads={threads}", "-q"]
        command += ["--benchmark-quiet", f"--result={path}", *(["--quick"] if given.quick else [])]
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            return 1
        paths.append(str(path))
    if given.record:
        report.main([*(["--part"] if given.claims else []), *paths])
        return 0
    return compare.main(paths)


if __name__ == "__main__":
    sys.exit(main())
