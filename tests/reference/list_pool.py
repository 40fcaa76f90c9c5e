"""list_pool: a statistic of the elements that are there, added up in their order."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import COUNTS, F32, F64, NUMBERS, WIDE, Case
from tests.reference.columns import Column, is_missing


def features(train: list[Column], rows: list[Column], *, how: str = "mean") -> list[Column]:
    def one(value: list[float | None] | None) -> float:
        if value is None:
            return math.nan
        there = [np.float64(element) for element in value if not is_missing(element)]
        if how == "sum":
            return float(total_of(there))
        if not there or (how == "std" and len(there) < 2):
            return math.nan
        if how in ("min", "max"):
            return float(min(there) if how == "min" else max(there))
        mean = total_of(there) / len(there)
        if how == "mean":
            return float(mean)
        squares = total_of([(element - mean) ** 2 for element in there])
        return float(np.sqrt(squares / (len(there) - 1)))

    with np.errstate(all="ignore"):
        return [[one(value) for value in rows[0]]]


def total_of(values: list[np.float64]) -> np.float64:
    total = np.float64(0)
    for value in values:
        total += value
    return total


def lists(values: st.SearchStrategy[float | None]) -> st.SearchStrategy[list[float | None] | None]:
    return st.none() | st.lists(values, max_size=8)


CASES = [
    Case({}, (lists(NUMBERS),), (pa.list_(F64),)),
    Case({"how": "sum"}, (lists(WIDE),), (pa.list_(F64),)),
    Case({"how": "min"}, (lists(WIDE),), (pa.large_list(F64),)),
    Case({"how": "max"}, (lists(COUNTS),), (pa.list_(pa.int16()),)),
    Case({"how": "std"}, (lists(NUMBERS),), (pa.list_(F32),)),
    Case({"how": "std"}, (lists(WIDE),), (pa.list_(F64),)),
]
