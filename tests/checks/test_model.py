"""What a model makes of the rows: each check warns where something is wrong, and not elsewhere."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.checks.model_checks import MODEL_CHECKS
from mainspring.checks.weak_segments import WEAK_SEGMENTS

RNG = np.random.default_rng(0)
ROWS = 6000


class Known:
    """A model whose probabilities are a column of the table."""

    def __init__(self, column: str = "p", noise: float = 0.0) -> None:
        self.column, self.noise = column, noise

    def predict_proba(self, frame: Any) -> np.ndarray:
        p = np.clip(np.asarray(frame[self.column], float), 0, 1)
        return np.column_stack([1 - p, p])

    def predict(self, frame: Any) -> np.ndarray:
        return np.asarray(frame[self.column], float)


def table(seed: int = 0, rows: int = ROWS) -> pa.Table:
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 0.5, rows)
    return pa.table(
        {
            "p": p,
            "over": np.clip(0.5 + 1.8 * (p - 0.5), 0, 1),
            "noise": rng.normal(size=rows),
            "kind": rng.choice(["a", "b", "c"], rows),
            "y": (rng.random(rows) < p).astype(int),
        }
    )


TRAIN, TEST = table(1), table(2)


def finding(name: str, model: Any, train: pa.Table = TRAIN, test: pa.Table | None = TEST) -> Any:
    report = ms.check(train, test, target="y", model=model)
    return next(f for f in report.findings if f.check == name)


def test_model_when_right_has_nothing_but_unused_features() -> None:
    report = ms.check(TRAIN, TEST, target="y", model=Known())
    of_model = {check.name for check in MODEL_CHECKS}
    found = [f for f in report.findings if f.check in of_model]
    # Rows near one half are the hardest for any model, a frame of one row takes its time, and one
    # tree learns a probability that is a column.
    hard = {"weak_segments", "inference_time", "underfit"}
    assert {f.check for f in found if f.severity != "pass"} - hard == {"unused_features"}
    assert {f.check for f in found} >= of_model - {
        "error_bias", "boosting_overfit", "preprocessing_leakage", "domain_classifier"
    }  # fmt: skip
    assert all(f.why and f.remedy for f in found)


def test_features_when_unused_are_named_and_used_ones_are_not() -> None:
    found = finding("unused_features", Known())
    assert found.value == 3
    assert all(name in found.sentence for name in ("over", "noise", "kind"))


def test_model_when_it_learnt_by_heart_overfits() -> None:
    memory = TRAIN.append_column("q", [np.where(TRAIN["y"].to_numpy() == 1, 0.9, 0.1)])
    fresh = TEST.append_column("q", [0.5 + 0.1 * TEST["noise"].to_numpy()])
    assert finding("overfit", Known("q"), memory, fresh).severity == "warn"
    assert finding("overfit", Known(), TRAIN, TEST).severity == "pass"


def test_model_when_no_better_than_a_constant_underfits() -> None:
    worse = TEST.append_column("q", [1 - TEST["p"].to_numpy()])
    before = TRAIN.append_column("q", [1 - TRAIN["p"].to_numpy()])
    assert finding("underfit", Known("q"), before, worse).severity == "fail"


def sums(seed: int, rows: int = 4000) -> pa.Table:
    """A label that ten features know together: no single tree of three cuts does."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 10))
    p = 1 / (1 + np.exp(-2 * x.sum(axis=1)))
    columns = {f"x{i}": x[:, i] for i in range(10)}
    y = (rng.random(rows) < p).astype(int)
    return pa.table({**columns, "kind": np.where(x[:, 0] > 0, "a", "b"), "y": y})


class Sum(Known):
    def predict_proba(self, frame: Any) -> np.ndarray:
        total = sum(np.asarray(frame[f"x{i}"], float) for i in range(10))
        p = 1 / (1 + np.exp(-2 * total))
        return np.column_stack([1 - p, p])


def test_model_when_better_than_one_tree_does_not_underfit() -> None:
    found = finding("underfit", Sum(), sums(1), sums(2))
    assert found.severity == "pass"
    assert "what one tree loses" in found.sentence
    assert found.value > 0.5
    hardly = finding("underfit", Known(), TRAIN, TEST)
    assert hardly.severity == "warn"
    assert hardly.value < 0.1


