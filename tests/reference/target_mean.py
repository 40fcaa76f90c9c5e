"""target_mean, plain and cross-fitted, one pass over all rows for every row."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.hashes import combine_hashes, hash_bucket, hash_u64


def fold_of(seed: int, row: int, folds: int) -> int:
    return hash_bucket(combine_hashes(hash_u64(seed), hash_u64(row)), folds)


def encode(pairs: list[tuple[Any, float]], key: Any, smoothing: float) -> float:
    """The mean of the key's targets among the pairs, drawn towards the mean of all."""
    if not pairs:
        return math.nan
    prior = math.fsum(target for _, target in pairs) / len(pairs)
    own = [
        target for other, target in pairs if (is_missing(other) and is_missing(key)) or other == key
    ]
    if not own:
        return prior
    return (math.fsum(own) + smoothing * prior) / (len(own) + smoothing)


def features(
    train: list[Column],
    rows: list[Column],
    *,
    target: list[float],
    smoothing: float = 20.0,
    folds: int = 5,
    seed: int = 0,
) -> list[Column]:
    pairs = list(zip(train[0], target, strict=True))
    return [[encode(pairs, key, smoothing) for key in rows[0]]]


def training_features(
    train: list[Column],
    *,
    target: list[float],
    smoothing: float = 20.0,
    folds: int = 5,
    seed: int = 0,
) -> list[Column]:
    """What fit_transform gives: each row through the rows outside its fold."""
    pairs = list(zip(train[0], target, strict=True))
    fold = [fold_of(seed, row, folds) for row in range(len(pairs))]
    return [
        [
            encode([p for p, f in zip(pairs, fold, strict=True) if f != mine], key, smoothing)
            for (key, _), mine in zip(pairs, fold, strict=True)
        ]
    ]


CASES = [
    Case({"smoothing": 2.0}, (WORDS,), (pa.large_string(),)),
    Case({"smoothing": 0.0}, (COUNTS,), (pa.int64(),)),
    Case({"folds": 2, "seed": 7}, (NUMBERS,), (F64,)),
]
