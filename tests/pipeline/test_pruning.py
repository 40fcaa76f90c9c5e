"""A store that is pruned: what goes, what stays, and who is not disturbed."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.cli import main
from mainspring.pipeline import Store
from mainspring.pipeline.run_record import RunRecord, read_runs

Make = Callable[..., ms.Pipeline]


@pytest.fixture
def doubled(make: Make) -> ms.Pipeline:
    """Two steps; the first depends on ``n``, the second on ``m`` too."""
    pipeline = make(parameters={"n": 1, "m": 1})
    pipeline.add("made", lambda n: [n] * 1000, version="1")
    pipeline.add("told", lambda made, m: len(made) * m, version="1")
    return pipeline


def keys_in(store: Store) -> set[str]:
    return {path.name for path in (store.folder / "artifacts").glob("*/*")}


def test_results_of_the_last_runs_stay_and_older_ones_go(doubled: ms.Pipeline) -> None:
    runs = [doubled.run({"n": n}) for n in (1, 2, 3, 4)]
    store = doubled.store
    before = keys_in(store)
    would = store.prune(2, dry_run=True)
    assert keys_in(store) == before
    found = store.prune(2)
    assert found == would
    assert set(found.results) == {key for run in runs[:2] for key in run.keys.values()}
    assert keys_in(store) == before - set(found.results)
    assert (found.runs, found.num_kept) == ((1, 2), 4)
    assert found.num_bytes > 2 * 1000
    assert [run["run"] for run in read_runs(store.folder)] == [3, 4]
    assert store.damaged() == []
    assert set(doubled.run({"n": 3}).states.values()) == {"cached"}
    assert set(doubled.run({"n": 1}).states.values()) == {"ran"}  # as if it had never been there
    assert doubled.run().number == 7
    assert not list((store.folder / "locks").iterdir())
    assert not list((store.folder / "partial").iterdir())


def test_result_that_a_kept_run_took_from_an_older_one_stays(doubled: ms.Pipeline) -> None:
    first = doubled.run()
    second = doubled.run({"m": 2})
    assert second.states == {"made": "cached", "told": "ran"}
    assert doubled.store.prune(1).results == (first.keys["told"],)


def test_last_result_of_a_step_stays_whoever_made_it(doubled: ms.Pipeline) -> None:
    old = doubled.run_step("made", {}, {"n": 8})  # as a task of an orchestrator does
    key = doubled.run_step("made", {}, {"n": 9})
    assert doubled.store.prune(1).results == (old,)
    assert doubled.load(key) == [9] * 1000


def test_runs_of_each_pipeline_count_by_themselves(doubled: ms.Pipeline, make: Make) -> None:
    other = make("other", parameters={"n": 1})
    other.add("made", lambda n: n, version="of another")
    one = other.run()
    for n in range(5):
        doubled.run({"n": n})
    doubled.store.prune(2)
    assert one.keys["made"] in keys_in(doubled.store)
    assert [run["run"] for run in read_runs(doubled.store.folder)] == [1, 5, 6]


def test_what_a_run_at_work_has_stays(doubled: ms.Pipeline) -> None:
    store = doubled.store
    start = {"pipeline": "p", "parameters": {}}
    old, held = doubled.run({"n": 5}), doubled.run({"n": 6})
    with RunRecord(store.folder, start) as record:
        record.write({"step": "made", "state": "cached", "key": old.keys["made"]})
        for n in (7, 8):
            doubled.run({"n": n})
        path = store.folder / "locks" / held.keys["made"]
        with path.open("w") as file:  # somebody makes it again
            fcntl.flock(file, fcntl.LOCK_EX)
            gone = store.prune(1).results
        assert not {old.keys["made"], held.keys["made"]} & set(gone)
        assert {old.keys["told"], held.keys["told"]} <= set(gone)
    assert old.keys["made"] in store.prune(1).results


def test_what_processes_that_died_left_goes(doubled: ms.Pipeline) -> None:
    run = doubled.run()
    store = doubled.store
    left = store.folder / "partial" / f"{run.keys['made']}.12345678"
    left.mkdir()
    (left / "table.arrow").write_bytes(b"half")
    assert store.prune(1, dry_run=True).results == ()
    assert left.exists()
    store.prune(1)
    assert not left.exists()


@pytest.mark.parametrize("last", [0, -1, True, 1.5])
def test_number_of_runs_is_one_or_more(doubled: ms.Pipeline, last: int) -> None:
    with pytest.raises(ms.ParameterError, match="last must be 1 or more"):
        doubled.store.prune(last)


def test_command_says_what_it_takes_out(
    doubled: ms.Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in (1, 2, 3):
        doubled.run({"n": n})
    command = ["runs", "--store", str(doubled.store.folder), "--prune", "--last", "1"]
    assert main([*command, "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("would take out 4 results (0.0 MB) and 2 runs; 2 ")
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (len(found["results"]), found["runs"], found["dry_run"]) == (4, [1, 2], False)
    assert main(command) == 0
    assert capsys.readouterr().out == ("took out 0 results (0.0 MB) and 0 runs; 2 results stay\n")
    assert main([*command[:-1], "0"]) == 2
    assert Path(doubled.store.folder).exists()
