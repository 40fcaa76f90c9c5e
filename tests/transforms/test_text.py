"""Operators over strings: beside scikit-learn, their names, and what they refuse."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfVectorizer,
)
from sklearn.preprocessing import normalize

from mainspring import DataError, ParameterError, Preprocessor, SchemaError, col
from tests.reference.hashes import hash_bucket, hash_bytes

WORDS = ["Red", "red", "shoes", "a", "I", "x_1", "don't", "naïve", "straße", "2024", "e-mail"]
WORDS += ["blue", "Blue.", "(new)", "10%", "漢字", "shoes,", "\u201cquoted\u201d", "C++"]
GAPS = [" ", " ", " ", "  ", "\n", "\t", " - "]


def documents(count: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [
        "".join(draw.choice(WORDS) + draw.choice(GAPS) for _ in range(draw.randrange(12)))
        for _ in range(count)
    ]


TEXTS = documents(300)
TABLE = pa.table({"t": TEXTS, "n": range(300), "l": [[text] for text in TEXTS]})

FORMS: list[dict[str, Any]] = [
    {},
    {"ngram_range": (1, 3)},
    {"ngram_range": (2, 2), "min_count": 2},
    {"analyzer": "char", "ngram_range": (1, 4)},
    {"analyzer": "char", "ngram_range": (3, 3), "min_count": 3},
    {"analyzer": "char_wb", "ngram_range": (2, 5)},
    {"analyzer": "char_wb", "ngram_range": (4, 9), "max_share": 0.5},
    {"min_share": 0.1, "max_share": 0.3},
    {"lowercase": False, "binary": True},
]
NAMES = {"min_count": "min_df", "min_share": "min_df", "max_share": "max_df"}


def theirs(params: dict[str, Any]) -> dict[str, Any]:
    return {NAMES.get(name, name): value for name, value in params.items()}


def shown(ngram: str) -> str:
    """An n-gram as it stands in a feature's name."""
    plain = ngram.replace("\\", "\\\\")
    return "".join(c if c >= " " and c != "\x7f" else f"\\x{ord(c):02x}" for c in plain)


def compare(prep: Preprocessor, vectorizer: Any, kind: str, rtol: float) -> None:
    got = prep.fit(TABLE).transform(TABLE)
    expected = vectorizer.fit_transform(TEXTS).toarray()
    names = [f"t_{kind}_{shown(name)}" for name in vectorizer.get_feature_names_out()]
    assert sorted(prep.feature_names_out_) == sorted(names)
    order = [names.index(name) for name in prep.feature_names_out_]
    np.testing.assert_allclose(got, expected[:, order], rtol=rtol, atol=0)


@pytest.mark.parametrize("params", FORMS, ids=str)
def test_bag_of_words_counts_as_scikit_learn_does(params: dict[str, Any]) -> None:
    kind = f"{params.get('analyzer', 'word')}_count"
    vectorizer = CountVectorizer(**theirs(params))
    compare(Preprocessor(col("t").bag_of_words(**params)), vectorizer, kind, 0)


@pytest.mark.parametrize("params", FORMS, ids=str)
@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"sublinear_tf": True, "norm": "l1"},
        {"smooth_idf": False, "norm": None},
    ],
    ids=str,
)
def test_tf_idf_weighs_as_scikit_learn_does(
    params: dict[str, Any], weights: dict[str, Any]
) -> None:
    kind = f"{params.get('analyzer', 'word')}_tf_idf"
    vectorizer = TfidfVectorizer(**theirs(params), **weights)
    prep = Preprocessor(col("t").tf_idf(**params, **weights))
    compare(prep, vectorizer, kind, 2.0**-23)


def test_most_frequent_ngrams_are_kept_as_scikit_learn_does() -> None:
    ours = Preprocessor(col("t").bag_of_words(max_size=4)).fit(TABLE)
    vectorizer = CountVectorizer().fit(TEXTS)
    totals = np.asarray(vectorizer.transform(TEXTS).sum(axis=0))[0]
    ranked = sorted(zip(-totals, vectorizer.get_feature_names_out(), strict=True))
    assert ours.feature_names_out_ == [f"t_word_count_{word}" for _, word in ranked[:4]]


