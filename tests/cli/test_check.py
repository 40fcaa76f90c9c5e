"""``mainspring check``: Python's report, its options, and its exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def leaky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a table whose ``answer`` is the label again and whose ``late_news`` comes too late."""
    random = np.random.default_rng(5)
    label = random.integers(0, 2, 400)
    noon = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)
    table = pa.table(
        {
            "label": label,
            "answer": 2.0 * label + 1,
            "fine": random.normal(size=400),
            "late_news": random.normal(size=400),
            "asked_at": [noon] * 400,
            "known_at": [noon + timedelta(hours=1)] * 400,
        }
    )
    path = tmp_path_factory.mktemp("check") / "train.parquet"
    pq.write_table(table, path)
    return path


def test_check_when_printed_is_pythons_report(run: Run, leaky: Path) -> None:
    ran = run(
        *("check", leaky, "--target", "label", "--time", "asked_at"),
        *("--available", "late_news=known_at"),
    )
    report = ms.check(
        pq.read_table(leaky),
        target="label",
        time="asked_at",
        available={"late_news": "known_at"},
    )
    said = [
        replace(found, remedy=found.remedy.replace("in available", "with --available"))
        for found in report.findings
    ]
    assert (ran.code, ran.out) == (1, f"{replace(report, findings=said)}\n")
    assert "name that time with --available" in " ".join(ran.out.split())
    assert {finding.column for finding in report.failed} == {"answer", "late_news"}


def test_check_when_written_for_people_names_the_option(
    run: Run, leaky: Path, tmp_path: Path
) -> None:
    page, junit = tmp_path / "a.html", tmp_path / "a.xml"
    assert run("check", leaky, "--target", "label", "--html", page, "--junit", junit).code == 1
    for path in (page, junit):
        text = path.read_text("utf-8")
        assert "name that time with --available" in text
        assert "in available" not in text


def test_check_when_json_is_the_report(run: Run, leaky: Path) -> None:
    ran = run("check", leaky, leaky, "--target", "label", "--json")
    table = pq.read_table(leaky)
    found = json.loads(ms.check(table, table, target="label").to_json())
    assert json.loads(ran.out) == found


def test_check_when_something_fails_exits_1(run: Run, leaky: Path, tmp_path: Path) -> None:
    assert run("check", leaky, "--target", "label").code == 1
    pq.write_table(pq.read_table(leaky, columns=["label", "fine"]), tmp_path / "a.parquet")
    assert run("check", tmp_path / "a.parquet", "--target", "label").code == 0


def test_check_when_two_tables_share_keys_says_so_in_junit(run: Run, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    for name in ("train", "test"):
        table = pa.table(
            {
                "label": random.integers(0, 2, 300),
                "who": random.integers(0, 40, 300),
                "row": np.arange(300) + (1000 if name == "test" else 0),
                "x": random.normal(size=300),
            }
        )
        pq.write_table(table, tmp_path / f"{name}.parquet")
    ran = run(
        *("check", tmp_path / "train.parquet", tmp_path / "test.parquet", "--target", "label"),
        *("--group", "who", "--id", "row", "--junit", tmp_path / "checks.xml"),
    )
    assert ran.code == 1
    options = ("check", tmp_path / "train.parquet", tmp_path / "test.parquet", "--target", "label")
    parted = run(*options, "--id", "row,x")
    assert run(*options, "--id", "row", "x").out == parted.out != run(*options, "--id", "row").out
    suite = ElementTree.parse(tmp_path / "checks.xml").getroot()
    failed = [case for case in suite if case.find("failure") is not None]
    assert [case.get("classname") for case in failed] == ["mainspring.check.group_leakage"]
    assert suite.get("failures") == "1"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--target", "lable"), ("lable", "label")),
        (("--target", "label", "--available", "late_news"), ("late_news", "COLUMN=COLUMN")),
        (("--target", "label", "--available", "late_news=known_at"), ("time",)),
        (("--target", "label", "--time", "fine"), ("fine",)),
    ],
)
def test_check_when_an_option_is_wrong_gives_one_line(
    run: Run, leaky: Path, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    ran = run("check", leaky, *options)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert [word for word in words if word not in ran.err] == []


def test_checks_when_named_are_reported_alone(run: Run, leaky: Path) -> None:
    ran = run("check", leaky, "--target", "label", "--checks", "label_power", "--json")
    assert ran.code == 1
    assert {finding["check"] for finding in json.loads(ran.out)["findings"]} == {"label_power"}
    several = run("check", leaky, "--target", "label", "--checks", "label_power,constant_label")
    apart = run("check", leaky, "--target", "label", "--checks", "label_power", "constant_label")
    assert several.out == apart.out != ""
    again = ms.check(pq.read_table(leaky), target="label", checks=["constant_label"])
    assert [finding.check for finding in again.findings] == ["constant_label"]
    assert again.ok


def test_check_when_limits_are_given_is_judged_by_them(run: Run, leaky: Path) -> None:
    named = ("check", leaky, "--target", "label", "--checks", "label_power")
    assert run(*named).code == 1
    generous = {"label_power_fail": 1.0, "label_power_warn": 1.0}
    ran = run(*named, "--limit", *(f"{name}={value}" for name, value in generous.items()))
    wanted = ms.check(pq.read_table(leaky), target="label", checks=["label_power"], limits=generous)
    assert wanted.ok
    assert (ran.code, ran.out) == (0, f"{wanted}\n")
    refused = run(*named, "--limit", "label_power_fial=1")
    assert refused.code == 2
    assert "Did you mean 'label_power_fail'?" in refused.err


def test_check_when_unknown_is_refused_by_name(run: Run, leaky: Path) -> None:
    ran = run("check", leaky, "--target", "label", "--checks", "leaks")
    assert ran.code == 2
    assert "'leaks'" in ran.err
