"""Claim: all metrics of two classes in less time than the same by scikit-learn, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics

import mainspring as ms

ROWS = 200_000
API = "roc_auc_score, average_precision_score, log_loss and seven others"


def scored(rows: int) -> dict[str, Any]:
    """Return labels, probabilities and the class that follows from them."""
    rng = np.random.default_rng(0)
    label = (rng.random(rows) < 0.2).astype(np.int64)
    score = 1 / (1 + np.exp(-(rng.normal(size=rows) + 2 * label - 2)))
    return {"y": label, "p": score, "guess": (score >= 0.5).astype(np.int64)}


def by_scikit_learn(data: dict[str, Any]) -> dict[str, float]:
    """Measure the same with scikit-learn."""
    y, p, guess = data["y"], data["p"], data["guess"]
    return {
        "accuracy": metrics.accuracy_score(y, guess),
        "precision": metrics.precision_score(y, guess),
        "recall": metrics.recall_score(y, guess),
        "f1": metrics.f1_score(y, guess),
        "specificity": metrics.recall_score(y, guess, pos_label=0),
        "mcc": metrics.matthews_corrcoef(y, guess),
        "roc_auc": metrics.roc_auc_score(y, p),
        "pr_auc": metrics.average_precision_score(y, p),
        "log_loss": metrics.log_loss(y, p),
        "brier": metrics.brier_score_loss(y, p),
    }


NAMES = list(by_scikit_learn(scored(100)))


def check_values(ours: ms.QualityReport, theirs: dict[str, float]) -> None:
    """Assert that both measured the same."""
    assert {name: ours.value(name) for name in theirs} == pytest.approx(theirs, rel=1e-12)


def test_metrics_of_two_classes(compare: Any) -> None:
    data = scored(ROWS)
    compare(
        f"ten metrics of {ROWS:,} rows of two classes",
        lambda: ms.evaluate(data, target="y", score="p", task="binary", metrics=NAMES),
        lambda: by_scikit_learn(data),
        peer="scikit-learn",
        api=API,
        check=check_values,
        rows=ROWS,
        num_bytes=data["y"].nbytes + data["p"].nbytes,
    )
