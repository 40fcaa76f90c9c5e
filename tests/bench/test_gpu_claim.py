"""What a machine with a GPU measured becomes records of this suite, and goals find them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import results
from bench.claims import CLAIMS, find

GOALS = next(claim.goals for claim in CLAIMS if claim.name == "gpu")


def names() -> set[str]:
    """Names of the cases that the goals speak of; an engine's or a training operator's."""
    return {goal.case.rpartition(", ")[0] for goal in GOALS}


def test_goals_name_cases_that_are_measured(root: Path) -> None:
    folder = root / "bench" / "gpu"
    text = "".join((folder / f"{name}cases.py").read_text() for name in ("", "training_"))
    assert {name for name in names() if name.removesuffix("float32") not in text} == set()


@pytest.mark.parametrize("part", ["results", "training"])
def test_a_result_is_recorded_by_the_device(root: Path, tmp_path: Path, part: str) -> None:
    pytest.importorskip("pytest_benchmark")
    each: dict[str, Any] = {"median_ms": 2.0, "share_of_copy": 0.875, "times_one_core": 60.0}
    each |= {"torch_ms": 5.0, "compiled_ms": "not compiled"}
    cases = [{"name": name, **each} for name in sorted(names())]
    measured = {"device": {"name": "Card"}, "copy_gb_per_second": 3000.0, "skipped": {}}
    (tmp_path / "gpu.json").write_text(
        json.dumps({**measured, part: [*cases, {"name": "late", "skipped": "out of time"}]})
    )
    path = tmp_path / "run.json"
    command = [sys.executable, "-m", "pytest", "bench/bench_gpu.py", "--quick", "-q"]
    command += [f"--result={path}", "-p", "no:cacheprovider"]
    environment = {name: text for name, text in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["MAINSPRING_GPU_RESULT"] = str(tmp_path / "gpu.json")
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    records = results.read(path)["records"]
    assert all("Card" in record["case"] and "late" not in record["case"] for record in records)
    peer = "torch" if part == "training" else "one core"
    kinds = ["share of a copy", f"times {peer}", *(["time on"] if part == "results" else [])]
    for goal in GOALS:
        kind = goal.case.rpartition(", ")[2]
        record = find(records, "gpu", goal.case, goal.peer)
        assert (record is not None) == (kind in kinds), goal.case
        if record is not None:
            assert goal.words(record) in ("88 %", "2.50 x", "60.0 x", "2 ms")
