"""Files that a step declares decide whether it runs, by their content and by no clock."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.pipeline import input_files
from mainspring.pipeline.input_files import InputFiles
from mainspring.pipeline.run_record import read_runs

Make = Callable[..., ms.Pipeline]


def read_text(name: str = "x") -> str:
    return name


def test_files_are_read_again_only_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    plain = input_files.file_digest

    def counted(path: Path) -> str:
        read.append(path.name)
        return plain(path)

    monkeypatch.setattr(input_files, "file_digest", counted)
    file, inputs = tmp_path / "a.csv", InputFiles(tmp_path / "notes")
    file.write_text("one")
    first = inputs.digest(file)
    assert inputs.digest(file) == first
    assert read == ["a.csv"] * 2  # young: it may change again within a tick of the clock
    now = time.time()
    monkeypatch.setattr(input_files.time, "time", lambda: now + 10)
    assert inputs.digest(file) == inputs.digest(file) == first
    assert len(read) == 3
    stat = file.stat()
    file.write_text("two")  # the same size, and the old date
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert inputs.digest(file) != first
    assert len(read) == 4
    next((tmp_path / "notes").iterdir()).write_text("{")
    assert inputs.digest(file) == plain(file)


def test_folder_counts_names_and_content_but_no_hidden_file(tmp_path: Path) -> None:
    inputs, folder = InputFiles(tmp_path / "notes"), tmp_path / "data"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.csv").write_text("a")
    first = inputs.digest(folder)
    (folder / ".hidden").write_text("x")
    assert inputs.digest(folder) == first
    (folder / "in" / "a.csv").rename(folder / "in" / "b.csv")
    assert inputs.digest(folder) != first


def test_declared_files_decide_and_are_read_again_only_after_a_change(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "in" / name).write_text(name)
        old = time.time() - 100
        os.utime(tmp_path / "in" / name, (old, old))
    pipeline = make(parameters={"folder": "in"})

    @pipeline.step(files=["{folder}/*.csv"])
    def read(folder: str) -> list[str]:
        return [path.read_text() for path in sorted(pipeline.path(folder).glob("*.csv"))]

    assert pipeline.run()["read"] == ["a.csv", "b.csv"]
    assert pipeline.run().states["read"] == "cached"
    stat = (tmp_path / "in" / "b.csv").stat()
    (tmp_path / "in" / "b.csv").write_text("B.csv")  # the same size, and the old date
    os.utime(tmp_path / "in" / "b.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    run = pipeline.run()
    assert run["read"] == ["a.csv", "B.csv"]
    assert run.reasons["read"] == ("file in/*.csv:b.csv changed",)
    (tmp_path / "in" / "c.csv").write_text("c")
    assert pipeline.run()["read"] == ["a.csv", "B.csv", "c"]
    with pytest.raises(ms.FileError, match=r"no file fits 'out/\*\.csv'"):
        pipeline.run({"folder": "out"})


def test_clock_that_is_set_changes_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = make()
    times = iter([1e9, 5e9, 1e6, 2e9, 0.0, 3e9] * 50)
    monkeypatch.setattr(time, "time", lambda: next(times))
    Path(pipeline.path("f.txt")).write_text("1")

    @pipeline.step(files="f.txt", retries=1, backoff_seconds=0)
    def read() -> int:
        return int(pipeline.path("f.txt").read_text())

    first = pipeline.run()
    assert first.outcomes["read"].seconds >= 0
    assert pipeline.run().states == {"read": "cached"}
    pipeline.path("f.txt").write_text("2")
    assert pipeline.run()["read"] == 2
    assert [run["run"] for run in read_runs(pipeline.store.folder)] == [1, 2, 3]


def test_missing_input_file_is_named(make: Make) -> None:
    pipeline = make()
    pipeline.add("read", read_text, settings={"name": "x"}, files="gone.csv")
    with pytest.raises(ms.FileError, match=r"gone\.csv, an input of a step, cannot be read"):
        pipeline.run()
    pipeline = make()
    pipeline.add("read", read_text, settings={"name": "x"}, files="{month}.csv")
    with pytest.raises(ms.ParameterError, match="has a name in braces that is no parameter"):
        pipeline.run()
