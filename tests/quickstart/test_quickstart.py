"""The quickstart, as a user runs it: in a process of its own, on the real flights."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

import mainspring as ms
from mainspring.cli.quickstart_data import flights_with_weather

SUMMER = ("Jun", "Jul", "Aug")


@dataclass(frozen=True)
class Story:
    """What the quickstart printed, and where it put its files."""

    text: str
    folder: Path

    def month(self, name: str) -> list[str]:
        """Return the words of a month's line."""
        line = re.search(rf"^{name} .+$", self.text, re.MULTILINE)
        assert line is not None
        return [word.rstrip(",") for word in line[0].split()]


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mainspring", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Run it once."""
    folder = tmp_path_factory.mktemp("quickstart")
    done = run("quickstart", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return Story(done.stdout, folder)


def test_past_when_added_raises_the_auc_of_every_month(story: Story) -> None:
    found = re.findall(r"^(\w{3}) +(0\.\d{3}) +(0\.\d{3})$", story.text, re.MULTILINE)
    assert [name for name, *_ in found] == "Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    assert min(float(past) - float(without) for _, without, past in found) > 0.02
    assert "would have had the same bits: yes" in story.text


def test_data_when_read_are_all_flights(story: Story) -> None:
    assert "327,346 flights of 2013" in story.text
    assert "9,430 cancelled or diverted" in story.text
    assert 327_346 + 9_430 == 336_776


@pytest.mark.parametrize(
    ("column", "check"),
    [
        ("arr_delay", "label_power"),
        ("dep_delay", "label_power"),
        ("dep_time", "time_travel"),
        ("arr_time", "time_travel"),
        ("air_time", "time_travel"),
    ],
)
def test_leak_when_in_the_data_is_caught(story: Story, column: str, check: str) -> None:
    assert re.search(rf"^(fail|warn)\s+{check}\s+{column}\s", story.text, re.MULTILINE)


def test_leaks_when_caught_are_these_five_and_no_other(story: Story) -> None:
    found = re.findall(r"^(?:fail|warn)\s+\w+\s+(\w+)", story.text, re.MULTILINE)
    assert sorted(found) == ["air_time", "arr_delay", "arr_time", "dep_delay", "dep_time"]


@pytest.mark.parametrize("month", SUMMER)
def test_temperature_when_it_is_summer_has_drifted_most(story: Story, month: str) -> None:
    words = story.month(month)
    assert words[words.index("temp") - 1].endswith(":")


def test_distance_in_no_month_has_drifted(story: Story) -> None:
    reference = ms.load(story.folder / "late-flights.spring").profile
    assert reference is not None
    assert "distance" in reference.columns
    months = re.findall(r"^(?:[A-Z][a-z]{2}) +[\d,]+ +0\.\d+.+$", story.text, re.MULTILINE)
    assert len(months) == 9
    assert not [line for line in months if "distance" in line]


def test_scores_when_printed_are_those_of_the_saved_bundle(story: Story) -> None:
    predictor = ms.load(story.folder / "late-flights.spring")
    flights, _ = flights_with_weather()
    rows = flights.filter(np.asarray(flights["month"].to_numpy() == 7))
    scores, late = predictor.predict(rows), rows["late"].to_numpy()
    area = roc_auc_score(late, scores)
    words = story.month("Jul")
    assert words[1] == f"{rows.num_rows:,}"
    assert words[2:5] == [f"{area:.3f}", f"{late.mean():.1%}", f"{scores.mean():.1%}"]
    assert 0.6 < area < 0.8


def test_raw_scores_when_compared_are_lightgbms(story: Story) -> None:
    assert "raw scores equal LightGBM's bit for bit: yes" in story.text


def test_page_when_written_is_small_and_named_among_what_comes_next(story: Story) -> None:
    page = story.folder / "late-flights-drift.html"
    assert f"  open {page.name} in a browser" in story.text
    assert page.stat().st_size <= 300_000
    profile = ms.load(story.folder / "late-flights.spring").profile
    report = ms.detect_drift(profile, pq.read_table(story.folder / "december.parquet"))
    text = page.read_text(encoding="utf-8")
    assert f"{len(report.drifted)} of {len(report.columns)} columns drifted" in text


def test_lines_when_printed_fit_80_columns(story: Story) -> None:
    assert max(map(len, story.text.splitlines())) <= 80


def test_next_commands_when_run_work(story: Story) -> None:
    commands = re.findall(r"^  mainspring (.+)$", story.text, re.MULTILINE)
    assert [command.split()[0] for command in commands] == [
        "inspect",
        "predict",
        "explain",
        "drift",
        "profile",
    ]
    for command in commands:
        done = run(*command.split(), folder=story.folder)
        expected = 1 if command.startswith("drift") else 0  # as gates want it: December differs
        assert (done.returncode, done.stderr) == (expected, ""), command
    got = pyarrow.csv.read_csv(story.folder / "scores.csv")["probability"].to_numpy()
    december = pq.read_table(story.folder / "december.parquet")
    expected = ms.load(story.folder / "late-flights.spring").predict(december)
    np.testing.assert_array_equal(got, expected)


def test_run_when_repeated_writes_the_same_bundle(story: Story, tmp_path: Path) -> None:
    done = run("quickstart", "-o", str(tmp_path / "again.spring"), folder=tmp_path)
    assert done.returncode == 0
    first = (story.folder / "late-flights.spring").read_bytes()
    assert (tmp_path / "again.spring").read_bytes() == first
