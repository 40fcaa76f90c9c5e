"""Samples at hand are measured exactly, as SciPy does, whatever their size and shape."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import mainspring as ms
from mainspring.errors import ParameterError
from tests.drift.workload import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("rows", "other"), [(300, 200), (40_000, 30_000)])
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


def test_samples_when_empty_or_names_are_wrong_say_so() -> None:
    assert ms.drift.two_sample([], [1.0])["ks"].reason == "a side has no values"
    with pytest.raises(ParameterError, match="Did you mean 'ks'"):
        ms.drift.two_sample([1.0], [1.0], ["kss"])
