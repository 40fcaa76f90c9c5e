"""Ten thousand mutants of a bundle under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.bundle.sample import sample_bundle
from tests.native_build import build_sanitized

ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


def run_fuzz(bundle: Path, seed: int, count: int) -> subprocess.CompletedProcess[str]:
    program = build_sanitized("fuzz_bundle") / "tests" / "cpp" / "fuzz_bundle"
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
    # Were all of them refused, the predictor would not have been tried; nor the reader, were none.
    assert count // 20 < counts["opened"] < count * 3 // 4
    assert counts["predicted"] > count // 20


@pytest.fixture(params=["every step", "late flights"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path, root: Path) -> Path:
    """A bundle put together by hand, and one that was fitted."""
    if request.param == "late flights":
        return root / "tests" / "golden" / "0.1-late-flights.spring"
    path = tmp_path / "sample.spring"
    path.write_bytes(sample_bundle())
    return path


def test_mutants_of_a_bundle_are_refused_or_predict(bundle: Path) -> None:
    check_mutants(bundle, 1, 10_000)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 20))
def test_many_mutants_of_a_bundle_are_refused_or_predict(bundle: Path, seed: int) -> None:
    check_mutants(bundle, seed, 1_000_000)


def test_program_when_given_no_bundle_says_so(tmp_path: Path) -> None:
    path = tmp_path / "text.spring"
    path.write_text("not a bundle")
    done = run_fuzz(path, 1, 1)
    assert done.returncode == 2
    assert "is not a bundle" in done.stderr
