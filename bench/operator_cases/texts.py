"""Texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pyarrow.compute as pc

from bench.data.operator_columns import Columns
from bench.jobs import word_ids
from bench.operator_cases.case import (
    Array,
    Case,
    Peer,
    polars_peer,
)

NUM_FEATURES = 64
NUM_WORDS = 1_000
NUM_PLACES = 8


def _vectorized(make: Callable[[list[str]], Any]) -> Callable[[Columns], Callable[[], Array]]:
    """Dense rows of a vectorizer of scikit-learn, from a list of strings."""

    def in_sklearn(given: Columns) -> Callable[[], Array]:
        texts = given.table["title"].to_pylist()
        vectorizer = make(texts)
        return lambda: vectorizer.transform(texts).toarray().astype(np.float32, copy=False)

    return in_sklearn


def _hashing(**params: Any) -> Callable[[list[str]], Any]:
    def make(_: list[str]) -> Any:
        from sklearn.feature_extraction.text import HashingVectorizer

        return HashingVectorizer(
            n_features=NUM_FEATURES, alternate_sign=False, dtype=np.float32, **params
        )

    return make


def _frequent(texts: list[str]) -> list[str]:
    """Return the words that are kept, in the order of their features."""
    counts = Counter(word for text in texts for word in text.lower().split())
    return sorted(counts, key=lambda word: (-counts[word], word))[:NUM_FEATURES]


def _counting(texts: list[str]) -> Any:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(vocabulary=_frequent(texts), dtype=np.float32)


def _weighing(texts: list[str]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(vocabulary=_frequent(texts), dtype=np.float32).fit(texts)


def _sklearn(api: str, make: Callable[[list[str]], Any]) -> tuple[Peer, ...]:
    return (Peer("scikit-learn", api, _vectorized(make), large=True),)


def _length_pyarrow(given: Columns) -> Callable[[], Array]:
    titles = given.table["title"]
    return lambda: pc.utf8_length(titles).to_numpy().astype(np.float32)


def _ids_polars(given: Columns) -> Callable[[], Array]:
    counts = Counter(word for text in given.table["title"].to_pylist() for word in text.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:NUM_WORDS]
    return word_ids.ids_polars(given.frame, "title", words, NUM_PLACES, pl.Float32)


CASES = {
    "text_length": Case(
        ("title",),
        lambda column: column.text_length(),
        (
            polars_peer(
                "str.len_chars", lambda _: pl.col("title").str.len_chars().cast(pl.Float32)
            ),
            Peer("pyarrow", "utf8_length", _length_pyarrow),
        ),
    ),
    "text_pattern": Case(
        ("title",),
        lambda column: column.text_pattern("digits", "spaces"),
        (
            polars_peer(
                "str.count_matches",
                lambda _: [
                    pl.col("title").str.count_matches(pattern).cast(pl.Float32).alias(pattern)
                    for pattern in ("[0-9]", r"\s")
                ],
            ),
        ),
    ),
    "word_ngrams": Case(
        ("title",),
        lambda column: column.word_ngrams(buckets=NUM_FEATURES, alternate_sign=False),
        _sklearn("HashingVectorizer", _hashing()),
        same_values=False,
    ),
    "char_ngrams": Case(
        ("title",),
        lambda column: column.char_ngrams((3, 3), buckets=NUM_FEATURES, alternate_sign=False),
        _sklearn("HashingVectorizer", _hashing(analyzer="char", ngram_range=(3, 3))),
        same_values=False,
    ),
    "bag_of_words": Case(
        ("title",),
        lambda column: column.bag_of_words(max_size=NUM_FEATURES),
        _sklearn("CountVectorizer", _counting),
    ),
    "tf_idf": Case(
        ("title",),
        lambda column: column.tf_idf(max_size=NUM_FEATURES),
        _sklearn("TfidfVectorizer", _weighing),
    ),
    "word_ids": Case(
        ("title",),
        lambda column: column.word_ids(NUM_PLACES, max_size=NUM_WORDS),
        (Peer("polars", word_ids.POLARS_API, _ids_polars),),
    ),
}
