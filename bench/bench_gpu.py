"""Claim: on a GPU the engine works near the bandwidth of a copy.

``bench/gpu/run.sh`` measures, on a machine with a GPU, and leaves a gpu.json. With its path in
``MAINSPRING_GPU_RESULT`` what it holds is recorded here, so that a borrowed machine needs nothing
of this suite. Nothing else makes rows of this claim.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

RESULT = "MAINSPRING_GPU_RESULT"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    path = os.environ.get(RESULT)
    if path is None:
        pytest.skip(f"nobody has measured on a GPU: run bench/gpu/run.sh on one and set {RESULT}")
    measured: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    assert "device" in measured, f"{path} holds no measurement: {measured['skipped']}"
    return measured


@pytest.mark.one_thread
def test_engine(found: dict[str, Any], record: Any) -> None:
    device = found["device"]["name"]
    record.value(f"copy on {device}", found["copy_gb_per_second"], unit="GB/s")
    for result in found.get("results", ()):
        if "skipped" not in result:
            name, share = result["name"], result["share_of_copy"]
            record.value(f"{name}, share of a copy on {device}", share, unit="share")
            record.value(f"{name}, times one core, {device}", result["times_one_core"], unit="x")
            record.value(f"{name}, time on {device}", result["median_ms"], unit="ms")


@pytest.mark.one_thread
def test_training(found: dict[str, Any], record: Any) -> None:
    device = found["device"]["name"]
    for result in found.get("training", ()):
        if "skipped" not in result:
            name, share, ours = result["name"], result["share_of_copy"], result["median_ms"]
            record.value(f"{name}, share of a copy on {device}", share, unit="share")
            record.value(f"{name}, times torch on {device}", result["torch_ms"] / ours, unit="x")
            compiled = result.get("compiled_ms")
            if isinstance(compiled, float):
                record.value(f"{name}, times torch.compile on {device}", compiled / ours, unit="x")
