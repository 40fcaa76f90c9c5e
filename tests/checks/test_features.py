"""Features that know too much are caught, honest ones are not; values equal plain NumPy's."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.reference import checks as reference

ROWS = 2000


def label_and_features(seed: int) -> tuple[np.ndarray, dict[str, list[float | str | None]]]:
    rng = np.random.default_rng(seed)
    label = (rng.random(ROWS) < 0.3).astype(int)
    groups = np.where(rng.random(ROWS) < 0.4, label, rng.integers(0, 5, ROWS))
    near = label + rng.normal(0, 0.5, ROWS)
    features: dict[str, list[float | str | None]] = {
        "noise": list(rng.normal(size=ROWS)),
        "near": [None if rng.random() < 0.1 else float(v) for v in near],
        "group": [f"g{v}" for v in groups],
        "id": [f"id{v}" for v in range(ROWS)],
        "count": [float(v) for v in rng.poisson(1 + label)],
        "constant": [1.0] * ROWS,
    }
    return label, features


def findings(report: ms.CheckReport, check: str) -> dict[str, ms.checks.Finding]:
    return {f.column: f for f in report.findings if f.check == check}


def assert_powers_agree(
    found: dict[str, ms.checks.Finding],
    features: dict[str, list[float | str | None]],
    label: np.ndarray,
) -> None:
    for name, values in features.items():
        wanted = reference.label_power(values, label)
        assert found[name].value == pytest.approx(wanted, abs=1e-9), name


@pytest.mark.parametrize("seed", [0, 1])
def test_label_power_when_binary_equals_numpy(seed: int) -> None:
    label, features = label_and_features(seed)
    report = ms.check(pa.table({**features, "y": label}), target="y")
    found = findings(report, "label_power")
    assert_powers_agree(found, features, label)
    assert found["near"].severity == "warn"
    assert {found[name].severity for name in features if name != "near"} == {"pass"}
    changed = {**features, "noise": features["near"]}
    with pytest.raises(AssertionError):
        assert_powers_agree(found, changed, label)


def test_label_power_when_regression_equals_numpy() -> None:
    rng = np.random.default_rng(2)
    label = rng.pareto(1.0, ROWS)
    near = np.log(label) + rng.normal(0, 0.5, ROWS)
    features = {"near": list(near), "noise": list(rng.normal(size=ROWS)), "copy": list(label**3)}
    report = ms.check(pa.table({**features, "y": label}), target="y")
    found = findings(report, "label_power")
    for name, values in features.items():
        assert found[name].value == pytest.approx(reference.rank_power(values, label), abs=1e-9)
    assert [found[name].severity for name in features] == ["warn", "pass", "fail"]


def test_label_power_when_many_classes_weighs_them_by_rows() -> None:
    rng = np.random.default_rng(3)
    label = rng.choice(["a", "b", "c"], ROWS, p=[0.6, 0.3, 0.1])
    feature = list(np.where(rng.random(ROWS) < 0.7, label, "a"))
    report = ms.check(pa.table({"f": feature, "y": label}), target="y")
    powers = [
        (label == value).mean() * reference.label_power(feature, (label == value).astype(int))
        for value in "abc"
    ]
    assert findings(report, "label_power")["f"].value == pytest.approx(sum(powers), abs=1e-9)


def test_label_power_when_a_category_is_each_row_says_nothing() -> None:
    """Target means without cross-fitting would foretell the label perfectly here."""
    label, features = label_and_features(4)
    report = ms.check(pa.table({"id": features["id"], "y": label}), target="y")
    assert findings(report, "label_power")["id"].value < 0.1


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (lambda y: y.astype(float), "equals the label"),
        (lambda y: 1 - y, "stands for one label"),
        (lambda y: np.where(y == 1, "late", "on time"), "stands for one label"),
        (lambda y: pa.array(np.where(y == 1, 7.0, np.nan), from_pandas=True), "stands for one"),
        (lambda y: y == 1, "equals the label"),
    ],
)
def test_target_when_it_is_a_binary_feature_fails(values: object, word: str) -> None:
    label, features = label_and_features(5)
    table = pa.table({"copy": values(label), "noise": features["noise"], "y": label})  # type: ignore[operator]
    found = findings(ms.check(table, target="y"), "target_in_features")
    assert found["copy"].severity == "fail"
    assert word in found["copy"].sentence
    assert found["noise"].severity == "pass"


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        (lambda y, r: 2.5 * y - 7, "fail"),
        (lambda y, r: -y, "fail"),
        (lambda y, r: y + r.normal(0, 0.01, ROWS), "fail"),
        (lambda y, r: y + r.normal(0, 0.2, ROWS), "pass"),
        (lambda y, r: r.normal(size=ROWS), "pass"),
    ],
)
def test_target_when_a_straight_line_of_it_is_a_feature_fails(
    values: object, severity: str
) -> None:
    rng = np.random.default_rng(6)
    label = rng.normal(size=ROWS)
    feature = values(label, rng)  # type: ignore[operator]
    report = ms.check(pa.table({"f": feature, "y": label}), target="y")
    found = findings(report, "target_in_features")["f"]
    assert found.severity == severity
    assert found.value == pytest.approx(abs(np.corrcoef(feature, label)[0, 1]), rel=1e-12)


def test_target_when_features_are_ids_is_not_among_them() -> None:
    rng = np.random.default_rng(7)
    table = pa.table({"id": np.arange(ROWS), "y": rng.integers(0, 4, ROWS)})
    assert findings(ms.check(table, target="y"), "target_in_features")["id"].severity == "pass"


@pytest.mark.parametrize(
    ("share", "severity"), [((0.1, 0.1), "pass"), ((0.1, 0.5), "warn"), ((0.0, 0.95), "fail")]
)
def test_missing_when_it_follows_the_label_is_caught(
    share: tuple[float, float], severity: str
) -> None:
    rng = np.random.default_rng(8)
    label = (rng.random(ROWS) < 0.4).astype(int)
    missing = rng.random(ROWS) < np.where(label == 1, share[1], share[0])
    for values in (np.where(missing, np.nan, 1.5), np.where(missing, None, "text")):
        column = pa.array(list(values), from_pandas=True)
        found = findings(ms.check(pa.table({"f": column, "y": label}), target="y"), "missing_leak")
        assert found["f"].severity == severity
        assert found["f"].value == pytest.approx(reference.missing_auc(missing, label), rel=1e-12)


def test_missing_when_regression_follows_labels_above_the_median() -> None:
    rng = np.random.default_rng(9)
    label = rng.normal(size=ROWS)
    values = np.where(label > 0.2, np.nan, 1.0)
    table = pa.table({"f": pa.array(values, from_pandas=True), "y": label})
    found = findings(ms.check(table, target="y"), "missing_leak")["f"]
    assert found.severity == "fail"
    above = (label > np.median(label)).astype(int)
    assert found.value == pytest.approx(reference.missing_auc(np.isnan(values), above), abs=2e-3)


@pytest.mark.parametrize(
    ("ones", "severity", "value"),
    [(0, "fail", 1.0), (5, "warn", 0.9975), (40, "pass", 0.98), (1000, "pass", 0.5)],
)
def test_label_when_constant_or_nearly_is_caught(ones: int, severity: str, value: float) -> None:
    label = np.zeros(ROWS)
    label[:ones] = 1
    report = ms.check(pa.table({"f": np.arange(ROWS), "y": label}), target="y")
    found = findings(report, "constant_label")["y"]
    assert (found.severity, found.value) == (severity, value)


def test_rows_when_the_label_is_missing_are_left_out() -> None:
    label, features = label_and_features(10)
    full = ms.check(pa.table({**features, "y": label.astype(float)}), target="y")
    table = pa.table({**features, "y": label.astype(float)})
    unknown = pa.table({name: [values[0]] * 500 for name, values in features.items()})
    longer = pa.concat_tables(
        [table, unknown.append_column("y", pa.nulls(500, pa.float64()))],
        promote_options="permissive",
    )
    for first, second in zip(full.findings, ms.check(longer, target="y").findings, strict=True):
        if first.check in ("constant_label", "target_in_features", "missing_leak"):
            assert (first.severity, first.num_rows) == (second.severity, second.num_rows)
            assert math.isclose(first.value, second.value, rel_tol=1e-12)


def test_power_when_made_with_the_labels_of_training_changes_in_the_test() -> None:
    """A target mean without folds, of keys that each have few rows: learnt by heart."""
    rng = np.random.default_rng(11)
    key, label = rng.integers(0, 300, (2, ROWS)), (rng.random((2, ROWS)) < 0.4).astype(int)
    means = [label[0][key[0] == k].mean() if (key[0] == k).any() else 0.4 for k in range(300)]
    sides = [pa.table({"mean": np.array(means)[key[side]], "y": label[side]}) for side in (0, 1)]
    (found,) = findings(ms.check(*sides, target="y"), "label_power_change").values()
    assert found.severity == "warn"
    assert found.value > 0.2
    assert "in training" in found.sentence


def test_power_when_both_sides_are_alike_does_not_change() -> None:
    rng = np.random.default_rng(12)
    warned = 0
    for _ in range(60):
        label = rng.random((2, 200)) < 0.4
        near = label + rng.normal(0, 0.7, (2, 200))
        sides = [pa.table({"near": near[side], "y": label[side]}) for side in (0, 1)]
        (found,) = findings(ms.check(*sides, target="y"), "label_power_change").values()
        warned += found.severity == "warn"
    assert warned == 0
