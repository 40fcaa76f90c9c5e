"""Claim: drift of forty columns in less time than SciPy, from tables and from a stored profile."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

import mainspring as ms
from bench.data.sensors import SHIFTED, sensors
from bench.jobs.drift_tests import API, ColumnTests, compare_tables

ROWS = 25_000
MANY = 200_000


def check_report(report: ms.DriftReport, tests: dict[str, ColumnTests]) -> None:
    """Assert that both measured the same and that exactly the columns that moved are named."""
    assert set(report.drifted) == SHIFTED
    for name, test in tests.items():
        column = report.column(name)
        if test.ks is not None and test.wasserstein is not None:
            ks, distance = column.statistics["ks"], column.statistics["wasserstein"]
            assert ks.low - 1e-12 <= test.ks <= ks.high + 1e-12
            slack = 1e-9 * abs(test.wasserstein)
            assert distance.low - slack <= test.wasserstein <= distance.high + slack
        if test.js is not None and column.exact:
            assert column.value("js") == pytest.approx(test.js, rel=1e-9, abs=1e-9)


def tables(rows: int) -> tuple[pa.Table, pa.Table]:
    """Return the table before and after the drift."""
    return sensors(rows, seed=1, moved=False), sensors(rows, seed=2, moved=True)


@pytest.mark.parametrize(
    "rows", [ROWS, pytest.param(MANY, marks=pytest.mark.large)], ids="{:,}".format
)
def test_drift_of_two_tables(rows: int, compare: Any) -> None:
    before, now = tables(rows)
    compare(
        f"{rows:,} rows x 40 columns, both tables read",
        lambda: ms.detect_drift(before, now),
        lambda: compare_tables(before, now),
        peer="scipy",
        api=API,
        check=check_report,
        rows=rows,
        num_bytes=before.nbytes + now.nbytes,
    )


@pytest.mark.parametrize(
    "rows", [ROWS, pytest.param(MANY, marks=pytest.mark.large)], ids="{:,}".format
)
def test_drift_from_a_profile(rows: int, compare: Any) -> None:
    """SciPy has nothing to store, so it reads both tables here, too."""
    before, now = tables(rows)
    profile = ms.profile(before)
    compare(
        f"{rows:,} rows x 40 columns, reference profile stored",
        lambda: ms.detect_drift(profile, now),
        lambda: compare_tables(before, now),
        peer="scipy",
        api=API,
        check=check_report,
        rows=rows,
        num_bytes=now.nbytes,
    )
