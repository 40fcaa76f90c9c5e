"""Estimates hold what labels show later, and say when they cannot be trusted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import DataError, ParameterError
from mainspring.monitor import estimate_performance


def classes(seed: int, rows: int, shift: float = 0.0) -> dict[str, Any]:
    """Scores that are too extreme for their labels: they must be calibrated first."""
    rng = np.random.default_rng(seed)
    logit = rng.normal(shift, 1.5, rows)
    label = (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)
    return {"p": 1 / (1 + np.exp(-1.7 * logit)), "late": label}


@pytest.mark.parametrize("shift", [-1.0, 0.0, 1.5])
def test_cbpe_when_rows_have_moved_holds_the_realised_metrics(shift: float) -> None:
    reference = classes(0, 20_000)
    inside = total = 0
    for seed in range(1, 7):
        now = classes(seed, 3000, shift)
        report = estimate_performance(reference, {"p": now["p"]}, target="late", score="p")
        assert report.method == "CBPE"
        assert report.trusted
        realised = ms.evaluate(now, target="late", score="p", positive=1)
        for name in ("accuracy", "precision", "recall", "roc_auc", "brier"):
            metric = report.metrics[name]
            total += 1
            inside += metric.low <= realised.value(name) <= metric.high
            assert metric.value == pytest.approx(realised.value(name), abs=0.05)
    assert inside >= 0.75 * total


def test_cbpe_when_the_relation_changes_does_not_see_it_and_the_labels_do() -> None:
    """What the docs say of its limits."""
    now = classes(3, 3000)
    turned = {**now, "late": 1 - now["late"]}
    report = estimate_performance(classes(0, 20_000), now, target="late", score="p")
    assert report.value("accuracy") > 0.7
    assert ms.evaluate(turned, target="late", score="p", positive=1).value("accuracy") < 0.4


def test_cbpe_when_the_reference_contradicts_itself_is_not_trusted() -> None:
    """Odd rows have other labels than even ones: what one half teaches is wrong for the other."""
    reference = classes(0, 4000)
    reference["late"] = np.where(np.arange(4000) % 2 == 0, reference["late"], 1 - reference["late"])
    report = estimate_performance(reference, classes(1, 500), target="late", score="p")
    assert not report.trusted
    assert "NOT TRUSTED" in str(report)


def numbers(seed: int, rows: int, wide: float = 1.0) -> dict[str, Any]:
    """Errors grow with a feature."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, wide, rows)
    y = rng.normal(size=rows)
    return {"x": x, "p": y + rng.normal(size=rows) * (0.2 + x), "y": y}


def test_dle_when_rows_get_harder_says_so_within_its_interval() -> None:
    reference = numbers(0, 20_000, 2.0)
    easy, hard = numbers(1, 3000, 0.5), numbers(2, 3000, 2.0)
    for now in (easy, hard):
        given = {name: now[name] for name in ("x", "p")}
        report = estimate_performance(reference, given, target="y", prediction="p")
        assert report.method == "DLE"
        assert report.trusted
        realised = ms.evaluate(now, target="y", prediction="p", task="regression")
        # Losses that depend on two features together are learnt as a sum of both.
        for name, slack in (("mae", 0.12), ("rmse", 0.2)):
            assert report.value(name) == pytest.approx(realised.value(name), rel=slack)
        assert report.metrics["mae"].low <= report.value("mae") <= report.metrics["mae"].high
    first = estimate_performance(reference, easy, target="y", prediction="p")
    assert first == estimate_performance(reference, easy, target="y", prediction="p")
    assert '"method": "DLE"' in first.to_json()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, ParameterError, "Give either score"),
        ({"score": "p", "prediction": "p"}, ParameterError, "Give either score"),
        ({"score": "wild"}, DataError, "row 0: a score must be a probability"),
    ],
)
def test_arguments_when_wrong_say_what_is_right(
    arguments: dict[str, str], error: type[Exception], words: str
) -> None:
    data = {**classes(0, 400), "wild": np.full(400, 7.0)}
    with pytest.raises(error, match=words):
        estimate_performance(data, data, target="late", **arguments)
    with pytest.raises(DataError, match="expected at least 200"):
        estimate_performance(classes(0, 20), classes(0, 20), target="late", score="p")
    same = {**classes(0, 400), "late": np.ones(400)}
    with pytest.raises(DataError, match="no rows of 1 of 2 classes"):
        estimate_performance(same, same, target="late", score="p")
    with pytest.raises(ParameterError, match="level must be between"):
        estimate_performance(data, data, target="late", score="p", level=1.0)
    wrong = {**classes(0, 400), "late": np.arange(400) % 3}
    with pytest.raises(DataError, match="3 distinct values, expected two"):
        estimate_performance(wrong, wrong, target="late", score="p")
    with pytest.raises(DataError, match="no score for a class"):
        estimate_performance(wrong, wrong, target="late", score={0: "p", 1: "p"})


