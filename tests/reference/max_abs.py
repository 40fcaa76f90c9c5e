"""max_abs: a value as a share of the largest magnitude among the rows that are there."""

from __future__ import annotations

import math

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, Case
from tests.reference.columns import Column, is_missing


def features(train: list[Column], rows: list[Column]) -> list[Column]:
    largest = max((abs(value) for value in train[0] if not is_missing(value)), default=0.0) or 1.0
    return [[math.nan if is_missing(value) else value / largest for value in rows[0]]]


CASES = [
    Case({}, (NUMBERS,), (F64,)),
    Case({}, (COUNTS,), (pa.int16(),)),
]
