"""Claim: a table of 300,000 rows and 30 columns is checked in seconds."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms

ROWS = 300_000


def table(rows: int) -> pa.Table:
    """Return 20 numbers, 9 strings and a label that none of them knows."""
    rng = np.random.default_rng(0)
    names = np.array([f"value {i}" for i in range(50)])
    columns: dict[str, Any] = {f"number {i}": rng.normal(size=rows) for i in range(20)}
    columns.update({f"text {i}": names[rng.integers(0, 50, rows)] for i in range(9)})
    return pa.table({**columns, "label": (rng.random(rows) < 0.3).astype(np.int64)})


@pytest.mark.one_thread
@pytest.mark.large
def test_check_of_a_table(record: Any) -> None:
    """There is no peer that looks for the same."""
    data = table(ROWS)
    started = time.process_time()
    report = ms.check(data, target="label")
    seconds = time.process_time() - started
    assert report.ok
    assert not report.warned
    record.value("300,000 rows x 30 columns", seconds, unit="s")
