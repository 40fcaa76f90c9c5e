"""How well a model does before labels arrive: confidence for classes, learnt losses for numbers."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring._columns import arrow_table, column_of, numbers_of
from mainspring._json import to_json
from mainspring.errors import DataError, ParameterError
from mainspring.monitor.loss_model import LossModel
from mainspring.profiles.text_table import format_number, text_table
from mainspring.quality import evaluate

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

__all__ = ["EstimateReport", "EstimatedMetric", "estimate_performance"]

_METRICS = ("accuracy", "precision", "recall", "specificity", "f1", "roc_auc", "log_loss", "brier")
_MAX_EXCESS = 0.03  # of calibration on reference rows that were held out
_MAX_OFF = 0.15  # of learnt losses, relative to their mean
_MIN_ROWS = 200
_STEPS = 200  # equally filled bins that are made monotone


@dataclass(frozen=True)
class EstimatedMetric:
    """One metric as it is expected to be.

    Attributes
    ----------
    value : float
        The expectation.
    low, high : float
        Which holds the realised metric of as many rows at the report's level, where the estimate
        is trusted.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class EstimateReport:
    """What :func:`estimate_performance` expects.

    Attributes
    ----------
    method : str
        "CBPE" or "DLE".
    metrics : dict of str to EstimatedMetric
        By name, as :func:`mainspring.evaluate` names them.
    num_rows : int
        Rows without labels that were looked at.
    trusted : bool
        Whether the method was right on reference rows that were held out.
    reason : str
        What was found there.
    level : float
        Of the intervals.
    """

    method: str
    metrics: dict[str, EstimatedMetric]
    num_rows: int
    trusted: bool
    reason: str
    level: float

    def value(self, metric: str) -> float:
        """Return the expected value of a metric.

        Parameters
        ----------
        metric : str
            Such as "roc_auc".

        Returns
        -------
        float
            The expectation.
        """
        return self.metrics[metric].value

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain values.

        Returns
        -------
        dict
            NaN and infinities are kept as floats.
        """
        return {**vars(self), "metrics": {name: vars(m) for name, m in self.metrics.items()}}

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the report as JSON.

        Parameters
        ----------
        indent : int, optional
            Spaces of indentation; one line without.

        Returns
        -------
        str
            Valid JSON.
        """
        return to_json(self.to_dict(), indent)

    def __str__(self) -> str:
        rows = [
            [name, *(format_number(value) for value in (m.value, m.low, m.high))]
            for name, m in self.metrics.items()
        ]
        said = f"{'Trusted' if self.trusted else 'NOT TRUSTED'}: {self.reason}"
        return "\n".join(
            [
                f"{self.method} of {self.num_rows:,} rows",
                text_table(["metric", "expected", "low", "high"], rows),
                *textwrap.wrap(said, 80, subsequent_indent="  "),
            ]
        )


