"""Claim: a report of drift needs little memory beyond the table it reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import json
import sys

import mainspring as ms
from bench.data.sensors import SHIFTED, sensors
from bench.peak_memory import peak_beyond

rows, threads = map(int, sys.argv[1:])
ms.set_num_threads(threads)
profile = ms.profile(sensors(rows, seed=1, moved=False))
now = sensors(rows, seed=2, moved=True)
ms.detect_drift(profile, now.slice(0, 1000))
report, extra = peak_beyond(lambda: ms.detect_drift(profile, now))
assert set(report.drifted) == SHIFTED
print(json.dumps(extra))
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux's /proc"
)
@pytest.mark.parametrize(
    "rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.large)], ids="{:,}".format
)
def test_memory_of_a_report(rows: int, threads: int, record: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(rows), str(threads)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record.value(
        f"{rows:,} rows x 40 columns against a stored profile",
        json.loads(done.stdout) / 1e6,
        unit="MB",
    )
