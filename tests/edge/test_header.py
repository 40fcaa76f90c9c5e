"""The header for C++: the bits of the bundle, and exceptions for what is wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.golden.rows import table_of

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
NAME = "0.1-three-classes"


@pytest.fixture(scope="module")
def program(root: Path, edge_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    assert compiler is not None, "a C++ compiler builds the engine"
    built = tmp_path_factory.mktemp("header") / "predict"
    command = [compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O1"]
    command += [f"-I{root / 'edge'}", str(root / "tests" / "edge" / "predict.cpp")]
    folder = edge_path.parent
    command += ["-o", str(built), f"-L{folder}", "-lmainspring_edge", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    return built


def run(program: Path, *arguments: object, given: bytes = b"") -> subprocess.CompletedProcess:
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def test_header_gives_the_golden_bits(program: Path) -> None:
    expected = json.loads((GOLDEN / f"{NAME}.json").read_text(encoding="utf-8"))
    table = table_of(expected["rows"])
    matrix = np.column_stack([column.to_numpy() for column in table.columns])
    done = run(program, GOLDEN / f"{NAME}.spring", given=matrix.astype("<f8").tobytes())
    assert (done.returncode, done.stderr) == (0, b"")
    assert (
        np.frombuffer(done.stdout, "<f8").astype(">f8").tobytes().hex()
        == (expected["outputs"]["raw"])
    )


def test_header_when_bundle_is_damaged_or_not_trusted_throws(program: Path, tmp_path: Path) -> None:
    whole = (GOLDEN / f"{NAME}.spring").read_bytes()
    damaged = tmp_path / "damaged.spring"
    damaged.write_bytes(whole[:-1])
    done = run(program, damaged)
    assert done.returncode == 11
    assert b"code 1, at" in done.stderr
    assert run(program, tmp_path / "none.spring").returncode == 2
    done = run(program, GOLDEN / f"{NAME}.spring", "deny")
    assert (done.returncode, b"not signed" in done.stderr) == (2, True)
