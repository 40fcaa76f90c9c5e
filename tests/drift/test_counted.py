"""Tables of many rows are counted on edges: certain bounds hold, nothing is left out."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from scipy import stats

import mainspring as ms
from tests.drift.workload import SHAPES, workload

ROWS = 70_000  # just enough to be counted
Floats = npt.NDArray[np.float64]


def table(values: Floats, **others: Floats) -> pa.Table:
    return pa.table({"x": values, **others})


def column(reference: object, current: object, **options: bool) -> ms.drift.ColumnDrift:
    return ms.detect_drift(reference, current, **options).column("x")


HARD = {
    **{name: draw for name, draw in SHAPES.items()},
    "lognormal of sigma 3": lambda rng, n, moved: rng.lognormal(0.5 * moved, 3, n),
    "cauchy": lambda rng, n, moved: rng.standard_cauchy(n) + 0.3 * moved,
    "far from 0": lambda rng, n, moved: 1e9 + rng.random(n) + 0.1 * moved,
    "half zeros": lambda rng, n, moved: np.where(rng.random(n) < 0.5, 0, rng.normal(moved, 1, n)),
    "tiny": lambda rng, n, moved: rng.normal(0.3 * moved, 1, n) * 1e-300,
    "huge": lambda rng, n, moved: rng.normal(0.3 * moved, 1, n) * 1e300,
    "two clusters": lambda rng, n, moved: rng.normal(0, 1e-6, n) + 1e6 * (rng.random(n) < 0.4),
    "all new": lambda rng, n, moved: rng.normal(100 * moved, 1, n),
}


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("shape", HARD)
@pytest.mark.parametrize("stored", [True, False])
def test_distances_when_counted_hold_the_exact_ones(shape: str, moved: bool, stored: bool) -> None:
    rng = np.random.default_rng(len(shape))
    before, now = HARD[shape](rng, ROWS, False), HARD[shape](rng, ROWS + 123, moved)
    reference = ms.profile(table(before)) if stored else table(before)
    found = column(reference, table(now)).statistics
    ks = stats.ks_2samp(before, now, method="asymp").statistic
    assert found["ks"].low - 1e-12 <= ks <= found["ks"].high + 1e-12
    assert found["ks"].high - found["ks"].low < 0.006
    with np.errstate(over="ignore"):
        distance = stats.wasserstein_distance(before, now)
    slack = 1e-9 * abs(distance)
    assert found["wasserstein"].low - slack <= distance <= found["wasserstein"].high + slack


@pytest.mark.parametrize("shape", ["normal", "student", "exponential", "uniform"])
def test_values_when_counted_are_near_the_exact_ones(shape: str) -> None:
    rng = np.random.default_rng(5)
    before, now = (table(SHAPES[shape](rng, ROWS, moved)) for moved in (False, True))
    counted, sorted_ = column(before, now), column(before, now, exact=True)
    assert sorted_.exact
    assert not counted.exact
    # A decile that is nearly empty now has an index that hangs on single rows.
    names = ["ks", "wasserstein", "wasserstein_std", "js"] + ["psi"] * (shape != "uniform")
    for name in names:
        wanted = sorted_.value(name)
        assert wanted is not None
        assert counted.value(name) == pytest.approx(wanted, rel=0.05, abs=0.002), name


def test_few_distinct_values_when_counted_are_exact() -> None:
    rng = np.random.default_rng(1)
    before, now = (table(rng.poisson(mean, ROWS).astype(float)) for mean in (6.0, 6.3))
    for reference in (before, ms.profile(before)):
        found = column(reference, now)
        assert found.exact
        assert found.statistics == column(before, now, exact=True).statistics


def test_values_beside_points_when_counted_are_counted() -> None:
    """A value that the reference lacks, between those that it has, below and above."""
    before = np.tile([0.0, 1.0, 2.0], ROWS)
    now = before.copy()
    now[:4] = [-5.0, 0.5, 1.5, 9.0]
    found = column(ms.profile(table(before)), table(now))
    assert found.exact
    ks = stats.ks_2samp(before, now).statistic
    assert found.statistics["ks"].value == pytest.approx(ks, abs=1e-15)
    assert found.statistics["out_of_range_rate"].value == pytest.approx(
        2 / len(now) - 2 / (len(before) + 1), abs=1e-12
    )


def test_missing_nan_and_infinite_when_counted_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    before, now = rng.normal(size=ROWS), rng.normal(size=ROWS)
    before[::10] = np.nan
    now[::5] = np.nan
    now[1], now[2], now[3] = np.inf, -np.inf, -0.0
    nulls = pa.array(now, mask=np.arange(ROWS) % 7 == 0)
    for current in (pa.table({"x": now}), pa.table({"x": nulls})):
        found = column(ms.profile(table(before)), current)
        missing = int(np.isnan(np.asarray(current["x"].to_numpy(), float)).sum())
        assert found.current_missing == missing
        assert found.reference_missing == ROWS // 10
        assert found.statistics["wasserstein"].value == np.inf
        assert found.statistics["out_of_range_rate"].value > 0


@pytest.mark.parametrize(
    "kind", [pa.float32(), pa.int32(), pa.int64(), pa.uint16(), pa.timestamp("s"), pa.date32()]
)
def test_types_when_counted_say_what_profiles_say(kind: pa.DataType) -> None:
    rng = np.random.default_rng(3)
    sides = [
        pa.table({"x": pa.array(rng.integers(0, 40_000, ROWS) + moved).cast(pa.int32()).cast(kind)})
        if kind != pa.timestamp("s")
        else pa.table({"x": pa.array(rng.integers(0, 40_000, ROWS) + moved).cast(kind)})
        for moved in (0, 4_000)
    ]
    counted = column(ms.profile(sides[0]), sides[1])
    profiled = column(ms.profile(sides[0]), ms.profile(sides[1]))
    assert counted.drifted == profiled.drifted
    assert counted.value("ks") == pytest.approx(profiled.value("ks"), abs=0.004)
    assert counted.value("out_of_range_rate") == pytest.approx(
        profiled.value("out_of_range_rate"), abs=0.004
    )


def test_chunks_and_order_when_counted_change_nothing() -> None:
    rng = np.random.default_rng(4)
    before, now = rng.normal(size=ROWS), rng.normal(0.1, 1, ROWS)
    profile = ms.profile(table(before))
    whole = table(now)
    parts = pa.concat_tables(whole.slice(i, 9_999) for i in range(0, ROWS, 9_999))
    first, second = (column(profile, current).to_dict() for current in (whole, parts))
    assert first == second


def test_time_when_it_moved_on_is_measured_and_not_judged() -> None:
    start = dt.datetime(2025, 1, 1)
    sides = [
        pa.table({"x": [start + dt.timedelta(days=days, seconds=i) for i in range(ROWS)]})
        for days in (0, 31)
    ]
    for reference in (sides[0], ms.profile(sides[0])):
        found = column(reference, sides[1])
        assert not found.drifted
        assert found.value("ks") == pytest.approx(1, abs=0.002)
        assert found.value("out_of_range_rate") == pytest.approx(1, abs=0.001)


def test_columns_when_some_are_broken_are_findings() -> None:
    before = pa.table({"x": np.arange(ROWS) * 1.0, "y": np.arange(ROWS) * 1.0, "s": ["a"] * ROWS})
    now = pa.table({"x": ["a"] * ROWS, "s": ["b"] * ROWS, "new": np.zeros(ROWS)})
    for reference in (before, ms.profile(before)):
        report = ms.detect_drift(reference, now)
        assert report.column("x").broken
        assert report.column("y").broken
        assert report.column("s").drifted
        assert report.new_columns == ["new"]
    empty = pa.table({"x": pa.array([None] * ROWS, pa.float64())})
    found = column(ms.profile(before), empty)
    assert found.drifted
    assert found.statistics["ks"].reason


def test_samples_when_long_and_hostile_are_findings_and_every_nan_has_a_reason() -> None:
    """All missing, constant, infinite, two neighbours, all of a kind: a report each time."""
    rng = np.random.default_rng(7)
    hostile = {
        "missing": np.full(ROWS, np.nan),
        "one of many": np.where(np.arange(ROWS) == 5, 3.0, np.nan),
        "constant": np.full(ROWS, 2.0),
        "zeros of both signs": np.where(rng.random(ROWS) < 0.5, 0.0, -0.0),
        "infinite": rng.choice([np.inf, -np.inf], ROWS),
        "mostly infinite": np.where(rng.random(ROWS) < 0.9, np.inf, rng.normal(size=ROWS)),
        "neighbours": rng.choice([1.0, np.nextafter(1.0, 2)], ROWS),
        "largest": np.finfo(float).max * rng.choice([-1, 1], ROWS) * rng.random(ROWS),
        "subnormal": 5e-324 * rng.integers(0, 5_000, ROWS),
        "normal": rng.normal(size=ROWS),
    }
    for before in hostile.values():
        stored = ms.profile(table(before))
        for now in hostile.values():
            for report in (
                ms.detect_drift(stored, table(now)),
                ms.detect_drift(table(before), table(now)),
                ms.detect_drift(table(before), table(now), exact=True),
            ):
                found = report.column("x")
                assert found.reason
                for statistic in found.statistics.values():
                    numbers = (statistic.value, statistic.low, statistic.high)
                    assert np.isnan(numbers).any() == (statistic.reason is not None)
                assert "<html" in report.to_html()


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("seed", [31, 32])
def test_forty_columns_when_counted_are_told_apart(stored: bool, seed: int) -> None:
    drawn = workload(ROWS, seed)
    reference = ms.profile(drawn.reference) if stored else drawn.reference
    report = ms.detect_drift(reference, drawn.current)
    assert set(report.drifted) == drawn.shifted


def test_exact_when_both_are_at_hand_is_exact_with_every_statistic() -> None:
    drawn = workload(20_000, 33)
    report = ms.detect_drift(drawn.reference, drawn.current, exact=True, statistics="all")
    assert all(found.exact for found in report.columns)
    assert set(report.drifted) == drawn.shifted
    for found in report.columns:
        if found.kind != "number":
            continue
        before, now = (
            side[found.name].drop_null().to_numpy() for side in (drawn.reference, drawn.current)
        )
        ks = stats.ks_2samp(before, now, method="asymp")
        assert found.statistics["ks"].value == pytest.approx(ks.statistic, abs=1e-15)
        assert found.statistics["wasserstein"].value == pytest.approx(
            stats.wasserstein_distance(before, now), rel=1e-12
        )
        t = stats.ttest_ind(now, before, equal_var=False).statistic
        assert abs(found.value("t") or 0) == pytest.approx(abs(t), rel=1e-9)


def test_exact_when_a_side_is_not_at_hand_says_so() -> None:
    values = table(np.arange(300.0))
    with pytest.raises(ms.ParameterError, match="exact"):
        ms.detect_drift(ms.profile(values), values, exact=True)
    with pytest.raises(ms.ParameterError, match="windows"):
        ms.detect_drift(values, values, exact=True, window_rows=100)


def test_statistics_when_asked_for_have_bounds_as_before() -> None:
    rng = np.random.default_rng(6)
    before, now = rng.normal(size=(2, ROWS))
    found = ms.detect_drift(table(before), table(now), statistics=["kuiper", "t"]).column("x")
    assert found.statistics["kuiper"].low <= found.statistics["kuiper"].high
    assert np.isfinite(found.statistics["t"].value)


def test_numbers_when_both_tables_are_short_are_measured_exactly() -> None:
    rng = np.random.default_rng(7)
    before, now = rng.normal(size=30_000), rng.normal(0.1, 1.2, 50_000)
    found = column(table(before), table(now))
    assert found.exact
    assert found.rank_error == 0
    ks = stats.ks_2samp(before, now, method="asymp").statistic
    assert found.value("ks") == pytest.approx(ks, abs=1e-15)
    distance = stats.wasserstein_distance(before, now)
    assert found.value("wasserstein") == pytest.approx(distance, rel=1e-12)


def test_profile_when_updated_after_a_report_is_compared_as_it_is_then() -> None:
    rng = np.random.default_rng(8)
    first, more, now = (table(values) for values in rng.normal([[0.0], [2.0], [1.0]], 1, (3, ROWS)))
    kept = ms.profile(first)
    assert ms.detect_drift(kept, now) == ms.detect_drift(kept, now)
    kept.update(more)
    assert ms.detect_drift(kept, now) == ms.detect_drift(ms.profile(first).update(more), now)
