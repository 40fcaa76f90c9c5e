"""count: the rows of the table that hold the value."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, F64, FLAGS, NUMBERS, WORDS, Case
from tests.reference.columns import Column, is_missing


def features(train: list[Column], rows: list[Column], *, normalize: bool = False) -> list[Column]:
    def one(value: object) -> float:
        same = [v for v in train[0] if v == value or (is_missing(v) and is_missing(value))]
        return len(same) / len(train[0]) if normalize else len(same)

    return [[one(value) for value in rows[0]]]


CASES = [
    Case({}, (WORDS,), (pa.string_view(),)),
    Case({"normalize": True}, (COUNTS,), (pa.int64(),)),
    Case({"normalize": True}, (NUMBERS,), (F64,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
]
