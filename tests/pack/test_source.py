"""One source file, compiled and run on this CPU and on others: the bits of the bundle."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mainspring as ms
from mainspring import pack
from tests.edge.targets import TARGETS, Target, run
from tests.pack.conftest import Golden

Find = Callable[[str], Golden]

# Predicts from a matrix of features: what a program on a microcontroller does with its sensors.
PROGRAM = """
#include <stdio.h>
#include "model.h"
_Alignas(64) static unsigned char arena[%(arena)d], scratch[%(scratch)d];
static const double rows[] = {%(rows)s};
int main(void) {
  mainspring_bundle* bundle;
  if (mainspring_open(model_bundle, MODEL_BUNDLE_BYTES, NULL, arena, sizeof arena, &bundle, NULL)) {
    return 1;
  }
  if (mainspring_scratch_bytes(bundle) > sizeof scratch) return 2;
  const mainspring_matrix matrix = {sizeof matrix, MAINSPRING_F64, rows, %(num_rows)d, %(width)d,
                                    %(width)d, 1};
  const mainspring_request request = {.struct_size = sizeof request,
                                      .num_rows = %(num_rows)d,
                                      .scratch = scratch,
                                      .scratch_bytes = sizeof scratch,
                                      .matrix = &matrix};
  static double out[%(values)d];
  if (mainspring_predict(bundle, &request, MAINSPRING_RAW, out, %(values)d, NULL)) return 3;
  fwrite(out, sizeof out, 1, stdout);
  return 0;
}
"""


def c_number(value: float) -> str:
    return "0.0 / 0.0" if np.isnan(value) else float(value).hex()


def answer(target: Target, golden: Golden, folder: Path, *options: str) -> tuple[np.ndarray, Path]:
    """Pack, compile and run; return the raw scores and the object of the packed source."""
    for name, text in pack.c_source(golden.file, "model").items():
        (folder / name).write_text(text, encoding="utf-8")
    matrix = np.column_stack([column.to_numpy() for column in golden.table.columns])
    values = len(golden.outputs["raw"])
    memory = pack.memory_needed(pack.shrink(golden.file))
    program = PROGRAM % {
        "arena": memory["arena"],
        "scratch": memory["scratch"],
        "rows": ", ".join(map(c_number, matrix.ravel())),
        "num_rows": len(matrix),
        "width": matrix.shape[1],
        "values": values,
    }
    (folder / "main.c").write_text(program, encoding="utf-8")
    warnings = ("-Wall", "-Wextra", "-Werror")
    made = target.compile(folder / "model.cpp", folder / "model.o", *warnings, *options)
    command = [target.compiler("gcc"), "-std=c11", "-static", "-Wl,--gc-sections", "-s"]
    run([*command, str(folder / "main.c"), str(made), "-o", str(folder / "main")])
    out = run([*target.emulator(), str(folder / "main")])
    return np.frombuffer(out, "<f8"), made


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_packed_source_gives_the_bits(golden: Find, target: Target, tmp_path: Path) -> None:
    target.emulator()
    whole = golden("0.1-three-classes")
    out, _ = answer(target, whole, tmp_path)
    assert np.array_equal(out.view(np.uint64), whole.outputs["raw"].view(np.uint64))
    assert len(np.unique(out)) > 5


@pytest.mark.parametrize("name", ["0.1-network", "0.1-interactions", "0.1-composite"])
def test_packed_source_of_other_models_gives_the_bits(
    golden: Find, name: str, tmp_path: Path
) -> None:
    whole = golden(name)
    out, _ = answer(TARGETS[0], whole, tmp_path)
    assert np.array_equal(out.view(np.uint64), whole.outputs["raw"].view(np.uint64))


def test_packed_source_forbids_fused_arithmetic_itself(golden: Find, tmp_path: Path) -> None:
    """The flag that one might forget; 64-bit ARM would fuse."""
    target = TARGETS[1]
    target.emulator()
    whole = golden("0.1-composite")
    out, _ = answer(target, whole, tmp_path, "-ffp-contract=fast")
    assert np.array_equal(out.view(np.uint64), whole.outputs["raw"].view(np.uint64))


def test_packed_source_calls_memory_functions_alone(golden: Find, tmp_path: Path) -> None:
    import subprocess

    _, made = answer(TARGETS[0], golden("0.1-three-classes"), tmp_path)
    listing = subprocess.run(["nm", "-u", str(made)], capture_output=True, text=True, check=True)
    called = {line.split()[-1] for line in listing.stdout.splitlines() if line.strip()}
    assert called <= {"memcpy", "memmove", "memset", "memcmp", "_GLOBAL_OFFSET_TABLE_"}


def test_packed_source_has_the_steps_of_the_bundle_alone(golden: Find) -> None:
    text = pack.c_source(golden("0.1-three-classes").file, "model")["model.cpp"]
    assert "// Steps: load, store." in text
    assert "// ---- runtime/steps/parse_datetime.cpp" not in text
    assert "// ---- runtime/models/network/network.cpp" not in text
    assert "// ---- runtime/models/forest/forest.cpp" in text
    # Rows that run at once: a room for 512 would be eight times the scratch.
    assert "kTileRows = 64;" in text


@pytest.mark.parametrize("name", ["", "2late", "late-flights", "späte"])
def test_name_when_no_identifier_is_refused(golden: Find, name: str) -> None:
    with pytest.raises(ms.ParameterError, match="identifier"):
        pack.c_source(golden("0.1-network").file, name)


@pytest.mark.parametrize("tile_rows", [0, 63, 100, 576])
def test_tile_rows_when_out_of_range_are_refused(golden: Find, tile_rows: int) -> None:
    with pytest.raises(ms.ParameterError, match="multiple of 64"):
        pack.c_source(golden("0.1-network").file, "late", tile_rows=tile_rows)


def test_source_has_only_the_kernels_that_something_calls(golden: Find) -> None:
    holes = {}
    for name in ("0.1-three-classes", "0.1-network"):
        text = pack.c_source(golden(name).file, "model")["model.cpp"]
        holes[name] = set(re.findall(r"\.(\w+) = nullptr", text))
    assert {"find_bytes", "multiply_rows_f32", "stream_rows"} <= holes["0.1-three-classes"]
    assert {"multiply_rows_f32", "to_rows"}.isdisjoint(holes["0.1-network"])
    assert {"widen_f32", "to_rows"}.isdisjoint(holes["0.1-three-classes"])
