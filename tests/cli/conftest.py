"""A small model in a bundle, its data in files, and a way to run the command in this process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.cli import main


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run ``mainspring`` with arguments; return its exit code and output."""
    monkeypatch.delenv("MAINSPRING_DEBUG", raising=False)

    def call(*arguments: object) -> Ran:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def table() -> pa.Table:
    """500 rows with a number that matters, one that does not, a text and an id."""
    random = np.random.default_rng(7)
    wind = random.gamma(2.0, 5.0, 500)
    noise = random.normal(size=500)
    carrier = np.array(["UA", "AA", "DL", "NA"])[random.integers(0, 4, 500)]
    late = (wind + 3 * random.normal(size=500) > 12).astype(np.int8)
    return pa.table(
        {
            "id": np.arange(500),
            "wind": pa.array(wind, mask=random.random(500) < 0.05),
            "noise": noise,
            "carrier": carrier,
            "late": late,
        }
    )


@pytest.fixture(scope="session")
def folder(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``late.spring`` (made from columns), ``data.parquet`` and ``data.csv``."""
    import pyarrow.csv

    folder = tmp_path_factory.mktemp("cli")
    prep = ms.Preprocessor(
        ms.col("wind").impute("median").standardize(),
        ms.col("noise").standardize(),
        ms.col("carrier").ordinal(min_count=1),
    )
    features = prep.fit_transform(table)
    data = lightgbm.Dataset(features, label=table["late"].to_numpy())
    booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 10)
    profile = ms.profile(table, columns=["wind", "noise", "carrier"])
    ms.Predictor(booster, prep, name="late", profile=profile).save(folder / "late.spring")
    pq.write_table(table, folder / "data.parquet")
    pyarrow.csv.write_csv(table, folder / "data.csv")
    return folder


@pytest.fixture
def script() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run ``mainspring`` in a process of its own; it must succeed."""

    def call(*arguments: object) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "mainspring", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, check=True)

    return call
