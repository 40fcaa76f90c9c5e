"""robust_scale: numpy's median and quantiles of the finite values."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import F64, NUMBERS, Case
from tests.reference.columns import Column, is_missing

FINITE = st.none() | st.floats(-1e300, 1e300) | st.sampled_from([math.inf, -math.inf, math.nan])


def finite(values: Column) -> np.ndarray:
    """The values to learn from."""
    return np.array([float(v) for v in values if not is_missing(v) and math.isfinite(v)])


def features(
    train: list[Column],
    rows: list[Column],
    *,
    low: float = 0.25,
    high: float = 0.75,
    with_median: bool = True,
    with_range: bool = True,
) -> list[Column]:
    center, scale = 0.0, 1.0
    known = finite(train[0])
    if known.size:
        center = float(np.median(known)) if with_median else 0.0
        below, above = np.quantile(known, [low, high])
        scale = float(above - below) if with_range and above > below else 1.0
    with np.errstate(over="ignore"):
        return [
            [
                math.nan if is_missing(value) else (np.float64(value) - center) / scale
                for value in rows[0]
            ]
        ]


CASES = [
    Case({}, (NUMBERS,), (F64,)),
    Case({"low": 0.0, "high": 0.9, "with_median": False}, (FINITE,), (F64,)),
    Case({"with_range": False}, (st.none() | st.integers(0, 255),), (pa.uint8(),)),
]
