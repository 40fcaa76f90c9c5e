"""quantile_bucketize: count the quantiles of the finite values that are not above the value."""

from __future__ import annotations

import math
from fractions import Fraction

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import F64, NUMBERS, WIDE, Case
from tests.reference import bucketize
from tests.reference.columns import Column, is_missing


def quantile(ordered: list[float], part: Fraction) -> float:
    """Between the two values around the exact rank, from the nearer one."""
    rank = (len(ordered) - 1) * part
    low, high = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    share = rank - math.floor(rank)
    if not math.isfinite(high - low):
        return low * float(1 - share) + high * float(share)
    if share < Fraction(1, 2):
        return low + (high - low) * float(share)
    return high - (high - low) * float(1 - share)


def edges_of(values: Column, buckets: int) -> tuple[float, ...]:
    finite = sorted(float(v) for v in values if not is_missing(v) and math.isfinite(v))
    if not finite:
        return ()
    return tuple(sorted({quantile(finite, Fraction(i, buckets)) for i in range(1, buckets)}))


def features(train: list[Column], rows: list[Column], *, buckets: int = 10) -> list[Column]:
    return bucketize.features(train, rows, edges=edges_of(train[0], buckets))


CASES = [
    Case({}, (NUMBERS,), (F64,)),
    Case({"buckets": 3}, (WIDE,), (F64,)),
    Case({"buckets": 7}, (st.none() | st.integers(0, 255),), (pa.uint8(),)),
]
