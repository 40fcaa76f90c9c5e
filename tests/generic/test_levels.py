"""A lower instruction set changes no bit of what any operator, statistic, check or model gives."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.generic import test_checks as checks
from tests.generic import test_models as models
from tests.generic import test_statistics as statistics
from tests.generic.columns import many_rows, special_rows
from tests.generic.operators import CASES

ROWS = 700


def digests() -> dict[str, str]:
    """What everything that is listed gives in this process, as a digest of its bytes."""
    found: dict[str, bytes] = {}
    for case in CASES:
        table = case.table(many_rows(case, ROWS))
        rows = case.table(
            [a + b for a, b in zip(many_rows(case, ROWS), special_rows(case), strict=True)]
        )
        prep = case.preprocessor().fit(table, case.target(np.sin(np.arange(float(ROWS)))))
        row = prep.bundle.transform_row(rows.slice(3, 1).to_pylist()[0])
        found[case.id] = (
            prep.bundle.to_bytes() + prep.transform(rows).tobytes() + repr(row).encode()
        )
    for kind, number in models.FIXED:
        predictor, matrix = models.predictor_and_rows(kind, number)
        outputs = predictor.predict(matrix), predictor.predict_raw(matrix)
        found[f"{kind} {number}"] = predictor.to_bytes() + b"".join(o.tobytes() for o in outputs)
    for kind in statistics.VALUES:
        sides = [statistics.table_of(statistics.EDGES[kind][i] * 9, kind) for i in (7, 8)]
        report = ms.detect_drift(*sides).to_json()
        found[f"statistics {kind}"] = report.encode() + ms.profile(sides[0]).to_bytes()
    numbers = pa.table({"x": np.random.default_rng(0).normal(size=40_000)})
    found["sketch"] = ms.profile(numbers).to_bytes()
    found["checks"] = repr(checks.check(checks.table_of(checks.fixed_columns())).findings).encode()
    return {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}


@cache
def here() -> dict[str, str]:
    return digests()


@pytest.mark.parametrize("level", ["baseline", "avx2", "avx512"])
def test_everything_when_the_level_is_forced_gives_the_same_bits(level: str, root: Path) -> None:
    paths = os.pathsep.join([str(root), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.generic.test_levels"],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env={**os.environ, "MAINSPRING_ISA": level, "PYTHONPATH": paths},
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answer = json.loads(done.stdout)
    available = ms.build_info()["isa_levels"]
    assert answer["isa"] == (level if level in available else available[-1])
    differing = [name for name, digest in here().items() if answer["digests"][name] != digest]
    assert differing == []


if __name__ == "__main__":
    print(json.dumps({"isa": ms.build_info()["isa"], "digests": digests()}))
