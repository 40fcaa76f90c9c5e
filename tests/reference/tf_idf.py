"""tf_idf: counts of n-grams by how few rows have them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.generic.case import STR, WORDS, Case
from tests.reference import bag_of_words
from tests.reference.columns import Column
from tests.reference.ngrams import TEXTS


def features(
    train: list[Column],
    rows: list[Column],
    *,
    smooth_idf: bool = True,
    norm: str | None = "l2",
    **params: Any,
) -> list[Column]:
    return bag_of_words.features(train, rows, smooth_idf=smooth_idf, norm=norm, **params)


CASES = [
    Case({"min_word_length": 1}, (WORDS,), (STR,)),
    Case({"min_word_length": 1, "ngram_range": (1, 2), "sublinear_tf": True}, (TEXTS,), (STR,)),
    Case(
        {"analyzer": "char_wb", "ngram_range": (1, 3), "smooth_idf": False, "max_size": 12},
        (TEXTS,),
        (pa.large_string(),),
    ),
    Case(
        {"analyzer": "char", "ngram_range": (2, 2), "binary": True, "norm": None},
        (TEXTS,),
        (pa.dictionary(pa.int8(), STR),),
    ),
]
