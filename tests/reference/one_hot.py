"""one_hot: is the row of this category?"""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, DAYS, F64, FLAGS, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.ordinal import vocabulary


def features(
    train: list[Column],
    rows: list[Column],
    *,
    min_count: int = 1,
    max_size: int | None = None,
    min_share: float = 0.0,
) -> list[Column]:
    seen = {value for value in train[0] if not is_missing(value)}
    known = vocabulary(train[0], min_count, max_size, min_share)
    columns = [[float(value == category) for value in rows[0]] for category in known]
    has_missing = any(is_missing(value) for value in train[0])

    def is_rare(value: object) -> bool:
        return not has_missing if is_missing(value) else value not in known

    if len(known) < len(seen):
        columns.append([float(is_rare(value)) for value in rows[0]])
    if has_missing:
        columns.append([float(is_missing(value)) for value in rows[0]])
    return columns


CASES = [
    Case({"min_share": 0.3, "min_count": 2}, (WORDS,), (STR,)),
    Case({}, (WORDS,), (STR,)),
    Case({"min_count": 2}, (WORDS,), (pa.dictionary(pa.int8(), STR),)),
    Case({"max_size": 2}, (COUNTS,), (pa.int16(),)),
    Case({"min_count": 2, "max_size": 3}, (NUMBERS,), (F64,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
    Case({}, (DAYS,), (pa.date32(),)),
]
