"""arithmetic: numpy's result of two columns, missing where it is not finite."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WIDE, Case
from tests.reference.columns import Column, is_missing

CODES = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def result(symbol: str, first: float | None, second: float | None) -> float:
    if is_missing(first) or is_missing(second):
        return math.nan
    with np.errstate(all="ignore"):
        value = float(CODES[symbol](np.float64(first), np.float64(second)))
    return value if math.isfinite(value) else math.nan


def features(train: list[Column], rows: list[Column], *, symbol: str = "/") -> list[Column]:
    return [[result(symbol, a, b) for a, b in zip(*rows, strict=True)]]


CASES = [
    Case({}, (NUMBERS, NUMBERS), (F64, F64)),
    Case({"symbol": "-"}, (COUNTS, NUMBERS), (pa.int16(), F64)),
    Case({"symbol": "*"}, (WIDE, WIDE), (F64, F64)),
    Case({"symbol": "+"}, (WIDE, COUNTS), (F64, pa.int8())),
]