def test_rows_when_missing_or_none_are_counted_and_have_reasons() -> None:
    reference = classes(0, 400)
    now = {"p": [0.2, None, float("nan"), 0.9]}
    report = estimate_performance(reference, now, target="late", score="p")
    assert (report.num_rows, report.num_missing) == (2, 2)
    none = estimate_performance(reference, {"p": pa.array([], "f8")}, target="late", score="p")
    assert none.num_rows == 0
    assert all(m.reason for m in none.metrics.values() if math.isnan(m.value))
    assert math.isnan(none.value("roc_auc"))
    numeric = numbers(0, 400)
    none = estimate_performance(numeric, {"p": pa.array([], "f8")}, target="y", prediction="p")
    assert none.metrics["mae"].reason == "There are no rows with a prediction."
    wild = {"p": [0.1, np.inf, np.nan], "x": [np.inf, 1.0, 1.0]}
    report = estimate_performance(numeric, wild, target="y", prediction="p")
    assert (report.num_rows, report.num_missing) == (1, 2)
    assert math.isfinite(report.value("rmse"))


def test_labels_when_text_or_of_a_named_class_are_taken() -> None:
    numeric = classes(0, 2000)
    text = {"p": numeric["p"], "late": np.where(numeric["late"] == 1, "late", "in time")}
    wanted = estimate_performance(numeric, numeric, target="late", score="p")
    for positive in (None, "late"):
        found = estimate_performance(text, text, target="late", score="p", positive=positive)
        assert found.metrics == wanted.metrics
    both = {**text, "q": 1 - text["p"]}
    score = {"in time": "q", "late": "p"}
    found = estimate_performance(both, both, target="late", score=score, positive="late")
    assert found.metrics == wanted.metrics


def three(seed: int, rows: int, shift: float = 0.0) -> dict[str, Any]:
    """Three classes, and scores of them that are too sure."""
    rng = np.random.default_rng(seed)
    logits = rng.normal([0, shift, 0.5], 1.5, (rows, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    label = (rng.random(rows)[:, None] > p.cumsum(axis=1)).sum(axis=1)
    sure = np.exp(1.5 * logits) / np.exp(1.5 * logits).sum(axis=1, keepdims=True)
    names = np.array(["a", "b", "c"])
    return {"y": names[label], **{f"p_{name}": sure[:, k] for k, name in enumerate(names)}}


def test_cbpe_when_there_are_three_classes_holds_the_realised_metrics() -> None:
    reference, score = three(0, 8000), {name: f"p_{name}" for name in "abc"}
    inside = total = 0
    for seed in range(1, 7):
        now = three(seed, 1500, shift=1.0)
        report = estimate_performance(reference, now, target="y", score=score)
        assert report.trusted
        realised = ms.evaluate(now, target="y", score=score)
        for name in ("accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "brier"):
            metric = report.metrics[name]
            total += 1
            inside += metric.low <= realised.value(name) <= metric.high
            assert metric.value == pytest.approx(realised.value(name), rel=0.1)
    assert inside >= 0.8 * total


def test_cbpe_interval_when_simulated_covers_as_often_as_it_says() -> None:
    inside: dict[str, list[bool]] = {}
    for seed in range(40):
        reference, now = classes(1000 + seed, 1500), classes(seed, 400, shift=0.7)
        report = estimate_performance(reference, now, target="late", score="p", level=0.9)
        realised = ms.evaluate(now, target="late", score="p", positive=1)
        for name in ("accuracy", "f1", "roc_auc", "log_loss", "brier"):
            metric = report.metrics[name]
            held = metric.low <= realised.value(name) <= metric.high
            inside.setdefault(name, []).append(held)
    shares = {name: float(np.mean(held)) for name, held in inside.items()}
    # Of 40 binomial draws of 0.9 one in a thousand is below 0.73.
    assert min(shares.values()) >= 0.73, shares
    assert np.mean(list(shares.values())) <= 0.98, "intervals this wide say little"


def errors_of_a_feature(seed: int, rows: int, wide: float) -> dict[str, Any]:
    """What the loss depends on is one feature, so that a sum over features can be right."""
    rng = np.random.default_rng(seed)
    x, p = rng.uniform(0, wide, rows), rng.normal(size=rows)
    return {"x": x, "p": p, "y": p + rng.normal(size=rows) * (0.2 + x)}


def test_dle_interval_when_simulated_covers_as_often_as_it_says() -> None:
    inside: dict[str, list[bool]] = {}
    for seed in range(60):
        reference = errors_of_a_feature(1000 + seed, 1500, 2.0)
        now = errors_of_a_feature(seed, 300, 1.2)
        report = estimate_performance(reference, now, target="y", prediction="p", level=0.9)
        realised = ms.evaluate(now, target="y", prediction="p", task="regression")
        for name in ("mae", "rmse"):
            metric = report.metrics[name]
            held = metric.low <= realised.value(name) <= metric.high
            inside.setdefault(name, []).append(held)
    shares = {name: float(np.mean(held)) for name, held in inside.items()}
    # Of 60 binomial draws of 0.9 one in a thousand is below 0.77.
    assert min(shares.values()) >= 0.77, shares
    assert np.mean(list(shares.values())) <= 0.985, "intervals this wide say little"


def test_dle_when_it_learns_noise_is_not_trusted() -> None:
    rng = np.random.default_rng(5)
    noise = {f"x{i}": rng.normal(size=220) for i in range(30)}
    reference = {**noise, "p": np.zeros(220), "y": rng.exponential(size=220)}
    report = estimate_performance(reference, reference, target="y", prediction="p")
    assert not report.trusted
    assert "held out" in report.reason
