"""What a check measures of one feature: one function for each check, by its name.

Columns are plain lists, None is missing. ``due`` and ``known`` are seconds: when the prediction was
due, and when the feature's value became known. The pieces are in tests/reference/checks.py.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy import stats

from tests.reference import checks
from tests.reference.columns import Column

MIN_ROWS = 50
MIN_CLASS_ROWS = 30
MAX_CLASSES = 32


def labelled(label: Column) -> np.ndarray:
    return np.array([value is not None for value in label], bool)


def is_text(column: Column) -> bool:
    return any(isinstance(value, str) for value in column)


def is_regression(label: Column) -> bool:
    """Numbers of more than two values, unless they are at most 20 whole ones."""
    distinct = {value for value in label if value is not None}
    if is_text(label) or len(distinct) <= 2:
        return False
    return len(distinct) > 20 or any(value != int(value) for value in distinct)


def class_counts(label: Column) -> Counter:
    return Counter(value for value in label if value is not None)


def constant_label(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts = class_counts(label)
    return max(counts.values()) / counts.total() if counts else 1.0


def target_in_features(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts = class_counts(label)
    if counts.total() < MIN_ROWS or len(counts) == 1:
        return 0.0
    value = 0.0
    if not is_text(feature) and not is_text(label):
        both = [(x, y) for x, y in zip(feature, label, strict=True) if None not in (x, y)]
        if len(both) >= MIN_ROWS and all(x == y for x, y in both):
            return 1.0
        x, y = np.array(both, float).reshape(-1, 2).T
        if len(both) > 1 and np.ptp(x) > 0 and np.ptp(y) > 0:
            value = float(abs(stats.pearsonr(x, y).statistic))
    pairs = {(x, y) for x, y in zip(feature, label, strict=True) if y is not None}
    one_to_one = len(pairs) == len({x for x, _ in pairs}) == len({y for _, y in pairs})
    return 1.0 if one_to_one and len(pairs) > 1 and not is_regression(label) else value


def label_power(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts, there = class_counts(label), labelled(label)
    if counts.total() < MIN_ROWS:
        return 0.0
    fold_of, bin_of = checks.folds(len(label))[there], checks.bins(feature)[there]
    values = [value for value in label if value is not None]
    if is_regression(label):
        ranks = (stats.rankdata(values) - 0.5) / len(values)
        scores = checks.out_of_fold_means(bin_of, ranks, fold_of)
        return max(0.0, 1 - float(((ranks - scores) ** 2).sum() / ((ranks - 0.5) ** 2).sum()))
    if len(counts) < 2:
        return 0.0
    of = {
        name: class_power(bin_of, np.array([float(v == name) for v in values]), fold_of)
        for name, _ in counts.most_common(MAX_CLASSES)
    }
    return sum(counts[name] * of[name] for name in of) / sum(counts[name] for name in of)


def class_power(bin_of: np.ndarray, is_class: np.ndarray, fold_of: np.ndarray) -> float:
    """2 AUC - 1 of one class against the rest, within folds, weighted by their pairs."""
    scores = checks.out_of_fold_means(bin_of, is_class, fold_of)
    weighted = weights = 0.0
    for fold in range(checks.FOLDS):
        inside = fold_of == fold
        pairs = float((is_class[inside] == 1).sum() * (is_class[inside] == 0).sum())
        if pairs > 0:
            weighted += pairs * checks.auc(scores[inside], is_class[inside])
            weights += pairs
    return max(0.0, 2 * weighted / weights - 1) if weights else 0.0


def missing_leak(feature: Column, label: Column, due: Column, known: Column) -> float:
    counts, there = class_counts(label), labelled(label)
    if counts.total() < MIN_ROWS:
        return 0.5
    missing = np.array([value is None for value in feature])[there]
    values = [value for value in label if value is not None]
    if is_regression(label):
        ranks = (stats.rankdata(values) - 0.5) / len(values)
        sides = [ranks > 0.5]
    else:
        enough = MIN_CLASS_ROWS if len(counts) > 2 else 0
        sides = [np.array([v == name for v in values]) for name in counts if counts[name] >= enough]
    aucs = [checks.missing_auc(missing, side) for side in sides if 0 < side.sum() < len(side)]
    return max(aucs, default=0.5)


def time_travel(feature: Column, label: Column, due: Column, known: Column) -> float:
    rows = [
        (a, b) for value, a, b in zip(feature, due, known, strict=True) if None not in (value, a, b)
    ]
    return sum(b > a for a, b in rows) / len(rows) if rows else 0.0
