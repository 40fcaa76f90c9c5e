"""bucketize: count the edges that are not above the value."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, F64, WIDE, Case
from tests.reference.columns import Column, is_missing


def features(train: list[Column], rows: list[Column], *, edges: tuple[float, ...]) -> list[Column]:
    return [
        [0 if is_missing(value) else 1 + sum(edge <= value for edge in edges) for value in rows[0]]
    ]


CASES = [
    Case({"edges": (-1.0, 0.0, 0.1, 1.0)}, (WIDE,), (F64,)),
    Case({"edges": (3.0,)}, (COUNTS,), (pa.int64(),)),
]
