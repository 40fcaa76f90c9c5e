"""hash: the hash of one value, brought into the range of ids."""

from __future__ import annotations

from tests.reference.columns import Column
from tests.reference.hashes import hash_bucket, hash_value


def features(train: list[Column], rows: list[Column], *, buckets: int = 4096) -> list[Column]:
    plain = [value.encode() if isinstance(value, str) else value for value in rows[0]]
    return [[hash_bucket(hash_value(value), buckets) for value in plain]]
