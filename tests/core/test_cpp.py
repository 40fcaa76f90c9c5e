"""Run every program of tests/cpp under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import pytest

from tests.sanitize import Program, cpp_tests, names, run_program, thread_tests


def check(programs: list[Program], name: str) -> None:
    result = run_program(next(program for program in programs if program.name == name))
    assert result.passed, result.report


@pytest.mark.parametrize("name", names("test_*.cpp"))
def test_cpp_program_when_sanitized_finds_nothing_wrong(name: str) -> None:
    check(cpp_tests(), name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["test_kept_memory", "test_parallel_predict", "test_thread_pool"])
def test_threads_under_the_thread_sanitizer_have_no_race(name: str) -> None:
    check(thread_tests(), name)
