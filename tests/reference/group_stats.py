"""group_stats: the definition over the values of the rows with the same key."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pyarrow as pa

from tests.generic.case import COUNTS, DAYS, F64, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column, is_missing


def total(values: Sequence[float]) -> float:
    return float(sum(map(Fraction, values), Fraction(0)))


def mean(values: Sequence[float]) -> float:
    return float(sum(map(Fraction, values), Fraction(0)) / len(values)) if values else math.nan


def std(values: Sequence[float]) -> float:
    if len(values) < 2:
        return math.nan
    exact = [Fraction(value) for value in values]
    middle = sum(exact, Fraction(0)) / len(exact)
    squares = sum(((value - middle) ** 2 for value in exact), Fraction(0))
    return math.sqrt(squares / (len(exact) - 1))


STATS: dict[str, Callable[[Sequence[float]], float]] = {
    "count": len,
    "sum": total,
    "mean": mean,
    "std": std,
    "min": lambda values: min(values, default=math.nan),
    "max": lambda values: max(values, default=math.nan),
    "nunique": lambda values: len(set(values)),
}


def features(
    train: list[Column], rows: list[Column], *, by: str, stats: tuple[str, ...] = ("mean",)
) -> list[Column]:
    def group(key: Any) -> list[float]:
        return [
            value
            for value, other in zip(*train, strict=True)
            if not is_missing(value) and (other == key or (is_missing(other) and is_missing(key)))
        ]

    groups = [group(key) for key in rows[1]]
    return [[STATS[stat](values) for values in groups] for stat in stats]


ALL = tuple(STATS)
CASES = [
    Case({"by": "c1", "stats": ALL}, (NUMBERS, WORDS), (F64, STR), keys=1),
    Case(
        {"by": "c1", "stats": ("std", "mean")}, (COUNTS, COUNTS), (pa.int32(), pa.int64()), keys=1
    ),
    Case({"by": "c1", "stats": ("nunique", "max")}, (NUMBERS, NUMBERS), (F64, F64), keys=1),
    Case({"by": "c1", "stats": ("sum",)}, (NUMBERS, DAYS), (F64, pa.date32()), keys=1),
]
