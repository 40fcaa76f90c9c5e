"""word_ngrams: words, and runs of them, in the buckets of their hashes."""

from __future__ import annotations

import pyarrow as pa

from tests.generic.case import STR, WORDS, Case
from tests.reference.columns import Column
from tests.reference.hashes import hash_bucket, hash_bytes
from tests.reference.ngrams import TEXTS, by_rows, counts_of, normed


def features(
    train: list[Column],
    rows: list[Column],
    *,
    ngram_range: tuple[float, ...] = (1, 1),
    buckets: int = 4096,
    lowercase: bool = True,
    min_word_length: int = 2,
    binary: bool = False,
    alternate_sign: bool = True,
    norm: str | None = "l2",
    analyzer: str = "word",
) -> list[Column]:
    rule: dict[str, object] = {"ngram_range": ngram_range, "lowercase": lowercase}
    if analyzer == "word":
        rule["min_word_length"] = min_word_length

    def one(value: str | None) -> list[float]:
        out = [0.0] * buckets
        for ngram, times in counts_of(value, analyzer, rule).items():
            hashed = hash_bytes(ngram)
            place = hash_bucket(hashed, buckets)
            if binary:
                out[place] = 1.0
            else:
                out[place] += -times if alternate_sign and hashed & 1 else times
        return normed(out, norm)

    if not rows[0]:
        return [[] for _ in range(buckets)]
    return by_rows([one(value) for value in rows[0]])


CASES = [
    Case({"buckets": 7, "min_word_length": 1}, (WORDS,), (STR,)),
    Case({"buckets": 5, "ngram_range": (1, 3), "min_word_length": 1}, (TEXTS,), (STR,)),
    Case(
        {"buckets": 16, "lowercase": False, "alternate_sign": False, "norm": None},
        (TEXTS,),
        (pa.large_string(),),
    ),
    Case(
        {"buckets": 3, "binary": True, "ngram_range": (1, 2), "norm": "l1"},
        (TEXTS,),
        (pa.dictionary(pa.int8(), STR),),
    ),
]