@pytest.mark.parametrize("norm", [None, "l1", "l2"])
@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
def test_hashed_ngrams_are_those_of_scikit_learn_under_our_hash(
    analyzer: str, norm: str | None
) -> None:
    size, ends = 512, (1, 2)
    vectorizer = HashingVectorizer(analyzer=analyzer, ngram_range=ends)
    expected = np.zeros((len(TEXTS), size))
    for row, text in enumerate(TEXTS):
        for ngram in vectorizer.build_analyzer()(text):
            hashed = hash_bytes(ngram.encode())
            expected[row, hash_bucket(hashed, size)] += -1 if hashed & 1 else 1
    if norm is not None:
        expected = normalize(expected, norm)
    given = {"ngram_range": ends, "buckets": size, "norm": norm}
    if analyzer == "word":
        expression = col("t").word_ngrams(**given)
    else:
        expression = col("t").char_ngrams(**given, word_bounds=analyzer == "char_wb")
    got = Preprocessor(expression).fit_transform(TABLE)
    np.testing.assert_allclose(got, expected, rtol=2.0**-23, atol=0)


def test_signs_make_half_of_the_ngrams_negative() -> None:
    table = pa.table({"t": [f"word{n}" for n in range(2000)]})
    got = Preprocessor(col("t").word_ngrams(buckets=64)).fit_transform(table)
    assert set(np.unique(got)) == {-1.0, 0.0, 1.0}
    assert 900 < np.count_nonzero(got == 1) < 1100
    assert (np.abs(got).sum(axis=1) == 1).all()
    binary = Preprocessor(col("t").word_ngrams(buckets=64, binary=True)).fit_transform(table)
    np.testing.assert_array_equal(binary, np.abs(got))


def test_bucket_of_a_word_is_that_of_the_operator_hash() -> None:
    table = pa.table({"t": ["jfk", "lga", "ewr"]})
    hashed = Preprocessor(col("t").hash(buckets=50)).fit_transform(table)[:, 0]
    counted = Preprocessor(col("t").word_ngrams(buckets=50)).fit_transform(table)
    assert np.abs(counted).argmax(axis=1).tolist() == hashed.tolist()


def test_features_have_names_that_do_not_meet() -> None:
    prep = Preprocessor(
        col("t").word_ngrams(buckets=2),
        col("t").char_ngrams(buckets=2),
        col("t").char_ngrams(buckets=2, word_bounds=True),
        col("t").bag_of_words(max_size=1),
        col("t").tf_idf(max_size=1),
        col("t").tf_idf(max_size=1, analyzer="char"),
        col("t").text_length(),
        col("t").text_pattern("digits", "words"),
        col("t").text_pattern("digits", share=True),
    ).fit(TABLE)
    assert prep.feature_names_out_ == [
        *("t_word_hash_0", "t_word_hash_1", "t_char_hash_0", "t_char_hash_1"),
        *("t_char_wb_hash_0", "t_char_wb_hash_1", "t_word_count_shoes", "t_word_tf_idf_shoes"),
        *("t_char_tf_idf_ ", "t_length", "t_digits", "t_words", "t_digits_share"),
    ]
    assert prep.categorical_indices == []
    again = Preprocessor.from_state_bytes(prep.state_bytes())
    assert again.bundle.to_bytes() == prep.bundle.to_bytes()
    assert repr(again) == repr(prep)


@pytest.mark.parametrize("texts", [["", "-", None], [None, None], ["a", "b"]])
def test_vocabulary_when_nothing_is_kept_is_one_feature_of_zeros(texts: list[str | None]) -> None:
    table = pa.table({"t": pa.array(texts, pa.string())})
    prep = Preprocessor(col("t").tf_idf())
    assert prep.fit_transform(table).tolist() == [[0.0]] * len(texts)
    assert prep.feature_names_out_ == ["t_word_tf_idf_none"]


def test_bytes_that_are_no_utf8_are_letters_and_escaped_in_names() -> None:
    table = pa.table({"t": pa.array([b"caf\xe9 bar", b"CAF\xe9"])})
    prep = Preprocessor(col("t").bag_of_words())
    assert prep.fit_transform(table).tolist() == [[1, 1], [1, 0]]
    assert prep.feature_names_out_ == ["t_word_count_caf\\xe9", "t_word_count_bar"]


