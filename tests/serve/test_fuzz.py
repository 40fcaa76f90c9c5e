"""Mutants of bodies under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.native_build import build_sanitized

ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def run_fuzz(bundle: Path, seed: int, count: int) -> subprocess.CompletedProcess[str]:
    program = build_sanitized("fuzz_json") / "tests" / "cpp" / "fuzz_json"
    return subprocess.run(
        [str(program), str(bundle), str(seed), str(count)],
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
        env={**os.environ, **ENVIRONMENT},
    )


def check_mutants(bundle: Path, seed: int, count: int) -> None:
    done = run_fuzz(bundle, seed, count)
    assert done.returncode == 0, done.stdout + done.stderr[-8000:]
    counts = json.loads(done.stdout)
    assert counts["mutants"] == count
    assert counts["answered"] + counts["refused"] == count
    # Both ways have been tried.
    assert count // 20 < counts["answered"] < count * 3 // 4


@pytest.fixture(params=["0.1-late-flights", "0.1-every-step"])
def bundle(request: pytest.FixtureRequest, root: Path) -> Path:
    return root / "tests" / "golden" / f"{request.param}.spring"


def test_mutants_of_bodies_are_answered_or_refused(bundle: Path) -> None:
    check_mutants(bundle, 1, 10_000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_mutants_of_bodies_are_answered_or_refused(bundle: Path, seed: int) -> None:
    check_mutants(bundle, seed, 300_000)


def test_program_when_given_no_bundle_says_so(tmp_path: Path) -> None:
    path = tmp_path / "text.spring"
    path.write_text("not a bundle")
    done = run_fuzz(path, 1, 1)
    assert done.returncode == 2
    assert "is not a .spring bundle" in done.stderr
