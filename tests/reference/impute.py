"""impute: the value of the rows that are there, in place of those that are not."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from typing import Any

from tests.generic.case import COUNTS, F32, F64, I32, NUMBERS, Case
from tests.reference.columns import Column, is_missing


def fill_of(values: list[Any], strategy: str, fill_value: Any) -> Any:
    if strategy == "constant":
        return fill_value
    present = [value for value in values if not is_missing(value)]
    if strategy == "median":
        return statistics.median(present)
    if strategy == "mean":
        return math.fsum(present) / len(present)
    counts = Counter(present)
    return min(value for value in counts if counts[value] == max(counts.values()))


def features(
    train: list[Column], rows: list[Column], *, strategy: str = "median", fill_value: Any = None
) -> list[Column]:
    fill = fill_of(train[0], strategy, fill_value)
    return [[fill if is_missing(value) else value for value in rows[0]]]


CASES = [
    Case({}, (NUMBERS,), (F64,), needs_value=True),
    Case({"strategy": "mean"}, (NUMBERS,), (F32,), needs_value=True),
    Case({"strategy": "most_frequent"}, (COUNTS,), (I32,), needs_value=True),
    Case({"strategy": "constant", "fill_value": -2.5}, (NUMBERS,), (F64,)),
]
