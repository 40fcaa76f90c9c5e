"""Claim: a step of a pipeline costs milliseconds, a run that has nothing to do half a second."""

from __future__ import annotations

import gc
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import joblib
import pytest

import mainspring as ms

STEPS = 20
FLOW = """
import mainspring as ms

pipeline = ms.Pipeline("chain", parameters={"start": 1})


@pipeline.step
def step_0(start):
    return start


def next_step(value):
    return value + 1


for number in range(1, 20):
    pipeline.add(f"step_{number}", next_step, needs={"value": f"step_{number - 1}"})
"""


def first(start: int) -> int:
    """Begin the chain."""
    return start


def following(value: int, number: int) -> int:
    """Go on; the number tells joblib's calls apart, as names tell steps."""
    return value + (number > 0)


def chain(folder: Path) -> ms.Pipeline:
    """Return a chain of steps that do nothing."""
    pipeline = ms.Pipeline("chain", parameters={"start": 1}, folder=folder)
    pipeline.add("step_0", first)
    for number in range(1, STEPS):
        pipeline.add(
            f"step_{number}",
            following,
            needs={"value": f"step_{number - 1}"},
            settings={"number": number},
        )
    return pipeline


def with_joblib(memory: Any) -> int:
    """Call the same chain through joblib.Memory, which hashes arguments and pickles results."""
    begin, go_on = memory.cache(first), memory.cache(following)
    value = begin(1)
    for number in range(1, STEPS):
        value = go_on(value, number)
    return int(value)


def milliseconds(call: Any) -> float:
    """Return the wall time of one call."""
    started = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - started)


@pytest.mark.one_thread
def test_steps(tmp_path: Path, request: pytest.FixtureRequest, record: Any) -> None:
    turns = 7 if request.config.getoption("--quick") else 40
    folder = tmp_path / "joblib"
    times: dict[str, list[float]] = {"ran": [], "joblib ran": [], "cached": [], "joblib cached": []}
    for turn in range(turns):
        shutil.rmtree(folder, ignore_errors=True)
        memory = joblib.Memory(folder, verbose=0)
        pipeline = chain(tmp_path / str(turn))
        gc.collect()
        times["ran"].append(milliseconds(pipeline.run))
        times["joblib ran"].append(milliseconds(lambda: with_joblib(memory)))  # noqa: B023
        times["cached"].append(milliseconds(pipeline.run))
        times["joblib cached"].append(milliseconds(lambda: with_joblib(memory)))  # noqa: B023
        run = pipeline.run()
        assert run[f"step_{STEPS - 1}"] == with_joblib(memory) == STEPS
        assert set(run.states.values()) == {"cached"}
    for state, case in (("ran", "first run"), ("cached", "everything cached")):
        record.value(
            f"{STEPS} steps that do nothing, {case}: a step",
            statistics.median(times[state]) / STEPS,
            unit="ms",
            theirs=statistics.median(times[f"joblib {state}"]) / STEPS,
            peer="joblib",
            api="Memory.cache",
        )


@pytest.mark.one_thread
def test_command(tmp_path: Path, request: pytest.FixtureRequest, record: Any) -> None:
    turns = 5 if request.config.getoption("--quick") else 30
    (tmp_path / "chain.py").write_text(FLOW, encoding="utf-8")
    command = [sys.executable, "-m", "mainspring", "run", str(tmp_path / "chain.py")]

    def run() -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert f"{STEPS} ran, 0 cached" in run()
    assert f"0 ran, {STEPS} cached" in run()
    record.value(
        f"{STEPS} steps, everything cached: `mainspring run` from start to end",
        statistics.median(milliseconds(run) for _ in range(turns)),
        unit="ms",
    )
