"""cross: the hashes of the values, combined from the first column to the last."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pyarrow as pa

from tests.generic.case import COUNTS, F64, FLAGS, NUMBERS, STR, WORDS, Case
from tests.reference.columns import Column
from tests.reference.hashes import combine_hashes, hash_bucket, hash_value


def features(train: list[Column], rows: list[Column], *, buckets: int = 4096) -> list[Column]:
    def plain(value: Any) -> Any:
        return value.encode() if isinstance(value, str) else value

    return [
        [
            hash_bucket(reduce(combine_hashes, (hash_value(plain(v)) for v in values)), buckets)
            for values in zip(*rows, strict=True)
        ]
    ]


CASES = [
    Case({}, (WORDS, COUNTS), (STR, pa.int64())),
    Case({"buckets": 7}, (WORDS, FLAGS, NUMBERS), (pa.string_view(), pa.bool_(), F64)),
]
