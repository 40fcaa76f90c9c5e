"""yeo_johnson, from its definition, at the most likely exponent."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import F64, Case
from tests.reference.columns import Column
from tests.reference.power import best_exponent, finite, of_log, scaled

EIGHTHS = st.none() | st.integers(-400, 400).map(lambda v: v / 8) | st.just(math.nan)
# Values near each other leave the exponent open, and nothing hides that without a scale.
APART = st.none() | st.sampled_from([-3, 0, 1, 4, 12, 40])


def transform(value: float, exponent: float) -> float:
    if value < 0:
        return -of_log(math.log1p(-value), 2 - exponent)
    return of_log(math.log1p(value), exponent)


def features(train: list[Column], rows: list[Column], *, standardize: bool = True) -> list[Column]:
    known = finite(train[0])
    exponent = best_exponent(np.log1p(np.abs(known)), known < 0) if known.size else 1.0
    return scaled(
        train[0], rows[0], lambda value: transform(value, exponent), standardize=standardize
    )


CASES = [
    Case({}, (EIGHTHS,), (F64,)),
    Case({"standardize": False}, (APART,), (pa.int8(),)),
]
