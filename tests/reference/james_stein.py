"""james_stein: one-way analysis of variance in fractions, which round nothing."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from typing import Any

import pyarrow as pa

from tests.generic.case import COUNTS, F64, NUMBERS, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.target_mean import fold_of


def mean(values: list[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def encodings(pairs: list[tuple[Any, float]]) -> dict[Any, float]:
    """The feature of each category among the pairs; missing is None."""
    groups: dict[Any, list[Fraction]] = defaultdict(list)
    for key, target in pairs:
        groups[None if is_missing(key) else key].append(Fraction(target))
    n, k = len(pairs), len(groups)
    overall = mean([value for group in groups.values() for value in group])
    means = {key: mean(group) for key, group in groups.items()}
    within = sum((v - means[key]) ** 2 for key, group in groups.items() for v in group)
    between = sum(len(group) * (means[key] - overall) ** 2 for key, group in groups.items())
    room = n - Fraction(sum(len(group) ** 2 for group in groups.values()), n)
    drawn = Fraction(max(0, k - 3), k - 1) if k > 1 else Fraction(1)

    def shrinkage(rows: int) -> Fraction:
        if n == k:
            return Fraction(1)
        noise = within / (n - k)
        signal = max(Fraction(0), between - (k - 1) * noise) / room if room else Fraction(0)
        own = noise / rows
        return own / (own + signal) if own else Fraction(0)

    return {
        key: float(overall + (1 - drawn * shrinkage(len(group))) * (means[key] - overall))
        for key, group in groups.items()
    }


def encode(pairs: list[tuple[Any, float]], keys: Column) -> Column:
    if not pairs:
        return [math.nan for _ in keys]
    known = encodings(pairs)
    overall = float(mean([Fraction(target) for _, target in pairs]))
    return [known.get(None if is_missing(key) else key, overall) for key in keys]


def features(
    train: list[Column], rows: list[Column], *, target: list[float], folds: int = 5, seed: int = 0
) -> list[Column]:
    return [encode(list(zip(train[0], target, strict=True)), rows[0])]


def training_features(
    train: list[Column], *, target: list[float], folds: int = 5, seed: int = 0
) -> list[Column]:
    """What fit_transform gives: each row through the rows outside its fold."""
    pairs = list(zip(train[0], target, strict=True))
    fold = [fold_of(seed, row, folds) for row in range(len(pairs))]
    return [
        [
            encode([p for p, f in zip(pairs, fold, strict=True) if f != mine], [key])[0]
            for (key, _), mine in zip(pairs, fold, strict=True)
        ]
    ]


CASES = [
    Case({}, (WORDS,), (pa.string(),)),
    Case({"folds": 3}, (COUNTS,), (pa.int64(),)),
    Case({"seed": 2}, (NUMBERS,), (F64,)),
    Case({}, (WORDS,), (pa.large_string(),), binary=True),
]
