"""Run every program of tests/cpp under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.native_build import ROOT, build_sanitized, build_thread_sanitized

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


@pytest.mark.slow
def test_thread_pool_under_the_thread_sanitizer_has_no_race() -> None:
    place = build_thread_sanitized("test_thread_pool")
    program = place / "tests" / "cpp" / "test_thread_pool"
    done = subprocess.run(
        [program],
        capture_output=True,
        text=True,
        check=False,
        # One of the tests forks on purpose and starts threads in the child.
        env={**os.environ, "TSAN_OPTIONS": "die_after_fork=0"},
    )
    if "unexpected memory mapping" in done.stderr:
        pytest.skip("the thread sanitizer cannot run with this kernel's address randomisation")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-8000:]
