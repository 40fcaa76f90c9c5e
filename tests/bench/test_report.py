"""The page and the README say what was recorded, and name what nobody measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import report, results
from bench.claims import CLAIMS, README_ROWS, find
from bench.goal import Goal
from bench.peers import DAAL4PY_COMES_WITH, ENGINES
from tests.bench.sample import document, pair, value

CASE = "100 trees of 31 leaves, 4,096 rows"


def one_thread(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for run in runs if run["threads"] == 1 for record in run["records"]]


def test_page_is_that_of_the_recorded_results(root: Path) -> None:
    runs = report.read_recorded()
    assert (root / "docs" / "performance.md").read_text() == report.page(runs), (
        "run python -m bench.report"
    )


def test_readme_shows_the_recorded_results(root: Path) -> None:
    readme = (root / "README.md").read_text()
    table = report.readme_table(report.read_recorded())
    assert report.with_table(readme, table) == readme, "run python -m bench.report"
    assert "not measured" not in table


def test_recorded_results_are_small_and_whole() -> None:
    # Some seven kilobytes a claim: what is large does not belong beside the sources.
    assert report.RECORDED.stat().st_size < 15_000 * len(CLAIMS)
    runs = report.read_recorded()
    assert runs[0]["threads"] == 1
    measured = {record["claim"] for record in one_thread(runs)}
    # A claim that is newer than the recorded run is on the page as not measured.
    assert measured <= {claim.name for claim in CLAIMS}
    assert len(measured) > len(CLAIMS) / 2


def test_every_file_is_a_claim_and_every_claim_a_file(root: Path) -> None:
    files = {path.stem.removeprefix("bench_") for path in (root / "bench").glob("bench_*.py")}
    assert files == {claim.name for claim in CLAIMS}


def test_every_goal_and_row_of_the_readme_finds_its_record() -> None:
    records = one_thread(report.read_recorded())
    measured = {record["claim"] for record in records}
    for claim in CLAIMS:
        for goal in claim.goals if claim.name in measured else ():
            record = find(records, claim.name, goal.case, goal.peer)
            if record is None and goal.peer in (*ENGINES, DAAL4PY_COMES_WITH):
                continue  # whoever measured had not installed it, and the page says so
            assert record is not None, goal.text
            # Memory that is left behind may be a little less than before.
            assert goal.number(record) > 0 or goal.unit in ("MiB", "failed")
    for claim_name, case, peer, _ in README_ROWS:
        assert find(records, claim_name, case, peer) is not None, case


def test_what_nobody_measured_is_called_so() -> None:
    page = report.page([document(pair("predict", CASE, "lightgbm", 4.0))])
    assert page.count("| not measured |") == sum(len(claim.goals) for claim in CLAIMS) - 1
    assert page.count("\nnot measured\n") == len(CLAIMS) - 1
    assert "not measured" in report.readme_table([document()])


def test_readme_shows_the_processor_that_was_measured_last() -> None:
    runs = [
        document(pair("predict", CASE, "lightgbm", ratio), cpu=cpu) | {"date": f"2026-02-0{day}"}
        for ratio, cpu, day in ((4.0, "old", 1), (5.0, "new", 3), (6.0, "old", 2))
    ]
    table = report.readme_table(runs)
    assert "on new, results compared first" in table
    assert "| 5.00 x |" in table
    assert "| 4.00 x |" not in table
    assert "| 6.00 x |" not in table


def test_readme_stays_with_the_processor_that_has_measured_more_of_it() -> None:
    (_, first, peer, _), (_, second, other, _) = README_ROWS[:2]
    claims = [claim for claim, *_ in README_ROWS[:2]]
    more = document(
        pair(claims[0], first, peer, 4.0), pair(claims[1], second, other, 5.0), cpu="more"
    )
    fewer = document(pair(claims[0], first, peer, 6.0), cpu="fewer") | {"date": "2027-01-01"}
    table = report.readme_table([more | {"date": "2026-01-01"}, fewer])
    assert "on more, results compared first" in table
    assert "| 4.00 x |" in table


@pytest.mark.parametrize(("ratio", "word"), [(15.0, "yes"), (14.9, "**no**")])
def test_goals_say_whether_they_are_met(ratio: float, word: str) -> None:
    page = report.page([document(pair("predict", CASE, "lightgbm", ratio))])
    goal = "100 trees of 31 leaves, 4,096 rows: at least 15 times as fast as LightGBM"
    assert f"| [Prediction](#prediction) | {goal} | {ratio:.1f} x | {word} |" in page
    assert f"Met: {int(word == 'yes')} of the 1 measured;" in page


@pytest.mark.parametrize(
    ("unit", "ours", "words"),
    [
        ("x", 11.89, "11.9 x"),
        ("rows/s", 2467000.0, "2,467,000 rows/s"),
        ("M/s", 6.951, "6.95 M/s"),
        ("share", 0.9537, "95 %"),
        ("ms", 0.7502, "0.75 ms"),
        ("failed", 0.0, "0 failed"),
    ],
)
def test_goal_of_a_value_keeps_its_unit(unit: str, ours: float, words: str) -> None:
    goal = Goal("", "", at_least=1.0, unit=unit)
    assert goal.words({"kind": "value", "ours": ours}) == words


def test_goal_by_row_divides_the_time() -> None:
    goal = Goal("", "", at_most=265.0, unit="ns", rows=100_000)
    record = {"kind": "pair", "ours": {"cpu": {"median": 0.0315}}}
    assert goal.words(record) == "315 ns a row"
    assert not goal.is_met(record)


def test_pair_shows_both_sides_spread_ratio_and_share_of_bandwidth() -> None:
    page = report.page([document(pair("predict", CASE, "lightgbm", 4.0))])
    assert (
        f"| {CASE} | lightgbm: a call | 1 ms ± 5 % (900 us) | 4 ms ± 5 % (3.6 ms) "
        "| 4.00 [3.80, 4.20] | 25 % |"
    ) in page


def test_runs_of_several_threads_are_told_apart_and_timed_on_the_wall() -> None:
    runs = [
        document(pair("predict", CASE, "lightgbm", 4.0)),
        document(pair("predict", CASE, "lightgbm", 4.0), threads=2),
    ]
    page = report.page(runs)
    assert "One thread:\n" in page
    assert "2 threads:\n" in page
    assert "mainspring, wall time" in page
    assert "| 2 ms ± 5 % (1.8 ms) | 12 ms ± 5 % (10.8 ms) |" in page


def test_value_shows_its_unit() -> None:
    page = report.page([document(value("import", "above bare Python", 12.345, "ms"))])
    assert "| case | mainspring |\n|---|---|\n| above bare Python | 12.3 ms |\n" in page


def test_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has no"):
        report.with_table("# readme", "| a |\n")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that RECORDED, PAGE and README lie in."""
    for name in ("RECORDED", "PAGE", "README"):
        monkeypatch.setattr(report, name, tmp_path / name)
    return tmp_path


