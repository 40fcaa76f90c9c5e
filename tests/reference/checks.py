"""What the checks measure, in plain NumPy: one row after the other where that is clearest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from tests.reference.hashes import combine_hashes, hash_bucket, hash_u64

FOLDS = 5
PRIOR_ROWS = 5.0


def folds(rows: int) -> np.ndarray:
    """Fold of each row, as in cross-fitting with seed 0."""
    seed = hash_u64(0)
    mixed = (combine_hashes(seed, hash_u64(row)) for row in range(rows))
    return np.array([hash_bucket(value, FOLDS) for value in mixed])


def bins(feature: Sequence[float | str | None]) -> np.ndarray:
    """Bin of each row; 0 where missing."""
    if any(isinstance(v, str) for v in feature):
        codes: dict[str, int] = {}
        return np.array(
            [0 if v is None else codes.setdefault(str(v), len(codes) + 1) for v in feature]
        )
    values = np.array([np.nan if v is None else v for v in feature], dtype=float)
    ordered = np.sort(values[~np.isnan(values)])
    if len(ordered) == 0:
        return np.zeros(len(values), int)
    count = min(max(len(ordered) // 100, 2), 256)
    edges = sorted({ordered[k * len(ordered) // count] for k in range(1, count)} - {ordered[0]})
    found = 1 + np.searchsorted(edges, values, side="right")
    return np.where(np.isnan(values), 0, found)


def out_of_fold_means(bin_of: np.ndarray, label: np.ndarray, fold_of: np.ndarray) -> np.ndarray:
    """Mean label of each row's bin in the other folds, drawn to their mean."""
    scores = np.zeros(len(label))
    for fold in range(FOLDS):
        outside = fold_of != fold
        prior = label[outside].mean() if outside.any() else 0.0
        for value in np.unique(bin_of):
            inside = outside & (bin_of == value)
            mean = (label[inside].sum() + PRIOR_ROWS * prior) / (inside.sum() + PRIOR_ROWS)
            scores[(fold_of == fold) & (bin_of == value)] = mean
    return scores


def auc(scores: np.ndarray, label: np.ndarray) -> float:
    """Share of pairs in order; ties count half."""
    positives, negatives = scores[label == 1], scores[label == 0]
    u = stats.mannwhitneyu(positives, negatives).statistic
    return float(u / (len(positives) * len(negatives)))


def label_power(feature: Sequence[float | str | None], label: np.ndarray) -> float:
    """2 AUC - 1 of a label of 0 and 1, AUCs within folds weighted by their pairs."""
    fold_of = folds(len(label))
    scores = out_of_fold_means(bins(feature), label.astype(float), fold_of)
    weighted = weights = 0.0
    for fold in range(FOLDS):
        inside = fold_of == fold
        pairs = float((label[inside] == 1).sum() * (label[inside] == 0).sum())
        if pairs > 0:
            weighted += pairs * auc(scores[inside], label[inside])
            weights += pairs
    return max(0.0, 2 * weighted / weights - 1) if weights else 0.0


def rank_power(feature: Sequence[float | str | None], label: np.ndarray) -> float:
    """Explained share of the variance of a numeric label's ranks."""
    ranks = (stats.rankdata(label) - 0.5) / len(label)
    scores = out_of_fold_means(bins(feature), ranks, folds(len(label)))
    return max(0.0, 1 - float(((ranks - scores) ** 2).sum() / ((ranks - 0.5) ** 2).sum()))


def missing_auc(missing: np.ndarray, label: np.ndarray) -> float:
    """AUC of being missing, the larger way round."""
    value = auc(missing.astype(float), label)
    return max(value, 1 - value)
