"""What a drift report says of two columns: one function for each statistic, by its name.

Columns are plain lists; None and NaN are missing; a column of strings is a column of categories.
Every function returns the value and, where the statistic has a test of its own, the p-value. NaN
where there is nothing to compare. The formulas are in tests/reference/drift.py.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np
from scipy import special, stats
from scipy.integrate import quad

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
        return NOTHING
    gone = [sum(map(is_missing, column)) for column in (before, now)]
    return drift.share_change(gone[0], len(before), gone[1], len(now))


def unseen_rate(before: Column, now: Column) -> Measured:
    known = Counter(present(before))
    if not present(before) or not present(now):
        return NOTHING
    once = sum(count == 1 for count in known.values())
    unseen = sum(value not in known for value in present(now))
    return drift.share_change(once, len(present(before)), unseen, len(present(now)))


def wasserstein_iqr(before: Column, now: Column) -> Measured:
    distance, _ = wasserstein(before, now)
    if math.isnan(distance):
        return NOTHING
    unit = float(np.subtract(*np.quantile(np.array(present(before), float), [0.75, 0.25])))
    if unit == 0:
        return (math.inf if distance > 0 else 0.0), None
    return distance / unit, None


def energy(before: Column, now: Column) -> Measured:
    """SciPy scales by the largest, or squares of tiny areas vanish."""
    if not present(before) or not present(now):
        return NOTHING
    return float(stats.energy_distance(present(before), present(now))), None


def kuiper(before: Column, now: Column) -> Measured:
    x, y = (np.sort(np.array(present(side), float)) for side in (before, now))
    if not len(x) or not len(y):
        return NOTHING
    values = np.concatenate([x, y])
    gap = np.searchsorted(x, values, "right") / len(x) - np.searchsorted(y, values, "right") / len(
        y
    )
    distance = max(gap.max(), 0.0) - min(gap.min(), 0.0)
    root = math.sqrt(len(x) * len(y) / (len(x) + len(y)))
    rate = (root + 0.155 + 0.24 / root) * distance
    if rate < 0.4:
        return float(distance), 1.0
    j = np.arange(1, 200)
    terms = 2 * (4 * (j * rate) ** 2 - 1) * np.exp(-2 * (j * rate) ** 2)
    return float(distance), float(np.clip(terms.sum(), 0, 1))


def cramer_von_mises(before: Column, now: Column) -> Measured:
    """SciPy refuses samples of one value: its formula here, its limit law with it."""
    x, y = (np.sort(np.array(present(side), float)) for side in (before, now))
    n, m = len(x), len(y)
    if not n or not m:
        return NOTHING
    ranks = stats.rankdata(np.concatenate([x, y]))
    u = n * np.sum((ranks[:n] - np.arange(1, n + 1)) ** 2)
    u += m * np.sum((ranks[n:] - np.arange(1, m + 1)) ** 2)
    both = n + m
    value = u / (n * m * both) - (4 * n * m - 1) / (6 * both)
    mean = (1 + 1 / both) / 6
    spread = (both + 1) * (4 * n * m * both - 3 * (n**2 + m**2) - 2 * n * m)
    spread /= 45 * both**2 * 4 * n * m
    if spread == 0:
        return float(value), 1.0
    at = 1 / 6 + (value - mean) / math.sqrt(45 * spread)
    if at < 0.003:
        return float(value), 1.0
    k = np.arange(60)
    arc = (4 * k + 1) ** 2 / (16 * at)
    terms = special.gamma(k + 0.5) / special.gamma(k + 1) * np.sqrt(4 * k + 1)
    terms = terms * np.exp(-arc) * special.kv(0.25, arc) / (math.pi**1.5 * math.sqrt(at))
    return float(value), float(np.clip(1 - np.nansum(terms), 0, 1))


def anderson_darling(before: Column, now: Column) -> Measured:
    sides = [np.sort(np.array(present(side), float)) for side in (before, now)]
    n, m = map(len, sides)
    if not n or not m:
        return NOTHING
    values, equal = np.unique(np.concatenate(sides), return_counts=True)
    if len(values) < 2:
        return 0.0, 1.0
    every = n + m
    below = np.cumsum(equal) - equal / 2
    total = 0.0
    for side in sides:
        low, high = (np.searchsorted(side, values, end) for end in ("left", "right"))
        gap = every * (low + high) / 2 - len(side) * below
        weight = below * (every - below) - every * equal / 4
        total += np.sum(equal / every * gap**2 / weight) / len(side)
    value = float((every - 1) / every * total)
    return value, _anderson_darling_tail(value)


def _anderson_darling_tail(z: float) -> float:
    """The series of Anderson and Darling (1954), by quadrature."""
    if z <= 0:
        return 1.0
    if z > 40:  # below 1e-17, where the terms cancel
        return 0.0

    def term(j: int) -> float:
        rate = (4 * j + 1) ** 2 * math.pi**2 / (8 * z)
        area, _ = quad(
            lambda w: math.exp(z / (8 * (w * w + 1)) - rate * (w * w + 1)),
            0,
            7 / math.sqrt(rate),
            epsabs=0,
            epsrel=1e-13,
            limit=200,
        )
        return float(special.binom(-0.5, j)) * (4 * j + 1) * area

    total = math.sqrt(2 * math.pi) / z * sum(term(j) for j in range(25))
    return min(max(1 - total, 0.0), 1.0)


def mann_whitney(before: Column, now: Column) -> Measured:
    if not present(before) or not present(now):
        return NOTHING
    with np.errstate(invalid="ignore", divide="ignore"):
        result = stats.mannwhitneyu(present(now), present(before), method="asymptotic")
    return float(result.statistic) / len(present(before)) / len(present(now)), float(result.pvalue)


def t(before: Column, now: Column) -> Measured:
    """Welch, with variances in fractions: no digit is lost, however alike the values are."""
    x, y = (list(map(Fraction, present(side))) for side in (before, now))
    if len(x) < 2 or len(y) < 2:
        return NOTHING
    means = [sum(side) / len(side) for side in (x, y)]
    squared = [
        sum((value - mean) ** 2 for value in side) / (len(side) - 1) / len(side)
        for side, mean in zip((x, y), means, strict=True)
    ]
    error = sum(squared)
    gap = means[1] - means[0]
    if error == 0:
        return (0.0, 1.0) if gap == 0 else (math.copysign(math.inf, gap), 0.0)
    if error < Fraction(1e-290) ** 2:
        return NOTHING
    value = math.copysign(math.sqrt(gap**2 / error), gap)
    parts = [part**2 / (len(side) - 1) for part, side in zip(squared, (x, y), strict=True)]
    return value, 2 * float(stats.t.sf(abs(value), float(error**2 / sum(parts))))


def epps_singleton(before: Column, now: Column) -> Measured:
    """The formula of SciPy, with a wider margin for a matrix that is nearly singular."""
    x, y = (np.array(present(side), float) for side in (before, now))
    n, m = len(x), len(y)
    if n < 5 or m < 5:
        return NOTHING
    unit = stats.iqr(np.concatenate([x, y])) / 2
    if unit == 0 or not math.isfinite(1 / unit):
        return NOTHING
    points = np.array([0.4, 0.8]).reshape(-1, 1) / unit
    waves = [np.vstack([np.cos(points * side), np.sin(points * side)]).T for side in (x, y)]
    cov = sum((n + m) / len(wave) * np.cov(wave.T, bias=True).reshape(4, 4) for wave in waves)
    gap = waves[0].mean(axis=0) - waves[1].mean(axis=0)
    value = (n + m) * gap @ np.linalg.pinv(cov, rcond=1e-6, hermitian=True) @ gap
    if max(n, m) < 25:
        value /= 1 + (n + m) ** -0.45 + 10.1 * (n**-1.7 + m**-1.7)
    rank = np.linalg.matrix_rank(cov, tol=1e-6 * np.linalg.norm(cov, 2), hermitian=True)
    return float(value), float(stats.chi2.sf(value, rank)) if rank else 1.0


def kl(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    reference, current = folded_or_bins(before, now, 10)
    half = 0.5 * len(reference)
    p = (reference + 0.5) / (reference.sum() + half)
    q = (current + 0.5) / (current.sum() + half)
    return float(stats.entropy(q, p)), None


def js_classes(before: Column, now: Column) -> Classes:
    if is_categorical(before, now):
        return drift.category_classes(before, now)
    return drift.number_classes(numbers(before), numbers(now), js_bins(before, now))


def js_divergence(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    return drift.js(*js_classes(before, now)) ** 2, None


def shares(before: Column, now: Column) -> Classes:
    reference, current = js_classes(before, now)
    return reference / reference.sum(), current / current.sum()


def hellinger(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    p, q = shares(before, now)
    return float(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / math.sqrt(2)), None


def total_variation(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    p, q = shares(before, now)
    return float(np.abs(p - q).sum() / 2), None


def linf(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    p, q = shares(before, now)
    return float(np.abs(p - q).max()), None


def g(before: Column, now: Column) -> Measured:
    if not before or not now:
        return NOTHING
    table = np.array(drift.folded_classes(before, now))
    if table.shape[1] < 2:
        return 0.0, 1.0
    result = stats.chi2_contingency(table, lambda_="log-likelihood")
    return float(result.statistic), float(result.pvalue)


def cramers_v(before: Column, now: Column) -> Measured:
    """Bergsma 2013, as written."""
    if not before or not now:
        return NOTHING
    table = np.array(drift.folded_classes(before, now))
    every, columns = table.sum(), table.shape[1]
    if columns < 2 or every <= 2:
        return 0.0, None
    phi2 = stats.chi2_contingency(table, correction=False).statistic / every
    phi2 = max(0.0, phi2 - (columns - 1) / (every - 1))
    columns -= (columns - 1) ** 2 / (every - 1)
    room = min(columns, 2 - 1 / (every - 1)) - 1
    return (min(1.0, math.sqrt(phi2 / room)) if room > 0 else 0.0), None


def two_by_two(before: Column, now: Column) -> tuple[int, int, int, int]:
    """Rows of the last category and of the others, in the reference and now."""
    last = max([*present(before), *present(now)])
    marked = [sum(value == last for value in side) for side in (before, now)]
    rows = [len(present(side)) for side in (before, now)]
    return marked[0], rows[0] - marked[0], marked[1], rows[1] - marked[1]


def fisher(before: Column, now: Column) -> Measured:
    if not present(before) or not present(now):
        return NOTHING
    a, b, c, d = two_by_two(before, now)
    if b + d == 0:
        return NOTHING
    result = stats.fisher_exact([[c, d], [a, b]])
    return float(result.statistic), float(result.pvalue)


def proportion_z(before: Column, now: Column) -> Measured:
    if not present(before) or not present(now):
        return NOTHING
    a, b, c, d = two_by_two(before, now)
    pooled = (a + c) / (a + b + c + d)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / (a + b) + 1 / (c + d)))
    if spread == 0:
        return 0.0, 1.0
    value = (c / (c + d) - a / (a + b)) / spread
    return value, 2 * float(stats.norm.sf(abs(value)))


def out_of_range_rate(before: Column, now: Column) -> Measured:
    known, there = present(before), present(now)
    if not known or not there:
        return NOTHING
    beyond = sum(value < min(known) or value > max(known) for value in there)
    return drift.share_change(2, len(known) + 1, beyond, len(there))


def column_auc(before: Column, now: Column) -> Measured:
    """The area by all pairs of rows, each pair scored by the leaves that lack both."""
    if not before or not now:
        return NOTHING
    return max(0.5, drift.pair_auc(*folded_or_bins(before, now, 10))), None
