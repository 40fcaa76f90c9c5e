"""Claim: the use cases of a published benchmark of feature transformations take less time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import mainspring as ms
from bench.data.ftbench import CASES, SPARSE_CASES, WORDS, Case, abstracts, table
from bench.jobs import word_ids
from bench.jobs.ftbench_features import (
    HASHER_API,
    POLARS_API,
    SKLEARN_API,
    check_features,
    check_hashed,
    check_sparse,
    features_polars,
    ours,
    sklearn_job,
)

FITTED_AT_ONCE = [case for case in CASES if not case.batch]
# scikit-learn takes minutes to leave out narrow bins among 100,000 quantiles.
FOR_SKLEARN = [case for case in FITTED_AT_ONCE if case.equal_width or case.bins < 10_000]
IN_BATCHES = [case for case in CASES if case.batch]
ONE_HOT = [case for case in SPARSE_CASES if case.one_hot]
HASHED = [case for case in SPARSE_CASES if case.hashed]


def title(case: Case) -> str:
    """Return what the case is called in the results."""
    columns = case.binned + case.plain + len(case.categories)
    return f"{case.name}, {case.rows:,} rows x {columns} columns"


@pytest.mark.parametrize("case", FOR_SKLEARN, ids=lambda case: case.name)
def test_use_case_beside_sklearn(case: Case, compare: Any) -> None:
    given = table(case)
    frame = given.to_pandas()
    compare(
        title(case),
        lambda: ours(case).fit_transform(given),
        lambda: sklearn_job(case).fit_transform(frame),
        peer="scikit-learn",
        api=SKLEARN_API,
        check=lambda mine, theirs: check_features(case, mine, theirs),
        rows=case.rows,
        num_bytes=given.nbytes,
    )


@pytest.mark.parametrize("case", FITTED_AT_ONCE, ids=lambda case: case.name)
def test_use_case_beside_polars(case: Case, compare: Any) -> None:
    given = table(case)
    frame = pl.DataFrame(given)
    compare(
        title(case),
        lambda: ours(case).fit_transform(given),
        lambda: features_polars(case, frame),
        peer="polars",
        api=POLARS_API,
        check=lambda mine, theirs: check_features(case, mine, theirs),
        rows=case.rows,
        num_bytes=given.nbytes,
    )


@pytest.mark.parametrize("case", IN_BATCHES, ids=lambda case: case.name)
def test_batches_beside_sklearn(case: Case, compare: Any) -> None:
    given = table(case)
    frame = given.to_pandas()
    prep, theirs = ours(case).fit(given), sklearn_job(case).fit(frame)
    starts = range(0, case.rows, case.batch)
    parts = [given.slice(start, case.batch) for start in starts]
    frames = [frame.iloc[start : start + case.batch] for start in starts]
    compare(
        title(case),
        lambda: np.concatenate([prep.transform(part) for part in parts]),
        lambda: np.concatenate([theirs.transform(part) for part in frames]),
        peer="scikit-learn",
        api=SKLEARN_API,
        check=lambda mine, found: check_features(case, mine, found),
        rows=case.rows,
        num_bytes=given.nbytes,
    )


@pytest.mark.parametrize("case", ONE_HOT, ids=lambda case: case.name)
def test_sparse_use_case_beside_sklearn(case: Case, compare: Any) -> None:
    given = table(case)
    frame = given.to_pandas()
    compare(
        title(case),
        lambda: ours(case).fit_transform(given, output="csr"),
        lambda: sklearn_job(case).fit_transform(frame),
        peer="scikit-learn",
        api=f"{SKLEARN_API}, sparse",
        check=check_sparse,
        rows=case.rows,
        num_bytes=given.nbytes,
    )


@pytest.mark.parametrize("case", HASHED, ids=lambda case: case.name)
def test_hashed_use_case_beside_sklearn(case: Case, compare: Any) -> None:
    from sklearn.feature_extraction import FeatureHasher

    given = table(case)
    # A hash of the whole row: which column a string is of must be part of it.
    rows = [[f"{name}={value}" for name, value in row.items()] for row in given.to_pylist()]
    hasher = FeatureHasher(
        case.hashed * len(case.categories), input_type="string", dtype=np.float32
    )
    compare(
        title(case),
        lambda: ours(case).fit_transform(given, output="csr"),
        lambda: hasher.transform(rows),
        peer="scikit-learn",
        api=HASHER_API,
        check=check_hashed,
        rows=case.rows,
        num_bytes=given.nbytes,
    )


def test_bag_of_words_beside_sklearn(compare: Any) -> None:
    """T10: n-grams of one to three words of abstracts."""
    from sklearn.feature_extraction.text import CountVectorizer

    rows, words = 1_000, 120
    texts = abstracts(rows, words)
    given, listed = pa.table({"text": texts}), texts.to_pylist()

    def check(mine: Any, theirs: Any) -> None:
        assert (mine.shape, mine.num_entries) == (theirs.shape, theirs.nnz)
        check_sparse(mine, theirs)

    compare(
        f"T10, abstracts, {rows:,} rows x {words} words",
        lambda: ms.Preprocessor(
            ms.col("text").bag_of_words(ngram_range=(1, 3)), profile=False
        ).fit_transform(given, output="csr"),
        lambda: CountVectorizer(ngram_range=(1, 3), dtype=np.float32).fit_transform(listed),
        peer="scikit-learn",
        api="CountVectorizer on a list",
        check=check,
        rows=rows,
        num_bytes=given.nbytes,
    )


@pytest.mark.parametrize("peer", ["scikit-learn", "polars"])
def test_embeddings_of_words(peer: str, compare: Any) -> None:
    """T11: the vectors of an abstract's words side by side, of words that are known before."""
    rows, words, width = 500, 120, 300
    given = pa.table({"text": abstracts(rows, words, fewest=words // 2)})
    known = WORDS[: len(WORDS) // 2]  # of the others all are one
    vectors = np.random.default_rng(0).random((len(known) + 2, width), np.float32)
    vectors[0] = 0  # behind the end
    prep = ms.Preprocessor(ms.col("text").word_ids(words, words=known), profile=False).fit(given)
    theirs, api = {
        "scikit-learn": (
            word_ids.ids_sklearn(given["text"].to_pylist(), known, words),
            word_ids.SKLEARN_API,
        ),
        "polars": (
            word_ids.ids_polars(pl.DataFrame(given), "text", known, words),
            word_ids.POLARS_API,
        ),
    }[peer]
    compare(
        f"T11, abstracts, {rows:,} rows x {words} words",
        lambda: vectors[prep.transform(given, output="tensors").ids],
        lambda: vectors[theirs()],
        peer=peer,
        api=api,
        check=np.testing.assert_array_equal,
        rows=rows,
        num_bytes=given.nbytes,
    )
