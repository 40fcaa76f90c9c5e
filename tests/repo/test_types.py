"""Types that users see are true: a strict check of their program, and stubs against the engine."""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
from pathlib import Path

import pytest

import mainspring as ms

pytest.importorskip("mypy")
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "docs" / "examples" / "typed_program.py"
# An editable install lies where only hooks of the import find it; mypy refuses to be told of
# site-packages, where it looks by itself.
PATHS = ("MYPYPATH", "PYTHONPATH")
# pybind11 gives each class a metaclass of its own, and classes without a constructor one that
# refuses whatever it is given; no stub can say either.
OF_PYBIND11 = re.compile(
    r" is inconsistent, (metaclass differs|stub does not have \*args parameter \"args\")$"
)


def mypy(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run mypy on the installed package, from a folder that has no sources of it."""
    package = str(Path(str(ms.__file__)).parents[1])
    found = {} if package in site.getsitepackages() else dict.fromkeys(PATHS, package)
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, **found},
        capture_output=True,
        text=True,
        check=False,
    )


def strict(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    options = ["--strict", "--no-error-summary", "--follow-imports=silent"]
    without_types = ["--disable-error-code=import-untyped", "--disable-error-code=import-not-found"]
    return mypy("mypy", *options, *without_types, str(path), folder=folder)


def test_program_of_a_user_when_checked_strictly_is_sound(tmp_path: Path) -> None:
    done = strict(PROGRAM, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_program_when_it_is_wrong_is_told_so(tmp_path: Path) -> None:
    text = PROGRAM.read_text(encoding="utf-8")
    wrong = {
        ".ordinal(min_count=20)": ".ordinal(min_counts=20)",
        "report.drifted": "report.drifts",
        'limits={"ks": 0.1}': "limits=0.1",
        "-> list[str]": "-> int",
        ".standardize()": ".standardise()",
    }
    for right, other in wrong.items():
        assert right in text
        text = text.replace(right, other)
    program = tmp_path / "program.py"
    program.write_text(text, encoding="utf-8")
    done = strict(program, tmp_path)
    for word in ("min_counts", "drifts", '"limits"', "incompatible", "standardise"):
        assert word in done.stdout, word


def test_stubs_when_compared_with_the_engine_agree(tmp_path: Path) -> None:
    modules = ["mainspring._engine", "mainspring.transforms.operator_methods"]
    done = mypy("mypy.stubtest", "--concise", *modules, folder=tmp_path)
    lines = done.stdout.splitlines()
    assert len(lines) > 10  # it has looked at the classes
    assert [line for line in lines if not OF_PYBIND11.search(line)] == [], done.stderr
