"""Samples at hand are measured exactly, as SciPy does, whatever their size and shape."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mainspring as ms
from mainspring.errors import ParameterError
from tests.drift.workload import SHAPES
from tests.generic.columns import num_threads


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("rows", "other"), [(300, 200), (40_000, 30_000), (70_000, 150_000)])
def test_samples_when_large_equal_scipy(shape: str, rows: int, other: int) -> None:
    """KS to 1e-15, Wasserstein and p to 1e-12; forty thousand distinct values are no sketch."""
    rng = np.random.default_rng(rows)
    before, now = SHAPES[shape](rng, rows, False), SHAPES[shape](rng, other, rows > 1_000)
    found = ms.drift.two_sample(before, now)
    ks, distance = found["ks"], found["wasserstein"]
    wanted = stats.ks_2samp(before, now)
    assert abs(ks.value - wanted.statistic) <= 1e-15
    assert ks.p_value == pytest.approx(wanted.pvalue, rel=1e-12, abs=1e-15)
    expected = stats.wasserstein_distance(before, now)
    assert distance.value == pytest.approx(expected, rel=1e-12)
    assert ks.low == ks.high == ks.value


def test_statistics_when_all_are_asked_for_equal_those_of_the_report() -> None:
    rng = np.random.default_rng(1)
    before, now = rng.normal(size=900), rng.normal(0.1, 1, 800)
    before[:20], now[:5] = np.nan, np.inf
    report = ms.detect_drift({"x": before}, {"x": now}, statistics="all")
    assert ms.drift.two_sample(before, now, "all").keys() == report.column("x").statistics.keys()
    for name, found in ms.drift.two_sample(before, now, "all").items():
        wanted = report.column("x").statistics[name]
        assert found.value == wanted.value or np.isnan([found.value, wanted.value]).all()
        assert (found.p_value, found.reason) == (wanted.p_value, wanted.reason)


@pytest.mark.parametrize("rows", [1_000, 70_000])
def test_reference_when_sorted_before_says_the_same(rows: int) -> None:
    rng = np.random.default_rng(rows)
    before, now = rng.normal(size=(2, rows))
    before[:3] = np.nan, np.inf, -0.0
    kept = ms.drift.SortedSample(before)
    assert len(kept) == rows
    for names in (("ks", "wasserstein"), "all"):
        found = ms.drift.two_sample(kept, now, names)
        wanted = ms.drift.two_sample(before, now, names)
        assert {name: vars(value) for name, value in found.items()} == {
            name: vars(value) for name, value in wanted.items()
        }
    same = ms.drift.two_sample(kept, ms.drift.SortedSample(before))
    assert same["ks"].value == same["wasserstein"].value == 0


@pytest.mark.parametrize(
    "shape", ["few values", "heavy value", "ascending", "descending", "neighbours", "wide"]
)
def test_samples_when_sorting_is_hard_equal_scipy(shape: str) -> None:
    """What sorts by bins and digits: repeated values, order, and differences in the last bits."""
    rng = np.random.default_rng(7)
    rows = 100_000
    drawn = {
        "few values": lambda: rng.integers(0, 50, rows) * 0.1,
        "heavy value": lambda: np.where(rng.random(rows) < 0.6, 3.25, rng.normal(size=rows)),
        "ascending": lambda: np.arange(rows) + rng.random(),
        "descending": lambda: -np.arange(rows) - rng.random(),
        "neighbours": lambda: 1 + rng.integers(0, 1 << 20, rows) * 2.0**-52,
        "wide": lambda: np.exp(rng.uniform(-600, 600, rows)) * rng.choice([-1, 1], rows),
    }[shape]
    before, now = drawn(), drawn()
    found = ms.drift.two_sample(before, now)
    ks = stats.ks_2samp(before, now, method="asymp").statistic
    assert abs(found["ks"].value - ks) <= 1e-15
    expected = stats.wasserstein_distance(before, now)
    assert found["wasserstein"].value == pytest.approx(expected, rel=1e-9)


UNSORTED = {
    "alike": lambda rng, rows: (rng.normal(size=rows), rng.normal(size=rows)),
    "moved": lambda rng, rows: (rng.normal(size=rows), rng.normal(0.1, 1, rows)),
    "far away": lambda rng, rows: (rng.normal(size=rows), rng.normal(50, 1, rows)),
    "far away, narrow": lambda rng, rows: (
        rng.normal(1e9, 1e-3, rows),
        rng.normal(1e9, 2e-3, rows),
    ),
    "heavy value": lambda rng, rows: (
        np.where(rng.random(rows) < 0.5, 3.25, rng.normal(size=rows)),
        np.where(rng.random(rows) < 0.6, 3.25, rng.normal(size=rows)),
    ),
    "counts": lambda rng, rows: (rng.poisson(6, rows) * 1.0, rng.poisson(6.1, rows) * 1.0),
    "two values": lambda rng, rows: (
        rng.integers(0, 2, rows) * 1.0,
        rng.integers(0, 3, rows) * 1.0,
    ),
    "zeros of both signs": lambda rng, rows: (
        rng.choice([-1.0, -0.0, 0.0, 2.0], rows),
        rng.choice([-0.0, 0.0, 1.0], rows),
    ),
    "heavy tails": lambda rng, rows: (rng.pareto(0.8, rows), rng.pareto(0.81, rows)),
    "neighbours": lambda rng, rows: tuple(1 + rng.integers(0, 1 << 12, (2, rows)) * 2.0**-52),
    "a few now": lambda rng, rows: (rng.normal(size=rows), rng.normal(size=7)),
    "infinite": lambda rng, rows: (
        np.where(rng.random(rows) < 0.1, np.inf, rng.normal(size=rows)),
        np.where(np.arange(rows) < rows // 10, np.inf, rng.normal(size=rows)),
    ),
    "huge": lambda rng, rows: tuple(rng.choice([-1e308, 1.0, 1e308], (2, rows))),
}


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("name", UNSORTED)
def test_distances_when_samples_are_not_sorted_are_those_of_sorted_ones(
    name: str, missing: float
) -> None:
    """Counted between edges, and sorted where both may cross: the same but for rounding."""
    rng = np.random.default_rng(5)
    before, now = (np.array(side) for side in UNSORTED[name](rng, 50_000))
    before[rng.random(len(before)) < missing] = np.nan
    now[rng.random(len(now)) < missing / 2] = np.nan
    found = ms.drift.two_sample(before, now)
    wanted = ms.drift.two_sample(before, ms.drift.SortedSample(now))
    for side in ("value", "low", "high", "p_value"):
        assert getattr(found["ks"], side) == getattr(wanted["ks"], side)
    distance = found["wasserstein"].value
    assert distance == pytest.approx(wanted["wasserstein"].value, rel=1e-12, nan_ok=True)
    assert found["wasserstein"].p_value is None
    for count in (1, 2, 5):
        with num_threads(count):
            assert ms.drift.two_sample(before, now)["wasserstein"].value == distance


def test_samples_when_empty_or_names_are_wrong_say_so() -> None:
    assert ms.drift.two_sample([], [1.0])["ks"].reason == "a side has no values"
    with pytest.raises(ParameterError, match="Did you mean 'ks'"):
        ms.drift.two_sample([1.0], [1.0], ["kss"])
