"""Claim: ``import mainspring`` takes at most 30 ms more than starting Python does."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from typing import Any

import pytest

STATEMENTS = {"bare": "pass", "mainspring": "import mainspring", "numpy": "import numpy"}


def cpu_milliseconds(statement: str) -> float:
    """Return the CPU time of a Python that runs one statement."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def test_import(request: pytest.FixtureRequest, record: Any) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import mainspring, sys; assert 'numpy' not in sys.modules"],
        check=False,
    )
    assert loaded.returncode == 0
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for _ in range(7 if request.config.getoption("--quick") else 40):
        for name, statement in STATEMENTS.items():
            times[name].append(cpu_milliseconds(statement))
    above = {
        name: statistics.median(a - b for a, b in zip(times[name], times["bare"], strict=True))
        for name in ("mainspring", "numpy")
    }
    record.value(
        "above bare Python",
        above["mainspring"],
        unit="ms",
        theirs=above["numpy"],
        peer="numpy",
        api="import numpy",
    )
