"""width_bucketize: numpy's linspace between the extremes of the finite values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import F64, NUMBERS, WIDE, Case
from tests.reference import bucketize
from tests.reference.columns import Column
from tests.reference.robust_scale import finite


def edges_of(values: Column, buckets: int) -> tuple[float, ...]:
    known = finite(values)
    if not known.size or known.min() == known.max():
        return ()
    low, high = float(known.min()), float(known.max())
    if np.isfinite(high - low):
        with np.errstate(over="ignore"):  # of its last place, which it replaces
            edges = np.linspace(low, high, buckets + 1)[1:-1]
    else:
        edges = np.array(
            [low * ((buckets - i) / buckets) + high * (i / buckets) for i in range(1, buckets)]
        )
    return tuple(np.unique(edges).tolist())


def features(train: list[Column], rows: list[Column], *, buckets: int = 10) -> list[Column]:
    return bucketize.features(train, rows, edges=edges_of(train[0], buckets))


CASES = [
    Case({}, (NUMBERS,), (F64,)),
    Case({"buckets": 3}, (WIDE,), (F64,)),
    Case({"buckets": 7}, (st.none() | st.integers(0, 255),), (pa.uint8(),)),
]
