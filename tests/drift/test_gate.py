"""The gate: all real shifts found, no clean column flagged, on data the limits never saw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.drift.workload import SHAPES, workload, zipf

slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("rows", "seed"), [(3_000, 101), (3_000, 102), (10_000, 103), (10_000, 104)]
)
def test_forty_columns_when_eight_moved_are_told_apart(rows: int, seed: int) -> None:
    """8 of 8, and none of the 31 others (the timestamp moves on and is not judged)."""
    drawn = workload(rows, seed)
    report = ms.detect_drift(drawn.reference, drawn.current)
    assert set(report.drifted) == drawn.shifted


@slow
@pytest.mark.parametrize(
    ("rows", "seeds"),
    [
        (3_000, range(200, 220)),
        (10_000, range(300, 320)),
        (100_000, range(400, 406)),
        (1_000_000, [500]),
    ],
)
def test_forty_columns_when_drawn_often_are_told_apart(rows: int, seeds: Sequence[int]) -> None:
    """All real shifts, and of the others no more than one in 300: the level is not zero."""
    false = 0
    for seed in seeds:
        drawn = workload(rows, seed)
        drifted = set(ms.detect_drift(drawn.reference, drawn.current).drifted)
        assert drawn.shifted <= drifted, seed
        false += len(drifted - drawn.shifted)
    assert false <= 31 * len(seeds) / 300


def test_forty_columns_when_the_reference_is_stored_are_told_apart() -> None:
    drawn = workload(30_000, 7)
    stored = ms.Profile.from_bytes(ms.profile(drawn.reference).to_bytes())
    assert set(ms.detect_drift(stored, drawn.current).drifted) == drawn.shifted


def false_alarms(rows: int, trials: int, seed: int) -> tuple[int, int]:
    """How many columns without drift are flagged by the default rule."""
    rng = np.random.default_rng(seed)
    flagged = columns = 0
    for _ in range(trials):
        sides = [
            pa.table(
                {
                    **{name: draw(rng, rows, False) for name, draw in SHAPES.items()},
                    **{f"k{k}": zipf(rng, rows, k, 1.0) for k in (2, 10, 100, 1_000)},
                }
            )
            for _ in range(2)
        ]
        report = ms.detect_drift(*sides)
        flagged += len(report.drifted)
        columns += len(report.columns)
    return flagged, columns


@pytest.mark.parametrize(
    ("rows", "trials"),
    [
        (1_000, 40),
        (10_000, 6),
        pytest.param(1_000, 400, marks=slow),
        pytest.param(10_000, 100, marks=slow),
        pytest.param(100_000, 10, marks=slow),
        pytest.param(1_000_000, 2, marks=slow),
    ],
)
def test_alarms_when_nothing_moved_are_at_most_one_percent(rows: int, trials: int) -> None:
    """Seven shapes and four numbers of categories."""
    flagged, columns = false_alarms(rows, trials, seed=rows + trials)
    assert flagged <= max(2, 0.01 * columns), (flagged, columns)


def category_alarms(rows: int, distinct: int, trials: int) -> int:
    """How often a column of categories is flagged that has not moved."""
    rng = np.random.default_rng(rows + distinct)
    flagged = 0
    for _ in range(trials):
        sides = [pa.table({"x": zipf(rng, rows, distinct, 1.0)}) for _ in range(2)]
        flagged += len(ms.detect_drift(*sides).drifted)
    return flagged


def test_alarms_when_categories_are_a_hundred_thousand_are_none() -> None:
    assert category_alarms(1_000, 100_000, 10) + category_alarms(50_000, 100_000, 2) == 0


@slow
def test_alarms_when_categories_are_many_are_at_most_one_percent() -> None:
    """2 to 100,000 categories, 1,000 to ten million rows."""
    flagged = sum(
        category_alarms(rows, distinct, 20)
        for rows in (1_000, 10_000, 100_000)
        for distinct in (2, 20, 200, 2_000, 20_000, 100_000)
    )
    assert flagged <= 0.01 * 18 * 20
    assert category_alarms(10_000_000, 100_000, 1) == 0


@slow
def test_alarms_when_rows_are_ten_million_are_none() -> None:
    rng = np.random.default_rng(10)
    for name, draw in SHAPES.items():
        before, now = (pa.table({name: draw(rng, 10_000_000, False)}) for _ in range(2))
        assert ms.detect_drift(before, now).drifted == []