def test_model_when_worse_than_the_last_value_underfits() -> None:
    """A walk of two machines: what was last is nearly what comes, and the mean is not."""
    rng = np.random.default_rng(3)
    steps = rng.normal(size=(2, 1000)).cumsum(axis=1) + np.array([[0], [500]])
    order = np.arange(2000) % 2
    rows = {
        "at": pa.array(np.arange(2000) * 60, pa.timestamp("s")),
        "machine": np.where(order == 1, "b", "a"),
        "p": np.where(order == 1, 500.0, 0.0),
        "y": steps[order, np.arange(2000) // 2],
    }
    table = pa.table(rows)
    parts = table.slice(0, 1500), table.slice(1500)
    said = {}
    for group in (None, "machine"):
        report = ms.check(*parts, target="y", time="at", group=group, model=Known(),
                          checks=["underfit"])  # fmt: skip
        (said[group],) = report.findings
    assert said["machine"].severity == "fail"
    assert "what the last value loses" in said["machine"].sentence
    # Without the key the last value is that of the other machine, which is far worse.
    assert said[None].value > said["machine"].value


def test_probabilities_when_too_extreme_are_not_calibrated() -> None:
    assert finding("calibration", Known("over")).severity == "warn"
    assert finding("calibration", Known()).severity == "pass"


def test_segment_when_served_badly_is_named() -> None:
    bad = TEST["kind"].to_numpy(zero_copy_only=False) == "b"
    q = np.where(bad, 1 - TEST["p"].to_numpy(), TEST["p"].to_numpy())
    found = finding("weak_segments", Known("q"), TRAIN.append_column("q", [TRAIN["p"]]),
                    TEST.append_column("q", [q]))  # fmt: skip
    assert found.severity == "warn"
    assert "kind = b" in found.sentence
    assert finding("weak_segments", Known()).severity in ("pass", "warn")
    assert WEAK_SEGMENTS in MODEL_CHECKS


def test_labels_when_turned_around_are_found() -> None:
    sure = np.where(np.arange(ROWS) % 2 == 0, 0.98, 0.02)
    label = (RNG.random(ROWS) < sure).astype(int)
    turned = RNG.permutation(ROWS)[:300]
    wrong = label.copy()
    wrong[turned] = 1 - wrong[turned]
    tables = [pa.table({"p": sure, "y": values}) for values in (label, wrong)]
    found = finding("likely_wrong_labels", Known(), tables[0], tables[1])
    assert found.severity == "warn"
    assert 0.03 < found.value < 0.06
    assert finding("likely_wrong_labels", Known(), tables[0], tables[0]).severity == "pass"


def test_numbers_when_predicted_too_high_are_biased() -> None:
    y = RNG.normal(size=2000)
    fair = pa.table({"p": y + RNG.normal(0, 0.5, 2000), "y": y})
    high = fair.set_column(0, "p", [fair["p"].to_numpy() + 0.2])
    assert finding("error_bias", Known(), fair, high).severity == "warn"
    found = finding("error_bias", Known(), fair, fair)
    assert found.value < 0.05
    assert finding("likely_wrong_labels", Known(), fair, fair).severity == "pass"


def test_features_and_predictions_when_moved_have_drifted() -> None:
    moved = TEST.set_column(0, "p", [TEST["p"].to_numpy() ** 2])
    report = ms.check(TRAIN, moved, target="y", model=Known())
    drifted = {(f.check, f.column) for f in report.warned if "drift" in f.check}
    assert drifted == {("feature_drift", "p"), ("prediction_drift", "y")}
    still = ms.check(TRAIN, TEST, target="y", model=Known())
    assert not [f for f in still.warned if "drift" in f.check]


class Fitted(Known):
    """A model that carries the profile that its transforms were fitted on."""

    def __init__(self, rows: pa.Table) -> None:
        super().__init__()
        self.profile = ms.profile(rows)


def test_transforms_when_fitted_on_the_test_leak() -> None:
    both = pa.concat_tables([TRAIN, TEST])
    assert finding("preprocessing_leakage", Fitted(both)).severity == "fail"
    assert finding("preprocessing_leakage", Fitted(TRAIN)).severity == "pass"
    more = pa.concat_tables([TRAIN, TRAIN])
    assert finding("preprocessing_leakage", Fitted(more)).severity == "warn"


def test_transforms_of_a_predictor_when_fitted_on_the_test_leak() -> None:
    """The profile that every Preprocessor keeps says what it was fitted on."""
    lightgbm = pytest.importorskip("lightgbm")
    both = pa.concat_tables([TRAIN, TEST])
    found = {}
    for name, rows in (("train", TRAIN), ("both", both)):
        prep = ms.Preprocessor(ms.col("p", "over", "noise").standardize(), ms.col("kind").ordinal())
        data = lightgbm.Dataset(prep.fit_transform(rows), label=rows["y"].to_numpy())
        booster = lightgbm.train({"objective": "binary", "verbose": -1, "num_threads": 1}, data, 5)
        predictor = ms.Predictor(booster, prep)
        report = ms.check(
            TRAIN, TEST, target="y", model=predictor, checks=["preprocessing_leakage"]
        )
        (found[name],) = report.findings
    assert found["train"].severity == "pass"
    assert found["both"].severity == "fail"
    assert "training and the" in found["both"].sentence


def test_features_when_they_go_together_otherwise_are_found_together_alone() -> None:
    rng = np.random.default_rng(5)
    sides = {}
    for name, sign in (("train", 1), ("same", 1), ("test", -1)):
        a = rng.normal(size=3000)
        b = sign * a + rng.normal(0, 0.3, 3000)
        y = rng.integers(0, 2, 3000)
        sides[name] = pa.table({"a": a, "b": b, "c": a + rng.normal(0, 0.3, 3000), "y": y})
    report = ms.check(sides["train"], sides["test"], target="y")
    drifted = {f.check for f in report.warned if "drift" in f.check}
    assert drifted == {"multivariate_drift"}
    assert "domain_classifier" not in {f.check for f in report.findings}
    same = ms.check(sides["train"], sides["same"], target="y", checks=["multivariate_drift"])
    assert [f.severity for f in same.findings] == ["pass"]
    few = ms.check(sides["train"], sides["test"].slice(0, 20), target="y",
                   checks=["multivariate_drift"])  # fmt: skip
    assert "Not judged" in few.findings[0].sentence


def test_domain_classifier_when_named_tells_sides_apart() -> None:
    pytest.importorskip("lightgbm")
    asked = ["domain_classifier"]
    moved = TEST.set_column(2, "noise", [TEST["noise"].to_numpy() + 1])
    (found,) = ms.check(TRAIN, moved, target="y", checks=asked).findings
    assert found.severity == "warn"
    assert "noise" in found.sentence.partition("Most of it: ")[2]
    (found,) = ms.check(TRAIN, TEST, target="y", checks=asked).findings
    assert found.severity == "pass"


def test_checks_of_models_when_listed_are_documented_and_tested(root: Path) -> None:
    page = (root / "docs" / "concepts" / "checks.md").read_text(encoding="utf-8")
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (root / "tests" / "checks").glob("test_*.py")
    )
    assert len({check.name for check in MODEL_CHECKS}) == len(MODEL_CHECKS)
    for check in MODEL_CHECKS:
        assert f"| `{check.name}` |" in page, f"docs/concepts/checks.md lacks {check.name}"
        assert f'"{check.name}"' in tests, f"tests/checks lacks a test of {check.name}"
        for text in (check.summary, check.formula, check.missing, check.source, check.why):
            assert text
        assert check.summary.endswith(".")


