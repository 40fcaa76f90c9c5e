"""On a terminal the commands show how far they are, and take the bar away again."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import mainspring as ms


def output_on_terminal(*arguments: str, columns: int) -> bytes:
    """Run ``mainspring`` with standard error on a terminal; return what arrives there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mainspring", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=slave,
        env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm"},
    )
    os.close(slave)
    received = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        received += part
    os.close(master)
    assert process.wait() == 0
    return received


def test_predict_when_on_a_terminal_draws_and_removes_a_bar(tmp_path: Path) -> None:
    import lightgbm

    features = np.random.default_rng(0).normal(size=(100, 2))
    data = lightgbm.Dataset(features, features[:, 0], feature_name=["a", "b"])
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 2)
    ms.Predictor(booster).save(tmp_path / "a.spring")
    pq.write_table(pa.table({"a": features[:, 0], "b": features[:, 1]}), tmp_path / "a.parquet")
    files = [str(tmp_path / name) for name in ("a.spring", "a.parquet")]
    for columns in (80, 30):
        output = str(tmp_path / f"{columns}.csv")
        received = output_on_terminal("predict", *files, "-o", output, columns=columns)
        assert b"100 %" in received
        assert b"#" in received
        assert received.endswith(b"\r\x1b[K")
        assert max(map(len, received.split(b"\r"))) < columns
