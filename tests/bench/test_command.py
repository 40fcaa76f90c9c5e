"""``python -m bench`` measures with one and two threads, then records or compares."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from bench import __main__ as command


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    made: list[tuple[str, list[str]]] = []

    def run(arguments: list[str], **_: object) -> SimpleNamespace:
        made.append(("pytest", arguments))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(command.report, "main", lambda paths: made.append(("record", paths)))
    monkeypatch.setattr(command.compare, "main", lambda paths: made.append(("gate", paths)) or 1)
    return made


def test_command_measures_all_with_one_thread_and_some_with_two(
    calls: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--quick"])
    assert command.main() == 1  # what the gate says
    (_, one), (_, two), (last, paths) = calls
    assert {"bench", "--threads=1", "--quick"} <= set(one)
    assert {"bench/bench_predict.py", "--threads=2", "--quick"} <= set(two)
    assert last == "gate"
    assert all(f"--result={path}" in given for path, given in zip(paths, (one, two), strict=True))


def test_command_records_when_it_is_asked_to(
    calls: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--record"])
    assert command.main() == 0
    assert [name for name, _ in calls] == ["pytest", "pytest", "record"]
    assert "--quick" not in calls[0][1]


def test_command_stops_where_a_result_differs(
    calls: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench"])
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    assert command.main() == 1
    assert calls == []
