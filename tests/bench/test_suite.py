"""The suite itself runs: one claim, measured with few turns in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import results


def test_quick_run_writes_results_of_the_documented_form(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("pytest_benchmark")
    path = tmp_path / "run.json"
    command = [sys.executable, "-m", "pytest", "bench/bench_transform_row.py", "--quick", "-q"]
    command += ["-k", "table", f"--result={path}", "-p", "no:cacheprovider"]
    # Not of the run around it: beside other workers of pytest-xdist nothing would be timed.
    environment = {name: text for name, text in os.environ.items() if "PYTEST" not in name}
    run = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ours against peers" in run.stdout
    document = results.read(path)
    assert (document["mode"], document["threads"]) == ("quick", 1)
    (record,) = document["records"]
    assert (record["claim"], record["peer"]) == ("transform_row", "pyarrow")
    assert record["turns"] >= 5
    assert record["ratio"]["cpu"]["low"] <= record["ratio"]["cpu"]["median"]
