"""Claim: a drift report takes 50 MB beyond the data, however many rows there are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux's /proc"
)
@pytest.mark.parametrize(
    "rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.large)], ids="{:,}".format
)
def test_memory_of_a_report(rows: int, threads: int, record: Any) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench.drift_memory", str(rows), str(threads)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for case, extra in json.loads(run.stdout).items():
        record.value(
            f"{rows:,} rows x 40 columns, {case}, beyond the tables",
            extra / 1e6,
            unit="MB",
            api="peak of a process of its own",
        )
