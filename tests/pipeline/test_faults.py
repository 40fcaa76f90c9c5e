"""Each fault has the outcome that docs/concepts/pipelines.md states."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mainspring as ms
from mainspring.pipeline import load_pipeline
from mainspring.pipeline import run as runner
from mainspring.pipeline.run_record import read_runs

Make = Callable[..., ms.Pipeline]


def test_failure_is_tried_again_with_longer_waits(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return False

    monkeypatch.setattr(runner.threading, "Event", Stop)
    pipeline, tries = make(), [0]

    @pipeline.step(retries=8, backoff_seconds=1)
    def flaky() -> int:
        tries[0] += 1
        if tries[0] < 9:
            raise ValueError(f"try {tries[0]}")
        return tries[0]

    run = pipeline.run(workers=1, progress=False)
    assert run["flaky"] == 9
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert read_runs(pipeline.store.folder)[0]["state"] == "done"


def test_failure_for_good_names_the_step_and_keeps_what_is_done(make: Make) -> None:
    pipeline, broken = make(), [True]

    @pipeline.step
    def before() -> int:
        return 1

    @pipeline.step(retries=1, backoff_seconds=0)
    def bad(before: int) -> int:
        if broken[0]:
            raise KeyError("gone")
        return before + 1

    @pipeline.step
    def after(bad: int) -> int:
        return bad + 1

    with pytest.raises(ms.StepError, match="Step 'bad' failed: KeyError: 'gone'") as caught:
        pipeline.run()
    assert caught.value.step == "bad"
    assert isinstance(caught.value.__cause__, KeyError)
    record = read_runs(pipeline.store.folder)[0]
    assert record["state"] == "failed"
    assert {step["step"]: step["state"] for step in record["steps"]} == {
        "before": "ran",
        "bad": "failed",
    }
    broken[0] = False
    assert pipeline.run().states == {"before": "cached", "bad": "ran", "after": "ran"}


def test_nothing_else_begins_when_a_step_has_failed(make: Make) -> None:
    pipeline, begun = make(), []
    pipeline.add("bad", lambda: 1 / 0, version="1")
    pipeline.add("other", lambda: begun.append(1), version="1")
    with pytest.raises(ms.StepError, match="'bad' failed: ZeroDivisionError"):
        pipeline.run(workers=1)
    assert begun == []


def test_other_steps_that_run_end_and_are_kept_when_one_fails(make: Make) -> None:
    pipeline, started, failed = make(), threading.Event(), threading.Event()

    @pipeline.step
    def long() -> int:
        started.set()
        assert failed.wait(30)
        return 1

    @pipeline.step
    def bad() -> int:
        assert started.wait(30)
        threading.Timer(0.05, failed.set).start()
        raise ValueError("no")

    with pytest.raises(ms.StepError, match="no"):
        pipeline.run(workers=2)
    assert pipeline.plan()["long"].state == "cached"


@pytest.mark.parametrize("kind", ["none", "scratch", "missing", "empty"])
def test_step_that_writes_nothing_is_an_error(make: Make, tmp_path: Path, kind: str) -> None:
    pipeline = make()

    @pipeline.step(version=kind)
    def silent(scratch: Path) -> Path | None:
        if kind == "scratch":
            (scratch / "left.txt").write_text("x")
        if kind == "empty":
            (scratch / "a" / "b").mkdir(parents=True)
        return {"missing": scratch / "no.txt", "empty": scratch / "a"}.get(kind)

    message = {
        "none": r"'silent' returned nothing\. Return what later steps read, .*effect=True",
        "scratch": r"left 'left.txt' in its scratch folder: return the path",
        "missing": r"'silent' wrote nothing: there is nothing at the path 'no.txt'",
        "empty": r"'silent' wrote nothing: the folder 'a' that it returned has no file",
    }[kind]
    with pytest.raises(ms.DataError, match=message):
        pipeline.run()
    assert list((tmp_path / ".mainspring" / "partial").iterdir()) == []
    assert not (tmp_path / ".mainspring" / "artifacts").exists()


def test_full_disk_loses_one_result_and_the_next_run_goes_on(make: Make, tmp_path: Path) -> None:
    pipeline = make()

    @pipeline.step
    def small() -> int:
        return 1

    @pipeline.step
    def large(small: int) -> np.ndarray:  # type: ignore[type-arg]
        return np.full(1 << 20, small)

    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, old[1]))
    try:
        with pytest.raises(ms.FileError, match="'large': its result cannot be written: File too"):
            pipeline.run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert list((tmp_path / ".mainspring" / "partial").iterdir()) == []
    assert pipeline.run().states == {"small": "cached", "large": "ran"}


def test_two_runs_on_one_store_make_a_result_once(make: Make) -> None:
    calls: list[int] = []

    def one_more() -> ms.Pipeline:
        pipeline = make()

        @pipeline.step(version="1")
        def slow() -> int:
            calls.append(1)
            time.sleep(0.2)
            return 7

        return pipeline

    found: list[dict[str, str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(one_more().run().states)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert sorted(state["slow"] for state in found) == ["cached", "cached", "ran"]
    assert [run["run"] for run in read_runs(make().store.folder)] == [1, 2, 3]


def test_damaged_results_are_made_again(make: Make) -> None:
    pipeline = make()

    @pipeline.step
    def array() -> np.ndarray:  # type: ignore[type-arg]
        return np.arange(5)

    run = pipeline.run()
    file = pipeline.store.path(run.keys["array"]) / "array.npy"
    file.write_bytes(file.read_bytes()[:-1])
    assert pipeline.store.damaged() == [run.keys["array"]]
    again = pipeline.run()
    assert again.reasons["array"] == ("its result is damaged",)
    assert again["array"].tolist() == [0, 1, 2, 3, 4]
    data = bytearray(file.read_bytes())
    data[-1] ^= 1  # the same size: only its digest says so
    file.write_bytes(data)
    assert pipeline.store.damaged() == [run.keys["array"]]


def test_forced_result_takes_the_place_of_the_old_one(make: Make) -> None:
    pipeline, calls = make(), [0]

    @pipeline.step(version="1")
    def count() -> np.ndarray:  # type: ignore[type-arg]
        calls[0] += 1
        return np.full(3, calls[0])

    old = pipeline.run()["count"]
    new = pipeline.run(start="count")["count"]
    assert (old.tolist(), new.tolist()) == ([1, 1, 1], [2, 2, 2])  # the old map stays valid


FLOW = """
import os, time
from pathlib import Path
import mainspring as ms

