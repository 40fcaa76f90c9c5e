"""With sketches, what is certified holds, and p-values are never smaller than the truth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

import mainspring as ms
from tests.drift.samples import categories, compare, numbers


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.3])
@pytest.mark.parametrize("shape", ["normal", "pareto"])
def test_intervals_when_sketched_hold_the_exact_values(shape: str, shift: float) -> None:
    rng = np.random.default_rng(int(shift * 100))
    rows = 70_000
    draw = rng.normal if shape == "normal" else lambda size: rng.pareto(0.8, size)
    before, now = draw(size=rows), draw(size=rows - 9_000) + shift
    # A short table is no sketch, a profile of it is.
    column = ms.detect_drift(numbers(before), ms.profile(numbers(now))).column("x")
    assert not column.exact
    exact = stats.ks_2samp(before, now)
    ks = column.statistics["ks"]
    assert ks.low <= exact.statistic <= ks.high
    errors = [ms.profile(numbers(side)).column("x").rank_error for side in (before, now)]
    assert min(errors) > 0
    assert column.rank_error == pytest.approx(sum(errors))
    assert ks.low == pytest.approx(max(0.0, ks.value - sum(errors)))
    assert ks.high == pytest.approx(ks.value + sum(errors))
    assert ks.p_value is not None
    assert ks.p_value >= exact.pvalue * (1 - 1e-9)
    distance = stats.wasserstein_distance(before, now)
    found = column.statistics["wasserstein"]
    assert found.low <= distance <= found.high
    if shape == "normal":
        assert abs(found.value - distance) < 0.005


def test_reference_when_read_from_bytes_gives_the_same_report() -> None:
    rng = np.random.default_rng(0)
    table = pa.table({"x": rng.normal(size=30_000), "s": rng.choice(list("abc"), 30_000)})
    profile = ms.profile(table)
    stored = ms.Profile.from_bytes(profile.to_bytes())
    assert ms.detect_drift(stored, table) == ms.detect_drift(profile, table)


def test_ids_when_beyond_the_cap_do_not_drift_and_a_heavy_newcomer_does() -> None:
    rng = np.random.default_rng(1)
    ids = [f"u{n}" for n in rng.permutation(400_000)]
    before, now = ids[:100_000], ids[100_000:200_000]
    assert not compare(categories(before), categories(now)).drifted
    newcomer = compare(categories(before), categories([*now[:90_000], *["bot"] * 10_000]))
    assert newcomer.drifted
    assert not newcomer.exact


def test_what_nothing_bounds_when_sketched_has_no_interval_and_no_test() -> None:
    rng = np.random.default_rng(3)
    sides = [ms.profile(numbers(rng.normal(size=40_000))) for _ in range(2)]
    column = ms.detect_drift(*sides, statistics="all").column("x")
    names = ("psi", "psi_excess", "js", "js_debiased", "hellinger", "total_variation")
    for name in (*names, "kl", "anderson_darling", "cramer_von_mises"):
        found = column.statistics[name]
        assert np.isfinite(found.value), name
        assert np.isnan(found.low), name
        assert np.isnan(found.high), name
        assert found.p_value is None, name
        assert found.reason == "from a sketch: nothing bounds its error", name
    for name in ("ks", "wasserstein", "energy"):
        found = column.statistics[name]
        assert found.low < found.value < found.high, name
        assert found.reason is None, name


def test_counts_when_moved_within_their_errors_are_called_the_least() -> None:
    ids = [f"u{n}" for n in np.random.default_rng(4).permutation(300_000)]
    sides = categories(ids[:100_000]), categories(ids[100_000:250_000])
    column = compare(*sides, statistics="all")
    for name in ("js_debiased", "chi2", "cramers_v"):
        found = column.statistics[name]
        assert found.low == found.value, name
        assert np.isnan(found.high), name
        assert found.reason == "from a sketch: counts as alike as they can be", name


def test_unseen_rate_when_only_the_current_data_is_sketched_is_bounded() -> None:
    known = [f"k{n}" for n in np.random.default_rng(5).integers(0, 10, 30_000)]
    new = [f"u{n}" for n in range(100_000)]
    before, now = categories(known), categories([*known[:15_000], *new])
    column = compare(before, now)
    assert not column.exact
    found = column.statistics["unseen_rate"]
    share = 100_000 / 115_000
    assert share - 0.01 < found.value <= share
    assert found.low < found.value
    assert share < found.high
    assert found.p_value == 0
    assert "unseen_rate" in column.reason
    assert column.drifted
    other_way = compare(now, before).statistics["unseen_rate"]
    assert np.isnan(other_way.value)
    assert other_way.reason == "a category that the sketch does not list may have been seen"