def estimate_performance(
    reference: object,
    current: object,
    *,
    target: str,
    score: str | None = None,
    prediction: str | None = None,
    threshold: float = 0.5,
    level: float = 0.95,
) -> EstimateReport:
    """Estimate how well a model does on rows whose labels are not there yet.

    With ``score``, the probability of the positive class (labels 0 and 1): confidence-based
    estimation (CBPE). Scores are calibrated on the reference; each row then counts as positive with
    its probability, and every metric has its expectation. With ``prediction``, a number: direct
    loss estimation (DLE). The absolute and the squared error are learnt from the features and the
    prediction by boosted stumps, and averaged over the rows.

    Both are right as long as the relation of label and features is: they see that rows have
    become harder, not that the world answers otherwise. Labels that come late show that:
    :class:`LabelJoin`.

    Parameters
    ----------
    reference : table
        Labelled rows that were not trained on, with ``score`` or ``prediction``; of DLE with
        features.
    current : table
        The rows without labels, with the same columns.
    target : str
        The reference's column of labels.
    score : str, optional
        The column of probabilities.
    prediction : str, optional
        The column of predicted numbers. All other columns of numbers are features.
    threshold : float, default 0.5
        From which score on a row is predicted as positive.
    level : float, default 0.95
        Of the intervals.

    Returns
    -------
    EstimateReport
        Metrics with intervals, and whether the method can be trusted: half of the reference is held
        out, and the method must be right on it.

    Raises
    ------
    ParameterError
        When not exactly one of ``score`` and ``prediction`` is given.
    SchemaError
        When a column is missing or of the wrong type.
    DataError
        When the reference has fewer than 200 complete rows or one class, or a score or label is out
        of range.

    Notes
    -----
    Intervals of CBPE: percentiles of 100 draws of labels and of rows; of DLE: the normal law of the
    mean of the learnt losses and of what they left unexplained. Deterministic.

    References
    ----------
    J. Białek, W. Kuberski, N. Perrakis and A. Bifet 2024, arXiv:2401.08348 (CBPE).

    Examples
    --------
    >>> import numpy as np
    >>> from mainspring.monitor import estimate_performance
    >>> rng = np.random.default_rng(0)
    >>> p = rng.random(4000)
    >>> reference = {"p": p, "late": (rng.random(4000) < p).astype(int)}
    >>> report = estimate_performance(reference, {"p": rng.random(1000)}, target="late", score="p")
    >>> report.trusted, 0.7 < report.value("accuracy") < 0.8
    (True, True)
    """
    if (score is None) == (prediction is None):
        raise ParameterError(
            "Give either score, a probability, or prediction, a number.",
            expected="score= or prediction=",
            got="both" if score else "neither",
        )
    before, now = (arrow_table(data, "estimate_performance") for data in (reference, current))
    label = numbers_of(column_of(before, target, "target"), target)
    if score is not None:
        return _by_confidence(
            label, _probabilities(before, score), _probabilities(now, score), threshold, level
        )
    return _by_loss(before, now, label, target, str(prediction), level)


def _probabilities(table: Any, name: str) -> Numbers:
    import numpy as np

    p = numbers_of(column_of(table, name, "score"), name)
    bad = ~np.isnan(p) & ~((p >= 0) & (p <= 1))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"Column '{name}', row {row}: a score must be a probability, got {p[row]}.",
            column=name,
            row=row,
            expected="0 to 1",
            got=str(p[row]),
        )
    return p


def _check_rows(count: int) -> None:
    if count < _MIN_ROWS:
        raise DataError(
            f"The reference has {count} rows with a label and a prediction, expected at least "
            f"{_MIN_ROWS}.",
            expected=f"{_MIN_ROWS} rows",
            got=f"{count} rows",
        )


def _by_confidence(
    label: Numbers, before: Numbers, now: Numbers, threshold: float, level: float
) -> EstimateReport:
    import numpy as np

    kept = ~np.isnan(label) & ~np.isnan(before)
    label, before = label[kept], before[kept]
    _check_rows(len(label))
    if set(np.unique(label)) != {0.0, 1.0}:
        raise DataError(
            "The labels of the reference must be 0 and 1, and both be there.",
            expected="0 and 1",
            got=", ".join(f"{value:g}" for value in np.unique(label)[:5]),
        )
    now = now[~np.isnan(now)]
    learn = np.arange(len(label)) % 2 == 0
    held = {"y": label[~learn], "p": _calibrated(before[learn], label[learn], before[~learn])}
    excess = evaluate(
        held, target="y", score="p", task="binary", positive=1, metrics=["ece_excess"]
    ).value("ece_excess")
    p = _calibrated(before, label, now)
    expected = _evaluate(
        np.concatenate([np.ones(len(now)), np.zeros(len(now))]),
        np.concatenate([now, now]),
        np.concatenate([p, 1 - p]),
        threshold,
    )
    rng = np.random.default_rng(0)
    drawn = [
        _evaluate(
            (rng.random(len(now)) < p).astype(float),
            now,
            rng.poisson(1, len(now)).astype(float),
            threshold,
        )
        for _ in range(100)
    ]
    metrics = {}
    for name, value in expected.items():
        values = np.array([draw[name] for draw in drawn])
        values = values[~np.isnan(values)]
        ends = np.quantile(values, [(1 - level) / 2, (1 + level) / 2]) if len(values) else (
            math.nan, math.nan
        )  # fmt: skip
        metrics[name] = EstimatedMetric(value, float(ends[0]), float(ends[1]))
    return EstimateReport(
        "CBPE",
        metrics,
        len(now),
        bool(excess <= _MAX_EXCESS),
        f"On reference rows that were held out, calibrated probabilities are off by "
        f"{100 * max(excess, 0):.2g} points more than chance explains "
        f"(limit {100 * _MAX_EXCESS:g}).",
        level,
    )


