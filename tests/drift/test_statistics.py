"""Every statistic equals its definition in NumPy and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine
from tests.drift.samples import categories, compare, numbers, zipf_categories
from tests.reference import drift as reference

SHAPES = ["normal", "pareto", "lattice", "lumpy", "constant", "with infinities"]


def sample(shape: str, rows: int, seed: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = {
        "normal": lambda: rng.normal(shift, 1, rows),
        "pareto": lambda: rng.pareto(0.8, rows) + shift,
        "lattice": lambda: rng.integers(0, 12, rows) + math.ceil(shift),
        "lumpy": lambda: np.where(rng.random(rows) < 0.6, 0.0, rng.normal(shift, 1, rows)),
        "constant": lambda: np.full(rows, 3.0 + shift),
        "with infinities": lambda: np.where(rng.random(rows) < 0.1, np.inf, rng.normal(size=rows)),
    }[shape]().astype(float)
    values[rng.random(rows) < 0.05] = np.nan
    return values


def close(got: float | None, wanted: float, rel: float = 1e-12, absolute: float = 1e-14) -> bool:
    return got is not None and math.isclose(got, wanted, rel_tol=rel, abs_tol=absolute)


def assert_numbers_agree(before: np.ndarray, now: np.ndarray, column: ms.drift.ColumnDrift) -> None:
    distance, p = reference.ks(before, now)
    found = column.statistics["ks"]
    assert close(found.value, distance, rel=1e-15, absolute=1e-16)
    assert (found.low, found.high) == (found.value, found.value)
    assert close(found.p_value, p, rel=1e-12, absolute=1e-12)
    infinite = np.isinf(before).any() or np.isinf(now).any()
    if not infinite:
        distance = reference.wasserstein(before, now)
        assert close(column.value("wasserstein"), distance, rel=1e-11, absolute=1e-15)
        unit = float(np.std(reference.present(before)))
        if unit > 0:
            assert close(column.value("wasserstein_std"), distance / unit, rel=1e-11)
    deciles = reference.number_classes(before, now, 10)
    assert close(column.value("psi"), reference.psi(*deciles), rel=1e-11)
    assert close(column.value("psi_excess"), reference.psi_excess(*deciles), rel=1e-11)
    n, m = (int((~np.isnan(side)).sum()) for side in (before, now))
    bins = reference.number_classes(before, now, reference.num_js_bins(n, m))
    # A distance is the root of a sum that cancels: 1e-16 in the sum is 1e-8 near zero.
    assert close(column.value("js"), reference.js(*bins), rel=1e-10, absolute=3e-8)
    assert close(column.value("js_debiased"), reference.js_debiased(*bins), 1e-10, 3e-8)
    assert_missing_agrees(np.isnan(before), np.isnan(now), column)


def assert_missing_agrees(
    before: np.ndarray, now: np.ndarray, column: ms.drift.ColumnDrift
) -> None:
    change, p = reference.share_change(int(before.sum()), len(before), int(now.sum()), len(now))
    found = column.statistics["missing_rate"]
    assert close(found.value, change, absolute=1e-16)
    assert close(found.p_value, p, rel=1e-10)
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("rows", "other"), [(1, 3), (300, 300), (500, 777), (9_999, 6_000)])
@pytest.mark.parametrize("shift", [0.0, 0.2])
def test_numbers_when_exact_equal_scipy(shape: str, rows: int, other: int, shift: float) -> None:
    before, now = sample(shape, rows, 1), sample(shape, other, 2, shift)
    before[0], now[0] = 3.0, 3.0  # never all missing
    assert_numbers_agree(before, now, compare(numbers(before), numbers(now)))


@pytest.mark.parametrize(
    ("rows", "other"), [(10_001, 10_001), (20_000, 5), (15_000, 400), (60_000, 50_000)]
)
@pytest.mark.parametrize("shift", [0.0, 0.01, 0.05])
def test_numbers_when_samples_are_large_equal_scipy(rows: int, other: int, shift: float) -> None:
    """One-sample branch of the p-value; rounded, so that the profiles stay exact."""
    before, now = (
        np.round(sample("normal", size, seed, move), 3)
        for size, seed, move in ((rows, 1, 0.0), (other, 2, shift))
    )
    column = compare(numbers(before), numbers(now))
    assert column.exact
    assert_numbers_agree(before, now, column)


@given(
    st.lists(st.floats(-100, 100) | st.integers(0, 3).map(float), min_size=1, max_size=40),
    st.lists(st.floats(-100, 100) | st.integers(0, 3).map(float), min_size=1, max_size=40),
)
def test_numbers_when_anything_equal_scipy(before: list[float], now: list[float]) -> None:
    column = compare(numbers(np.array(before)), numbers(np.array(now)))
    distance, p = reference.ks(np.array(before), np.array(now))
    assert close(column.value("ks"), distance, rel=1e-14, absolute=1e-16)
    assert close(column.statistics["ks"].p_value, p)
    wanted = reference.wasserstein(np.array(before), np.array(now))
    assert close(column.value("wasserstein"), wanted, rel=1e-10, absolute=1e-12)


@pytest.mark.parametrize(("rows", "other"), [(1, 1), (7, 7), (6, 9), (5, 8), (20, 30), (31, 31)])
def test_p_value_when_samples_are_small_counts_lattice_paths(rows: int, other: int) -> None:
    """Slower and plainer than SciPy: whole numbers of paths."""
    for moved in range(0, rows + 1, 3):
        before = np.arange(rows) + 0.5
        now = np.linspace(0, rows, other, endpoint=False) + moved + 0.25
        column = compare(numbers(before), numbers(now))
        distance = column.value("ks")
        assert distance is not None
        wanted = reference.ks_exact_p(rows, other, distance)
        assert close(column.statistics["ks"].p_value, wanted, rel=1e-13, absolute=1e-15)


@pytest.mark.parametrize("distinct", [1, 2, 7, 300, 5000])
@pytest.mark.parametrize(("rows", "other"), [(30, 20), (1000, 1000), (20_000, 3000)])
def test_categories_when_exact_equal_scipy(distinct: int, rows: int, other: int) -> None:
    rng = np.random.default_rng(distinct + rows)
    before: list[str | None] = list(zipf_categories(rng, rows, distinct))
    now: list[str | None] = [
        None if rng.random() < 0.1 else f"{v}!" if rng.random() < 0.02 else v
        for v in zipf_categories(rng, other, distinct)
    ]
    column = compare(categories(before), categories(now))
    plain = reference.category_classes(before, now)
    folded = reference.folded_classes(before, now)
    assert close(column.value("js"), reference.js(*plain), 1e-10, 3e-8)
    assert close(column.value("js_debiased"), reference.js_debiased(*folded), 1e-9, 3e-8)
    assert close(column.value("psi"), reference.psi(*folded), rel=1e-10)
    assert close(column.value("psi_excess"), reference.psi_excess(*folded), rel=1e-9)
    statistic, p = reference.chi2(*folded)
    assert close(column.value("chi2"), statistic, rel=1e-10)
    assert close(column.statistics["chi2"].p_value, p, rel=1e-10, absolute=1e-300)
    singletons = sum(before.count(v) == 1 for v in set(before)) if rows < 2000 else None
    unseen = sum(v is not None and v not in set(before) for v in set(now))
    assert (unseen > 0) == (sum(v is not None and v.endswith("!") for v in now) > 0 or unseen > 0)
    if singletons is not None:
        known = set(before)
        new = sum(v is not None and v not in known for v in now)
        there = sum(v is not None for v in now)
        change, p = reference.share_change(singletons, rows, new, there)
        assert close(column.value("unseen_rate"), change)
        assert close(column.statistics["unseen_rate"].p_value, p, rel=1e-10)


@pytest.mark.parametrize(("rows", "other"), [(9, 10), (3, 4), (1001, 1002), (7, 7)])
def test_g_when_yates_makes_sides_alike_is_nothing(rows: int, other: int) -> None:
    """What rounding leaves of it counts by its root: the p-value would be 3e-8 below 1."""
    before: list[str | None] = [None] * (rows - 1) + ["a"]
    now: list[str | None] = [None] * (other - 2) + ["a", "a"]
    found = compare(categories(before), categories(now), statistics=["g"]).statistics["g"]
    if rows == other:
        assert found.value == 0.0  # one row moved: half a row on either side
    assert 0.0 <= found.value < 1e-30
    assert found.p_value == pytest.approx(1.0, rel=0, abs=1e-14)


def test_wasserstein_when_a_constant_moves_is_infinite_in_standard_deviations() -> None:
    before = numbers(np.full(300, 2.0))
    assert compare(before, before).value("wasserstein_std") == 0
    moved = compare(before, numbers(np.full(300, 2.5)))
    assert (moved.value("wasserstein"), moved.value("wasserstein_std")) == (0.5, math.inf)
    assert moved.drifted


def test_wasserstein_when_infinite_shares_differ_is_infinite() -> None:
    values = np.array([1.0, 2.0, np.inf, np.inf])
    assert compare(numbers(values), numbers(values)).value("wasserstein") == 0
    assert compare(numbers(values), numbers(values[:3])).value("wasserstein") == math.inf


def test_statistics_when_listed_are_those_of_the_reports() -> None:
    listed = {row["name"]: row["kind"] for row in _engine.drift_statistics()}
    table = pa.table({"n": [1.0, 2.0, 3.0], "s": ["a", "b", "c"]})
    report = ms.detect_drift(table, table, statistics="all")
    number, text = report.column("n").statistics, report.column("s").statistics
    assert set(number) == {name for name, kind in listed.items() if kind in ("numeric", "any")}
    assert set(text) == {name for name, kind in listed.items() if kind in ("categorical", "any")}
    two = ms.detect_drift(table.slice(0, 2), table.slice(0, 2), statistics="all").column("s")
    assert set(two.statistics) == {name for name, kind in listed.items() if kind != "numeric"}
    asked = ms.detect_drift(table, table, statistics=["energy"]).column("n").statistics
    always = {row["name"] for row in _engine.drift_statistics() if row["always"]}
    assert set(asked) == (always & set(number)) | {"energy"}
