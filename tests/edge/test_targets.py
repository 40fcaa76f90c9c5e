"""The same bits on every CPU: golden bundles and every operator, run by emulators."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import b64decode
from ctypes import CDLL
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import _engine
from mainspring.pack.amalgamate import amalgamate
from mainspring.pack.contents import source_folder
from tests.edge import library as edge
from tests.edge.case_file import TRANSFORM, case_bytes
from tests.edge.targets import LINK, TARGETS, Target, run
from tests.golden.rows import table_of
from tests.reference import bundle as reference

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
KINDS = {"predict": edge.PREDICT, "proba": edge.PROBA, "raw": edge.RAW}
# Bytes of the library, stripped, with every step and model; docs/edge/index.md has the sizes.
MAX_BYTES = {"x86-64": 125_000, "aarch64": 129_000, "armv7": 112_500, "riscv64": 113_000}


def golden_cases() -> dict[str, tuple[bytes, bytes]]:
    """Every golden bundle with every output: the case, and the bytes it must give."""
    cases = {}
    for path in sorted(GOLDEN.glob("*.spring")):
        expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        file = path.read_bytes()
        table = table_of(expected["rows"])
        names = _engine.Bundle.open(file, path.stem).input_names
        arrays = [table.column(name).combine_chunks() for name in names]
        for kind, text in expected["outputs"].items():
            bits = np.frombuffer(bytes.fromhex(text), ">f8").astype("<f8").tobytes()
            cases[f"{path.stem} {kind}"] = case_bytes(file, arrays, KINDS[kind]), bits
        if not _engine.Bundle.open(file, path.stem).has_model or "every-step" in path.stem:
            bits = np.frombuffer(bytes.fromhex(expected["features"]), ">f4").astype("<f4").tobytes()
            cases[f"{path.stem} features"] = case_bytes(file, arrays, TRANSFORM), bits
    return cases


def operator_cases() -> dict[str, tuple[bytes, bytes]]:
    """The golden bundle of every operator: the case, and the features it must give."""
    cases = {}
    for path in sorted(GOLDEN.glob("*-operators.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            file, rows, features = (
                unpacked(entry, part) for part in ("bundle", "rows", "features")
            )
            with pa.ipc.open_stream(rows) as stream:
                table = stream.read_all()
            names = _engine.Bundle.open(file, entry["case"]).input_names
            arrays = [plain(table.column(name).combine_chunks()) for name in names]
            bits = np.frombuffer(features, ">f4").astype("<f4").tobytes()
            cases[f"{entry['case']} {len(cases)}"] = case_bytes(file, arrays, TRANSFORM), bits
    return cases


def unpacked(entry: dict[str, Any], name: str) -> bytes:
    return zlib.decompress(b64decode(entry[name]))


def plain(array: pa.Array) -> pa.Array:
    """Types that only the door of Arrow takes, as those that columns have."""
    if pa.types.is_string_view(array.type):
        return array.cast(pa.string())
    return array


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[Path], list[bytes]]:
    """Names, files and expected answers."""
    folder = tmp_path_factory.mktemp("cases")
    names, files, answers = [], [], []
    for name, (case, bits) in {**golden_cases(), **operator_cases()}.items():
        names.append(name)
        files.append(folder / f"{len(files)}.case")
        files[-1].write_bytes(case)
        answers.append(bits)
    return names, files, answers


@pytest.fixture(scope="module", params=TARGETS, ids=lambda target: target.name)
def built(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Target, Path, Path]:
    """A target, the whole library as one object for it, and its folder."""
    target: Target = request.param
    target.compiler("g++")
    target.emulator()
    folder = tmp_path_factory.mktemp(target.name)
    source = folder / "mainspring_edge.cpp"
    source.write_text(amalgamate(source_folder()), encoding="utf-8")
    return target, target.compile(source, folder / "mainspring_edge.o"), folder


def answers_of(target: Target, program: Path, files: list[Path]) -> list[tuple[int, bytes]]:
    out = run([*target.emulator(), str(program), *map(str, files)])
    answers, at = [], 0
    while at < len(out):
        code, length = struct.unpack_from("<2I", out, at)
        answers.append((code, out[at + 8 : at + 8 + length]))
        at += 8 + length
    return answers


@pytest.fixture(scope="module")
def program(built: tuple[Target, Path, Path], root: Path) -> Path:
    """The program of run_cases.c for the target."""
    target, made, folder = built
    program = folder / "run_cases"
    command = [target.compiler("gcc"), "-std=c11", "-O1", "-Wall", "-Werror", "-static"]
    command += [f"-I{root / 'edge'}", str(root / "tests" / "edge" / "run_cases.c"), str(made)]
    run([*command, "-o", str(program)])
    return program


def test_target_gives_the_golden_bits(
    built: tuple[Target, Path, Path],
    program: Path,
    cases: tuple[list[str], list[Path], list[bytes]],
) -> None:
    names, files, expected = cases
    answers = answers_of(built[0], program, files)
    assert len(answers) == len(names) > 100
    codes = {name: code for name, (code, _) in zip(names, answers, strict=True) if code}
    assert codes == {}
    wrong = [
        name
        for name, (_, bits), wanted in zip(names, answers, expected, strict=True)
        if bits != wanted
    ]
    assert wrong == []


def test_target_refuses_what_this_machine_refuses(
    built: tuple[Target, Path, Path],
    program: Path,
    tmp_path: Path,
    library: CDLL,
) -> None:
    """Damaged bundles with checksums that hold: what a size of 32 bits could get wrong."""
    target = built[0]
    path = GOLDEN / "0.1-three-classes.spring"
    table = table_of(json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["rows"])
    arrays = [column.combine_chunks() for column in table.columns]
    codes, files = [], []
    for number, file in enumerate(mutants(path.read_bytes())):
        code, _ = edge.size(library, file)
        codes.append(code)
        files.append(tmp_path / f"{number}.case")
        files[-1].write_bytes(case_bytes(file, arrays, edge.RAW))
    said = [code for code, _ in answers_of(target, program, files)]
    assert said == codes
    assert {edge.OK, edge.TRUNCATED, edge.CORRUPT} <= set(codes)


def mutants(whole: bytes) -> list[bytes]:
    """Truncated at many places, and with some of its numbers changed to extremes."""
    files = [whole[:length] for length in range(0, len(whole), 997)]
    random = np.random.default_rng(11)
    for _ in range(150):
        changed = bytearray(whole)
        at = int(random.integers(96, len(whole)) // 4 * 4)
        value = int(random.choice([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFC0]))
        changed[at : at + 4] = value.to_bytes(4, "little")
        files.append(reference.with_checksums(bytes(changed)))
    return files


def test_library_of_a_target_needs_nothing_and_is_small(
    built: tuple[Target, Path, Path], root: Path
) -> None:
    target, made, folder = built
    memory = target.compile(
        root / "edge" / "freestanding.cpp",
        folder / "freestanding.o",
        *("-fno-builtin", "-ffreestanding", "-fno-tree-loop-distribute-patterns"),
    )
    library = folder / "libmainspring_edge.so"
    # libgcc has no state and calls nothing: it divides 64-bit integers where the CPU cannot.
    run([target.compiler("g++"), *LINK, str(made), str(memory), "-lgcc", "-o", str(library)])
    assert library.stat().st_size <= MAX_BYTES[target.name]