def _evaluate(label: Any, score: Any, weight: Any, threshold: float) -> dict[str, float]:
    data = {"y": label, "p": score, "w": weight}
    report = evaluate(
        data, target="y", score="p", weight="w", task="binary", positive=1, metrics=_METRICS,
        threshold=threshold,
    )  # fmt: skip
    return {name: metric.value for name, metric in report.metrics.items()}


def _calibrated(scores: Numbers, label: Numbers, now: Numbers) -> Numbers:
    """Make scores probabilities: a monotone fit (pool adjacent violators) over filled bins."""
    import numpy as np

    order = np.argsort(scores, kind="stable")
    parts = np.array_split(order, min(_STEPS, max(len(order) // 20, 1)))
    blocks: list[list[float]] = []  # rows, sum of labels, sum of scores
    for part in parts:
        blocks.append([len(part), float(label[part].sum()), float(scores[part].sum())])
        while len(blocks) > 1 and blocks[-2][1] * blocks[-1][0] >= blocks[-1][1] * blocks[-2][0]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    at = [sums / rows for rows, _, sums in blocks]
    shares = [(hits + 0.5) / (rows + 1) for rows, hits, _ in blocks]
    return np.interp(now, at, shares)


def _by_loss(
    before: Any, now: Any, label: Numbers, target: str, prediction: str, level: float
) -> EstimateReport:
    import numpy as np

    names = [
        name
        for name in before.column_names
        if name != target and name in now.column_names and _is_number(before, name)
    ]
    guess = numbers_of(column_of(before, prediction, "prediction"), prediction)
    numbers_of(column_of(now, prediction, "prediction"), prediction)
    kept = np.isfinite(label) & np.isfinite(guess)
    _check_rows(int(kept.sum()))
    matrix = np.column_stack([numbers_of(before.column(name), name) for name in names])[kept]
    rows = np.column_stack([numbers_of(now.column(name), name) for name in names])
    rows = rows[~np.isnan(rows[:, names.index(prediction)])]
    losses = np.abs(guess - label)[kept]
    learn = np.arange(len(losses)) % 2 == 0
    held = LossModel().fit(matrix[learn], losses[learn]).predict(matrix[~learn])
    off = _off(held, losses[~learn])
    factor = _quantile(level)
    metrics = {}
    for name, of in (("mae", losses), ("rmse", losses**2)):
        model = LossModel().fit(matrix, of)
        expected = model.predict(rows)
        mean = float(expected.mean()) if len(expected) else math.nan
        spread = math.sqrt(float(expected.var()) + float((of - model.predict(matrix)).var()))
        reach = factor * spread / math.sqrt(max(len(expected), 1))
        values = (mean, max(mean - reach, 0.0), mean + reach)
        metrics[name] = EstimatedMetric(*(map(math.sqrt, values) if name == "rmse" else values))
    return EstimateReport(
        "DLE",
        metrics,
        len(rows),
        off <= _MAX_OFF,
        f"On reference rows that were held out, learnt losses are off by {100 * off:.2g} % of "
        f"their mean (limit {100 * _MAX_OFF:g}).",
        level,
    )


def _is_number(table: Any, name: str) -> bool:
    import pyarrow as pa

    kind = table.column(name).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _off(expected: Numbers, losses: Numbers) -> float:
    """Return how far mean losses of five parts, by what was expected, are from it."""
    import numpy as np

    parts = np.array_split(np.argsort(expected, kind="stable"), 5)
    gaps = [abs(float(expected[part].mean() - losses[part].mean())) for part in parts]
    chance = [
        math.sqrt(2 / math.pi) * float(losses[part].std()) / math.sqrt(len(part)) for part in parts
    ]
    mean = float(losses.mean())
    return max(0.0, (sum(gaps) - sum(chance)) / 5 / mean) if mean > 0 else 0.0


def _quantile(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)
