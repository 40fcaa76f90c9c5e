"""winsorize: numpy's quantiles of the finite values as limits."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import F64, NUMBERS, Case
from tests.reference import clip
from tests.reference.columns import Column
from tests.reference.robust_scale import FINITE, finite


def features(
    train: list[Column], rows: list[Column], *, low: float = 0.05, high: float = 0.95
) -> list[Column]:
    limits = [-math.inf, math.inf]
    known = finite(train[0])
    if known.size:
        limits = [float(limit) for limit in np.quantile(known, [low, high])]
    return clip.features(train, rows, low=limits[0], high=limits[1])


CASES = [
    Case({}, (NUMBERS,), (F64,)),
    Case({"low": 0.0, "high": 0.5}, (FINITE,), (F64,)),
    Case({"low": 0.4, "high": 1.0}, (st.none() | st.integers(0, 255),), (pa.uint8(),)),
]
