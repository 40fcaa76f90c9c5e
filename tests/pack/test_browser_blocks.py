"""Blocks of rows in WebAssembly: the bits of x86-64 around every size of a block, with SIMD."""

from __future__ import annotations

import platform
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest
import sklearn.ensemble
import xgboost

import mainspring as ms
from mainspring import pack
from mainspring.pack.contents import section
from tests.pack.browser_cases import answers, answers_of_a_page, case, matrix_case, program
from tests.pack.conftest import Golden
from tests.reference.bundle import with_checksums

Find = Callable[[str], Golden]
NUM_FEATURES = 6
# A tile is 256 rows, and so is a block; fewer rows than kFewestBlockRowsOfDevices go one by one.
SIZES = [1, 7, 8, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 303, 304, 511, 513, 700]


def table(num_rows: int, seed: int) -> np.ndarray:
    """Numbers, some of them missing, few values of one and categories of another."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(num_rows, NUM_FEATURES))
    rows[:, 1] = np.round(rows[:, 1], 1)
    rows[:, 2] = draw.integers(0, 300, num_rows)
    rows[draw.random(rows.shape) < 0.05] = np.nan
    return rows


def asked_rows() -> np.ndarray:
    """Rows that were trained on, thresholds among them, and what no training has seen."""
    rows = np.concatenate([table(400, 1), table(300, 2)])
    rows[0] = [np.inf, -np.inf, -1.0, 1e300, -1e300, 5e-324]
    rows[1] = [-0.0, 0.0, 299.5, 2.0**31, -0.5, 1e-36]
    rows[256] = rows[1]
    rows[2] = np.nan
    return rows


def boosted(target: np.ndarray, rounds: int, categories: list[int], **options: Any) -> Any:
    data = lightgbm.Dataset(table(400, 1), target, categorical_feature=categories)
    fixed = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 1, "deterministic": True}
    return lightgbm.train({**fixed, **options}, data, rounds)


def score() -> np.ndarray:
    rows = np.nan_to_num(table(400, 1))
    noise = np.random.default_rng(3).normal(size=len(rows))
    return rows[:, 0] * rows[:, 1] + rows[:, 2] % 7 + noise


def models() -> dict[str, Any]:
    """Every shape of a program: sums, outputs, sets, codes of more than 8 bits."""
    rows, filled = table(400, 1), np.nan_to_num(table(400, 1))
    classes = np.digitize(score(), [1, 4])
    floats = xgboost.DMatrix(rows, score())
    deep = {"num_leaves": 380, "min_sum_hessian_in_leaf": 0, "max_bin": 400}
    forest = sklearn.ensemble.RandomForestClassifier(9, max_depth=6, random_state=0)
    return {
        "doubles": ms.Predictor(boosted(score(), 40, [])),
        "fixed": ms.Predictor(boosted(score(), 12, []), sums="fixed"),
        "floats": ms.Predictor(xgboost.train({"max_depth": 6, "nthread": 1}, floats, 12)),
        "many leaves": ms.Predictor(boosted(score(), 3, [], **deep)),
        "classes": ms.Predictor(boosted(classes, 5, [], objective="multiclass", num_class=3)),
        "vectors": ms.Predictor(forest.fit(filled, classes)),
        "categories": ms.Predictor(boosted(score(), 60, [2], cat_smooth=1, max_cat_threshold=64)),
    }


@pytest.fixture(scope="module")
def predictors() -> dict[str, ms.Predictor]:
    return models()


@pytest.mark.parametrize("ask", [answers, answers_of_a_page], ids=["node", "chromium"])
def test_batches_of_every_size_give_the_bits_of_this_machine(
    package: Path, predictors: dict[str, ms.Predictor], tmp_path: Path, ask: Callable[..., Any]
) -> None:
    rows = asked_rows()
    files = {name: predictor.to_bytes() for name, predictor in predictors.items()}
    cases = [
        matrix_case(pack.shrink(file, keep_blocks=True), rows, SIZES) for file in files.values()
    ]
    for name, answer in zip(files, ask(package, cases, tmp_path), strict=True):
        assert answer.get("error") is None, (name, answer)
        raw = np.asarray(predictors[name].predict_raw(rows), "<f8")
        wanted = [raw[:size].tobytes().hex() for size in SIZES]
        wrong = [
            size
            for size, bits, given in zip(SIZES, wanted, answer["matrix"], strict=True)
            if bits != given
        ]
        assert (name, wrong) == (name, [])


def test_rows_of_columns_go_through_blocks_to_the_same_bits(
    package: Path, golden: Find, tmp_path: Path
) -> None:
    """Behind transforms features are float32."""
    whole = golden("0.1-late-flights")
    repeated = whole.table.take(np.arange(300) % whole.table.num_rows)
    wanted = np.resize(whole.outputs["raw"], 300)
    (answer,) = answers(package, [case(whole.file, repeated, ["raw"])], tmp_path)
    assert answer["raw"] == wanted.tobytes().hex()


def place_of_program(file: bytes) -> tuple[int, int]:
    """Where the program of a forest begins in the bundle, and its length."""
    model = section(file, b"MODL")
    (length,) = struct.unpack_from("<Q", model, 64 + 56)
    return file.index(model) + len(model) - length, length


def with_other_leaves(file: bytes) -> bytes:
    """The bundle with another number in each leaf of its program, and none in its nodes."""
    changed = bytearray(file)
    start, _ = place_of_program(file)
    counts = struct.unpack_from("<16I", file, start)
    sizes = (48 * counts[0], 8 * counts[1], counts[2], 8 * counts[3])
    (num_trees,) = struct.unpack_from("<I", section(file, b"MODL"), 64)
    sizes += (24 * num_trees, 8 * counts[4], 2 * counts[5])
    at = start + 64 + sum(-(-size // 64) * 64 for size in sizes)
    for number in range(counts[6]):
        struct.pack_into("<d", changed, at + 8 * number, 1.0)
    return with_checksums(bytes(changed))


def test_batches_go_through_the_program_and_few_rows_do_not(
    package: Path, predictors: dict[str, ms.Predictor], tmp_path: Path
) -> None:
    file = predictors["doubles"].to_bytes()
    cases = [matrix_case(each, asked_rows(), [31, 32]) for each in (file, with_other_leaves(file))]
    plain, changed = (answer["matrix"] for answer in answers(package, cases, tmp_path))
    assert plain[0] == changed[0]
    assert plain[1] != changed[1]


def test_program_when_damaged_is_refused(
    package: Path, predictors: dict[str, ms.Predictor], tmp_path: Path
) -> None:
    """As this machine does, but for the forms of single rows, which nobody reads here."""
    whole = pack.shrink(predictors["categories"].to_bytes(), keep_blocks=True)
    start, length = place_of_program(whole)
    draw = np.random.default_rng(5)
    files = []
    for _ in range(200):
        changed = bytearray(whole)
        at = start + int(draw.integers(0, length // 4)) * 4
        value = int(draw.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x0000FFFF]))
        changed[at : at + 4] = value.to_bytes(4, "little")
        files.append(with_checksums(bytes(changed)))
    rows = asked_rows()
    given = answers(package, [matrix_case(file, rows, [300]) for file in files], tmp_path)
    refused = [answer.get("error") is not None for answer in given]
    assert refused == [is_refused(file) for file in files]
    assert 20 < sum(refused) < 180


def is_refused(file: bytes) -> bool:
    try:
        ms.Predictor.from_bytes(file)
    except ms.MainspringError:
        return True
    return False


WITHOUT_SIMD = """
const [folder] = process.argv.slice(1);
const { load } = await import(`${folder}/mainspring.js`);
try {
  await load(new Uint8Array(64));
} catch (error) {
  console.log(`${error.name}: ${error.message}`);
}
"""


def said_without_simd(package: Path) -> str:
    """What load() says where V8 may not use SSE4.1, without which it has no SIMD."""
    node = [program("node", "nodejs"), "--no-enable-sse4-1", "--input-type=module"]
    command = [*node, "--eval", WITHOUT_SIMD, str(package)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other CPUs always have SIMD in V8")
def test_engine_where_there_is_no_simd_says_so_or_runs_without_blocks(
    package: Path, golden: Find, tmp_path: Path
) -> None:
    said = said_without_simd(package)
    assert said.startswith("MainspringError: The engine needs SIMD of WebAssembly")
    assert "--no-blocks" in said
    for name, data in pack.browser_package(golden("0.1-late-flights").file, blocks=False).items():
        (tmp_path / name).write_bytes(data)
    assert "code 2" in said_without_simd(tmp_path)