def test_text_of_a_megabyte_is_counted_whole() -> None:
    table = pa.table({"t": ["spam " * 200_000, "eggs"]})
    assert Preprocessor(col("t").bag_of_words()).fit_transform(table)[0].tolist() == [200_000, 0]


def test_columns_that_hold_no_strings_are_refused_by_name() -> None:
    for expression in (col("n").word_ngrams(), col("l").tf_idf(), col("n").text_length()):
        with pytest.raises(SchemaError, match="expected a string") as caught:
            Preprocessor(expression).fit(TABLE)
        assert caught.value.column in ("n", "l")
    with pytest.raises(SchemaError, match="tf_idf takes strings"):
        Preprocessor(col("t").text_length().tf_idf()).fit(TABLE)
    with pytest.raises(SchemaError, match="many features of a text"):
        Preprocessor(col("t").tf_idf().standardize()).fit(TABLE)
    with pytest.raises(ParameterError, match="is for one column"):
        Preprocessor(col("t", "t").word_ngrams().alias("x")).fit(TABLE)


@pytest.mark.parametrize(
    ("op", "params", "name"),
    [
        ("word_ngrams", {"ngram_range": (2, 1)}, "ngram_range"),
        ("word_ngrams", {"ngram_range": (0, 1)}, "ngram_range"),
        ("word_ngrams", {"ngram_range": (1, 17)}, "ngram_range"),
        ("word_ngrams", {"ngram_range": (1, 1.5)}, "ngram_range"),
        ("word_ngrams", {"ngram_range": (1,)}, "ngram_range"),
        ("word_ngrams", {"ngram_range": ()}, "ngram_range"),
        ("word_ngrams", {"buckets": 1}, "buckets"),
        ("word_ngrams", {"buckets": 2**24 + 1}, "buckets"),
        ("word_ngrams", {"min_word_length": 0}, "min_word_length"),
        ("word_ngrams", {"norm": "max"}, "norm"),
        ("word_ngrams", {"norm": 2}, "norm"),
        ("char_ngrams", {"ngram_range": (float("nan"), 2)}, "ngram_range"),
        ("bag_of_words", {"analyzer": "words"}, "analyzer"),
        ("bag_of_words", {"min_count": 0}, "min_count"),
        ("bag_of_words", {"max_size": 0}, "max_size"),
        ("tf_idf", {"min_share": 0.6, "max_share": 0.5}, "max_share"),
        ("tf_idf", {"max_share": 1.5}, "max_share"),
        ("tf_idf", {"max_share": float("nan")}, "max_share"),
        ("tf_idf", {"min_share": -0.1}, "min_share"),
        ("word_ids", {}, "length"),
        ("word_ids", {"length": 2**18 + 1}, "length"),
        ("word_ids", {"length": 1.5}, "length"),
        ("word_ids", {"length": 1, "words": ("a", "a")}, "words"),
        ("word_ids", {"length": 1, "words": (1, 2)}, "words"),
        ("word_ids", {"length": 1, "words": ("a",), "min_count": 2}, "min_count"),
        ("word_ids", {"length": 1, "words": ("a",), "max_size": 2}, "max_size"),
        ("word_ids", {"length": 1, "min_count": 0}, "min_count"),
        ("word_ids", {"length": 1, "min_word_length": 256}, "min_word_length"),
        ("text_length", {"unit": "words"}, "unit"),
        ("text_pattern", {}, "parts"),
    ],
)
def test_parameter_out_of_its_range_is_refused_by_name(
    op: str, params: dict[str, Any], name: str
) -> None:
    with pytest.raises(ParameterError, match=name):
        getattr(col("t"), op)(**params)


@pytest.mark.parametrize(
    ("parts", "share"), [(("digits", "digits"), False), (("vowels",), False), (("words",), True)]
)
def test_text_pattern_when_a_part_is_wrong_says_which_there_are(
    parts: tuple[str, ...], share: bool
) -> None:
    with pytest.raises(ParameterError, match="text_pattern"):
        col("t").text_pattern(*parts, share=share)


