"""What build_info says, and the environment variable that lowers the instruction set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import mainspring as ms

LEVELS = ["baseline", "avx2", "avx512"]


def isa_in_new_process(isa: str) -> str:
    code = (
        "import mainspring as ms\n"
        "try:\n print(ms.build_info()['isa'])\n"
        "except ms.errors.ParameterError as error:\n print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", "import mainspring.errors\n" + code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "MAINSPRING_ISA": isa},
    )
    return done.stdout.strip()


def test_build_info_names_every_fact_once() -> None:
    info = ms.build_info()
    assert set(info) == {
        "version", "compiler", "build_type", "isa", "isa_levels", "cuda", "num_threads",
    }  # fmt: skip
    levels = info["isa_levels"]
    assert isinstance(levels, list)
    assert levels == LEVELS[: len(levels)]
    assert info["isa"] in levels


@pytest.mark.parametrize("isa", LEVELS)
def test_isa_when_forced_is_that_level_or_the_best_below(isa: str) -> None:
    levels = ms.build_info()["isa_levels"]
    assert isinstance(levels, list)
    assert isa_in_new_process(isa) == (isa if isa in levels else levels[-1])


def test_isa_when_unknown_is_an_error_that_names_the_choices() -> None:
    text = isa_in_new_process("avx9")
    assert "avx9" in text
    assert all(level in text for level in LEVELS)
