"""Libraries for devices with blocks of rows: the bits of rows one by one, on every CPU."""

from __future__ import annotations

import json
from ctypes import CDLL
from pathlib import Path

import numpy as np
import pytest

from mainspring import pack
from mainspring.pack.amalgamate import amalgamate
from mainspring.pack.contents import source_folder
from tests.edge import library as edge
from tests.edge.case_file import case_bytes
from tests.edge.targets import TARGETS, Target, run
from tests.edge.test_switches import FOREST, library_of
from tests.edge.test_targets import answers_of
from tests.golden.rows import table_of

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "0.1-three-classes.spring"
# What predicts for forests over features, stripped; docs/edge/index.md has the size.
MAX_BYTES = 66_000
SIZES = [1, 31, 32, 64, 255, 256, 257, 300]


def golden_rows(num_rows: int) -> tuple[list[object], bytes]:
    """The golden rows again and again, and their raw scores."""
    expected = json.loads(GOLDEN.with_suffix(".json").read_text(encoding="utf-8"))
    table = table_of(expected["rows"])
    raw = np.frombuffer(bytes.fromhex(expected["outputs"]["raw"]), ">f8").astype("<f8")
    table, taken = table, np.arange(num_rows) % table.num_rows
    raw = raw.reshape(table.num_rows, -1)[taken]
    return [column.combine_chunks() for column in table.take(taken).columns], raw.tobytes()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_blocks_of_a_target_give_the_golden_bits(
    target: Target, root: Path, tmp_path: Path
) -> None:
    target.compiler("g++")
    target.emulator()
    source = tmp_path / "blocks.cpp"
    source.write_text(amalgamate(source_folder(), blocks=True, **FOREST), encoding="utf-8")
    made = target.compile(source, tmp_path / "blocks.o")
    program = tmp_path / "run_cases"
    command = [target.compiler("gcc"), "-std=c11", "-O1", "-static", f"-I{root / 'edge'}"]
    command += [str(root / "tests" / "edge" / "run_cases.c"), str(made), "-o", str(program)]
    run(command)
    files, expected = [], []
    for file in (GOLDEN.read_bytes(), pack.shrink(GOLDEN.read_bytes(), keep_blocks=True)):
        for size in SIZES:
            arrays, bits = golden_rows(size)
            files.append(tmp_path / f"{len(files)}.case")
            files[-1].write_bytes(case_bytes(file, arrays, edge.RAW))
            expected.append((edge.OK, bits))
    answers = answers_of(target, program, files)
    assert [given == wanted for given, wanted in zip(answers, expected, strict=True)] == [
        True
    ] * len(expected)


def test_library_with_blocks_reads_the_program_and_is_small(
    root: Path, tmp_path: Path, library: CDLL
) -> None:
    blocks = library_of(root, tmp_path, blocks=True, **FOREST)
    assert blocks.stat().st_size <= MAX_BYTES
    whole = GOLDEN.read_bytes()
    plain, with_blocks = (edge.size(each, whole)[1] for each in (library, edge.load(blocks)))
    assert with_blocks.scratch_bytes > plain.scratch_bytes
    without = edge.size(edge.load(blocks), pack.shrink(whole))[1]
    assert without.scratch_bytes == plain.scratch_bytes
