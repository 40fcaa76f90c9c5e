"""box_cox, from its definition, at the most likely exponent."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from tests.generic.case import F64, Case
from tests.reference.columns import Column
from tests.reference.power import best_exponent, finite, of_log, scaled
from tests.reference.yeo_johnson import APART, EIGHTHS


def transform(value: float, exponent: float) -> float:
    return of_log(math.log(value), exponent) if value > 0 else math.nan


def features(train: list[Column], rows: list[Column], *, standardize: bool = True) -> list[Column]:
    known = finite(train[0])
    known = known[known > 0]
    none_below = np.zeros(known.size, bool)
    exponent = best_exponent(np.log(known), none_below) if known.size else 1.0
    return scaled(
        train[0], rows[0], lambda value: transform(value, exponent), standardize=standardize
    )


CASES = [
    Case({}, (EIGHTHS,), (F64,)),
    Case({"standardize": False}, (APART,), (pa.int8(),)),
]
