"""bag_of_words: how often a row has each n-gram that fitting has kept."""

from __future__ import annotations

import math
from collections import Counter

import pyarrow as pa

from tests.generic.case import STR, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.ngrams import TEXTS, by_rows, counts_of, normed


def features(
    train: list[Column],
    rows: list[Column],
    *,
    analyzer: str = "word",
    ngram_range: tuple[float, ...] = (1, 1),
    lowercase: bool = True,
    min_word_length: int = 2,
    min_count: int = 1,
    min_share: float = 0.0,
    max_share: float = 1.0,
    max_size: int | None = None,
    binary: bool = False,
    sublinear_tf: bool = False,
    smooth_idf: bool | None = None,
    norm: str | None = None,
) -> list[Column]:
    rule: dict[str, object] = {"ngram_range": ngram_range, "lowercase": lowercase}
    if analyzer == "word":
        rule["min_word_length"] = min_word_length
    counted = [counts_of(value, analyzer, rule) for value in train[0]]
    times: Counter[bytes] = sum(counted, Counter())
    rows_with = Counter(ngram for counts in counted for ngram in counts)
    size = len(train[0])
    kept = [
        ngram
        for ngram in sorted(times, key=lambda ngram: (-times[ngram], ngram))
        if max(min_count, min_share * size) <= rows_with[ngram] <= max_share * size
    ][:max_size]
    texts = size - sum(map(is_missing, train[0]))

    def weight(ngram: bytes) -> float:
        if smooth_idf is None:
            return 1.0
        return 1 + math.log((texts + smooth_idf) / (rows_with[ngram] + smooth_idf))

    def one(value: str | None) -> list[float]:
        counts = counts_of(value, analyzer, rule)
        out = []
        for ngram in kept:
            number = float(counts[ngram])
            if number and binary:
                number = 1.0
            elif number and sublinear_tf:
                number = 1 + math.log(number)
            out.append(number * weight(ngram))
        return normed(out, norm) or [0.0]

    if not rows[0]:
        return [[] for _ in kept or [b""]]
    return by_rows([one(value) for value in rows[0]])


CASES = [
    Case({"min_word_length": 1}, (WORDS,), (STR,)),
    Case({"min_word_length": 1, "ngram_range": (1, 2), "max_size": 9}, (TEXTS,), (STR,)),
    Case({"analyzer": "char", "ngram_range": (1, 3), "min_count": 2}, (TEXTS,), (STR,)),
    Case(
        {"analyzer": "char_wb", "ngram_range": (2, 5), "binary": True, "norm": "l1"},
        (TEXTS,),
        (pa.large_string(),),
    ),
    Case(
        {"min_share": 0.2, "max_share": 0.6, "lowercase": False, "min_word_length": 1},
        (TEXTS,),
        (pa.dictionary(pa.int8(), STR),),
    ),
]
