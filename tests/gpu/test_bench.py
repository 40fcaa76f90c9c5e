"""The measurements of a GPU, run small over a device of host memory: checks, cases and numbers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from bench.gpu import measure
from bench.gpu.forest_text import forest_text
from tests.gpu.emulation import Emulation

ROOT = Path(__file__).resolve().parents[2]


class WallClock:
    def milliseconds(self, work: Callable[[], Any]) -> float:
        begin = time.perf_counter()
        work()
        return (time.perf_counter() - begin) * 1e3


def test_measurements_check_and_time_every_case(emulation: Emulation) -> None:
    threads = ms.build_info()["num_threads"]
    try:
        results = list(measure.measure(WallClock(), num_rows=400, num_turns=2, num_times=3))
    finally:
        ms.set_num_threads(int(str(threads)))
    assert len({result["name"] for result in results}) == len(results) == 21
    for result in results:
        assert result["min_ms"] <= result["median_ms"] <= result["max_ms"]
        assert result["rows_per_second"] == pytest.approx(
            result["num_rows"] / result["median_ms"] * 1e3
        )
    by_name = {result["name"]: result for result in results}
    assert by_name["standardize of float64"]["num_bytes"] == 400 * 16 * (8 + 4)
    assert by_name["drift against a profile"]["num_bytes"] == 400 * 25 * 4
    assert by_name["500 trees of depth 8"]["num_rows"] == 100


def test_what_the_time_does_not_suffice_for_is_named(emulation: Emulation) -> None:
    threads = ms.build_info()["num_threads"]
    try:
        results = list(measure.measure(WallClock(), 40, 1, 1, end=0.0))
    finally:
        ms.set_num_threads(int(str(threads)))
    assert {result["skipped"] for result in results} == {"out of time"}
    assert len(results) == 21


def test_training_operators_are_checked_and_timed_beside_torch() -> None:
    pytest.importorskip("torch")
    results = list(measure.measure_training(WallClock(), "cpu", 2, compiles=False))
    assert len({result["name"] for result in results}) == len(results) == 13
    for result in results:
        assert result["torch_ms"] > 0
        assert result["gb_per_second"] > 0
        assert result["difference"] < 1e-3
    late = list(measure.measure_training(WallClock(), "cpu", 2, end=0.0))
    assert {result["skipped"] for result in late} == {"out of time"}


def test_without_a_gpu_one_reason_is_given_and_nothing_measured(tmp_path: Path) -> None:
    if not all(measure.missing().values()):
        pytest.skip("this machine has a GPU")
    result = tmp_path / "gpu.json"
    command = [sys.executable, "-m", "bench.gpu.measure", str(result)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.startswith("nothing is measured: engine: ")
    assert set(json.loads(result.read_text())["skipped"]) == {"engine", "training"}


def test_timed_rotates_inputs_after_each_was_warm() -> None:
    ran: list[int] = []
    turns = [lambda i=i: ran.append(i) for i in range(3)]
    measure.timed(WallClock(), turns, 5)
    assert ran == [0, 1, 2, 0, 1, 2, 0, 1]


@pytest.mark.parametrize(("balanced", "depth"), [(True, 4), (False, None)])
def test_forest_text_is_a_model_of_the_size_asked_for(balanced: bool, depth: int | None) -> None:
    predictor = ms.Predictor(forest_text(3, 16, 5, balanced=balanced))
    leaves = predictor.leaf_index(np.random.default_rng(0).normal(size=(4000, 5)))
    assert leaves.shape == (4000, 3)
    assert len(np.unique(leaves[:, 0])) > 8
    if depth is not None:
        assert leaves.max() == 15
