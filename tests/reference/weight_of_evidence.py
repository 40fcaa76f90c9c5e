"""weight_of_evidence: the log of a ratio of fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.target_mean import fold_of


def evidence(pairs: list[tuple[Any, float]], key: Any, regularization: float) -> float:
    own = [t for other, t in pairs if other == key or (is_missing(other) and is_missing(key))]
    if not own:
        return 0.0
    r = Fraction(regularization)
    everyone = [target for _, target in pairs]

    def share(value: float) -> Fraction:
        return (own.count(value) + r) / (everyone.count(value) + 2 * r)

    more, less = share(1.0), share(0.0)
    return (
        math.log1p(float(more / less - 1)) if more >= less else -math.log1p(float(less / more - 1))
    )


def features(
    train: list[Column],
    rows: list[Column],
    *,
    target: list[float],
    regularization: float = 1.0,
    folds: int = 5,
    seed: int = 0,
) -> list[Column]:
    pairs = list(zip(train[0], target, strict=True))
    return [[evidence(pairs, key, regularization) for key in rows[0]]]


def training_features(
    train: list[Column],
    *,
    target: list[float],
    regularization: float = 1.0,
    folds: int = 5,
    seed: int = 0,
) -> list[Column]:
    """What fit_transform gives: each row through the rows outside its fold."""
    pairs = list(zip(train[0], target, strict=True))
    fold = [fold_of(seed, row, folds) for row in range(len(pairs))]
    return [
        [
            evidence([p for p, f in zip(pairs, fold, strict=True) if f != mine], k, regularization)
            for (k, _), mine in zip(pairs, fold, strict=True)
        ]
    ]


CASES = [
    Case({}, (WORDS,), (pa.string(),), binary=True),
    Case({"regularization": 0.5}, (COUNTS,), (pa.int64(),), binary=True),
    Case({"folds": 2, "seed": 3}, (NUMBERS,), (F64,), binary=True),
]
