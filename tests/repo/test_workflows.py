"""The workflows of GitHub run what this repository says, on the Pythons that it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = {path.stem: path for path in (ROOT / ".github" / "workflows").glob("*.yml")}
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def jobs_of(name: str) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load(WORKFLOWS[name].read_text(encoding="utf-8"))["jobs"]
    return jobs


def commands() -> list[str]:
    return [
        step["run"]
        for name in WORKFLOWS
        for job in jobs_of(name).values()
        for step in job["steps"]
        if "run" in step
    ]


def test_workflows_are_those_for_check_test_docs_and_wheels() -> None:
    assert sorted(WORKFLOWS) == ["check", "docs", "test", "wheels"]
    for name in WORKFLOWS:
        for job in jobs_of(name).values():
            assert "timeout-minutes" in job
            uses = [step["uses"] for step in job["steps"] if "uses" in step]
            assert all(re.search(r"@(v\d+|release/v\d+)$", use) for use in uses), uses


def test_commands_are_those_that_contributors_run() -> None:
    files = [ROOT / "CONTRIBUTING.md", ROOT / "README.md"]
    page = "".join(path.read_text(encoding="utf-8") for path in files)
    for command in commands():
        program = command.split()[0]
        if program.startswith(".ci/"):
            path = ROOT / program
            assert path.stat().st_mode & 0o100, program
            assert f"`{program}`" in page
        elif not command.startswith("cibuildwheel") and "cibuildwheel" not in command:
            assert command in page, command


def test_pythons_are_those_that_the_package_takes_and_wheels_are_built_for() -> None:
    lowest = re.search(r'requires-python = ">=3\.(\d+)"', PROJECT)
    build = re.search(r'^build = "(.+)"$', PROJECT, re.MULTILINE)
    assert lowest is not None
    assert build is not None
    minors = [int(minor) for minor in re.findall(r"cp3(\d+)-", build[1])]
    assert minors == list(range(int(lowest[1]), 15))
    named = re.findall(r'"Programming Language :: Python :: 3\.(\d+)"', PROJECT)
    assert [int(minor) for minor in named] == minors
    tested = jobs_of("test")["versions"]["strategy"]["matrix"]["python"]
    assert sorted({*tested, "3.11"}) == [f"3.{minor}" for minor in minors]


def test_wheels_are_tested_by_files_that_there_are() -> None:
    command = re.search(r'^test-command = "python -m pytest -q (.+)"$', PROJECT, re.MULTILINE)
    assert command is not None
    release = (ROOT / ".ci" / "release").read_text(encoding="utf-8")
    for path in [*command[1].split(), *re.findall(r"tests/[\w/.]+", release)]:
        assert (ROOT / path).exists(), path
