"""quantile_transform: lines between exact quantiles, and SciPy's normal quantiles."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from scipy import special

from tests.generic.case import COUNTS, F64, Case
from tests.reference.columns import Column, is_missing
from tests.reference.power import finite
from tests.reference.quantile_bucketize import quantile

VALUES = st.none() | st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, 2.0, math.inf])


def features(
    train: list[Column], rows: list[Column], *, quantiles: int = 1000, output: str = "uniform"
) -> list[Column]:
    known = sorted(finite(train[0]).tolist())
    if not known:
        return [[math.nan] * len(rows[0])]
    parts = min(quantiles, len(known)) - 1
    levels = [i / max(parts, 1) for i in range(parts + 1)]
    marks = [quantile(known, Fraction(i, max(parts, 1))) for i in range(parts + 1)]

    def share(value: float) -> float:
        if value <= marks[0]:
            return 0.0
        if value >= marks[-1]:
            return 1.0
        below = [(mark, level) for mark, level in zip(marks, levels, strict=True) if mark < value]
        above = [(mark, level) for mark, level in zip(marks, levels, strict=True) if mark > value]
        same = [level for mark, level in zip(marks, levels, strict=True) if mark == value]
        if same:
            return (same[0] + same[-1]) / 2
        (left, low), (right, high) = below[-1], above[0]
        return low + (high - low) * ((value - left) / (right - left))

    shares = [math.nan if is_missing(value) else share(float(value)) for value in rows[0]]
    if output == "normal":
        largest = -special.ndtri(1e-7)
        return [np.clip(special.ndtri(shares), -largest, largest).tolist()]
    return [shares]


CASES = [
    Case({}, (VALUES,), (F64,)),
    Case({"quantiles": 5, "output": "normal"}, (COUNTS,), (pa.int8(),)),
    Case({"quantiles": 12, "output": "normal"}, (VALUES,), (F64,)),
]
