"""Run every program of tests/cpp under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.native_build import ROOT, build_sanitized

PROGRAMS = sorted(
    path.stem
    for path in (ROOT / "tests" / "cpp").glob("test_*.cpp")
    if not path.stem.startswith("test_cuda_")
)


@pytest.mark.parametrize("program", PROGRAMS)
def test_cpp_program_when_sanitized_finds_nothing_wrong(program: str) -> None:
    place = build_sanitized("mainspring_tests")
    done = subprocess.run(
        [place / "tests" / "cpp" / program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0"},
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
