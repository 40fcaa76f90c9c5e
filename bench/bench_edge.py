"""Claim: through the C interface a row costs less than a microsecond, and nothing is allocated."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms

SOURCE = Path(__file__).with_name("edge_time.c")
LIBRARIES = {"libmainspring": "mainspring", "libmainspring_edge": "mainspring_edge"}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 trees of 31 leaves over 30 numbers, for two classes."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(20_000, 30))
    score = features[:, 0] * features[:, 1] + np.sin(3 * features[:, 2])
    label = score + generator.normal(size=20_000) * 0.3 > 0
    data = lightgbm.Dataset(features, label.astype(float))
    options = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1}
    path = tmp_path_factory.mktemp("edge") / "model.spring"
    ms.Predictor(lightgbm.train(options, data, 100), name="model").save(path)
    return path


@pytest.fixture(scope="module", params=LIBRARIES)
def program(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """Compile edge_time.c, and link it with one of the libraries."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("the C interface is not timed here: there is no C compiler")
    folder, made = ms.get_library_dir(), tmp_path_factory.mktemp("edge") / "edge_time"
    command = [compiler, "-O2", "-std=c11", f"-I{ms.get_include()}", str(SOURCE), "-o", str(made)]
    command += [f"-L{folder}", f"-l{LIBRARIES[request.param]}", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    return request.param, made


def numbers(program: Path, bundle: Path) -> dict[str, float]:
    out = subprocess.run([program, bundle], capture_output=True, text=True, check=True).stdout
    return {name: float(value) for name, value in map(str.split, out.splitlines())}


@pytest.mark.one_thread
def test_predictions(program: tuple[str, Path], bundle: Path, record: Any) -> None:
    name, made = program
    runs = [numbers(made, bundle) for _ in range(3)]
    best = {key: min(run[key] for run in runs) for key in runs[0]}
    assert best["allocations"] == 0
    record.value(f"100 trees of 31 leaves, one row, {name}", best["one_row"], unit="us")
    record.value(f"100 trees of 31 leaves, 4,096 rows, {name}", best["batch"], unit="us")
    record.value(f"open a bundle of 100 trees, {name}", best["open"], unit="us")


@pytest.mark.one_thread
def test_cold_start(program: tuple[str, Path], bundle: Path, record: Any) -> None:
    """From the start of a process to its first prediction: that of a program that does both."""
    name, made = program
    compiler = shutil.which("cc") or shutil.which("gcc")
    first = made.with_name("first")
    source = SOURCE.read_text(encoding="utf-8").replace("TURNS = 40", "TURNS = 1")
    made.with_name("first.c").write_text(source.replace("ROWS = 4096", "ROWS = 1"))
    folder = ms.get_library_dir()
    command = [str(compiler), "-O2", "-std=c11", f"-I{ms.get_include()}", f"{first}.c"]
    command += ["-o", str(first), f"-L{folder}", f"-l{LIBRARIES[name]}", f"-Wl,-rpath,{folder}"]
    subprocess.run(command, check=True)
    taken = []
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    for _ in range(30):  # spawned: a copy of this process would take longer than the start
        started = time.perf_counter()
        process = os.posix_spawn(first, [str(first), str(bundle)], {}, file_actions=quiet)
        assert os.waitpid(process, 0)[1] == 0
        taken.append((time.perf_counter() - started) * 1e3)
    record.value(f"process, bundle opened, first row, {name}", min(taken), unit="ms")
