"""one_hot over lists: a feature for each element, what a row counts, and who else takes lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import MultiLabelBinarizer

from mainspring import DataError, Predictor, Preprocessor, SchemaError, col
from mainspring.transforms import Expression

WORDS = ["a", "b", "c", "d", "é", "a word of more than thirty-one bytes"]
lists_of_words = st.lists(st.lists(st.sampled_from(WORDS), max_size=6), min_size=1, max_size=30)


def fitted(expression: Expression, values: Any, kind: pa.DataType | None = None) -> Preprocessor:
    return Preprocessor(expression, profile=False).fit(table_of(values, kind))


def table_of(values: Any, kind: pa.DataType | None = None) -> pa.Table:
    return pa.table({"c": pa.array(values, pa.list_(kind) if kind is not None else None)})


def names(values: Any, kind: pa.DataType | None = None, **params: Any) -> list[str]:
    found = fitted(col("c").one_hot(**params), values, kind).feature_names_out_
    assert all(name.startswith("c_") for name in found)
    return [name[2:] for name in found]


def test_names_when_elements_are_of_any_kind_are_their_text() -> None:
    assert names([["b", "a"], ["b"], None, [], [None, "é"]]) == ["b", "a", "é", "missing"]
    assert names([[10, -2], [10, None]]) == ["10", "-2"]
    assert names([[0.1, -0.0, float("nan")], [0.0]]) == ["0", "0.1"]
    assert names([[True], [True, False]]) == ["1", "0"]
    assert names([[b"\xff"]], pa.binary()) == [r"\xff"]
    assert names([[Decimal("1.00")]], pa.decimal128(5, 2)) == ["1"]


def test_rows_when_a_list_holds_an_element_twice_count_once() -> None:
    values = [["x", "x", "x"], ["y"], ["y", "z", "y"], ["z"], ["z"]]
    assert names(values) == ["z", "y", "x"]
    assert names(values, min_count=2) == ["z", "y", "infrequent"]
    got = fitted(col("c").one_hot(), values).transform(table_of(values))
    assert got.max() == 1


def test_rows_when_a_list_is_longer_than_a_tile_count_once() -> None:
    values = [["x", *["y"] * 700, "x"], ["y"], ["x"], ["y"]]
    assert names(values) == ["y", "x"]
    assert names(values, min_count=3) == ["y", "infrequent"]


def test_rows_when_unseen_empty_or_missing() -> None:
    new = table_of([["a", "new"], [], None, ["new"], [None]], pa.string())
    plain = fitted(col("c").one_hot(), [["a"], ["a", "b"]])
    assert plain.transform(new).tolist() == [[1, 0], [0, 0], [0, 0], [0, 0], [0, 0]]
    rare = fitted(col("c").one_hot(min_count=2), [["a"], ["a", "b"]])
    assert rare.feature_names_out_ == ["c_a", "c_infrequent"]
    assert rare.transform(new).tolist() == [[1, 1], [0, 0], [0, 1], [0, 1], [0, 0]]
    missing = fitted(col("c").one_hot(), [["a"], None])
    assert missing.transform(new).tolist() == [[1, 0], [0, 0], [0, 1], [0, 0], [0, 0]]


def test_fit_when_every_list_is_empty_gives_the_feature_of_what_is_unseen() -> None:
    prep = fitted(col("c").one_hot(), [[], [None]], pa.string())
    assert prep.feature_names_out_ == ["c_infrequent"]
    assert prep.transform(table_of([[], ["a"], None], pa.string())).tolist() == [[0], [1], [1]]
    # What it would be called is no name before there is something to learn.
    both = Preprocessor(col("c").one_hot(), "c_infrequent")
    table = pa.table({"c": [["a"]], "c_infrequent": [1.0]})
    assert both.fit(table).feature_names_out_ == ["c_a", "c_infrequent"]


@given(lists_of_words, lists_of_words)
def test_features_equal_those_of_multi_label_binarizer(
    train: list[list[str]], rows: list[list[str]]
) -> None:
    if not any(train):
        return
    prep = fitted(col("c").one_hot(), train, pa.string())
    theirs = MultiLabelBinarizer().fit(train)
    order = [list(theirs.classes_).index(name[2:]) for name in prep.feature_names_out_]
    known = [[word for word in row if word in theirs.classes_] for row in rows]
    got = prep.transform(table_of(rows, pa.string()))
    np.testing.assert_array_equal(got, theirs.transform(known)[:, order])


@given(lists_of_words, st.integers(1, 4))
def test_min_count_keeps_what_min_df_keeps(train: list[list[str]], count: int) -> None:
    kept = set(names(train, pa.string(), min_count=count)) - {"infrequent", "missing"}
    theirs = CountVectorizer(analyzer=lambda row: row, min_df=1, binary=True)
    try:
        table = theirs.fit_transform(train)
    except ValueError:  # an empty vocabulary
        assert kept == set()
        return
    rows_of = dict(zip(theirs.get_feature_names_out(), table.sum(axis=0).A1, strict=True))
    assert kept == {word for word, rows in rows_of.items() if rows >= count}


def test_row_when_a_dict_equals_the_row_of_the_batch() -> None:
    values = [["a", "b"], None, [], ["c", "c", None]]
    prep = fitted(col("c").one_hot(), values)
    batch = prep.transform(table_of(values))
    for row, value in zip(batch, values, strict=True):
        assert prep.bundle.transform_row({"c": value}) == row.tolist()
    with pytest.raises(DataError, match="expected a list of text"):
        prep.bundle.transform_row({"c": "a"})


def test_parts_when_merged_count_every_row_once() -> None:
    parts = [[["a", "b"], ["b", "b"]], [["b"], None], [["c", "a", "a"]], [[]]]
    whole = fitted(col("c").one_hot(min_count=2), [row for part in parts for row in part])
    prep = Preprocessor(col("c").one_hot(min_count=2), profile=False)
    for part in parts:
        prep.partial_fit(table_of(part, pa.string()))
    merged = Preprocessor(col("c").one_hot(min_count=2), profile=False)
    for part in reversed(parts):
        shard = Preprocessor(col("c").one_hot(min_count=2), profile=False)
        merged.merge(shard.partial_fit(table_of(part, pa.string())))
    again = Preprocessor.from_state_bytes(merged.state_bytes())
    assert prep.bundle.to_bytes() == whole.bundle.to_bytes()
    assert merged.state_bytes() == prep.state_bytes()
    more = table_of([["c", "c"]], pa.string())
    assert again.partial_fit(more).feature_names_out_ == [
        "c_b", "c_a", "c_c", "c_missing"
    ]  # fmt: skip


def test_expressions_when_two_count_one_list_learn_the_same() -> None:
    values = [["a", "b"], ["b", "b"]] * 400
    both = Preprocessor(
        col("c").one_hot(), col("c").missing_flag(), col("c").one_hot(min_count=900)
    ).fit(table_of(values))
    assert both.feature_names_out_ == ["c_b", "c_a", "c_missing", "c_infrequent"]
    assert both.transform(table_of(values[:2])).tolist() == [[1, 1, 0, 1], [1, 0, 0, 1]]


def test_fit_when_there_are_too_many_elements_says_what_to_do() -> None:
    most = 1 << 20
    expected = rf"'c' would become {most + 1} features.*at most {most}.*max_size"
    with pytest.raises(DataError, match=expected):
        fitted(col("c").one_hot(), [list(range(most + 1))])


def test_predictor_when_a_feature_is_of_a_list_predicts_rows_and_tables() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    generator = np.random.default_rng(0)
    values = [list(generator.choice(WORDS, generator.integers(0, 4))) for _ in range(300)]
    table = table_of(values, pa.string())
    prep = Preprocessor(col("c").one_hot())
    label = np.array([float("a" in value) for value in values])
    data = lightgbm.Dataset(prep.fit_transform(table), label)
    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 5)
    predictor = Predictor(booster, prep)
    batch = predictor.predict(table)
    np.testing.assert_array_equal(batch, booster.predict(prep.transform(table)))
    assert [predictor.predict_row(row) for row in table.slice(0, 20).to_pylist()] == list(
        batch[:20]
    )


REFUSED = {
    "target_mean": col("c").target_mean(),
    "cross": col("c", "c").cross(8),
    "count": col("c").count(),
    "identity": col("c"),
}


@pytest.mark.parametrize("op", REFUSED)
def test_operators_when_given_lists_say_who_takes_them(op: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Preprocessor(REFUSED[op]).fit(table_of([["a"], ["b"]]), np.array([0.0, 1.0]))
    text = str(caught.value)
    assert "Column 'c' has type list<string>, expected" in text
    assert f"for {op}. Use one_hot(), list_length() or list_pool() on it" in text
    assert caught.value.column == "c"


def test_lists_of_times_are_refused_with_what_to_do() -> None:
    with pytest.raises(SchemaError, match=r"list<.*numbers or strings for one_hot.*of its parts"):
        fitted(col("c").one_hot(), [[0, 1]], pa.timestamp("s"))
