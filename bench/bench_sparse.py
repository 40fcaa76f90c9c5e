"""Claim: one-hot, hashed n-grams and TF-IDF become compressed sparse rows in less time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.preprocessing import OneHotEncoder

import mainspring as ms
from bench.data.clicks import CATEGORIES, clicks
from bench.data.ftbench import abstracts
from bench.jobs.ftbench_features import check_sparse
from mainspring import col

ROWS = 50_000
TEXTS, WORDS = 5_000, 40
BUCKETS = 1 << 18


def categories(rows: int, seed: int) -> pa.Table:
    """Draw the categories of clicks; OneHotEncoder has no missing ones."""
    table = clicks(rows, seed=seed).select(CATEGORIES)
    filled = [pc.fill_null(column, "none") for column in table.columns]
    return pa.table(filled, names=CATEGORIES)


def texts(seed: int) -> tuple[pa.Table, list[str]]:
    """Draw texts, as a table and as the list that scikit-learn takes."""
    drawn = abstracts(TEXTS, WORDS, seed=seed)
    return pa.table({"text": drawn}), drawn.to_pylist()


@pytest.mark.parametrize("fits", [False, True], ids=["transform", "fit_transform"])
def test_one_hot_beside_sklearn(fits: bool, compare: Any) -> None:
    train, given = categories(ROWS, 0), categories(ROWS, 1)
    frame = (train if fits else given).to_pandas()
    prep = ms.Preprocessor(col(*CATEGORIES).one_hot(), profile=False)
    theirs = OneHotEncoder(handle_unknown="ignore", dtype=np.float32)
    if not fits:
        prep.fit(train)
        theirs.fit(train.to_pandas())
    table = train if fits else given
    compare(
        f"one_hot of 26 columns, {ROWS:,} rows{', fitted' if fits else ''}",
        (lambda: prep.fit_transform(table, output="csr"))
        if fits
        else (lambda: prep.transform(table, output="csr")),
        (lambda: theirs.fit_transform(frame)) if fits else (lambda: theirs.transform(frame)),
        peer="scikit-learn",
        api="OneHotEncoder on pandas",
        check=check_sparse,
        rows=ROWS,
        num_bytes=table.nbytes,
    )


@pytest.mark.parametrize("analyzer", ["word", "char"])
def test_hashing_beside_sklearn(analyzer: str, compare: Any) -> None:
    table, listed = texts(0)
    sizes = (1, 2) if analyzer == "word" else (3, 3)
    column = col("text")
    expression = (
        column.word_ngrams(sizes, buckets=BUCKETS)
        if analyzer == "word"
        else column.char_ngrams(sizes, buckets=BUCKETS)
    )
    prep = ms.Preprocessor(expression, profile=False).fit(table)
    theirs = HashingVectorizer(
        n_features=BUCKETS, analyzer=analyzer, ngram_range=sizes, dtype=np.float32
    )

    def check(mine: Any, found: Any) -> None:
        assert mine.shape == found.shape
        assert 0.99 < mine.num_entries / found.nnz < 1.01  # each has a hash of its own
        rows = mine.to_scipy()
        np.testing.assert_allclose(rows.multiply(rows).sum(axis=1), 1, rtol=1e-5)

    compare(
        f"{analyzer} n-grams of {sizes[0]} to {sizes[1]} hashed, {TEXTS:,} texts of {WORDS} words",
        lambda: prep.transform(table, output="csr"),
        lambda: theirs.transform(listed),
        peer="scikit-learn",
        api="HashingVectorizer on a list",
        check=check,
        rows=TEXTS,
        num_bytes=table.nbytes,
    )


@pytest.mark.parametrize("fits", [False, True], ids=["transform", "fit_transform"])
def test_tf_idf_beside_sklearn(fits: bool, compare: Any) -> None:
    train, train_list = texts(0)
    table, listed = (train, train_list) if fits else texts(1)
    prep = ms.Preprocessor(col("text").tf_idf(), profile=False)
    theirs = TfidfVectorizer(dtype=np.float32)
    if not fits:
        prep.fit(train)
        theirs.fit(train_list)

    def check(mine: Any, found: Any) -> None:
        words = [name.removeprefix("text_word_tf_idf_") for name in prep.feature_names_out_]
        places = [theirs.vocabulary_[word] for word in words]
        assert len(places) == found.shape[1]
        difference = mine.to_scipy() - found.tocsr()[:, places]
        assert abs(difference).max() < 1e-5
        assert mine.num_entries == found.nnz

    compare(
        f"tf_idf, {TEXTS:,} texts of {WORDS} words{', fitted' if fits else ''}",
        (lambda: prep.fit_transform(table, output="csr"))
        if fits
        else (lambda: prep.transform(table, output="csr")),
        (lambda: theirs.fit_transform(listed)) if fits else (lambda: theirs.transform(listed)),
        peer="scikit-learn",
        api="TfidfVectorizer on a list",
        check=check,
        rows=TEXTS,
        num_bytes=table.nbytes,
    )
