"""The form of results: what is written is read again, anything else is refused by name."""

from __future__ import annotations

import copy
import json
import os
import platform
from pathlib import Path
from typing import Any

import pytest

from bench import results
from bench.machine import copy_bandwidth, cpu_name, machine, versions
from tests.bench.sample import document, pair, value

SAMPLE = document(pair("fit", "a", "polars", 2.0), value("import", "b", 3.25, "ms"))


def test_document_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "results" / "run.json"
    results.write(path, SAMPLE)
    assert results.read(path) == SAMPLE
    assert len(path.read_text().splitlines()) < 50  # a record to a line


def test_numbers_keep_four_digits() -> None:
    assert results.rounded({"a": [1.23456e-7, 7, "x", None]}) == {"a": [1.235e-7, 7, "x", None]}


CHANGES: list[tuple[str, Any, str]] = [
    ("schema", 2, "schema is 2"),
    ("mode", "slow", "mode is 'slow'"),
    ("threads", "2", "threads is '2'"),
    ("threads", True, "threads is True"),
    ("date", None, "date is None"),
    ("host", "x", "host is not part of the form"),
]


@pytest.mark.parametrize(("name", "given", "expected"), CHANGES)
def test_document_of_another_form_is_refused(name: str, given: Any, expected: str) -> None:
    assert expected in results.complaints({**SAMPLE, name: given})[0]


@pytest.mark.parametrize("name", SAMPLE)
def test_document_without_a_field_is_refused(name: str) -> None:
    wrong = results.complaints({k: v for k, v in SAMPLE.items() if k != name})
    assert wrong == [f"document: {name} is missing"]


@pytest.mark.parametrize("number", [0, 1])
def test_record_without_a_field_is_refused(number: int) -> None:
    for name in SAMPLE["records"][number]:
        changed = copy.deepcopy(SAMPLE)
        del changed["records"][number][name]
        assert results.complaints(changed)[0].startswith(f"records[{number}]: ")


def test_times_without_a_field_are_refused() -> None:
    changed = copy.deepcopy(SAMPLE)
    del changed["records"][0]["ours"]["wall"]["min"]
    changed["records"][0]["ratio"]["cpu"]["low"] = "1"
    wrong = results.complaints(changed)
    assert wrong == ["records[0].ours.wall: min is missing", "records[0].ratio.cpu: low is '1'"]


def test_two_records_of_one_name_are_refused() -> None:
    changed = document(*2 * [pair("fit", "a", "polars", 2.0)])
    assert "there is another" in results.complaints(changed)[0]


def test_reading_another_form_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps({**SAMPLE, "schema": 0}))
    with pytest.raises(ValueError, match=r"old\.json: document: schema is 0"):
        results.read(path)


def test_machine_names_neither_host_nor_folder() -> None:
    text = json.dumps([machine(), versions()])
    assert platform.node() not in text
    assert str(Path.home()) not in text
    assert set(machine()) == set(SAMPLE["machine"])
    assert machine()["cores"] <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("model_name", "family", "model", "name"),
    [
        ("AMD EPYC", 25, 17, "AMD EPYC (Zen 4)"),
        ("AMD EPYC", 25, 1, "AMD EPYC (Zen 3)"),
        ("AMD EPYC", 26, 2, "AMD EPYC (Zen 5)"),
        ("AMD EPYC", 23, 49, "AMD EPYC (family 23, model 49)"),
        ("AMD EPYC 9654 96-Core Processor", 25, 17, "AMD EPYC 9654 96-Core Processor"),
        ("Intel(R) Xeon(R) Processor", 6, 143, "Intel(R) Xeon(R) Processor"),
    ],
)
def test_processors_that_share_a_name_are_told_apart(
    model_name: str, family: int, model: int, name: str
) -> None:
    second = "\n\nprocessor\t: 1\nmodel name\t: another\n"
    info = f"model name\t: {model_name}\ncpu family\t: {family}\nmodel\t\t: {model}\n{second}"
    assert cpu_name(info) == name


def test_bandwidth_counts_bytes_read_and_written_of_the_fastest_copy() -> None:
    times = iter([0.0, 2.0, 2.0, 2.5, 3.0, 5.0])
    assert copy_bandwidth(800, repeats=3, clock=lambda: next(times)) == 2 * 800 / 0.5
