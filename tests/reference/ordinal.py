"""ordinal: the place of a category in the order of counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa

from tests.generic.case import COUNTS, F64, FLAGS, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column, is_missing


def vocabulary(
    values: Column, min_count: int, max_size: int | None, min_share: float = 0.0
) -> list[Any]:
    counts = Counter(value for value in values if not is_missing(value))

    def place(value: Any) -> tuple[int, Any]:
        return -counts[value], value.encode() if isinstance(value, str) else value

    fewest = max(min_count, min_share * len(values))
    kept = sorted((value for value in counts if counts[value] >= fewest), key=place)
    return kept[:max_size]


def features(
    train: list[Column],
    rows: list[Column],
    *,
    min_count: int = 1,
    max_size: int | None = None,
    min_share: float = 0.0,
) -> list[Column]:
    known = vocabulary(train[0], min_count, max_size, min_share)

    def one(value: Any) -> int:
        if is_missing(value):
            return 0
        return 2 + known.index(value) if value in known else 1

    return [[one(value) for value in rows[0]]]


CASES = [
    Case({}, (WORDS,), (STR,)),
    Case({"min_count": 2}, (WORDS,), (pa.dictionary(pa.int8(), STR),)),
    Case({"min_share": 0.2}, (WORDS,), (STR,)),
    Case({"max_size": 2}, (COUNTS,), (pa.int16(),)),
    Case({}, (NUMBERS,), (F64,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
]
