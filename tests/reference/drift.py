"""Drift statistics as their definitions read, in NumPy and SciPy, one column at a time.

Numbers are arrays in which NaN is missing; categories are lists in which None is.
"""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon


def present(values: np.ndarray) -> np.ndarray:
    """The values that are there."""
    return values[~np.isnan(values)]


def ks(reference: np.ndarray, current: np.ndarray) -> tuple[float, float]:
    """Distance and p-value."""
    before, now = present(reference), present(current)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            result = stats.ks_2samp(before, now)
            p = float(result.pvalue)
        except RuntimeWarning:  # SciPy's sum came out above 1, and it would go asymptotic
            result = stats.ks_2samp(before, now, method="asymp")
            p = ks_exact_p(len(before), len(now), float(result.statistic))
    distance = ks_distance(before, now)
    assert abs(distance - result.statistic) < 1e-15  # SciPy subtracts two rounded shares
    return distance, p


def ks_distance(before: np.ndarray, now: np.ndarray) -> float:
    """Largest difference of the shares of values up to any value, rounded once."""
    values = np.concatenate([before, now])
    below = [np.searchsorted(np.sort(side), values, "right").tolist() for side in (before, now)]
    n, m = len(before), len(now)
    return max(abs(x * m - y * n) for x, y in zip(*below, strict=True)) / (n * m)


def ks_exact_p(n: int, m: int, distance: float) -> float:
    """Share of the lattice paths from (0, 0) to (n, m) that go as far apart, counted one by one."""
    far = round(distance * n * m)
    inside = [[0] * (m + 1) for _ in range(n + 1)]
    for x in range(n + 1):
        for y in range(m + 1):
            if abs(x * m - y * n) < far:
                before = inside[x - 1][y] if x else 0
                below = inside[x][y - 1] if y else 0
                inside[x][y] = 1 if x == y == 0 else before + below
    return float(1 - Fraction(inside[n][m], math.comb(n + m, n)))


def wasserstein(reference: np.ndarray, current: np.ndarray) -> float:
    """Area between the distribution functions."""
    return float(stats.wasserstein_distance(present(reference), present(current)))


def number_classes(
    reference: np.ndarray, current: np.ndarray, num_bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """Counts over bins that the reference fills equally, and the missing rows at the end."""
    before, now = present(reference), present(current)
    shares = np.arange(1, num_bins) / num_bins
    edges = np.unique(np.quantile(before, shares, method="inverted_cdf")) if len(before) else before
    counts = [
        np.bincount(np.searchsorted(edges, side, side="left"), minlength=len(edges) + 1)
        for side in (before, now)
    ]
    classes = np.array(
        [
            np.append(counts[0], np.isnan(reference).sum()),
            np.append(counts[1], np.isnan(current).sum()),
        ],
        dtype=float,
    )
    kept = classes[:, classes.sum(axis=0) > 0]
    return kept[0], kept[1]


def num_js_bins(n: int, m: int) -> int:
    """Bins of js over numbers."""
    return int(min(max(10.0, math.floor(2 * min(n, m) ** 0.4)), 256))


def category_classes(
    reference: Sequence[str | None], current: Sequence[str | None]
) -> tuple[np.ndarray, np.ndarray]:
    """Reference categories, then unseen, then missing."""
    before = Counter(v for v in reference if v is not None)
    now = Counter(v for v in current if v is not None)
    unseen = sum(count for value, count in now.items() if value not in before)
    classes = np.array(
        [
            [*before.values(), 0, sum(v is None for v in reference)],
            [*(now[value] for value in before), unseen, sum(v is None for v in current)],
        ],
        dtype=float,
    )
    kept = classes[:, classes.sum(axis=0) > 0]
    return kept[0], kept[1]


def folded_classes(
    reference: Sequence[str | None], current: Sequence[str | None], rows_per_bin: float = 20
) -> tuple[np.ndarray, np.ndarray]:
    """All categories and missing; rare ones are one class, by pooled counts alone."""
    n, m = len(reference), len(current)
    before, now = Counter(reference), Counter(current)
    values = sorted(before | now, key=lambda v: -(before[v] + now[v]))
    kept, rest = [], np.zeros(2)
    for rank, value in enumerate(values):
        pair = np.array([before[value], now[value]], dtype=float)
        expected = pair.sum() * min(n, m) / (n + m)
        if expected >= 5 and rank + 1 < max(2.0, min(n, m) / rows_per_bin):
            kept.append(pair)
        else:
            rest += pair
    if rest.sum() * min(n, m) / (n + m) < 5 and len(kept) > 1:
        kept[-1] = kept[-1] + rest
    elif rest.sum() > 0:
        kept.append(rest)
    table = np.array(kept).T
    return table[0], table[1]


def psi(reference: np.ndarray, current: np.ndarray) -> float:
    """Population stability index of counts, half a count in every class."""
    p = (reference + 0.5) / (reference.sum() + 0.5 * len(reference))
    q = (current + 0.5) / (current.sum() + 0.5 * len(current))
    return float(np.sum((q - p) * np.log(q / p)))


def psi_excess(reference: np.ndarray, current: np.ndarray) -> float:
    """What is left when the mean under no drift is taken away."""
    noise = (len(reference) - 1) * (1 / reference.sum() + 1 / current.sum())
    return psi(reference, current) - noise


def js(reference: np.ndarray, current: np.ndarray) -> float:
    """Jensen-Shannon distance, base 2."""
    return float(np.nan_to_num(jensenshannon(reference, current, base=2)))


def js_debiased(reference: np.ndarray, current: np.ndarray) -> float:
    """The same with the divergence of chance taken away, from folded classes."""
    divergence = float(np.nan_to_num(jensenshannon(reference, current))) ** 2
    chance = (len(reference) - 1) / 8 * (1 / reference.sum() + 1 / current.sum())
    return math.sqrt(max(0.0, divergence - chance) / math.log(2))


def chi2(reference: np.ndarray, current: np.ndarray) -> tuple[float, float]:
    """Statistic and p-value of the 2 x K table."""
    if len(reference) < 2:
        return 0.0, 1.0
    result = stats.chi2_contingency(np.array([reference, current]))
    return float(result.statistic), float(result.pvalue)


def share_change(first: int, n: int, second: int, m: int) -> tuple[float, float]:
    """Difference of two shares, and the p-value of the 2 x 2 table."""
    table = np.array([[first, n - first], [second, m - second]])
    table = table[:, table.sum(axis=0) > 0]
    p = float(stats.chi2_contingency(table).pvalue) if table.shape[1] == 2 else 1.0
    return second / m - first / n, p


def benjamini_hochberg(p_values: Sequence[float]) -> np.ndarray:
    """Corrected p-values."""
    return np.asarray(stats.false_discovery_control(p_values, method="bh"))


def pair_auc(reference: np.ndarray, current: np.ndarray) -> float:
    """Share of pairs of rows, one of each side, whose leaves without the two tell them apart."""
    won = 0.0
    for one in np.flatnonzero(current):
        for other in np.flatnonzero(reference):
            c, r = current.copy(), reference.copy()
            c[one] -= 1
            r[other] -= 1
            rest = c.sum() + r.sum()
            share = c.sum() / rest if rest else 0.5
            score = [c[k] / (c[k] + r[k]) if c[k] + r[k] else share for k in (one, other)]
            win = float(score[0] > score[1]) + 0.5 * float(score[0] == score[1])
            won += win * current[one] * reference[other]
    return float(won / current.sum() / reference.sum())
