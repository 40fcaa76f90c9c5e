"""word_ids: the words of a text by their places in a vocabulary, padded with 0 or cut."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from tests.generic.case import STR, WORDS, Case
from tests.reference.columns import Column, is_missing
from tests.reference.ngrams import TEXTS, by_rows, ngrams


def features(
    train: list[Column],
    rows: list[Column],
    *,
    length: int,
    words: tuple[str, ...] = (),
    lowercase: bool = True,
    min_word_length: int = 1,
    min_count: int = 1,
    max_size: int | None = None,
) -> list[Column]:
    def read(value: str | None) -> list[bytes]:
        if is_missing(value):
            return []
        return ngrams(value, "word", (1, 1), lowercase=lowercase, min_word_length=min_word_length)

    times = Counter(word for value in train[0] for word in read(value))
    learnt = sorted(times, key=lambda word: (-times[word], word))
    known = [word for word in learnt if times[word] >= min_count][:max_size]
    if words:
        known = [word.encode() for word in words]
    id_of = {word: 2 + place for place, word in enumerate(known)}

    def one(value: str | None) -> list[float]:
        ids = [float(id_of.get(word, 1)) for word in read(value)]
        return [*ids, *[0.0] * length][:length]

    return by_rows([one(value) for value in rows[0]]) if rows[0] else [[]] * length


CASES = [
    Case({"length": 3}, (WORDS,), (STR,)),
    Case({"length": 1, "min_count": 2}, (TEXTS,), (STR,)),
    Case({"length": 7, "max_size": 3, "min_word_length": 2}, (TEXTS,), (pa.large_string(),)),
    Case(
        {"length": 4, "words": ("red", "shoes", "a", "never", "Red"), "lowercase": False},
        (TEXTS,),
        (pa.dictionary(pa.int8(), STR),),
    ),
    Case({"length": 2, "words": ("é", "a", "long")}, (WORDS,), (pa.string_view(),)),
]
