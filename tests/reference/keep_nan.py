"""keep_nan: the values as they are; what tells NaN from null shows behind it (test_keep_nan.py)."""

from __future__ import annotations

from tests.generic.case import COUNTS, F32, F64, I32, NUMBERS, WIDE, Case
from tests.reference.columns import Column


def features(train: list[Column], rows: list[Column]) -> list[Column]:
    return [[float("nan") if value is None else value for value in rows[0]]]


CASES = [
    Case({}, (WIDE,), (F64,)),
    Case({}, (NUMBERS,), (F32,)),
    Case({}, (COUNTS,), (I32,)),
]
