"""Elementary functions in extended precision, and how far a double is from them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

F64 = NDArray[np.float64]
Long = NDArray[np.longdouble]

# 64 bits of fraction: 11 more than a double has, so the oracle is wrong by less than 0.001 ulp.
HAS_LONG_DOUBLE = np.finfo(np.longdouble).nmant >= 63


def exp(x: F64) -> Long:
    """e^x."""
    return np.exp(x.astype(np.longdouble))


def log1p(x: F64) -> Long:
    """log(1 + x)."""
    return np.log1p(x.astype(np.longdouble))


def sigmoid(x: F64) -> Long:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x.astype(np.longdouble)))


def log(x: F64) -> Long:
    """The natural logarithm."""
    return np.log(x.astype(np.longdouble))


def expm1(x: F64) -> Long:
    """e^x - 1."""
    return np.expm1(x.astype(np.longdouble))


def erfc(x: F64) -> F64:
    """1 - erf(x), by the C library: right to 1 ulp."""
    return np.array([math.erfc(value) for value in x.tolist()])


def tanh(x: F64) -> Long:
    """tanh(x)."""
    return np.tanh(x.astype(np.longdouble))


def normal_quantile(shares: F64) -> F64:
    """Where the standard normal distribution reaches a share, by SciPy: right to a few ulp."""
    return np.asarray(special.ndtri(shares))


def error_in_ulps(got: F64, want: Long) -> F64:
    """Distance in units in the last place of the doubles around `want`, which must be finite."""
    below = np.abs(want).astype(np.float64)
    below = np.where(below > np.abs(want), np.nextafter(below, 0.0), below)
    distance = np.abs(got.astype(np.longdouble) - want)
    return (distance / np.spacing(below)).astype(np.float64)


def steps_between(got: F64, want: F64) -> NDArray[np.int64]:
    """How many doubles lie between two positive numbers, one end counted."""
    return np.abs(got.view(np.int64) - want.view(np.int64))
