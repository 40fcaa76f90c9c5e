"""Triton kernels: in the interpreter against the reference, and compiled for GPUs without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
if find_spec("triton") is None:
    pytest.skip("needs triton", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
CASES = ["tests/train/triton_cases.py", "tests/train/triton_layer_cases.py"]
MAX_REGISTERS = 168  # more leave a multiprocessor with less than a fifth of its threads


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, cwd=ROOT
    )


def test_kernels_when_interpreted_are_the_references() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CASES]
    done = run(command, {**os.environ, "TRITON_INTERPRET": "1"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_kernels_when_compiled_for_gpus_fit_and_spill_nothing(tmp_path: Any) -> None:
    environment = {**os.environ, "TRITON_CACHE_DIR": str(tmp_path)}
    environment.pop("TRITON_INTERPRET", None)
    done = run([sys.executable, "-m", "tests.train.triton_builds"], environment)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert len(found) == 102
    for name, takes in found.items():
        assert takes["bytes"] > 1000, name
        assert takes["shared"] <= 227 * 1024, name
        assert takes["reg"] <= MAX_REGISTERS, name
        assert takes["stack"] == takes["local"] == 0, (name, takes)  # what spills lies there
