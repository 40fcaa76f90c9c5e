"""hash: the hash of one value, brought into the range of ids."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from tests.generic.case import COUNTS, F64, FLAGS, STR, WIDE, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.hashes import hash_bucket, hash_value


def features(
    train: list[Column], rows: list[Column], *, buckets: int = 4096, lists: bool = False
) -> list[Column]:
    def one(value: Any) -> Any:
        if not lists:
            return bucket_of(value, buckets)
        # 0 is kept for elements that are missing.
        return [0 if is_missing(part) else 1 + bucket_of(part, buckets - 1) for part in value or []]

    return [[one(value) for value in rows[0]]]


def bucket_of(value: Any, buckets: int) -> int:
    plain = value.encode() if isinstance(value, str) else value
    return hash_bucket(hash_value(plain), buckets)


PADDED: Any = (("list_pad", {"length": 3}),)
OF_LISTS = {"lists": True}
CASES = [
    Case({}, (WORDS,), (STR,)),
    Case({"buckets": 5}, (COUNTS,), (pa.int64(),)),
    Case({"buckets": 1 << 24}, (WIDE,), (F64,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
    Case(
        {"buckets": 50},
        (st.none() | st.lists(WORDS),),
        (pa.list_(STR),),
        oracle=OF_LISTS,
        then=PADDED,
    ),
    Case(
        {"buckets": 2},
        (st.none() | st.lists(COUNTS),),
        (pa.list_(pa.int16()),),
        oracle=OF_LISTS,
        then=PADDED,
    ),
    Case({}, (st.none() | st.lists(WIDE),), (pa.large_list(F64),), oracle=OF_LISTS, then=PADDED),
]
