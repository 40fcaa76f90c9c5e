"""The gate: all real shifts found, no clean column flagged, on data the limits never saw."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.drift.workload import SHAPES, workload, zipf

slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("rows", "seed"),
    [
        (3_000, 101),
        (3_000, 102),
        (10_000, 103),
        (10_000, 104),
        *(pytest.param(3_000, seed, marks=slow) for seed in range(200, 220)),
        *(pytest.param(10_000, seed, marks=slow) for seed in range(300, 320)),
        *(pytest.param(100_000, seed, marks=slow) for seed in range(400, 406)),
        pytest.param(1_000_000, 500, marks=slow),
    ],
)
def test_forty_columns_when_eight_moved_are_told_apart(rows: int, seed: int) -> None:
    """8 of 8, and none of the 31 others (the timestamp moves on and is not judged)."""
    drawn = workload(rows, seed)
    report = ms.detect_drift(drawn.reference, drawn.current)
    assert set(report.drifted) == drawn.shifted


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


@pytest.mark.parametrize(
    ("rows", "distinct", "trials"),
    [
        (1_000, 100_000, 10),
        (50_000, 100_000, 2),
        *(
            pytest.param(rows, distinct, 20, marks=slow)
            for rows in (1_000, 10_000, 100_000)
            for distinct in (2, 20, 200, 2_000, 20_000, 100_000)
        ),
        pytest.param(10_000_000, 100_000, 1, marks=slow),
    ],
)
def test_alarms_when_categories_are_many_are_at_most_one_percent(
    rows: int, distinct: int, trials: int
) -> None:
    rng = np.random.default_rng(rows + distinct)
    flagged = 0
    for _ in range(trials):
        sides = [pa.table({"x": zipf(rng, rows, distinct, 1.0)}) for _ in range(2)]
        flagged += len(ms.detect_drift(*sides).drifted)
    assert flagged <= max(0, 0.01 * trials)


@slow
def test_alarms_when_rows_are_ten_million_are_none() -> None:
    rng = np.random.default_rng(10)
    for name, draw in SHAPES.items():
        before, now = (pa.table({name: draw(rng, 10_000_000, False)}) for _ in range(2))
        assert ms.detect_drift(before, now).drifted == []
