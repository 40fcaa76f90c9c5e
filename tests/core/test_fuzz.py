"""Some thousand mutants of each fuzzer under the sanitizers, and how a fault is reported."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.native_build import ROOT, build_sanitized
from tests.sanitize import Program, fuzzers, names, run_program

# Most of a fuzzer's inputs take microseconds; a state is fitted on and merged.
COUNTS = {"fuzz_state": 1000}


def check_mutants(name: str, seed: int, count: int) -> None:
    programs = fuzzers("--seed", str(seed), "--count", str(count))
    result = run_program(next(program for program in programs if program.name == name))
    assert result.passed, result.report
    counts = json.loads(result.report.splitlines()[-1])
    assert counts["tried"] == count
    # Were all of them refused, only the first checks would have been tried; nor these, were none.
    assert count // 50 < counts["taken"] < count * 9 // 10


@pytest.mark.parametrize("name", names("fuzz_*.cpp"))
def test_mutants_are_refused_or_work(name: str) -> None:
    check_mutants(name, 1, COUNTS.get(name, 10_000))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
@pytest.mark.parametrize("name", names("fuzz_*.cpp"))
def test_many_mutants_are_refused_or_work(name: str, seed: int) -> None:
    check_mutants(name, seed, 50 * COUNTS.get(name, 10_000))


def test_seed_that_is_no_bundle_is_refused_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "text.spring"
    path.write_text("not a bundle")
    program = build_sanitized("mainspring_fuzzers") / "tests" / "cpp" / "fuzz_bundle"
    result = run_program(Program("fuzz_bundle", program, arguments=("--count", "1", str(path))))
    assert not result.passed
    assert "seed 0 is refused as it is" in result.report
    assert "--try" not in result.report
    tried = run_program(Program("fuzz_bundle", program, arguments=("--try", str(path))))
    assert tried.report == f"{path}: refused"


def test_fault_is_reported_with_its_input(tmp_path: Path) -> None:
    script = tmp_path / "fuzz_broken"
    script.write_text(
        "#!/bin/sh\n"
        "while [ $# -gt 1 ]; do shift; done\n"
        "printf '\\003\\000\\000\\000\\000\\000\\000\\000abcdef' > \"$1\"\n"
        "echo a fault >&2; kill -6 $$\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    result = run_program(Program("fuzz_broken", script))
    assert not result.passed
    first, again = result.report.splitlines()
    assert first == "a fault"
    assert again.startswith(f"status -6; again: {script} --try {ROOT / 'build' / 'faults'}")
    kept = Path(again.rsplit(" ", 1)[1])
    assert kept.read_bytes() == b"abc"
    kept.unlink()
