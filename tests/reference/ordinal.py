"""ordinal: the place of a category in the order of counts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import COUNTS, F64, FLAGS, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.hashes import hash_bucket, hash_value


def vocabulary(values: Column, min_count: float, max_size: int | None) -> list[Any]:
    counts = Counter(value for value in values if not is_missing(value))

    def place(value: Any) -> tuple[int, Any]:
        return -counts[value], value.encode() if isinstance(value, str) else value

    kept = sorted((value for value in counts if counts[value] >= min_count), key=place)
    return kept[:max_size]


def elements_of(value: Any) -> list[Any]:
    """What the row holds: its value, or the elements of its list."""
    held = value if isinstance(value, list) else [value]
    return [element for element in held if not is_missing(element)]


def features(
    train: list[Column],
    rows: list[Column],
    *,
    min_count: int = 1,
    max_size: int | None = None,
    min_share: float = 0.0,
    unseen_buckets: int = 1,
    lists: bool = False,
) -> list[Column]:
    # A row counts once for each category that its list holds.
    held = [category for value in train[0] for category in set(elements_of(value))]
    known = vocabulary(held, max(min_count, min_share * len(train[0])), max_size)

    def one(value: Any) -> int:
        if is_missing(value):
            return 0
        if value in known:
            return 1 + unseen_buckets + known.index(value)
        plain = value.encode() if isinstance(value, str) else value
        return 1 + hash_bucket(hash_value(plain), unseen_buckets)

    if lists:
        return [[[one(element) for element in value or []] for value in rows[0]]]
    return [[one(value) for value in rows[0]]]


LABELS = st.none() | st.lists(WORDS, max_size=5)
PADDED: Any = (("list_pad", {"length": 3}),)
OF_LISTS = {"lists": True}
CASES = [
    Case({}, (WORDS,), (STR,)),
    Case({"min_count": 2}, (WORDS,), (pa.dictionary(pa.int8(), STR),)),
    Case({"min_share": 0.2}, (WORDS,), (STR,)),
    Case({"max_size": 2}, (COUNTS,), (pa.int16(),)),
    Case({"max_size": 2, "unseen_buckets": 5}, (WORDS,), (STR,)),
    Case({"min_count": 2, "unseen_buckets": 1000}, (NUMBERS,), (F64,)),
    Case({"max_size": 1, "unseen_buckets": 2}, (COUNTS,), (pa.int16(),)),
    Case({}, (NUMBERS,), (F64,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
    Case({"min_count": 2}, (LABELS,), (pa.list_(STR),), oracle=OF_LISTS, then=PADDED),
    Case(
        {},
        (st.none() | st.lists(COUNTS),),
        (pa.large_list(pa.int16()),),
        oracle=OF_LISTS,
        then=PADDED,
    ),
    Case(
        {"max_size": 3},
        (st.none() | st.lists(NUMBERS),),
        (pa.list_(F64),),
        oracle=OF_LISTS,
        then=PADDED,
    ),
]
