"""How well a model does before labels arrive: confidence for classes, learnt losses for numbers."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring import _engine
from mainspring._columns import arrow_table, column_of, numbers_of
from mainspring._json import to_json
from mainspring.errors import DataError, ParameterError
from mainspring.profiles.text_table import format_number, text_table
from mainspring.quality.rows import Classes, Names, checked_score, complete_rows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]

__all__ = ["EstimateReport", "EstimatedMetric", "estimate_performance"]

_MAX_EXCESS = 0.03  # of calibration on reference rows that were held out
_MAX_OFF = 0.15  # of learnt losses, relative to their mean
_MIN_ROWS = 200


@dataclass(frozen=True)
class EstimatedMetric:
    """One metric as it is expected to be.

    Attributes
    ----------
    value : float
        The expectation.
    low, high : float
        What the realised metric of these rows lies between at the report's level, where the
        estimate is trusted.
    reason : str
        Why there is no value, where it is NaN.
    """

    value: float
    low: float
    high: float
    reason: str = ""


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
    num_missing : int
        Rows that were left out, as their score or prediction is missing.
    """

    method: str
    metrics: dict[str, EstimatedMetric]
    num_rows: int
    trusted: bool
    reason: str
    level: float
    num_missing: int = 0

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


def estimate_performance(  # noqa: PLR0913 - each is a part of what is estimated
    reference: object,
    current: object,
    *,
    target: str,
    score: str | Mapping[Any, str] | None = None,
    prediction: str | None = None,
    positive: Any = None,
    threshold: float = 0.5,
    level: float = 0.95,
) -> EstimateReport:
    """Estimate how well a model does on rows whose labels are not there yet.

    With ``score``, probabilities: confidence-based estimation (CBPE). Scores are calibrated on the
    reference; each row then counts as one of each class with its probability, and every metric has
    its expectation. With ``prediction``, a number: direct loss estimation (DLE). The absolute and
    the squared error are learnt from the features and the prediction by boosted stumps, and
    averaged over the rows.

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
    score : str or mapping, optional
        The column of the positive class's probability, or a column for each class.
    prediction : str, optional
        The column of predicted numbers. All other columns of numbers are features.
    positive : object, optional
        Of two classes, the one that ``score`` speaks of: 1 of 0 and 1, else the larger one.
    threshold : float, default 0.5
        Of two classes: from which score on a row is predicted as positive.
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
        When the reference has fewer than 200 complete rows or one class, or a score is no
        probability.

    Notes
    -----
    Intervals of CBPE: percentiles of 200 draws, each with the calibration of a resampled reference
    and with labels drawn from its probabilities. Of DLE: the normal law of what the losses leave
    unexplained on reference rows that were held out, and of how far models that lack a tenth of the
    reference differ. Deterministic. Time: 200 evaluations of the rows; of DLE a pass over the
    reference for each two features, of which the 32 that say most are used.

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
    if not 0 < level < 1:
        raise ParameterError(
            f"level must be between 0 and 1, got {level!r}.",
            expected="between 0 and 1",
            got=repr(level),
        )
    before, now = (arrow_table(data, "estimate_performance") for data in (reference, current))
    if score is not None:
        names = Names(target, None, checked_score(score))
        return _by_confidence(before, now, names, Classes(positive=positive), (threshold, level))
    return _by_loss(before, now, target, str(prediction), level)


def _by_confidence(
    before: Any, now: Any, names: Names, classes: Classes, chosen: tuple[float, float]
) -> EstimateReport:
    import numpy as np

    threshold, level = chosen
    two = isinstance(names.score, str) or len(names.score or {}) == 2
    if isinstance(names.score, dict):
        classes.values = list(names.score)
    rows = complete_rows(before, names, "binary" if two else "multiclass", classes, threshold)
    _check_rows(len(rows.kept))
    labels, scores = rows.columns["labels"], rows.columns["scores"]
    num_classes = 2 if two else len(classes.values)
    absent = sorted(set(range(num_classes)) - set(np.unique(labels).tolist()))
    if absent:
        there = [classes.values[code] for code in range(len(classes.values)) if code not in absent]
        raise DataError(
            f"The reference has no rows of {len(absent)} of {num_classes} classes, of which scores "
            "speak: nothing is known of them. Add such rows.",
            column=names.target,
            expected=f"{num_classes} classes",
            got=str(len(there) if not two else 1),
        )
    columns = [names.score] if isinstance(names.score, str) else list((names.score or {}).values())
    if two and isinstance(names.score, dict):
        columns = [names.score[classes.positive]]
    _check_probabilities(scores, columns, rows.kept)
    asked = np.column_stack([numbers_of(column_of(now, c, "score"), c) for c in columns])
    kept = np.flatnonzero(~np.isnan(asked).any(axis=1))
    asked = np.ascontiguousarray(asked[kept])
    _check_probabilities(asked, columns, kept)
    found = _engine.confidence_estimate(
        labels, scores.ravel(), asked.ravel(), num_classes, threshold, level
    )
    excess = found["calibration_excess"]
    return EstimateReport(
        "CBPE",
        {name: EstimatedMetric(*values) for name, *values in found["metrics"]},
        len(asked),
        bool(excess <= _MAX_EXCESS),
        f"On reference rows that were held out, calibrated probabilities are off by "
        f"{100 * max(excess, 0):.2g} points more than chance explains "
        f"(limit {100 * _MAX_EXCESS:g}).",
        level,
        now.num_rows - len(asked),
    )


def _check_probabilities(scores: Numbers, columns: list[str], kept: Any) -> None:
    import numpy as np

    bad = ~((scores >= 0) & (scores <= 1))
    if bad.any():
        place, score = (int(at) for at in np.argwhere(bad)[0])
        row, value = int(kept[place]), scores[place, score]
        raise DataError(
            f"Column '{columns[score]}', row {row}: a score must be a probability, got {value}.",
            column=columns[score],
            row=row,
            expected="0 to 1",
            got=str(value),
        )


def _check_rows(count: int) -> None:
    if count < _MIN_ROWS:
        raise DataError(
            f"The reference has {count} rows with a label and a prediction, expected at least "
            f"{_MIN_ROWS}.",
            expected=f"{_MIN_ROWS} rows",
            got=f"{count} rows",
        )


def _by_loss(before: Any, now: Any, target: str, prediction: str, level: float) -> EstimateReport:
    import numpy as np

    names = [
        name
        for name in before.column_names
        if name != target
        and name != prediction
        and name in now.column_names
        and _is_number(before, name)
        and _is_number(now, name)
    ]
    label = numbers_of(column_of(before, target, "target"), target)
    guess = numbers_of(column_of(before, prediction, "prediction"), prediction)
    asked = numbers_of(column_of(now, prediction, "prediction"), prediction)
    kept, there = np.isfinite(label) & np.isfinite(guess), np.isfinite(asked)
    _check_rows(int(kept.sum()))
    features = [guess[kept], *(numbers_of(before.column(n), n)[kept] for n in names)]
    rows = [asked[there], *(numbers_of(now.column(n), n)[there] for n in names)]
    losses = np.abs(guess - label)[kept]
    metrics, off = {}, 0.0
    for name, of in (("mae", losses), ("rmse", losses**2)):
        found = _engine.loss_estimate(
            np.concatenate(features), of, np.concatenate(rows), len(features)
        )
        reach = _quantile(level) * found["uncertainty"]
        values = [found["mean"], max(found["mean"] - reach, 0.0), found["mean"] + reach]
        if name == "rmse":
            values = [math.sqrt(value) for value in values]
        else:
            off = found["off"]
        reason = "There are no rows with a prediction." if math.isnan(values[0]) else ""
        metrics[name] = EstimatedMetric(values[0], values[1], values[2], reason)
    return EstimateReport(
        "DLE",
        metrics,
        int(there.sum()),
        off <= _MAX_OFF,
        f"On reference rows that were held out, learnt losses are off by {100 * off:.2g} % of "
        f"their mean (limit {100 * _MAX_OFF:g}).",
        level,
        int((~there).sum()),
    )


def _is_number(table: Any, name: str) -> bool:
    import pyarrow as pa

    kind = table.column(name).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _quantile(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf((1 + level) / 2)
