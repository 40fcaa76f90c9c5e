"""Metrics equal scikit-learn's within 1e-12, weighted or not, for two classes and for many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms

metrics = pytest.importorskip("sklearn.metrics")

CLOSE = {"rel": 1e-12, "abs": 1e-12}


def drawn(seed: int, rows: int, classes: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(rows, classes))
    label = rng.integers(0, classes, rows)
    label[:classes] = np.arange(classes)
    logits[np.arange(rows), label] += 1
    probability = np.exp(logits)
    probability /= probability.sum(axis=1, keepdims=True)
    return {
        "y": label,
        "p": np.round(probability, 2) if classes == 2 else probability,
        "w": rng.random(rows) * 3,
    }


@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), rows=st.integers(4, 400))
def test_two_classes_when_drawn_equal_scikit_learn(weighted: bool, seed: int, rows: int) -> None:
    data = drawn(seed, rows, 2)
    y, p = data["y"], data["p"][:, 1]
    w = data["w"] if weighted else None
    guess = (p >= 0.5).astype(int)
    report = ms.evaluate(
        {"y": y, "p": p, "w": data["w"]}, target="y", score="p", weight="w" if weighted else None
    )
    expected = {
        "accuracy": metrics.accuracy_score(y, guess, sample_weight=w),
        "precision": metrics.precision_score(y, guess, sample_weight=w, zero_division=0),
        "recall": metrics.recall_score(y, guess, sample_weight=w, zero_division=0),
        "f1": metrics.f1_score(y, guess, sample_weight=w, zero_division=0),
        "specificity": metrics.recall_score(
            y, guess, pos_label=0, sample_weight=w, zero_division=0
        ),
        "mcc": metrics.matthews_corrcoef(y, guess, sample_weight=w),
        "roc_auc": metrics.roc_auc_score(y, p, sample_weight=w),
        "pr_auc": metrics.average_precision_score(y, p, sample_weight=w),
        "log_loss": metrics.log_loss(y, p, sample_weight=w),
        "brier": metrics.brier_score_loss(y, p, sample_weight=w),
    }
    found = {name: report.value(name) for name in expected}
    assert found == pytest.approx(expected, **CLOSE)
    matrix = metrics.confusion_matrix(y, guess, sample_weight=w)
    np.testing.assert_allclose(report.confusion, matrix, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("weighted", [False, True])
def test_many_classes_when_averaged_equal_scikit_learn(average: str, weighted: bool) -> None:
    data = drawn(3, 500, 5)
    names = np.array(["delta", "alpha", "echo", "bravo", "charlie"])
    y, p = names[data["y"]], data["p"]
    guess = names[p.argmax(axis=1)]
    w = data["w"] if weighted else None
    columns = {f"p_{name}": p[:, i] for i, name in enumerate(names)}
    report = ms.evaluate(
        {"y": y, "w": data["w"], **columns},
        target="y",
        score={name: f"p_{name}" for name in names},
        weight="w" if weighted else None,
        average=average,
    )
    shared = {"average": average, "sample_weight": w, "zero_division": 0}
    expected = {
        "accuracy": metrics.accuracy_score(y, guess, sample_weight=w),
        "precision": metrics.precision_score(y, guess, **shared),
        "recall": metrics.recall_score(y, guess, **shared),
        "f1": metrics.f1_score(y, guess, **shared),
        "mcc": metrics.matthews_corrcoef(y, guess, sample_weight=w),
        "log_loss": metrics.log_loss(y, p[:, names.argsort()], sample_weight=w),
        "brier": np.average(
            ((p - (data["y"][:, None] == np.arange(5))) ** 2).sum(axis=1), weights=w
        ),
    }
    if average != "micro":
        binary = (y[:, None] == names).astype(int)
        expected["roc_auc"] = metrics.roc_auc_score(binary, p, average=average, sample_weight=w)
        expected["pr_auc"] = metrics.average_precision_score(
            binary, p, average=average, sample_weight=w
        )
    found = {name: report.value(name) for name in expected}
    assert found == pytest.approx(expected, **CLOSE)
    assert report.classes == ("alpha", "bravo", "charlie", "delta", "echo")
    matrix = metrics.confusion_matrix(y, guess, sample_weight=w)
    np.testing.assert_allclose(report.confusion, matrix, rtol=1e-12, atol=1e-12)
    by_class = metrics.recall_score(y, guess, average=None, sample_weight=w)
    assert report.metrics["recall"].by_class == pytest.approx(list(by_class), **CLOSE)


@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), rows=st.integers(2, 300))
def test_regression_when_drawn_equals_scikit_learn(weighted: bool, seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(rng.normal() * 10, rng.exponential(), rows)
    p, w = y + rng.normal(0, 0.3, rows), rng.random(rows) * 3
    weights = w if weighted else None
    report = ms.evaluate(
        {"y": y, "p": p, "w": w},
        target="y",
        prediction="p",
        task="regression",
        weight="w" if weighted else None,
        options={"quantile": 0.9},
    )
    expected = {
        "mae": metrics.mean_absolute_error(y, p, sample_weight=weights),
        "rmse": metrics.root_mean_squared_error(y, p, sample_weight=weights),
        "r2": metrics.r2_score(y, p, sample_weight=weights),
        "mape": metrics.mean_absolute_percentage_error(y, p, sample_weight=weights),
        "quantile_loss": metrics.mean_pinball_loss(y, p, sample_weight=weights, alpha=0.9),
    }
    found = {name: report.value(name) for name in expected}
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_r2_when_the_mean_is_immense_keeps_its_digits() -> None:
    rng = np.random.default_rng(0)
    small = np.round(rng.normal(size=1000), 3)
    y, p = small + 2.0**40, small + 2.0**40 + 0.25
    found = ms.evaluate({"y": y, "p": p}, target="y", prediction="p", task="regression")
    centered = y - 2.0**40
    assert found.value("r2") == pytest.approx(metrics.r2_score(centered, p - 2.0**40), rel=1e-12)


def test_rankings_when_drawn_equal_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    queries, places = 60, 25
    relevance = rng.integers(0, 4, (queries, places))
    relevance[:, 0] = 1
    score = np.round(rng.random((queries, places)), 1)
    table = {
        "q": [f"q{i}" for i in range(queries) for _ in range(places)],
        "y": relevance.ravel(),
        "s": score.ravel(),
    }
    report = ms.evaluate(table, target="y", prediction="s", query="q", options={"at": 7})
    assert report.value("ndcg") == pytest.approx(metrics.ndcg_score(relevance, score, k=7), **CLOSE)
    assert report.value("map") == pytest.approx(
        metrics.label_ranking_average_precision_score(relevance > 0, score), **CLOSE
    )


@pytest.mark.parametrize("seed", range(8))
def test_calibration_line_when_drawn_is_that_of_a_logistic_regression(seed: int) -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(seed)
    logit = rng.normal(0, 2, 800)
    y = (rng.random(800) < 1 / (1 + np.exp(-(0.3 + 0.6 * logit)))).astype(int)
    report = ms.evaluate({"y": y, "p": 1 / (1 + np.exp(-logit))}, target="y", score="p")
    fitted = linear.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit[:, None], y)
    assert report.value("calibration_slope") == pytest.approx(fitted.coef_[0, 0], rel=1e-5)
    assert report.value("calibration_intercept") == pytest.approx(fitted.intercept_[0], rel=1e-4)
    assert report.value("calibration_slope") < 0.8
