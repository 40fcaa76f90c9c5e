"""list_slice: the places [offset, offset + length) that a list has; below 0 from its end."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import COUNTS, F64, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column


def features(
    train: list[Column], rows: list[Column], *, offset: int = 0, length: int | None = None
) -> list[Column]:
    def one(value: list[Any] | None) -> list[Any] | None:
        if value is None:
            return None
        first = offset + len(value) if offset < 0 else offset
        end = len(value) if length is None else first + length
        return [part for place, part in enumerate(value) if first <= place < end]

    return [[one(value) for value in rows[0]]]


def lists(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any] | None]:
    return st.none() | st.lists(values, max_size=6)


CASES = [
    Case({"length": 2}, (lists(NUMBERS),), (pa.list_(F64),), then=(("list_pool", {}),)),
    Case(
        {"offset": -3},
        (lists(COUNTS),),
        (pa.list_(pa.int16()),),
        then=(("list_pad", {"length": 2}),),
    ),
    Case({"offset": -3, "length": 2}, (lists(WORDS),), (pa.list_(STR),), then=(("one_hot", {}),)),
    Case(
        {"offset": 1, "length": 3},
        (lists(COUNTS),),
        (pa.large_list(pa.int64()),),
        then=(("one_hot", {"min_count": 2}),),
    ),
    Case({"offset": 2}, (lists(WORDS),), (pa.large_list(STR),), then=(("list_length", {}),)),
]
