"""char_ngrams: runs of characters in the buckets of their hashes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.generic.case import STR, WORDS, Case
from tests.reference import word_ngrams
from tests.reference.columns import Column
from tests.reference.ngrams import TEXTS


def features(
    train: list[Column],
    rows: list[Column],
    *,
    ngram_range: tuple[float, ...] = (3, 5),
    word_bounds: bool = False,
    **params: Any,
) -> list[Column]:
    analyzer = "char_wb" if word_bounds else "char"
    return word_ngrams.features(train, rows, ngram_range=ngram_range, analyzer=analyzer, **params)


CASES = [
    Case({"buckets": 7, "ngram_range": (1, 2)}, (WORDS,), (STR,)),
    Case({"buckets": 9, "ngram_range": (2, 4)}, (TEXTS,), (STR,)),
    Case({"buckets": 9, "ngram_range": (1, 4), "word_bounds": True}, (TEXTS,), (STR,)),
    Case(
        {"buckets": 16, "lowercase": False, "norm": None, "ngram_range": (3, 3), "binary": True},
        (TEXTS,),
        (pa.large_string(),),
    ),
]
