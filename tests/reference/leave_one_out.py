"""leave_one_out: the mean over all rows, or over all but the row itself."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WORDS, Case
from tests.reference.columns import Column
from tests.reference.target_mean import encode


def features(
    train: list[Column], rows: list[Column], *, target: list[float], smoothing: float = 0.0
) -> list[Column]:
    pairs = list(zip(train[0], target, strict=True))
    return [[encode(pairs, key, smoothing) for key in rows[0]]]


def training_features(
    train: list[Column], *, target: list[float], smoothing: float = 0.0
) -> list[Column]:
    """What fit_transform gives."""
    pairs = list(zip(train[0], target, strict=True))
    return [
        [
            encode([*pairs[:row], *pairs[row + 1 :]], key, smoothing)
            for row, (key, _) in enumerate(pairs)
        ]
    ]


CASES = [
    Case({}, (WORDS,), (pa.string(),)),
    Case({"smoothing": 2.5}, (COUNTS,), (pa.int64(),)),
    Case({}, (NUMBERS,), (F64,)),
]
