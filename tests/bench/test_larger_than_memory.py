"""The proof that folders larger than memory fit, in a small form: its memory does not grow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.larger_than_memory import main, write_file


def test_proof_writes_measures_and_says_what_it_took(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small = [str(tmp_path / "small"), "--gigabytes", "0.01", "--file-rows", "50000"]
    assert main(small) == 0
    took = json.loads(capfd.readouterr().out)
    assert took["rows"] == 100_000
    assert took["bytes"] >= 10_000_000
    assert took["warnings"] == []
    large = [str(tmp_path / "large"), "--gigabytes", "0.1", "--file-rows", "50000"]
    limit = took["peak_mib"] + 150
    assert main([*large, "--limit", str(limit)]) == 0, "ten times the rows take more memory"
    assert json.loads(capfd.readouterr().out)["rows"] >= 800_000
    assert main([*large, "--reuse", "--limit", "10"]) == 1
    assert "expected at most 10" in capfd.readouterr().err
    with pytest.raises(SystemExit):
        main(large)
    assert "is not empty" in capfd.readouterr().err


def test_files_of_the_proof_differ_and_are_the_same_each_time(tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 1), ("c", 2)):
        write_file(tmp_path / name, number, rows=1000)
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c
