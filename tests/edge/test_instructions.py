"""Instructions of a prediction, counted by callgrind: a gate that noise cannot move."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
# Instructions of the library for devices on x86-64, built by GCC 12, and room for other compilers.
COUNTED = {"one row": (1, 2_476), "64 rows": (64, 1_595)}
ROOM = 1.3

PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
#include "mainspring.h"
int main(int argc, char** argv) {
  FILE* file = fopen(argv[1], "rb");
  const unsigned rows = (unsigned)atoi(argv[2]);
  static _Alignas(64) unsigned char bytes[1 << 20], arena[4096], scratch[1 << 20];
  static double values[3 * 64], out[3 * 64];
  const size_t length = fread(bytes, 1, sizeof bytes, file);
  mainspring_bundle* bundle;
  if (argc != 3 || mainspring_open(bytes, length, NULL, arena, sizeof arena, &bundle, NULL)) {
    return 1;
  }
  for (int i = 0; i < 3 * 64; ++i) values[i] = i % 7 - 3;
  const mainspring_matrix matrix = {sizeof matrix, MAINSPRING_F64, values, 64, 3, 3, 1};
  const mainspring_request request = {.struct_size = sizeof request,
                                      .num_rows = rows,
                                      .scratch = scratch,
                                      .scratch_bytes = sizeof scratch,
                                      .matrix = &matrix};
  return (int)mainspring_predict(bundle, &request, MAINSPRING_RAW, out, 3 * 64, NULL);
}
"""


@pytest.fixture(scope="module")
def program(root: Path, edge_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if shutil.which("valgrind") is None or compiler is None:
        pytest.skip("instructions are not counted here: valgrind is not installed")
    folder = tmp_path_factory.mktemp("instructions")
    (folder / "count.c").write_text(PROGRAM, encoding="utf-8")
    command = [compiler, "-std=c11", "-O1", f"-I{root / 'edge'}", str(folder / "count.c")]
    library = edge_path.parent
    command += ["-o", str(folder / "count"), f"-L{library}", "-lmainspring_edge"]
    subprocess.run([*command, f"-Wl,-rpath,{library}"], check=True)
    return folder / "count"


@pytest.mark.parametrize(("rows", "expected"), COUNTED.values(), ids=COUNTED)
def test_prediction_takes_no_more_instructions(
    program: Path, tmp_path: Path, rows: int, expected: int
) -> None:
    bundle = GOLDEN / "0.1-three-classes.spring"
    options = ["--tool=callgrind", "--toggle-collect=mainspring_predict"]
    options.append(f"--callgrind-out-file={tmp_path / 'out'}")
    done = subprocess.run(
        ["valgrind", *options, str(program), str(bundle), str(rows)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"Collected : (\d+)", done.stderr)
    assert found is not None, done.stderr
    per_row = int(found[1]) / rows
    assert 0 < per_row <= expected * ROOM