def test_row_when_slow_to_predict_is_told() -> None:
    class Slow(Known):
        def predict_proba(self, frame: Any) -> np.ndarray:
            if len(frame) == 1:
                until = time.perf_counter() + 0.002
                while time.perf_counter() < until:
                    pass
            return super().predict_proba(frame)

    few = [table.slice(0, 200) for table in (TRAIN, TEST)]
    (found,) = ms.check(*few, target="y", model=Slow(), checks=["inference_time"]).findings
    assert found.severity == "warn"
    assert found.value > 2
    limits = {"inference_time_warn": 1e5}
    (found,) = ms.check(*few, target="y", model=Slow(), checks=["inference_time"],
                        limits=limits).findings  # fmt: skip
    assert found.severity == "pass"


def test_labels_when_distributed_otherwise_have_drifted() -> None:
    more = TEST.filter(pa.array((TEST["y"].to_numpy() == 1) | (np.arange(ROWS) % 2 == 0)))
    (found,) = ms.check(TRAIN, more, target="y", checks=["label_drift"]).findings
    assert found.severity == "warn"
    (found,) = ms.check(TRAIN, TEST, target="y", checks=["label_drift"]).findings
    assert found.severity == "pass"


def test_model_when_boosted_too_long_is_told_its_best_round() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3000, 5))
    y = (rng.random(3000) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    params = {"objective": "binary", "verbose": -1, "learning_rate": 0.3, "num_leaves": 63}
    names = [f"x{i}" for i in range(5)]
    data = lightgbm.Dataset(x[:1500], label=y[:1500], feature_name=names)
    model = ms.Predictor(lightgbm.train(params, data, 100))
    tables = [
        pa.table({**{n: x[part, i] for i, n in enumerate(names)}, "y": y[part]})
        for part in (slice(0, 1500), slice(1500, 3000))
    ]
    report = ms.check(*tables, target="y", model=model)
    warned = {f.check: f for f in report.warned}
    assert {"overfit", "boosting_overfit", "calibration"} <= set(warned)
    assert "After 10 of 100 trees" in warned["boosting_overfit"].sentence
