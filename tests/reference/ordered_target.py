"""ordered_target: the mean over all rows, or over those before the row in the order of hashes."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WORDS, Case
from tests.reference.columns import Column
from tests.reference.hashes import combine_hashes, hash_u64
from tests.reference.target_mean import encode


def features(
    train: list[Column],
    rows: list[Column],
    *,
    target: list[float],
    smoothing: float = 1.0,
    seed: int = 0,
) -> list[Column]:
    pairs = list(zip(train[0], target, strict=True))
    return [[encode(pairs, key, smoothing) for key in rows[0]]]


def training_features(
    train: list[Column], *, target: list[float], smoothing: float = 1.0, seed: int = 0
) -> list[Column]:
    """What fit_transform gives."""
    pairs = list(zip(train[0], target, strict=True))
    place = [(combine_hashes(hash_u64(seed), hash_u64(row)), row) for row in range(len(pairs))]
    return [
        [
            encode([p for p, at in zip(pairs, place, strict=True) if at < mine], key, smoothing)
            for (key, _), mine in zip(pairs, place, strict=True)
        ]
    ]


CASES = [
    Case({}, (WORDS,), (pa.large_string(),)),
    Case({"smoothing": 0.0}, (COUNTS,), (pa.int64(),)),
    Case({"smoothing": 3.0, "seed": 5}, (NUMBERS,), (F64,)),
]
