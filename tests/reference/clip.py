"""clip: no smaller than low, no larger than high."""

from __future__ import annotations

import math

from tests.generic.case import F64, NUMBERS, WIDE, Case
from tests.reference.columns import Column, is_missing


def features(
    train: list[Column], rows: list[Column], *, low: float = -math.inf, high: float = math.inf
) -> list[Column]:
    return [[math.nan if is_missing(value) else min(max(value, low), high) for value in rows[0]]]


CASES = [
    Case({"low": -3.0, "high": 7.5}, (WIDE,), (F64,)),
    Case({}, (NUMBERS,), (F64,)),
]
