"""out_of_range_flag: 1 for what clip would change."""

from __future__ import annotations

import math

from tests.generic.case import F32, F64, NUMBERS, WIDE, Case
from tests.reference.columns import Column


def features(
    train: list[Column], rows: list[Column], *, low: float = -math.inf, high: float = math.inf
) -> list[Column]:
    return [[float(value is not None and (value < low or value > high)) for value in rows[0]]]


CASES = [
    Case({"low": -0.25, "high": 1.5}, (WIDE,), (F64,)),
    Case({"high": 0.0}, (NUMBERS,), (F32,)),
    Case({"low": 0.0, "high": 0.0}, (WIDE,), (F64,)),
]
