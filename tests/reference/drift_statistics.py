"""What a drift report says of two columns: one function for each statistic, by its name.

Columns are plain lists; None and NaN are missing; a column of strings is a column of categories.
Every function returns the value and, where the statistic has a test of its own, the p-value. NaN
where there is nothing to compare. The formulas are in tests/reference/drift.py.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from tests.reference import drift
from tests.reference.columns import Column, is_missing

Measured = tuple[float, "float | None"]
Classes = tuple[np.ndarray, np.ndarray]
NOTHING: Measured = (math.nan, None)


def is_categorical(*columns: Column) -> bool:
    return any(isinstance(value, str) for column in columns for value in column)


def present(column: Column) -> list:
    return [value for value in column if not is_missing(value)]


def numbers(column: Column) -> np.ndarray:
    return np.array([math.nan if value is None else value for value in column], float)


def folded_or_bins(before: Column, now: Column, num_bins: int) -> Classes:
    """Classes without the noise of rare categories, or bins of numbers."""
    if is_categorical(before, now):
        return drift.folded_classes(before, now)
    return drift.number_classes(numbers(before), numbers(now), num_bins)


def js_bins(before: Column, now: Column) -> int:
    return drift.num_js_bins(len(present(before)), len(present(now)))


def ks(before: Column, now: Column) -> Measured:
    if not present(before) or not present(now):
        return NOTHING
    return drift.ks(numbers(before), numbers(now))


def wasserstein(before: Column, now: Column) -> Measured:
    if not present(before) or not present(now):
        return NOTHING
    return drift.wasserstein(numbers(before), numbers(now)), None


def wasserstein_std(before: Column, now: Column) -> Measured:
    distance, _ = wasserstein(before, now)
    if math.isnan(distance):
        return NOTHING
    values = np.array(present(before))
    scale = float(np.abs(values).max()) or 1.0  # or the squares of large numbers are infinite
    unit = scale * float(np.std(values / scale)) if len(np.unique(values)) > 1 else 0.0
    if unit == 0:
        return (math.inf if distance > 0 else 0.0), None
    return distance / unit, None


def psi(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    return drift.psi(*folded_or_bins(before, now, 10)), None


def psi_excess(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    return drift.psi_excess(*folded_or_bins(before, now, 10)), None


def js(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    if is_categorical(before, now):
        return drift.js(*drift.category_classes(before, now)), None
    return drift.js(
        *drift.number_classes(numbers(before), numbers(now), js_bins(before, now))
    ), None


def js_debiased(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    return drift.js_debiased(*folded_or_bins(before, now, js_bins(before, now))), None


def chi2(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    return drift.chi2(*drift.folded_classes(before, now))


def missing_rate(before: Column, now: Column) -> Measured:
    if not before or not now:
        return math.nan, 1.0
    gone = [sum(map(is_missing, column)) for column in (before, now)]
    return drift.share_change(gone[0], len(before), gone[1], len(now))


def unseen_rate(before: Column, now: Column) -> Measured:
    known = Counter(present(before))
    if not present(before) or not present(now):
        return math.nan, 1.0
    once = sum(count == 1 for count in known.values())
    unseen = sum(value not in known for value in present(now))
    return drift.share_change(once, len(present(before)), unseen, len(present(now)))
