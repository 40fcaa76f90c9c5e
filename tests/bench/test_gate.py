"""The gate compares ratios, never times, and goals only where they were met."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import compare, results
from tests.bench.sample import document, pair, value

CASE = "100 trees of 31 leaves, 4,096 rows"


@pytest.mark.parametrize(
    ("ratio", "worse"), [(5.0, 0), (9.0, 0), (4.0, 0), (3.82, 0), (3.79, 1), (0.5, 1)]
)
def test_ratio_is_worse_when_its_whole_interval_is(ratio: float, worse: int) -> None:
    # The interval of the sample ends 5 % above; recorded 5.0 less 20 % is 4.0.
    recorded = document(pair("fit", "a", "polars", 5.0))
    found = compare.worse_ratios(document(pair("fit", "a", "polars", ratio)), recorded, 0.2)
    assert len(found) == worse


def test_slower_times_with_the_same_ratio_pass() -> None:
    recorded = document(pair("fit", "a", "polars", 5.0))
    slow = document(pair("fit", "a", "polars", 5.0, seconds=1.0))
    assert compare.complaints(slow, [recorded], 0.2) == []


def test_message_names_the_pair_and_both_ratios() -> None:
    recorded = document(pair("fit", "a", "polars", 5.0), pair("fit", "a", "pyarrow", 5.0))
    run = document(pair("fit", "a", "polars", 2.0), pair("fit", "a", "pyarrow", 5.0))
    assert compare.worse_ratios(run, recorded) == [
        "fit: a, polars: 2.00 x [1.90, 2.10], recorded 5.00 x"
    ]


def test_pairs_of_other_runs_are_not_compared() -> None:
    recorded = document(pair("fit", "a", "polars", 5.0))
    assert compare.worse_ratios(document(pair("fit", "b", "polars", 1.0)), recorded) == []
    assert compare.worse_ratios(document(value("fit", "a", 1.0, "s")), recorded) == []
    two = document(pair("fit", "a", "polars", 1.0), threads=2)
    assert compare.complaints(two, [recorded], 0.2) == []


def test_runs_of_other_processors_count_where_this_one_has_none() -> None:
    other, here, run = (
        document(pair("fit", "a", "polars", ratio), cpu=cpu)
        for ratio, cpu in ((5.0, "B"), (2.0, "A"), (2.0, "A"))
    )
    assert len(compare.complaints(run, [other], 0.2)) == 1
    assert compare.complaints(run, [other, here], 0.2) == []


def test_ratios_of_several_threads_are_those_on_the_wall() -> None:
    before, now = (document(pair("fit", "a", "polars", 5.0), threads=2) for _ in range(2))
    now["records"][0]["ratio"]["cpu"] = {"median": 1.0, "low": 1.0, "high": 1.0}
    assert compare.worse_ratios(now, before) == []
    now["records"][0]["ratio"]["wall"] = {"median": 1.0, "low": 1.0, "high": 1.0}
    assert len(compare.worse_ratios(now, before)) == 1


def test_goal_that_was_met_must_stay_met() -> None:
    met, missed = (document(pair("predict", CASE, "lightgbm", ratio)) for ratio in (15.1, 14.9))
    assert compare.missed_goals(met, met) == []
    assert len(compare.missed_goals(missed, met)) == 1
    assert compare.missed_goals(missed, missed) == []
    slow, fast = (document(value("import", "above bare Python", ms, "ms")) for ms in (31.0, 29.0))
    assert len(compare.missed_goals(slow, fast)) == 1
    assert compare.missed_goals(document(), met) == []


def test_second_run_settles_a_doubt(tmp_path: Path) -> None:
    paths = []
    for number, ratio in enumerate((1.0, 4.9)):
        paths.append(str(tmp_path / f"{number}.json"))
        results.write(Path(paths[-1]), document(pair("fit", "a", "polars", ratio)))
    recorded = ["--recorded", str(recorded_file(tmp_path))]
    assert compare.main([paths[0], *recorded]) == 1
    assert compare.main([*paths, *recorded]) == 0
    assert compare.main([*paths[::-1], *recorded]) == 0


def test_best_of_runs_keeps_what_only_one_has_and_the_smallest_value() -> None:
    one = document(pair("fit", "a", "polars", 2.0), value("import", "b", 3.0, "ms"))
    two = document(pair("fit", "c", "polars", 1.0), value("import", "b", 2.0, "ms"))
    best = compare.best_of([one, two])["records"]
    assert [(r["case"], r["kind"]) for r in best] == [("a", "pair"), ("b", "value"), ("c", "pair")]
    assert best[1]["ours"] == 2.0


def recorded_file(folder: Path) -> Path:
    path = folder / "recorded.json"
    path.write_text(json.dumps({"runs": [document(pair("fit", "a", "polars", 5.0))]}))
    return path


@pytest.mark.parametrize(("ratio", "code"), [(5.0, 0), (1.0, 1)])
def test_command_ends_with_1_when_something_is_worse(
    ratio: float, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run.json"
    results.write(run, document(pair("fit", "a", "polars", ratio)))
    assert compare.main([str(run), "--recorded", str(recorded_file(tmp_path))]) == code
    assert f"1 results compared, {code} worse" in capsys.readouterr().out


def test_command_ends_with_2_for_a_file_that_is_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run.json"
    run.write_text("{}")
    assert compare.main([str(run), "--recorded", str(recorded_file(tmp_path))]) == 2
    assert capsys.readouterr().err.startswith("compare: ")
    assert compare.main([str(tmp_path / "none"), "--recorded", str(recorded_file(tmp_path))]) == 2
