"""Estimates hold what labels show later, and say when they cannot be trusted."""

from __future__ import annotations

from typing import Any

import numpy as np
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
    with pytest.raises(DataError, match="must be 0 and 1"):
        estimate_performance(same, same, target="late", score="p")
