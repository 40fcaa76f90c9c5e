"""What yeo_johnson and box_cox share: the most likely exponent, by its definition."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from tests.reference.columns import Column, is_missing

Array = NDArray[np.float64]
LIMIT, NEAREST = 300.0, -12.0
NODES = np.polynomial.legendre.leggauss(240)
PLACES, WEIGHTS = (NODES[0][:, None] + 1) / 2, NODES[1][:, None] / 2


def finite(values: Column) -> Array:
    """The values to learn from."""
    return np.array([float(v) for v in values if not is_missing(v) and math.isfinite(v)])


def best_exponent(logs: Array, below: NDArray[np.bool_]) -> float:
    """The root of the derivative of the negative log-likelihood.

    ``logs`` are log(1 + |x|), or log(x); ``below`` marks Yeo-Johnson's values below 0. The
    transformed value is the integral of e^(power * t) from 0 to the logarithm, so how it changes
    with the power is the integral of t * e^(power * t): sums of positive terms, by Gauss.
    """
    if np.unique(np.where(below, -logs, logs)).size < 2:
        return 1.0
    signs = np.where(below, -1.0, 1.0)
    # Values of one side have the same best exponent when all are divided by one number; around 1
    # they keep the digits that tell them apart.
    one_side = below.all() or not below.any()
    inner = logs - (logs.min() + logs.max()) / 2 if one_side else logs

    def slope(exponent: float) -> float:
        powers = np.exp(np.where(below, 2 - exponent, exponent) * inner * PLACES)
        values = signs * inner * (powers * WEIGHTS).sum(axis=0)
        changes = inner**2 * (PLACES * powers * WEIGHTS).sum(axis=0)
        away = (values - values.mean()) / np.abs(values).max()
        return float(
            np.mean(away * changes / np.abs(values).max()) / np.mean(away**2)
            - np.mean(signs * inner)
        )

    with np.errstate(all="ignore"):
        highest = min([1024.0, *(LIMIT / logs[~below & (logs > 0)])])
        ends = signs * logs
        if ends.max() < 0:
            highest = min(highest, (2 if below.any() else 0) + NEAREST / ends.max())
        lowest = max(
            [
                -1024.0,
                *([NEAREST / ends.min()] if ends.min() > 0 else []),
                *(2 - LIMIT / logs[below]),
                *(LIMIT / logs[logs < 0]),
            ]
        )
        # From the middle outwards: far out, all values become one and the slope is noise.
        low, high = max(-2.0, lowest), min(2.0, highest)
        while slope(low) > 0 and low > lowest:
            low, high = max(2 * min(low, -1.0), lowest), low
        while slope(high) < 0 and high < highest:
            low, high = high, min(2 * max(high, 1.0), highest)
        if slope(low) >= 0:
            return low
        if slope(high) <= 0:
            return high
        return float(optimize.brentq(slope, low, high, xtol=1e-15, rtol=1e-15, maxiter=10_000))


def scaled(
    train: Column, rows: Column, transform: Callable[[float], float], *, standardize: bool
) -> list[Column]:
    """The transformed rows, less the mean of the learnt ones, divided by their deviation."""
    center, scale = 0.0, 1.0
    known = np.array([transform(value) for value in finite(train).tolist()])
    known = known[~np.isnan(known)]
    if standardize and known.size:
        center = known[0] if np.all(known == known[0]) else math.fsum(known) / known.size
        scale = math.sqrt(math.fsum((known - center) ** 2) / known.size) or 1.0
    return [
        [
            math.nan if is_missing(value) else (transform(float(value)) - center) / scale
            for value in rows
        ]
    ]


def of_log(log: float, power: float) -> float:
    """(e^(power * log) - 1) / power."""
    with np.errstate(all="ignore"):
        return float(special.expm1(power * log) / power) if power else log
