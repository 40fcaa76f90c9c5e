"""The decision: silent without drift, whatever the shape; awake to shifts; never p alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import _engine
from tests.drift.samples import categories, compare, numbers, zipf_categories
from tests.reference import drift as reference


def draw(rng: np.random.Generator, rows: int) -> dict[str, object]:
    return {
        "normal": rng.normal(size=rows),
        "pareto": rng.pareto(0.8, rows),
        "lumpy": np.where(rng.random(rows) < 0.7, 0.0, rng.lognormal(0, 2, rows)),
        "count": rng.poisson(3, rows),
        "missing": np.where(rng.random(rows) < 0.3, np.nan, rng.random(rows)),
        "few": rng.choice(["a", "b", "c"], rows, p=[0.7, 0.2, 0.1]),
        "many": zipf_categories(rng, rows, 1000),
        "id": [f"{n:x}" for n in rng.integers(0, 2**60, rows)],
        "flag": rng.random(rows) < 0.2,
    }


@pytest.mark.parametrize("rows", [300, 2000])
def test_columns_when_nothing_moved_do_not_drift(rows: int) -> None:
    """30 pairs of tables of 9 columns, at a level of 1 % each: one false alarm may happen."""
    alarms = []
    for trial in range(30):
        rng = np.random.default_rng(1000 * rows + trial)
        before, now = pa.table(draw(rng, rows)), pa.table(draw(rng, rows))
        alarms += ms.detect_drift(before, now).drifted
    assert len(alarms) <= 1, alarms


def test_columns_when_shifted_are_all_found() -> None:
    rng = np.random.default_rng(3)
    rows = 3000
    before, now = draw(rng, rows), draw(rng, rows)
    now["normal"] = np.asarray(now["normal"]) + 0.25
    now["pareto"] = np.asarray(now["pareto"]) * 1.5
    now["count"] = rng.poisson(3.4, rows)
    now["missing"] = np.where(rng.random(rows) < 0.36, np.nan, rng.random(rows))
    now["few"] = rng.choice(["a", "b", "c"], rows, p=[0.55, 0.3, 0.15])
    now["flag"] = rng.random(rows) < 0.28
    report = ms.detect_drift(pa.table(before), pa.table(now))
    assert sorted(report.drifted) == ["count", "few", "flag", "missing", "normal", "pareto"]
    effects = [report.column(name).effect for name in report.drifted]
    assert effects == sorted(effects, reverse=True)
    assert min(effects) >= 1


def test_ten_thousand_categories_when_nothing_moved_do_not_drift() -> None:
    """A one-sample test or an undebiased distance flags this column at any size."""
    rng = np.random.default_rng(4)
    before, now = (zipf_categories(rng, 100_000, 10_000) for _ in range(2))
    column = compare(categories(before), categories(now))
    assert not column.drifted
    assert column.value("js") > 0.1  # the plain distance would
    assert column.value("js_debiased") < 0.02
    assert column.statistics["chi2"].p_value > 0.001
    shifted = [v if rng.random() < 0.85 else "c3" for v in now]
    assert compare(categories(before), categories(shifted)).drifted


def test_effect_when_small_is_no_drift_however_small_p_is() -> None:
    rng = np.random.default_rng(5)
    column = compare(
        numbers(rng.integers(0, 5000, 200_000) / 1.0),
        numbers(rng.integers(0, 5000, 200_000) * 1.02),
    )
    assert column.p_value < 1e-6
    assert not column.drifted
    assert column.reason.startswith("No effect reaches its limit: ks 0.0")


def test_rows_when_too_few_decide_nothing() -> None:
    column = compare(numbers(np.zeros(100)), numbers(np.ones(500)))
    assert not column.drifted
    assert column.reason == "Too few present rows: 100 in the reference, 500 now, 200 needed."
    assert compare(numbers(np.zeros(100)), numbers(np.ones(500)), limits={"min_rows": 50}).drifted


def test_p_when_large_is_no_drift_and_the_reason_says_so() -> None:
    rng = np.random.default_rng(6)
    column = compare(numbers(rng.normal(size=210)), numbers(rng.normal(size=210)))
    assert not column.drifted
    assert "reaches its limit" in column.reason
    assert "but p" in column.reason


def test_category_when_new_is_unseen_drift() -> None:
    before = ["a", "b"] * 500
    column = compare(categories(before), categories([*before, *["c"] * 30]))
    assert column.drifted
    assert "unseen_rate 0.0291, limit 0.01" in column.reason


def test_column_when_all_missing_is_missing_drift() -> None:
    before = pa.table({"x": [1.0] * 300})
    for now in (pa.table({"x": pa.nulls(300)}), pa.table({"x": pa.nulls(300, pa.float64())})):
        column = compare(before, now)
        assert column.drifted
        assert column.value("missing_rate") == 1
    assert compare(pa.table({"x": pa.nulls(300)}), before).drifted
    assert not compare(pa.table({"x": pa.nulls(300)}), pa.table({"x": pa.nulls(400)})).drifted


def test_times_when_moved_are_not_judged_but_measured() -> None:
    before, now = (pa.array(np.arange(300) + start, pa.timestamp("s")) for start in (0, 10**6))
    column = compare(pa.table({"x": before}), pa.table({"x": now}))
    assert (column.drifted, column.value("ks")) == (False, 1.0)
    assert column.reason == "Time moves on: only missing rows are judged."


@pytest.mark.parametrize("correction", ["benjamini-hochberg", "bonferroni", "none"])
def test_p_values_when_corrected_equal_scipy(correction: str) -> None:
    rng = np.random.default_rng(7)
    names = [f"x{i}" for i in range(12)]
    before = pa.table({name: rng.normal(size=400) for name in names})
    now = pa.table({name: rng.normal(i / 60, 1, 400) for i, name in enumerate(names)})
    report = ms.detect_drift(before, now, correction=correction)
    raw = [report.column(name).statistics["ks"].p_value for name in names]
    wanted = {
        "benjamini-hochberg": reference.benjamini_hochberg([p or 0.0 for p in raw]),
        "bonferroni": np.minimum(1, np.array(raw) * len(raw)),
        "none": np.array(raw),
    }[correction]
    assert [report.column(name).p_value for name in names] == pytest.approx(list(wanted), rel=1e-12)


def test_limits_when_changed_change_the_decision() -> None:
    rng = np.random.default_rng(8)
    before, now = numbers(rng.normal(size=5000)), numbers(rng.normal(0.2, 1, 5000))
    assert compare(before, now).drifted
    assert not compare(before, now, limits={"ks": 0.5, "wasserstein_std": 0.5}).drifted
    assert not compare(before, now, level=1e-200).drifted
    names = {row["name"] for row in _engine.drift_limits()}
    assert set(ms.detect_drift(before, now).limits) == names


def test_column_auc_when_nothing_moved_is_a_half_on_average() -> None:
    """Scored in sample, fifty leaves of two hundred rows would be at 0.7."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(40):
        sides = [{"x": [f"v{k}" for k in rng.integers(0, 50, 200)]} for _ in range(2)]
        report = ms.detect_drift(*sides, statistics=["column_auc"], limits={"rows_per_bin": 1})
        found.append(report.column("x").statistics["column_auc"].value)
    assert np.mean(found) < 0.53
    assert np.mean(np.array(found) == 0.5) > 0.3  # held to that at least
