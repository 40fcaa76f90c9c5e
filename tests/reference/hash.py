"""hash: the hash of one value, brought into the range of ids."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, F64, FLAGS, STR, WIDE, WORDS, Case
from tests.reference.columns import Column
from tests.reference.hashes import hash_bucket, hash_value


def features(train: list[Column], rows: list[Column], *, buckets: int = 4096) -> list[Column]:
    plain = [value.encode() if isinstance(value, str) else value for value in rows[0]]
    return [[hash_bucket(hash_value(value), buckets) for value in plain]]


CASES = [
    Case({}, (WORDS,), (STR,)),
    Case({"buckets": 5}, (COUNTS,), (pa.int64(),)),
    Case({"buckets": 1 << 24}, (WIDE,), (F64,)),
    Case({}, (FLAGS,), (pa.bool_(),)),
]
