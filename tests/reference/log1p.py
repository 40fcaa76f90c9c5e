"""log1p, by the standard library."""

from __future__ import annotations

import math

from tests.generic.case import F64, WIDE, Case
from tests.reference.columns import Column, is_missing


def features(train: list[Column], rows: list[Column]) -> list[Column]:
    def one(value: float | None) -> float:
        if is_missing(value) or value < -1:
            return math.nan
        return -math.inf if value == -1 else math.log1p(value)

    return [[one(value) for value in rows[0]]]


CASES = [
    Case({}, (WIDE,), (F64,)),
]