pipeline = ms.Pipeline("flow", parameters={"how": "well"})


@pipeline.step
def first():
    return 1


@pipeline.step(backoff_seconds=0, **OPTIONS)
def second(first, how, scratch):
    (scratch / "half.bin").write_bytes(b"x" * 1000)
    if how == "hang":
        Path("hanging").touch()
        time.sleep(600)
    if how == "die":
        os.kill(os.getpid(), 11)
    if how == "exit":
        os._exit(3)
    if how == "raise":
        raise ValueError("inside")
    if how == "move":
        os.environ["LEAK"] = "1"
        os.chdir("/")
    return scratch


@pipeline.step
def third(second):
    return (second / "half.bin").stat().st_size
"""


SLOW = """    with open("calls", "a") as calls:
        calls.write("x")
    time.sleep(1)
    return 1
"""


def flow(folder: Path, options: str = "{}") -> ms.Pipeline:
    path = folder / "flow.py"
    path.write_text(FLOW.replace("OPTIONS", options))
    return load_pipeline(str(path))


def test_isolated_step_leaves_this_process_as_it_was(tmp_path: Path) -> None:
    pipeline = flow(tmp_path, "{'isolate': True}")
    before = Path.cwd()
    assert pipeline.run({"how": "move"})["third"] == 1000
    assert Path.cwd() == before
    assert "LEAK" not in os.environ
    assert set(pipeline.run({"how": "move"}).states.values()) == {"cached"}


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("hang", r"'second' took longer than 0.5 s and was stopped"),
        ("die", r"'second': its process died \(signal SIGSEGV\)"),
        ("exit", r"'second': its process died \(exit code 3\)"),
        ("raise", r"'second' failed: ValueError: inside"),
    ],
)
def test_isolated_step_that_goes_wrong_is_stopped_and_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pipeline = flow(tmp_path, "{'timeout_seconds': 0.5}")
    with pytest.raises(ms.StepError, match=message):
        pipeline.run({"how": how})
    store = tmp_path / ".mainspring"
    assert list((store / "partial").iterdir()) == []
    assert list((store / "locks").iterdir()) == []
    assert pipeline.run().states == {"first": "cached", "second": "ran", "third": "ran"}


def test_timeout_without_a_file_is_refused(make: Make) -> None:
    pipeline = make()
    pipeline.file = None  # as in a notebook
    pipeline.add("slow", flow, settings={"folder": "x"}, timeout_seconds=1)
    with pytest.raises(ms.ParameterError, match="Put the pipeline into a file"):
        pipeline.run()


def test_run_that_is_killed_goes_on_from_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pipeline = flow(tmp_path)
    command = [sys.executable, "-m", "mainspring", "run", "flow.py", "--set", "how=hang"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not (tmp_path / "hanging").exists():
        assert process.poll() is None
        time.sleep(0.01)
    store = tmp_path / ".mainspring"
    assert read_runs(store)[0]["state"] == "running"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(list((store / "partial").iterdir())) == 1
    assert read_runs(store)[0]["state"] == "died"
    assert pipeline.run().states == {"first": "cached", "second": "ran", "third": "ran"}
    with pytest.raises(ms.StepError):  # the same result again: what was left is cleared
        flow(tmp_path, "{'timeout_seconds': 0.1}").run({"how": "hang"})
    assert list((store / "partial").iterdir()) == []


def test_interrupted_run_says_so_and_ends_at_once(tmp_path: Path) -> None:
    flow(tmp_path, "{'isolate': True}")
    command = [sys.executable, "-m", "mainspring", "run", "flow.py", "--set", "how=hang"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "hanging").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == "mainspring: interrupted\n"
    assert process.returncode == 130
    assert read_runs(tmp_path / ".mainspring")[0]["state"] == "interrupted"


def test_two_processes_at_once_make_a_result_once(tmp_path: Path) -> None:
    flow(tmp_path).path("flow.py").write_text(
        FLOW.replace("OPTIONS", "{}").replace("    return 1\n", SLOW, 1)
    )
    command = [sys.executable, "-m", "mainspring", "run", "flow.py", "--lock", "-"]
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert (tmp_path / "calls").read_text() == "x"
    runs = read_runs(tmp_path / ".mainspring")
    assert [run["state"] for run in runs] == ["done", "done"]
