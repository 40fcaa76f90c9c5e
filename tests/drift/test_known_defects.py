"""What other libraries get wrong (as measured), one test each: here it is right."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

import mainspring as ms
from tests.drift.samples import categories, compare, numbers, zipf_categories


def test_chi2_when_nothing_moved_rejects_as_often_as_promised() -> None:
    """A test that takes the reference for exact rejects in 74 of 100 here, not in 5."""
    rng = np.random.default_rng(0)
    rejected = 0
    for _ in range(100):
        before, now = (zipf_categories(rng, 5_000, 20) for _ in range(2))
        p_value = compare(categories(before), categories(now)).statistics["chi2"].p_value
        assert p_value is not None
        rejected += p_value < 0.05
    assert rejected <= 13


def test_category_when_one_row_is_unseen_does_not_make_p_zero() -> None:
    rng = np.random.default_rng(1)
    before = zipf_categories(rng, 1_000, 5)
    now = [*zipf_categories(rng, 999, 5), "unseen"]
    column = compare(categories(before), categories(now))
    p_value = column.statistics["chi2"].p_value
    assert p_value is not None
    assert p_value > 1e-3
    assert not column.drifted


@pytest.mark.parametrize("tail", [0.8, 0.5])
def test_ks_when_tails_are_heavy_sees_the_drift(tail: float) -> None:
    """Bins of equal width see a hundredth of it."""
    rng = np.random.default_rng(2)
    before = rng.pareto(tail, 30_000)
    now = rng.pareto(tail, 30_000) * 1.4
    column = compare(numbers(before), numbers(now))
    exact = stats.ks_2samp(before, now).statistic
    found = column.statistics["ks"]
    rounding = 1e-15  # of SciPy's: ours is the difference of two counts, rounded once
    assert found.low - rounding <= exact <= found.high + rounding
    assert found.high - found.low < 0.01
    assert column.drifted


def test_ks_when_a_million_rows_are_sketched_has_no_false_p_value() -> None:
    """A p-value that trusts a sketch calls half of such columns drift."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        before, now = rng.normal(size=(2, 1_000_000))
        column = compare(numbers(before), numbers(now))
        assert column.rank_error > 0
        p_value = column.statistics["ks"].p_value
        assert p_value is not None
        assert p_value > 0.01


@pytest.mark.parametrize("rows", [2_000, 20_000, 200_000])
def test_js_debiased_when_rows_differ_in_number_says_the_same(rows: int) -> None:
    """The plain distance of ten thousand categories falls from 0.5 to 0.1 over these sizes."""
    rng = np.random.default_rng(rows)
    before, now = (zipf_categories(rng, rows, 10_000) for _ in range(2))
    column = compare(categories(before), categories(now))
    distance = column.value("js_debiased")
    assert distance is not None
    assert distance < 0.03
    assert not column.drifted


def test_limits_when_effects_differ_find_weak_drift_of_strings_and_bools() -> None:
    """One limit of 0.1 or 0.2 for every statistic misses these."""
    rng = np.random.default_rng(4)
    before = pa.table({"b": rng.random(20_000) < 0.3, "s": zipf_categories(rng, 20_000, 8)})
    weights = np.arange(1, 9) ** -1.3
    drawn = rng.choice(8, 20_000, p=weights / weights.sum())
    now = pa.table({"b": rng.random(20_000) < 0.4, "s": [f"c{n}" for n in drawn]})
    report = ms.detect_drift(before, now)
    assert sorted(report.drifted) == ["b", "s"]
    assert max(report.column(name).value("js") or 0 for name in "bs") < 0.1


def test_psi_when_bins_are_empty_is_finite_and_its_noise_is_known() -> None:
    rng = np.random.default_rng(5)
    for rows in (300, 1_000, 10_000):
        excess = []
        for _ in range(30):
            before, now = rng.normal(size=(2, rows))
            excess.append(compare(numbers(before), numbers(now)).value("psi_excess") or 0.0)
        assert abs(np.mean(excess)) < 4 * 9 * 2 / rows / 30**0.5
    apart = compare(numbers(np.zeros(300)), numbers(np.ones(300)))
    assert np.isfinite(apart.value("psi") or np.nan)


def test_report_when_columns_and_windows_are_many_stays_silent() -> None:
    """Ten chunks of forty clean columns: limits of three standard deviations flag half of them."""
    rng = np.random.default_rng(6)
    before = pa.table({f"x{i}": rng.normal(size=20_000) for i in range(20)})
    for _ in range(5):
        now = pa.table({f"x{i}": rng.normal(size=2_000) for i in range(20)})
        assert ms.detect_drift(before, now).drifted == []


def test_missing_when_it_changes_is_drift_although_values_are_the_same() -> None:
    """Dropping NaN first loses this."""
    values = np.tile(np.arange(100.0), 20)
    gone = values.copy()
    gone[::20] = np.nan
    column = compare(numbers(values), numbers(gone))
    assert column.drifted
    assert "missing_rate" in column.reason


def test_rows_when_a_million_are_all_measured() -> None:
    """No silent sample: one row in a million counts."""
    values = np.zeros(300_000)
    other = values.copy()
    other[-1] = 1.0
    column = compare(numbers(values), numbers(other))
    assert column.value("ks") == 1 / 300_000
