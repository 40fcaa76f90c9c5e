"""polynomial: products of every choice of columns, each counted as often as its power."""

from __future__ import annotations

import math
from functools import reduce
from itertools import combinations, combinations_with_replacement

import numpy as np
import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WIDE, Case
from tests.reference.columns import Column, is_missing


def product(values: tuple[float | None, ...]) -> float:
    if any(is_missing(value) for value in values):
        return math.nan
    if len(values) == 1:
        return float(values[0])

    def times(rest: float, value: float) -> float:
        with np.errstate(all="ignore"):
            result = float(np.float64(value) * np.float64(rest))
        return result if math.isfinite(result) else math.nan

    *first, last = (float(value) for value in values)
    return reduce(times, reversed(first), last)


def features(
    train: list[Column], rows: list[Column], *, degree: int = 2, interaction_only: bool = False
) -> list[Column]:
    choose = combinations if interaction_only else combinations_with_replacement
    return [
        [product(values) for values in zip(*chosen, strict=True)]
        for power in range(1, degree + 1)
        for chosen in choose(rows, power)
    ]


CASES = [
    Case({}, (NUMBERS, COUNTS), (F64, pa.int8())),
    Case({"degree": 3}, (NUMBERS, WIDE, COUNTS), (F64, F64, pa.int16())),
    Case({"degree": 4, "interaction_only": True}, (WIDE, NUMBERS, COUNTS), (F64, F64, pa.int32())),
    Case({"degree": 5}, (NUMBERS,), (F64,)),
]
