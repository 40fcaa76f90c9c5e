"""Claim: trees as data are walked faster than trees that a C compiler was given, and than ONNX's.

m2cgen and tl2cgen write the trees as C, compiled here at -O2; all three are called by one program,
in turns. ONNX Runtime is called from Python, on one thread, on the same numbers as float32.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms

SOURCE = Path(__file__).with_name("edge_peers.c")
ROWS = 4096


@pytest.fixture(scope="module")
def model() -> Any:
    """100 trees of 31 leaves over 30 numbers."""
    pytest.importorskip("sklearn")  # m2cgen takes LightGBM's estimators alone
    random = np.random.default_rng(0)
    features = random.normal(size=(20_000, 30))
    score = features[:, 0] * features[:, 1] + np.sin(3 * features[:, 2])
    label = score + random.normal(size=20_000) * 0.3
    estimator = lightgbm.LGBMRegressor(n_estimators=100, num_leaves=31, n_jobs=1, verbose=-1)
    return estimator.fit(features, label)


@pytest.fixture(scope="module")
def numbers(model: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], float]:
    """Return what edge_peers.c prints: (engine, case) to a number."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("compiled trees are not timed here: there is no C compiler")
    folder = tmp_path_factory.mktemp("peers")
    libraries = [_m2cgen(model, folder, compiler), _tl2cgen(model, folder, compiler)]
    bundle = folder / "model.spring"
    ms.Predictor(model.booster_, name="model").save(bundle)
    program, beside = folder / "edge_peers", ms.get_library_dir()
    command = [compiler, "-O2", "-std=c11", f"-I{ms.get_include()}", str(SOURCE)]
    command += ["-o", str(program), f"-L{beside}", "-lmainspring", f"-Wl,-rpath,{beside}"]
    subprocess.run([*command, "-ldl", "-lm"], check=True)
    best: dict[tuple[str, str], float] = {}
    for _ in range(3):
        out = subprocess.run(
            [program, bundle, *libraries], capture_output=True, text=True, check=True
        ).stdout
        for line in out.splitlines():
            engine, case, value = line.split()
            key = (engine, case)
            best[key] = min(float(value), best.get(key, float(value)))
    return best


def _m2cgen(model: Any, folder: Path, compiler: str) -> Path:
    m2cgen = pytest.importorskip("m2cgen")
    source = folder / "m2cgen.c"
    source.write_text(m2cgen.export_to_c(model), encoding="utf-8")
    return _compiled([source], folder / "m2cgen.so", compiler)


def _tl2cgen(model: Any, folder: Path, compiler: str) -> Path:
    tl2cgen = pytest.importorskip("tl2cgen")
    treelite = pytest.importorskip("treelite")
    trees = treelite.frontend.from_lightgbm(model.booster_)
    tl2cgen.generate_c_code(trees, dirpath=folder / "tl2cgen", params={})
    return _compiled((folder / "tl2cgen").glob("*.c"), folder / "tl2cgen.so", compiler)


def _compiled(sources: Any, library: Path, compiler: str) -> Path:
    command = [compiler, "-O2", "-shared", "-fPIC", *map(str, sources), "-o", str(library)]
    subprocess.run([*command, "-lm"], check=True)
    return library


@pytest.mark.one_thread
@pytest.mark.parametrize("peer", ["m2cgen", "tl2cgen"])
@pytest.mark.parametrize(
    ("case", "name"), [("one_row", "one row"), ("batch", f"{ROWS:,} rows")], ids=["one", "batch"]
)
def test_beside_compiled_trees(
    numbers: dict[tuple[str, str], float], peer: str, case: str, name: str, record: Any
) -> None:
    assert numbers["mainspring", "difference"] == 0
    assert numbers[peer, "difference"] < 1e-5
    ours, theirs = numbers["mainspring", case], numbers[peer, case]
    record.value(f"{name} beside {peer}", ours, unit="us", theirs=theirs, peer=peer)
    record.value(f"{name}, times as fast as {peer}", theirs / ours, unit="")


def _fastest(call: Callable[[], Any], turns: int) -> float:
    best = float("inf")
    for _ in range(turns):
        started = time.process_time()
        for _ in range(20):
            call()
        best = min(best, (time.process_time() - started) / 20)
    return best * 1e6


@pytest.mark.one_thread
@pytest.mark.parametrize("rows", [1, ROWS])
def test_beside_onnx(
    model: Any, numbers: dict[tuple[str, str], float], rows: int, record: Any
) -> None:
    from bench.peers import engine_of

    theirs = engine_of("onnxruntime", model.booster_, "lightgbm", 30, 1)
    batch = np.random.default_rng(1).normal(size=(rows, 30)).astype(np.float32)
    wanted = ms.Predictor(model.booster_).predict(batch.astype(np.float64))
    np.testing.assert_allclose(np.ravel(theirs.predict(batch)), wanted, atol=1e-3)
    taken = _fastest(lambda: theirs.predict(batch), 15) / rows
    ours = numbers["mainspring", "one_row" if rows == 1 else "batch"]
    name = "one row" if rows == 1 else f"{rows:,} rows"
    record.value(f"{name} beside onnxruntime", ours, unit="us", theirs=taken, peer="onnxruntime")
    record.value(f"{name}, times as fast as onnxruntime", taken / ours, unit="")