def test_results_become_the_recorded_ones(places: Path) -> None:
    (places / "README").write_text(f"first\n{report.BEGIN}\nold\n{report.END}\nlast\n")
    runs = [document(pair("predict", CASE, "lightgbm", 4.0), threads=count) for count in (2, 1)]
    paths = [places / f"{run['threads']}.json" for run in runs]
    for path, run in zip(paths, runs, strict=True):
        results.write(path, run)
    report.main([str(path) for path in paths])
    assert report.read_recorded(places / "RECORDED") == runs[::-1]
    assert (places / "PAGE").read_text() == report.page(runs[::-1])
    readme = (places / "README").read_text()
    assert readme.startswith("first\n")
    assert readme.endswith("last\n")
    assert "old" not in readme
    assert "4.00 x" in readme


def test_part_of_the_claims_replaces_what_was_recorded_of_them(places: Path) -> None:
    (places / "README").write_text(f"{report.BEGIN}\n{report.END}\n")
    both = (pair("predict", CASE, "lightgbm", 4.0), pair("fit", "a", "polars", 2.0))
    old = [document(*both), document(*both, threads=2)]
    new = {**document(pair("fit", "a", "polars", 3.0)), "commit": "fresh"}
    for path, run in zip(("1", "2", "3"), (*old, new), strict=True):
        results.write(places / path, run)
    report.main([str(places / "1"), str(places / "2")])
    report.main(["--part", str(places / "3")])
    runs = report.read_recorded(places / "RECORDED")
    assert [(run["threads"], [record["claim"] for record in run["records"]]) for run in runs] == [
        (1, ["predict"]),
        (1, ["fit"]),
        (2, ["predict", "fit"]),
    ]
    page = (places / "PAGE").read_text()
    assert "One thread, commit fresh:\n" in page
    assert "4.00 x" in (places / "README").read_text()


def test_machines_stand_side_by_side_and_replace_their_own_records_alone(places: Path) -> None:
    (places / "README").write_text(f"{report.BEGIN}\n{report.END}\n")
    runs = [
        document(pair("predict", CASE, "lightgbm", 16.0), pair("fit", "a", "polars", 2.0), cpu="X"),
        document(pair("predict", CASE, "lightgbm", 14.0), cpu="Y"),
        document(pair("predict", CASE, "lightgbm", 13.0), cpu="Y"),
    ]
    for number, run in enumerate(runs):
        results.write(places / str(number), run)
        report.main([*(["--part"] if number else []), str(places / str(number))])
    recorded = report.read_recorded(places / "RECORDED")
    assert [(run["machine"]["cpu"], len(run["records"])) for run in recorded] == [
        ("X", 2),
        ("Y", 1),
    ]
    page = (places / "PAGE").read_text()
    goal = "100 trees of 31 leaves, 4,096 rows: at least 15 times as fast as LightGBM"
    assert f"| {goal} | 16.0 x | yes | 13.0 x | **no** |" in page
    assert "Met: 1 of the 1 measured on A and 0 of the 1 measured on B;" in page
    assert page.index("## Goals") < page.index("## Runs") < page.index("| 1 | B |")
    assert "Machine A: X, 2 cores" in page
    assert "Machine B: Y, 2 cores" in page
    assert "One thread, commit abc1234, machine B:\n" in page
    # The README speaks of the machine that was measured last.
    assert "13.0 x" in (places / "README").read_text()
