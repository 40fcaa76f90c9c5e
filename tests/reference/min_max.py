"""min_max: the place of a value between the extremes of the rows that are there."""

from __future__ import annotations

import math

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, Case
from tests.reference.columns import Column, is_missing


def features(
    train: list[Column], rows: list[Column], *, low: float = 0.0, high: float = 1.0
) -> list[Column]:
    present = [value for value in train[0] if not is_missing(value)] or [0.0]
    smallest = min(present)
    width = (max(present) - smallest) or 1.0
    return [
        [
            math.nan if is_missing(value) else low + (value - smallest) / width * (high - low)
            for value in rows[0]
        ]
    ]


CASES = [
    Case({}, (NUMBERS,), (F64,)),
    Case({"low": -1.0}, (COUNTS,), (pa.int16(),)),
]
