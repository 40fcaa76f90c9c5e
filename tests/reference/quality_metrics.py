"""What a metric measures of plain lists: one function for each metric, by its name.

``rows`` are tuples of label, prediction, score, weight and query. Of two classes labels and
predictions are 0 and 1 and the score speaks of 1; of regression and rankings the prediction is a
number. Written from the definitions in docs/concepts/quality.md, one pair or one row at a time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

EPSILON = 2.0**-52
TOP_SHARE, QUANTILE, AT, NUM_BINS = 0.1, 0.5, 10, 15


@dataclass(frozen=True)
class Row:
    label: float
    prediction: float
    score: float = math.nan
    weight: float = 1.0
    query: int = 0


Rows = list[Row]


def _weight(rows: Rows) -> Fraction:
    return sum((Fraction(row.weight) for row in rows), Fraction(0))


def _share(rows: Rows, of: Rows) -> float:
    return float(_weight(rows) / _weight(of)) if _weight(of) else 0.0


def accuracy(rows: Rows) -> float:
    return _share([row for row in rows if row.label == row.prediction], rows)


def precision(rows: Rows) -> float:
    taken = [row for row in rows if row.prediction == 1]
    return _share([row for row in taken if row.label == 1], taken)


def recall(rows: Rows) -> float:
    wanted = [row for row in rows if row.label == 1]
    return _share([row for row in wanted if row.prediction == 1], wanted)


def specificity(rows: Rows) -> float:
    others = [row for row in rows if row.label == 0]
    return _share([row for row in others if row.prediction == 0], others)


def f1(rows: Rows) -> float:
    both = precision(rows) + recall(rows)
    return 2 * precision(rows) * recall(rows) / both if both else 0.0


def mcc(rows: Rows) -> float:
    weight = np.array([row.weight for row in rows])
    sides = np.array([(row.label, row.prediction) for row in rows]).T
    if any(len({side[i] for i in range(len(rows)) if weight[i]}) < 2 for side in sides):
        return 0.0
    means = sides @ weight / weight.sum()
    off = sides - means[:, None]
    spread = (off**2 @ weight).prod() ** 0.5
    return float((off[0] * off[1] * weight).sum() / spread)


def roc_auc(rows: Rows) -> float:
    pairs = inside = Fraction(0)
    for a in (row for row in rows if row.label == 1):
        for b in (row for row in rows if row.label == 0):
            weight = Fraction(a.weight) * Fraction(b.weight)
            pairs += weight
            inside += weight * (2 if a.score > b.score else 1 if a.score == b.score else 0)
    return float(inside / 2 / pairs) if pairs else math.nan


def roc_auc_histogram(rows: Rows) -> float:
    if any(not 0 <= row.score <= 1 for row in rows if row.weight):
        return math.nan
    bins = [min(math.floor(row.score * 16384), 16383) for row in rows]
    return roc_auc(
        [
            Row(row.label, row.prediction, place, round(row.weight * 2**24) / 2**24)
            for row, place in zip(rows, bins, strict=True)
        ]
    )


def _one_sided(rows: Rows) -> bool:
    return len({row.label for row in rows if row.weight}) < 2


def pr_auc(rows: Rows) -> float:
    if _one_sided(rows):
        return math.nan
    area, before = 0.0, 0.0
    for threshold in sorted({row.score for row in rows}, reverse=True):
        taken = [row for row in rows if row.score >= threshold]
        now = _share([row for row in taken if row.label], [row for row in rows if row.label])
        area += (now - before) * _share([row for row in taken if row.label], taken)
        before = now
    return area


def ks(rows: Rows) -> float:
    if _one_sided(rows):
        return math.nan
    sides = [[row for row in rows if row.label == label] for label in (0, 1)]
    return max(
        abs(
            _share([row for row in sides[1] if row.score >= at], sides[1])
            - _share([row for row in sides[0] if row.score >= at], sides[0])
        )
        for at in {row.score for row in rows}
    )


def gain(rows: Rows) -> float:
    if _one_sided(rows):
        return math.nan
    left, hits = Fraction(TOP_SHARE) * _weight(rows), Fraction(0)
    for at in sorted({row.score for row in rows}, reverse=True):
        tied = [row for row in rows if row.score == at]
        part = min(Fraction(1), left / _weight(tied)) if _weight(tied) else Fraction(0)
        hits += part * _weight([row for row in tied if row.label])
        left -= part * _weight(tied)
    return float(hits / _weight([row for row in rows if row.label]))


def lift(rows: Rows) -> float:
    return gain(rows) / TOP_SHARE


def _bins(rows: Rows) -> list[Rows]:
    found: dict[int, Rows] = defaultdict(list)
    for at in {row.score for row in rows}:
        tied = [row for row in rows if row.score == at and row.weight]
        if not tied:
            continue
        below = _weight([row for row in rows if row.score < at])
        place = (float(below) + 0.5 * float(_weight(tied))) / float(_weight(rows)) * NUM_BINS
        found[min(NUM_BINS - 1, int(place))] += tied
    return list(found.values())


def _calibrated(rows: Rows) -> bool:
    return not _one_sided(rows) and all(0 <= row.score <= 1 for row in rows if row.weight)


def ece(rows: Rows) -> float:
    if not _calibrated(rows):
        return math.nan
    return sum(
        abs(sum(row.weight * (row.label - row.score) for row in part)) for part in _bins(rows)
    ) / sum(row.weight for row in rows)


def ece_excess(rows: Rows) -> float:
    if not _calibrated(rows):
        return math.nan
    chance = sum(
        math.sqrt(2 / math.pi * sum(row.weight * row.score * (1 - row.score) for row in part))
        for part in _bins(rows)
    )
    return ece(rows) - chance / sum(row.weight for row in rows)


def _line(rows: Rows) -> tuple[float, float]:
    """Iterated weighted least squares, written as linear algebra; NaN where there is no line."""
    if not _calibrated(rows) or len({row.score for row in rows if row.weight}) < 2:
        return math.nan, math.nan
    p = np.clip([row.score for row in rows], EPSILON, 1 - EPSILON)
    x = np.column_stack([np.ones(len(rows)), np.log(p) - np.log1p(-p)])
    y, w = np.array([row.label for row in rows]), np.array([row.weight for row in rows])
    wanted = [x[(y == label) & (w > 0), 1] for label in (0, 1)]
    if wanted[0].max() <= wanted[1].min() or wanted[1].max() <= wanted[0].min():
        return math.nan, math.nan  # the classes are apart: the slope has no end
    beta = np.array([0.0, 1.0])

    def gradient(at: np.ndarray) -> np.ndarray:
        return np.asarray(x.T @ (w * (y - 1 / (1 + np.exp(-np.clip(x @ at, -700, 700))))))

    for _ in range(60):
        mean = 1 / (1 + np.exp(-np.clip(x @ beta, -700, 700)))
        step = np.linalg.lstsq(x.T @ (x * (w * mean * (1 - mean))[:, None]), gradient(beta))[0]
        while np.abs(gradient(beta + step)).sum() > 2 * np.abs(gradient(beta)).sum() + 1e-9:
            step = step / 2
        beta = beta + step
    return float(beta[0]), float(beta[1])


def calibration_intercept(rows: Rows) -> float:
    return _line(rows)[0]


def calibration_slope(rows: Rows) -> float:
    return _line(rows)[1]


def log_loss(rows: Rows) -> float:
    if any(not 0 <= row.score <= 1 for row in rows if row.weight):
        return math.nan
    given = [row.score if row.label else 1 - row.score for row in rows]
    losses = [-math.log(min(max(p, EPSILON), 1 - EPSILON)) for p in given]
    return _mean(rows, losses)


def brier(rows: Rows) -> float:
    if any(not 0 <= row.score <= 1 for row in rows if row.weight):
        return math.nan
    return _mean(rows, [(row.score - row.label) ** 2 for row in rows])


def _mean(rows: Rows, values: list[float]) -> float:
    total = sum(
        (Fraction(row.weight) * Fraction(v) for row, v in zip(rows, values, strict=True)),
        Fraction(0),
    )
    return float(total / _weight(rows)) if _weight(rows) else math.nan


def mae(rows: Rows) -> float:
    return _mean(rows, [abs(row.prediction - row.label) for row in rows])


def rmse(rows: Rows) -> float:
    return math.sqrt(_mean(rows, [(row.prediction - row.label) ** 2 for row in rows]))


def mean_error(rows: Rows) -> float:
    return _mean(rows, [row.prediction - row.label for row in rows])


def mape(rows: Rows) -> float:
    return _mean(
        rows, [abs(row.prediction - row.label) / max(abs(row.label), EPSILON) for row in rows]
    )


def quantile_loss(rows: Rows) -> float:
    return _mean(
        rows,
        [
            max(
                QUANTILE * (row.label - row.prediction),
                (QUANTILE - 1) * (row.label - row.prediction),
            )
            for row in rows
        ],
    )


def r2(rows: Rows) -> float:
    mean = sum(Fraction(row.weight) * Fraction(row.label) for row in rows) / _weight(rows)
    spread = sum(Fraction(row.weight) * (Fraction(row.label) - mean) ** 2 for row in rows)
    errors = sum(
        Fraction(row.weight) * (Fraction(row.label) - Fraction(row.prediction)) ** 2 for row in rows
    )
    if not spread:
        return 0.0 if errors else 1.0
    return float(1 - errors / spread)


def _over_queries(rows: Rows, of: Any) -> float:
    queries: dict[int, Rows] = defaultdict(list)
    for row in rows:
        queries[row.query].append(row)
    return float(np.mean([of(part) for part in queries.values()]))


def _discount(place: int) -> float:
    return 1 / math.log2(place + 2) if place < AT else 0.0


def ndcg(rows: Rows) -> float:
    def of(part: Rows) -> float:
        best = sorted((row.label for row in part), reverse=True)
        ideal = sum(label * _discount(place) for place, label in enumerate(best))
        gain, place = 0.0, 0
        for at in sorted({row.prediction for row in part}, reverse=True):
            tied = [row.label for row in part if row.prediction == at]
            gain += np.mean(tied) * sum(_discount(place + i) for i in range(len(tied)))
            place += len(tied)
        return gain / ideal if ideal else 0.0

    return _over_queries(rows, of)


def _place(row: Row, part: Rows) -> int:
    return sum(other.prediction >= row.prediction for other in part)


def map(rows: Rows) -> float:
    def of(part: Rows) -> float:
        relevant = [row for row in part if row.label > 0]
        return float(
            np.mean([_place(row, relevant) / _place(row, part) for row in relevant])
            if relevant
            else 0
        )

    return _over_queries(rows, of)


def _best(part: Rows) -> int:
    return min((_place(row, part) for row in part if row.label > 0), default=0)


def mrr(rows: Rows) -> float:
    return _over_queries(rows, lambda part: 1 / _best(part) if _best(part) else 0.0)


def hit_rate(rows: Rows) -> float:
    return _over_queries(rows, lambda part: float(0 < _best(part) <= AT))
