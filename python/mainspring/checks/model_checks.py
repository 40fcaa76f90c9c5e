"""The one list of checks that need a model, or a reference to drift from."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mainspring.checks.baselines import baselines
from mainspring.checks.drift_checks import DRIFT_CHECKS, PREPROCESSING_LEAKAGE
from mainspring.checks.model_check import ModelCheck, ModelData, judged
from mainspring.checks.weak_segments import WEAK_SEGMENTS, WEAK_SEGMENTS_LIMITS
from mainspring.errors import MainspringError
from mainspring.quality.run import evaluate

if TYPE_CHECKING:
    from mainspring.checks.report import Finding

__all__ = ["MODEL_CHECKS", "MODEL_LIMITS"]

_NEVER = math.inf
_FAR_OUT = 6.0  # robust deviations of a residual
_TIMED_ROWS = 200
_ROUNDS = 10
_METRIC = {"binary": "roc_auc", "multiclass": "accuracy", "regression": "r2"}

MODEL_LIMITS: list[dict[str, Any]] = [
    {"name": name, "summary": summary, "default": default, "smallest": 0.0, "largest": largest}
    for name, summary, default, largest in (
        ("overfit_warn", "relative gap of train and test, its lower bound", 0.1, 1.0),
        (
            "underfit_warn",
            "share of what a simple rule loses that the model saves; below it",
            0.1,
            1,
        ),
        ("boosting_overfit_warn", "decline of the test from the best round to the last", 0.05, 1),
        ("calibration_warn", "ece_excess", 0.03, 1.0),
        ("error_bias_warn", "mean error by its root mean square", 0.05, 1.0),
        # Twice what is no drift to pca_error: that is three deviations that ten parts estimate.
        ("multivariate_drift_warn", "reconstruction error, by what is no drift", 2.0, 1e6),
        ("domain_classifier_warn", "area under the ROC curve of sides", 0.55, 1.0),
        ("likely_wrong_labels_warn", "share of labels that are likely wrong", 0.01, 1.0),
        ("inference_time_warn", "milliseconds for a row, the slowest of a hundred", 1.0, 1e6),
    )
] + WEAK_SEGMENTS_LIMITS


def _overfit(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    if data.test is None:
        return []
    metric = _METRIC[data.task]
    sides = [
        evaluate(**data.evaluation_columns(which), metrics=[metric], intervals=50).metrics[metric]
        for which in ("train", "test")
    ]
    train, test = (side.value for side in sides)
    if not all(side.interval for side in sides) or not train > 0:
        return [judged("overfit", data.target, 0, (0, _NEVER), f"No {metric} to compare.")]
    gap = (train - test) / train
    spread = [side.interval[1] - side.interval[0] for side in sides if side.interval]
    lower = gap - math.hypot(*spread) / 2 / train
    said = f"{metric} is {train:.4g} in training and {test:.4g} in the test: {100 * gap:.3g} % less"
    return [
        judged(
            "overfit",
            data.target,
            max(lower, 0.0),
            (limits["overfit_warn"], _NEVER),
            f"{said}, at least {100 * max(lower, 0):.3g} % with 95 % certainty.",
            num_rows=len(data.labels["test"]),
        )
    ]


def _underfit(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    which = data.held_out
    rows = len(data.labels[which])
    gains = {"a constant": 0.0}
    loss = float(data.losses(which).mean()) if rows else 0.0
    for name, scores in baselines(data, which).items() if rows else ():
        base = float(data.losses(which, scores).mean())
        gains[name] = 1 - loss / base if base > 0 else 0.0
    name = min(gains, key=lambda name: gains[name])
    gain, limit = gains[name], limits["underfit_warn"]
    severity = "fail" if gain < 0 else "warn" if gain < limit else "pass"
    saved = ", ".join(f"{100 * of:.3g} % of what {name} loses" for name, of in gains.items())
    finding = judged(
        "underfit",
        data.target,
        gain,
        (_NEVER, _NEVER),
        f"The model saves {saved}.",
        num_rows=rows,
        table=which,
    )
    return [replace(finding, severity=severity, limit=0.0 if severity == "fail" else limit)]


def _num_trees(data: ModelData) -> int:
    if not hasattr(data.model, "leaf_index") or data.test is None or not data.test.num_rows:
        return 0
    try:
        return int(data.model.leaf_index(data.test.slice(0, 1)).shape[1])
    except MainspringError:  # a model without trees
        return 0


def _boosting_overfit(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    import numpy as np

    total = _num_trees(data)
    if data.test is None or total < _ROUNDS:
        return []
    rounds = sorted({max(1, total * step // _ROUNDS) for step in range(1, _ROUNDS + 1)})
    features = data.test.drop_columns([data.target])
    losses = []
    for count in rounds:
        if data.task == "regression":
            scores = np.asarray(data.model.predict(features, num_trees=count), float).ravel()
        else:
            scores = np.asarray(data.model.predict_proba(features, num_trees=count), float)
        losses.append(float(data.losses("test", scores).mean()))
    best = int(np.argmin(losses))
    decline = losses[-1] / losses[best] - 1 if losses[best] > 0 else 0.0
    return [
        judged(
            "boosting_overfit",
            data.target,
            decline,
            (limits["boosting_overfit_warn"], _NEVER),
            f"After {rounds[best]} of {total} trees the test loses least, then {100 * decline:.3g} "
            "% more.",
            num_rows=len(data.labels["test"]),
        )
    ]


def _calibration(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    if data.task != "binary":
        return []
    which = data.held_out
    report = evaluate(
        **data.evaluation_columns(which),
        metrics=["ece_excess", "brier", "calibration_slope", "calibration_intercept"],
    )
    excess = report.value("ece_excess")
    return [
        judged(
            "calibration",
            data.target,
            0.0 if math.isnan(excess) else excess,
            (limits["calibration_warn"], _NEVER),
            report.metrics["ece_excess"].reason
            or f"Probabilities are off by {100 * excess:.3g} points more than chance explains; "
            f"slope {report.value('calibration_slope'):.3g}, intercept "
            f"{report.value('calibration_intercept'):.3g}, Brier {report.value('brier'):.4g}.",
            num_rows=report.num_rows,
            table=which,
        )
    ]


def _error_bias(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    import numpy as np

    if data.task != "regression":
        return []
    which = data.held_out
    errors = data.scores[which] - data.labels[which]
    root = math.sqrt(float((errors**2).mean())) if len(errors) else 0.0
    bias = abs(float(errors.mean())) / root if root > 0 else 0.0
    spread = errors.std() if len(errors) else 0.0
    kurtosis = float((((errors - errors.mean()) / spread) ** 4).mean() - 3) if spread > 0 else 0.0
    mean = float(errors.mean()) if len(errors) else 0.0
    return [
        judged(
            "error_bias",
            data.target,
            bias,
            (limits["error_bias_warn"], _NEVER),
            f"Predictions are {abs(mean):.4g} too {'high' if mean > 0 else 'low'} on the whole, "
            f"root mean square {root:.4g}, kurtosis {kurtosis:.3g}.",
            num_rows=len(errors),
            rows=np.argsort(-np.abs(errors), kind="stable")[:5],
            table=which,
        )
    ]


def _likely_wrong_labels(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    import numpy as np

    if data.test is None:
        return []  # what a model has learnt by heart says nothing of the label
    labels, scores = data.labels["test"], data.scores["test"]
    expected = 0.0
    if data.task == "regression":
        errors = scores - labels
        off = np.abs(errors - np.median(errors)) if len(errors) else errors
        spread = 1.4826 * float(np.median(off)) if len(off) else 0.0
        doubt = off / spread if spread > 0 else np.zeros(len(off))
        wrong = doubt > _FAR_OUT
    else:
        means = [
            scores[labels == place, place].mean() if (labels == place).any() else 2.0
            for place in range(len(data.classes))
        ]
        sure = np.where(scores >= np.array(means), scores, -1.0)
        guess = sure.argmax(axis=1) if len(labels) else labels
        confident = sure.max(axis=1, initial=-1) >= 0
        wrong = confident & (guess != labels)
        expected = float((1 - scores[np.arange(len(labels)), guess])[confident].sum())
        of_label = scores[np.arange(len(labels)), labels]
        doubt = scores.max(axis=1, initial=0) - of_label
    order = np.argsort(-doubt, kind="stable")
    rows = order[wrong[order]][:5]
    share = max(float(wrong.sum()) - expected, 0.0) / max(len(wrong), 1)
    return [
        judged(
            "likely_wrong_labels",
            data.target,
            share,
            (limits["likely_wrong_labels_warn"], _NEVER),
            f"The model contradicts {int(wrong.sum())} of {len(wrong)} labels with confidence; "
            f"{expected:.0f} would be expected. The rows it contradicts most come first.",
            num_rows=int(wrong.sum()),
            rows=rows,
        )
    ]


def _unused_features(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    import numpy as np

    which = data.held_out
    table = data.table(which)
    before = data.losses(which)
    unused = []
    for place, name in enumerate(table.column_names):
        if name == data.target or len(before) < 2:
            continue
        order = np.random.default_rng(place).permutation(table.num_rows)
        at = table.column_names.index(name)
        moved = table.set_column(at, table.field(at), table.column(at).take(order))
        more = data.losses(which, data.predict(moved)) - before
        if more.mean() - 1.96 * more.std() / math.sqrt(len(more)) <= 0:
            unused.append(name)
    shown = ", ".join(unused[:5]) + (f" and {len(unused) - 5} more" if len(unused) > 5 else "")
    return [
        judged(
            "unused_features",
            unused[0] if unused else "(all features)",
            len(unused),
            (0, _NEVER),
            f"Shuffled, they cost nothing: {shown}." if unused else "Each one is of use.",
            num_rows=len(before),
            table=which,
        )
    ]


def _inference_time(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    import numpy as np

    table = data.table(data.held_out)
    seconds = []
    for place in range(min(_TIMED_ROWS, table.num_rows)):
        row = table.slice(place, 1)
        started = time.perf_counter()
        data.predict(row)
        seconds.append(time.perf_counter() - started)
    slowest = 1e3 * float(np.quantile(seconds, 0.99)) if seconds else 0.0
    return [
        judged(
            "inference_time",
            "(one row)",
            slowest,
            (limits["inference_time_warn"], _NEVER),
            f"A row alone takes {slowest:.3g} ms at the 99 % point of {len(seconds)}.",
            num_rows=len(seconds),
            table=data.held_out,
        )
    ]


def _check(name: str, run: Any, *texts: str) -> ModelCheck:
    summary, formula, source, why, remedy = texts
    return ModelCheck(
        name, summary, formula, "rows without a label are left out", source, why, remedy, run
    )


MODEL_CHECKS: tuple[ModelCheck, ...] = (
    _check(
        "overfit",
        _overfit,
        "Relative gap of the metric in training and in the test, less its uncertainty.",
        "(train - test) / train of ROC AUC, accuracy or R2, less half the root of the sum of the "
        "squared widths of their 95 % bootstrap intervals, by train",
        "B. Efron 1979, doi:10.1214/aos/1176344552 (the intervals)",
        "What is learnt by heart does not help with new rows.",
        "Regularise, use fewer features, or stop earlier.",
    ),
    _check(
        "underfit",
        _underfit,
        "Share of what the best simple rule loses that the model saves: fails below 0.",
        "the least of 1 - loss of the model / loss of a rule; the loss is Brier's, or the squared "
        "error. Rules: the class shares, or the mean, of training; a tree of at most three cuts in "
        "a row over 32 parts of each feature; where time is given the label of the row before, of "
        "the same key where one group is",
        "G. W. Brier 1950 (the skill score); L. Breiman et al. 1984, Classification and "
        "Regression Trees",
        "A model that is hardly better than a simple rule is not worth its upkeep.",
        "Look whether features and label belong to the same rows; add features.",
    ),
    _check(
        "boosting_overfit",
        _boosting_overfit,
        "How much more the test loses at the last tree than at the best tenth of them.",
        "loss of all trees / least loss of a tenth, two tenths ... of them, - 1",
        "J. H. Friedman 2001, doi:10.1214/aos/1013203451",
        "Trees beyond the best round cost time and accuracy.",
        "Stop early at the round that is named.",
    ),
    _check(
        "calibration",
        _calibration,
        "How far probabilities are from shares beyond chance (ece_excess).",
        "ece_excess over 15 equally filled bins",
        "as the metric ece_excess",
        "Decisions by a threshold, and expected costs, need right probabilities.",
        "Calibrate on rows that were not trained on.",
    ),
    _check(
        "error_bias",
        _error_bias,
        "Mean error of predicted numbers, by its root mean square.",
        "|mean of (prediction - label)| / root of the mean of its square",
        "the bias of predictions",
        "Errors that do not cancel add up in every total.",
        "Look what has moved since training; correct the mean.",
    ),
    _check(
        "likely_wrong_labels",
        _likely_wrong_labels,
        "Share of test labels that the model contradicts with confidence.",
        "rows whose most likely class, among those of at least the mean probability of their own "
        "rows, is another than the label, less as many as right probabilities let one expect, / "
        "rows; of numbers, residuals more than 6 robust deviations off",
        "C. Northcutt, L. Jiang and I. Chuang 2021, doi:10.1613/jair.1.12125",
        "Wrong labels teach errors and hide right predictions.",
        "Look at the rows that are named, first of all.",
    ),
    _check(
        "unused_features",
        _unused_features,
        "Features whose shuffling costs nothing.",
        "features whose mean additional loss, less 1.96 of its standard errors, is not above 0 "
        "when their values are dealt out to other rows",
        "L. Breiman 2001, doi:10.1023/A:1010933404324",
        "They cost upkeep and can break, for nothing.",
        "Leave them out, and see whether the test agrees.",
    ),
    _check(
        "inference_time",
        _inference_time,
        "Time of a prediction of one row: the slowest of a hundred.",
        "the 99 % point of up to 200 predictions of one row each, in milliseconds",
        "a measurement; it is another each time",
        "Slow predictions are felt by whoever waits for them.",
        "Predict in batches, or make a mainspring Predictor of the model.",
    ),
    WEAK_SEGMENTS,
    PREPROCESSING_LEAKAGE,
    *DRIFT_CHECKS,
)
