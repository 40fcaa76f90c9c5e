"""one_hot: is the row of this category, or is the category in the row's list?"""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import COUNTS, DAYS, F64, FLAGS, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.ordinal import vocabulary

LABELS = st.none() | st.lists(WORDS, max_size=5)


def features(
    train: list[Column],
    rows: list[Column],
    *,
    min_count: int = 1,
    max_size: int | None = None,
    min_share: float = 0.0,
) -> list[Column]:
    lists = any(isinstance(value, list) for value in [*train[0], *rows[0]])
    fewest = max(min_count, math.ceil(min_share * len(train[0])))
    # A row counts once for each category that it holds.
    held = [category for value in train[0] for category in set(categories(value))]
    known = vocabulary(held, fewest, max_size)
    columns = [[float(category in categories(value)) for value in rows[0]] for category in known]
    has_missing = any(is_missing(value) for value in train[0])

    def is_rare(value: Any) -> bool:
        if is_missing(value):
            return not has_missing
        return any(category not in known for category in categories(value))

    if len(known) < len(set(held)) or (lists and not held and not has_missing):
        columns.append([float(is_rare(value)) for value in rows[0]])
    if has_missing:
        columns.append([float(is_missing(value)) for value in rows[0]])
    return columns


def categories(value: Any) -> list[Any]:
    """What the row holds: its value, or the elements of its list."""
    if is_missing(value):
        return []
    if not isinstance(value, list):
        return [value]
    return [element for element in value if not is_missing(element)]


CASES = [
    Case({"min_share": 0.3, "min_count": 2}, (WORDS,), (STR,)),
    Case({}, (WORDS,), (STR,)),
    Case({"min_count": 2}, (WORDS,), (pa.dictionary(pa.int8(), STR),)),
    Case({"max_size": 2}, (COUNTS,), (pa.int16(),)),
    Case({"min_count": 2, "max_size": 3}, (NUMBERS,), (F64,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
    Case({}, (DAYS,), (pa.date32(),)),
    Case({}, (LABELS,), (pa.list_(STR),)),
    Case({"min_count": 2}, (LABELS,), (pa.large_list(STR),)),
    Case({"min_share": 0.4}, (LABELS,), (pa.list_(STR),)),
    Case({"max_size": 3}, (st.none() | st.lists(COUNTS),), (pa.list_(pa.int16()),)),
    Case({"min_count": 2}, (st.none() | st.lists(NUMBERS),), (pa.list_(F64),)),
]
