"""The one table of tolerances: how far a result may lie from its oracle, and why."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Operators whose features equal the oracle's, rounded to float32, bit for bit.
EXACT = frozenset(
    (
        "bucketize",
        "clip",
        "cross",
        "datetime",
        "hash",
        "identity",
        "impute",
        "ordinal",
        "target_mean",
    )
)
# One step of float32: float64 results a few ulp apart may fall on two sides of a rounding.
FLOAT32_STEP = 2.0**-23
# standardize: a learnt mean that is one ulp off moves every value by that much of the mean.
MEAN_ULP = 2.0**-52

# Predictions behind a link: LightGBM's C library and our own exp are each within 1 ulp.
PROBABILITY_ULPS = 2


def differences(
    op: str, got: npt.NDArray[np.float32], expected: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return the (row, feature) places where features differ by more than the operator may."""
    with np.errstate(over="ignore"):
        rounded = expected.astype(np.float32)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    if op not in EXACT:
        with np.errstate(invalid="ignore"):
            same |= np.abs(got - expected) <= FLOAT32_STEP * np.abs(expected)
    return np.argwhere(~same)
