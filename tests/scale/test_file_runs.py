"""Which files of a list a task reads; no engine is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.scale import file_runs
from mainspring.scale.file_runs import runs_of_files


def sized(folder: Path, sizes: list[int]) -> list[str]:
    paths = []
    for number, size in enumerate(sizes):
        path = folder / f"{number}.parquet"
        with path.open("wb") as file:
            file.truncate(size)  # a hole: no disk
        paths.append(str(path))
    return paths


def test_files_of_one_size_are_a_run_for_each_thread(tmp_path: Path) -> None:
    paths = sized(tmp_path, [1000] * 20)
    assert runs_of_files(paths, 2) == [range(10), range(10, 20)]
    assert runs_of_files(paths, 3) == [range(7), range(7, 13), range(13, 20)]
    assert runs_of_files(paths, 50) == [range(at, at + 1) for at in range(20)]
    assert runs_of_files([Path(path) for path in paths], 1) == [range(20)]


def test_runs_go_by_bytes_of_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "folder" / "day=1"
    folder.mkdir(parents=True)
    sized(folder, [3000, 3000])
    paths = [*sized(tmp_path, [1000] * 6), str(tmp_path / "folder")]
    assert runs_of_files(paths, 2) == [range(6), range(6, 7)]


def test_runs_are_of_a_gigabyte_at_most_and_as_many_for_each_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert file_runs._MOST_BYTES == 1 << 30
    monkeypatch.setattr(file_runs, "_MOST_BYTES", 5000)
    runs = runs_of_files(sized(tmp_path, [1000] * 24), 2)  # 24 kB, 10 kB a turn
    assert [len(run) for run in runs] == [4] * 6


def test_files_that_only_workers_see_count_alike() -> None:
    paths = [f"/of/another/machine/{number}.parquet" for number in range(6)]
    assert runs_of_files(paths, 2) == [range(3), range(3, 6)]


def test_without_workers_each_file_is_a_run() -> None:
    assert runs_of_files(["a", "b", "c"], 0) == [range(1), range(1, 2), range(2, 3)]
    assert runs_of_files([], 0) == runs_of_files([], 2) == []


@given(sizes=st.lists(st.integers(0, 1 << 40), max_size=60), threads=st.integers(0, 9))
def test_runs_are_all_files_in_order(sizes: list[int], threads: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_runs, "_num_bytes", lambda path: sizes[int(path)])
        runs = runs_of_files([str(number) for number in range(len(sizes))], threads)
    assert [at for run in runs for at in run] == list(range(len(sizes)))
    assert all(runs)