def test_more_ngrams_than_a_plan_takes_are_an_error_with_a_way_out() -> None:
    table = pa.table({"t": [" ".join(f"w{n}" for n in range(2**18 + 1))]})
    with pytest.raises(DataError, match="max_size") as caught:
        Preprocessor(col("t").bag_of_words()).fit(table)
    assert caught.value.column == "t"
    small = Preprocessor(col("t").bag_of_words(max_size=3)).fit(table)
    assert small.n_features_out_ == 3


def test_words_become_ids_in_their_order() -> None:
    table = pa.table({"t": ["a b a c", "b", None, "", "a a b d e"]})
    prep = Preprocessor(col("t").word_ids(4, max_size=3)).fit(table)
    assert prep.feature_names_out_ == [f"t_word_{place}" for place in range(4)]
    assert prep.categorical_indices == [0, 1, 2, 3]
    wanted = [[2, 3, 2, 4], [3, 0, 0, 0], [0] * 4, [0] * 4, [2, 2, 3, 1]]
    assert prep.transform(table).tolist() == wanted
    ids = prep.transform(table, output="tensors").ids
    assert (ids.dtype, ids.tolist()) == (np.int32, wanted)
    columns = pa.table(prep.transform(table, output="arrow"))
    assert columns.schema.types == [pa.int32()] * 4
    assert np.column_stack([column.to_numpy() for column in columns.columns]).tolist() == wanted
    sparse = prep.transform(table, output="csr").to_scipy()
    assert sparse.toarray().tolist() == wanted
    assert sparse.nnz == 9
    assert prep.transform_row({"t": "e d C b"}).tolist() == [1, 1, 4, 3]


def test_given_words_are_not_learnt_and_stand_for_rows_of_a_matrix() -> None:
    words = ("shoes", "red", "New York")  # the last one is no word, and keeps its place
    prep = Preprocessor(col("t").word_ids(2, words=words))
    prep.fit({"t": ["anything"]})
    assert prep.transform({"t": ["Red shoes", "New York"]}).tolist() == [[3, 2], [1, 1]]
    again = Preprocessor.from_state_bytes(prep.state_bytes())
    assert again.bundle.to_bytes() == prep.bundle.to_bytes()
    assert repr(again) == repr(prep)
    vectors = np.vstack([np.zeros((2, 3)), np.eye(3)])
    ids = prep.transform({"t": ["shoes of red"]}, output="tensors").ids
    assert vectors[ids][0].tolist() == [[1, 0, 0], [0, 0, 0]]


def test_word_ids_of_one_place_have_its_number_and_an_alias_begins_the_names() -> None:
    made = Preprocessor(col("t").word_ids(1), col("t").word_ids(2).alias("x")).fit({"t": ["a b"]})
    assert made.feature_names_out_ == ["t_word_0", "x_word_0", "x_word_1"]


def test_rows_without_their_zeros_are_those_of_the_dense_matrix() -> None:
    expressions = (
        col("t").word_ngrams(ngram_range=(1, 2), buckets=300),
        col("t").char_ngrams(buckets=64, word_bounds=True, norm="l1"),
        col("t").tf_idf(sublinear_tf=True),
        col("t").bag_of_words(analyzer="char", ngram_range=(1, 2)),
    )
    prep = Preprocessor(*expressions).fit(TABLE)
    sparse = prep.transform(TABLE, output="csr")
    assert sparse.to_scipy().toarray().tobytes() == prep.transform(TABLE).tobytes()


def test_many_buckets_cost_what_a_row_holds() -> None:
    prep = Preprocessor(col("t").word_ngrams(buckets=2**24)).fit(TABLE)
    rows = prep.transform(TABLE, output="csr").to_scipy()
    assert rows.shape == (300, 2**24)
    few = Preprocessor(col("t").word_ngrams(buckets=2**16)).fit(TABLE).transform(TABLE)
    np.testing.assert_allclose(rows.multiply(rows).sum(), (few.astype(float) ** 2).sum(), rtol=1e-6)
    assert len(prep.bundle.to_bytes()) < 10_000
