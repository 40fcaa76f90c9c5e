"""one_hot_ids: is the row's id this one? Behind a hash, whose buckets it is told."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import COUNTS, STR, WORDS, Case
from tests.reference import hash as hash_of
from tests.reference.columns import Column


def features(train: list[Column], rows: list[Column], *, buckets: int) -> list[Column]:
    (ids,) = hash_of.features(train, rows, buckets=buckets)
    return [[float(found == bucket) for found in ids] for bucket in range(buckets)]


CASES = [
    Case({}, (WORDS,), (STR,), {"buckets": 5}, before=(("hash", {"buckets": 5}),)),
    Case({}, (COUNTS,), (pa.int64(),), {"buckets": 300}, before=(("hash", {"buckets": 300}),)),
]
