"""standardize: mean and deviation in fractions, which round nothing."""

from __future__ import annotations

import math
from fractions import Fraction

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, Case
from tests.reference.columns import Column, is_missing


def moments(values: Column) -> tuple[Fraction, Fraction]:
    """Mean and variance (ddof 0) of the rows that are there."""
    present = [Fraction(value) for value in values if not is_missing(value)]
    if not present:
        return Fraction(0), Fraction(0)
    mean = sum(present, Fraction(0)) / len(present)
    return mean, sum(((value - mean) ** 2 for value in present), Fraction(0)) / len(present)


def features(
    train: list[Column], rows: list[Column], *, with_mean: bool = True, with_std: bool = True
) -> list[Column]:
    mean, variance = moments(train[0])
    center = float(mean) if with_mean else 0.0
    scale = math.sqrt(variance) if with_std and variance else 1.0
    return [[math.nan if is_missing(value) else (value - center) / scale for value in rows[0]]]


CASES = [
    Case({}, (NUMBERS,), (F64,)),
    Case({"with_mean": False}, (COUNTS,), (pa.int8(),)),
    Case({"with_std": False}, (NUMBERS,), (F64,)),
]
