"""The one table of tolerances: how far a result may lie from its oracle, and why."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

# The features of an operator equal the oracle's, rounded to float32, bit for bit; but for those
# whose float64 results lie a few roundings from the oracle's, counted in 2^-53 of the value
# and of the feature's largest value (a difference near zero has lost the digits of what it is a
# difference of). Rounded to float32 they then differ only where a rounding lies in between.
ROUNDINGS = {
    "group_stats": 4,  # the root of a variance that is rounded twice
    "james_stein": 64,  # a variance between categories is a difference of two rounded sums
    # Exponents that two searches find for a likelihood that may be flat: 2^-29 of the value.
    "box_cox": 2**24,
    "yeo_johnson": 2**24,
    "quantile_transform": 64,  # the steep ends of the normal quantiles multiply what shares lack
    "log1p": 6,  # each of the two functions is within 2 ulp
    "min_max": 8,  # two divisions, three sums and a product, in another order
    "standardize": 6,  # the root of a variance that is rounded once
    "tf_idf": 16,  # log within 1 ulp on either side, twice, and a norm of them
    "weight_of_evidence": 6,  # a quotient, and log1p within 2 ulp of each side
}

# One step of float32: float64 results of two libraries may fall on two sides of a rounding.
FLOAT32_STEP = 2.0**-23

# Predictions behind a link: LightGBM's C library and our own exp are each within 1 ulp.
PROBABILITY_ULPS = 2


def softmax_bounds(
    scores: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.longdouble], npt.NDArray[np.longdouble]]:
    """Return between what shares of each row lie that are made of such exps.

    A quotient of two numbers that are each within 1 ulp may be more than 2 ulp from another one,
    whoever made it; so both libraries are held to the exact softmax and what their exps may add.
    """
    exact = np.exp((scores - scores.max(axis=1, keepdims=True)).astype(np.longdouble))
    ulp = np.spacing(exact.astype(np.float64))
    roundings = scores.shape[1] * np.longdouble(2.0**-53)  # of the sum and of the quotient
    lowest, highest = exact - ulp, exact + ulp
    return (
        lowest / highest.sum(axis=1, keepdims=True) * (1 - roundings),
        highest / lowest.sum(axis=1, keepdims=True) * (1 + roundings),
    )


def differences(
    op: str, got: npt.NDArray[np.float32], expected: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return the (row, feature) places where features differ by more than the operator may."""
    roundings = ROUNDINGS.get(op, 0) * np.where(
        np.isfinite(expected), np.abs(expected) * 2.0**-53, 0
    )
    room = roundings if op == "log1p" else roundings + roundings.max(axis=0, initial=0)
    with np.errstate(over="ignore", invalid="ignore"):
        lowest, highest = (expected - room).astype(np.float32), (expected + room).astype(np.float32)
        same = ((lowest <= got) & (got <= highest)) | (np.isnan(got) & np.isnan(lowest))
    return np.argwhere(~same)


# Drift statistics: (relative, absolute) of the value. Sums of up to some thousand rounded terms.
VALUE_OF_STATISTIC = {
    "ks": (1e-15, 1e-16),
    "wasserstein": (1e-11, 1e-14),
    "wasserstein_std": (1e-11, 1e-14),
    "psi": (1e-11, 1e-14),
    "psi_excess": (1e-11, 1e-14),
    # A distance is the root of a sum that cancels: 1e-16 in the sum is 1e-8 near zero.
    "js": (1e-10, 3e-8),
    "js_debiased": (1e-9, 3e-8),
    "chi2": (1e-10, 1e-13),
    "missing_rate": (1e-12, 1e-15),
    "unseen_rate": (1e-12, 1e-15),
    "out_of_range_rate": (1e-12, 1e-15),
    "wasserstein_iqr": (1e-11, 1e-14),
    # The root of a sum of squares.
    "energy": (1e-10, 1e-8),
    "kuiper": (1e-14, 1e-15),
    "cramer_von_mises": (1e-10, 1e-12),
    "anderson_darling": (1e-10, 1e-12),
    "mann_whitney": (1e-14, 1e-15),
    "t": (1e-12, 1e-14),
    # Inverts a matrix that may nearly be singular.
    "epps_singleton": (1e-8, 1e-9),
    # Terms that sum to nearly 0.
    "kl": (1e-9, 1e-13),
    "js_divergence": (1e-9, 1e-13),
    "hellinger": (1e-9, 1e-9),
    "total_variation": (1e-12, 1e-14),
    "linf": (1e-12, 1e-15),
    "g": (1e-9, 1e-11),
    "cramers_v": (1e-9, 3e-8),
    "fisher": (1e-13, 1e-15),
    "proportion_z": (1e-10, 1e-12),
    "column_auc": (1e-12, 1e-14),
}
# The same of p-values: SciPy's special functions and our own.
P_VALUE = (1e-10, 1e-12)
# G is a sum of terms that cancel: where both sides are alike, rounding is all of it. With one
# degree of freedom its p-value falls with the root of it, by 0.8 * sqrt(1e-15) at most.
G_THAT_IS_ROUNDING = 1e-15
P_OF_ROUNDING = (0.0, 3e-8)


def statistic_is_close(
    name: str, got: tuple[float, float | None], wanted: tuple[float, float | None]
) -> bool:
    """Whether a value and its p-value agree with the oracle's; NaN agrees with NaN."""
    nearly_zero = name == "g" and max(got[0], wanted[0]) < G_THAT_IS_ROUNDING
    return _is_close(got[0], wanted[0], VALUE_OF_STATISTIC[name]) and (
        got[1] is None and wanted[1] is None
        if got[1] is None or wanted[1] is None
        else _is_close(got[1], wanted[1], P_OF_ROUNDING if nearly_zero else P_VALUE)
    )


def _is_close(got: float, wanted: float, room: tuple[float, float]) -> bool:
    both_nan = math.isnan(got) and math.isnan(wanted)
    return both_nan or math.isclose(got, wanted, rel_tol=room[0], abs_tol=room[1])


def check_is_close(got: float, wanted: float) -> bool:
    """Whether a check's value agrees with the oracle's: sums of rounded terms, in another order."""
    return _is_close(got, wanted, (1e-9, 1e-12))


# Quality metrics: (relative, absolute) of the value. Sums are exact; what is left are quotients.
VALUE_OF_METRIC = {
    # Newton's method and another one end where the likelihood is flat to its last bit.
    "calibration_slope": (1e-6, 1e-6),
    "calibration_intercept": (1e-6, 1e-6),
    "log_loss": (1e-13, 1e-15),
    # An error relative to 2.2e-16 is immense, and its own rounding with it.
    "mape": (1e-13, 0.0),
}


def metric_is_close(name: str, got: float, expected: float) -> bool:
    """Say whether a metric's value is its oracle's; NaN is only NaN."""
    relative, absolute = VALUE_OF_METRIC.get(name, (1e-12, 1e-14))
    if math.isnan(expected) or math.isnan(got):
        return math.isnan(expected) and math.isnan(got)
    return math.isclose(got, expected, rel_tol=relative, abs_tol=absolute)
