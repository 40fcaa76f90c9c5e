"""MAINSPRING_ISA lowers the instruction set of a process, and changes no bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import json, sys
import numpy as np
from mainspring import _engine
from tests.golden.rows import table_of
path = sys.argv[1]
rows = json.load(open(path + ".json", encoding="utf-8"))["rows"]
bundle = _engine.Bundle.load(path + ".spring")
table = table_of(rows)
source = _engine.Table.from_stream(table.__arrow_c_stream__())
out = np.empty((table.num_rows, bundle.output_width("predict")))
bundle.predict_table(source, "predict", out)
features = np.empty((table.num_rows, len(bundle.feature_names)), np.float32)
bundle.transform_table(source, features)
sys.stdout.write(out.tobytes().hex() + features.tobytes().hex())
"""


def run(root: Path, level: str | None) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MAINSPRING_ISA"}
    if level is not None:
        environment["MAINSPRING_ISA"] = level
    environment["PYTHONPATH"] = os.pathsep.join([*filter(None, sys.path), str(root)])
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root / "tests" / "golden" / "0.1-late-flights")],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env=environment,
    )


def test_level_when_forced_gives_the_same_bits(root: Path) -> None:
    outputs = {level: run(root, level) for level in (None, "", "baseline", "avx2", "avx512")}
    assert all(done.returncode == 0 for done in outputs.values()), outputs
    assert len({done.stdout for done in outputs.values()}) == 1
    assert len(outputs[None].stdout) > 1000


@pytest.mark.parametrize("level", ["avx1024", "AVX2", " avx2"])
def test_level_when_unknown_is_named_with_those_there_are(root: Path, level: str) -> None:
    done = run(root, level)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last == (
        "mainspring.errors.ParameterError: MAINSPRING_ISA is not the name of an instruction set: "
        f"expected 'baseline', 'avx2' or 'avx512', got '{level}'. Correct the environment "
        "variable or unset it."
    )
