"""Operators over columns of lists: chains, what is refused, ids, and serving."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import Preprocessor, col
from mainspring.errors import ParameterError, SchemaError
from mainspring.transforms import Expression

ROWS = [
    {"x": [1.5, None, 4.0], "n": [2**53 + 1, 7], "t": ["b", "a", "b"]},
    {"x": [], "n": [], "t": []},
    {"x": None, "n": None, "t": None},
    {"x": [math.nan, math.inf], "n": [None, 7, 8], "t": [None, "c", "b"]},
]
TABLE = pa.table(
    {
        "x": pa.array([row["x"] for row in ROWS], pa.list_(pa.float64())),
        "n": pa.array([row["n"] for row in ROWS], pa.list_(pa.int64())),
        "t": pa.array([row["t"] for row in ROWS], pa.list_(pa.string())),
        "word": pa.array(["a", "b", "c", "d"]),
    }
)
NAN = math.nan


def features(*expressions: Expression) -> Any:
    return Preprocessor(*expressions, profile=False).fit_transform(TABLE)


def assert_features(expression: Expression, expected: list[Any]) -> None:
    got = features(expression)
    np.testing.assert_array_equal(got, np.array(expected, np.float32).reshape(got.shape))


def test_list_length_counts_missing_elements_and_keeps_missing_lists() -> None:
    for name in ("x", "t"):
        assert_features(col(name).list_length(), [3, 0, NAN, 2 if name == "x" else 3])
    assert features(
        col("x").list_length().impute("constant", fill_value=-1.0)
    ).ravel().tolist() == [3, 0, -1, 2]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("mean", [2.75, NAN, NAN, math.inf]),
        ("sum", [5.5, 0, NAN, math.inf]),
        ("min", [1.5, NAN, NAN, math.inf]),
        ("max", [4, NAN, NAN, math.inf]),
        ("std", [math.sqrt(2 * 1.25**2), NAN, NAN, NAN]),
    ],
)
def test_list_pool_passes_missing_elements_over(how: str, expected: list[float]) -> None:
    assert_features(col("x").list_pool(how), expected)


def test_list_pool_of_infinities_of_both_signs_is_missing() -> None:
    table = pa.table({"x": [[math.inf, -math.inf], [1e308, 1e308], [-0.0]]})
    pooled = [col("x").list_pool(how).alias(how) for how in ("sum", "mean", "std", "max")]
    got = Preprocessor(*pooled, profile=False).fit_transform(table)
    expected = [[NAN, NAN, NAN, np.inf], [np.inf, np.inf, np.inf, np.inf], [0, -0.0, NAN, -0.0]]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


def test_list_slice_keeps_the_first_or_the_last_elements() -> None:
    assert_features(col("x").list_slice(0, 1).list_pool("sum"), [1.5, 0, NAN, 0])
    assert_features(col("x").list_slice(-1).list_pool("sum"), [4, 0, NAN, math.inf])
    assert_features(col("x").list_slice(1).list_slice(1).list_length(), [1, 0, NAN, 0])
    assert_features(col("x").list_slice(-(2**63), 2**63 - 1).list_length(), [2, 0, NAN, 1])


def test_list_slice_hands_elements_on_as_the_next_operator_reads_them() -> None:
    # Both integers are one float64; as categories they are two.
    table = pa.table({"n": pa.array([[2**53, 1], [2**53 + 1, 1]], pa.list_(pa.int64()))})
    prep = Preprocessor(col("n").list_slice(0, 1).one_hot(), profile=False).fit(table)
    assert prep.feature_names_out_ == ["n_9007199254740992", "n_9007199254740993"]
    assert prep.transform(table).tolist() == [[1, 0], [0, 1]]
    fitted = Preprocessor(col("n").list_slice(1).list_pool("sum"), profile=False).fit(table)
    fractions = pa.table({"n": [[0.0, 0.25], [0.0, 1.5]]})
    assert fitted.transform(fractions).ravel().tolist() == [0.25, 1.5]


def test_list_pad_pads_cuts_and_names_the_places() -> None:
    prep = Preprocessor(col("x").list_pad(2, fill_value=-1), col("n").list_pad(5), profile=False)
    got = prep.fit_transform(TABLE)
    assert prep.feature_names_out_ == ["x_0", "x_1", "n_0", "n_1", "n_2", "n_3", "n_4"]
    assert got[:, :2].tolist() == [[1.5, -1], [-1, -1], [-1, -1], [-1, math.inf]]
    assert got[3].tolist()[2:] == [0, 7, 8, 0, 0]
    assert_features(col("x").list_pad(1, fill_value=None), [1.5, NAN, NAN, NAN])


def test_list_pad_of_many_places_takes_operators_behind_it() -> None:
    values = [[float(i * j) for j in range(i % 40)] for i in range(700)]
    table = pa.table({"x": values})
    prep = Preprocessor(col("x").list_pad(30).max_abs(), profile=False).fit(table)
    got = prep.transform(table)
    plain = np.array([(value + [0.0] * 30)[:30] for value in values])
    largest = np.abs(plain).max(axis=0)
    np.testing.assert_array_equal(got, (plain / np.where(largest, largest, 1)).astype(np.float32))


def test_ordinal_of_lists_has_one_vocabulary_for_all_places() -> None:
    # Rows count: b is in two lists, though three times.
    prep = Preprocessor(col("t").ordinal().list_pad(3), profile=False)
    assert prep.fit_transform(TABLE).tolist() == [[2, 3, 2], [0, 0, 0], [0, 0, 0], [0, 4, 2]]
    assert prep.feature_names_out_ == ["t_0", "t_1", "t_2"]
    assert prep.categorical_indices == [0, 1, 2]
    assert prep.transform(pa.table({"t": [["z", "a"]]})).tolist() == [[1, 3, 0]]
    last = Preprocessor(col("t").list_slice(-1).ordinal().list_pad(1), profile=False)
    assert last.fit_transform(TABLE).ravel().tolist() == [2, 0, 0, 2]
    behind = Preprocessor(col("t").ordinal().list_slice(-1).list_pad(1), profile=False)
    assert behind.fit_transform(TABLE).ravel().tolist() == [2, 0, 0, 2]
    length = Preprocessor(col("t").ordinal().list_length(), profile=False)
    assert length.fit_transform(TABLE)[3].tolist() == [3]


def test_hash_of_lists_keeps_zero_for_padding() -> None:
    prep = Preprocessor(col("t").hash(2).list_pad(3), profile=False)
    assert prep.fit_transform(TABLE).tolist() == [[1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 1, 1]]
    words = pa.table({"t": [[f"w{i}"] for i in range(2000)]})
    many = Preprocessor(col("t").hash(50).list_pad(1), profile=False).fit_transform(words)
    assert sorted(set(many.ravel().tolist())) == list(range(1, 50))


def test_lists_when_states_merge_and_travel_learn_the_same() -> None:
    expressions = (
        col("t").ordinal(min_count=2).list_pad(4),
        col("x").list_pool("mean").standardize(),
        col("n").list_slice(-2).one_hot(),
    )
    table = pa.concat_tables([TABLE.slice(i, 1) for i in (0, 1, 2, 0, 0)])
    whole = Preprocessor(*expressions, profile=False).fit(table)
    parts = [Preprocessor(*expressions, profile=False).partial_fit(table.slice(i, 2))
             for i in (4, 0, 2)]  # fmt: skip
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    again = Preprocessor.from_state_bytes(merged.state_bytes())
    assert again.bundle.to_bytes() == whole.bundle.to_bytes()


def test_a_row_of_lists_alone_equals_its_row_of_the_batch() -> None:
    prep = Preprocessor(
        col("t").ordinal().list_pad(3),
        col("x").list_pad(2),
        col("x").list_pool("std"),
        col("n").list_slice(1, 1).list_length(),
        profile=False,
    ).fit(TABLE)
    batch = prep.transform(TABLE)
    for number, row in enumerate(ROWS):
        np.testing.assert_array_equal(prep.transform([row])[0], batch[number])


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "no length": (lambda: col("x").list_pad(), ParameterError, "'length' of list_pad.*got 0"),
    "too long": (lambda: col("x").list_pad(1025), ParameterError, "from 1 to 1024, got 1025"),
    "fill": (lambda: col("x").list_pad(1, math.nan), ParameterError, "a finite number, or None"),
    "how": (lambda: col("x").list_pool("median"), ParameterError, "'how' of list_pool.*'median'"),
    "slice": (lambda: col("x").list_slice(0, -1), ParameterError, "0 or more, or None, got -1"),
    "ids filled": (
        lambda: col("t").ordinal().list_pad(2, fill_value=None),
        ParameterError,
        r"pads ids with 0, but fill_value of list_pad is None behind col\('t'\).ordinal\(\)",
    ),
    "list is no feature": (
        lambda: col("x").list_slice(1),
        SchemaError,
        "gives lists of numbers, expected numbers or ids.*list_length.*one_hot",
    ),
    "one_hot of ids": (
        lambda: col("t").ordinal().one_hot(),
        SchemaError,
        "one_hot takes single values or lists of values, but .* gives lists of ids",
    ),
    "pool of ids": (
        lambda: col("t").ordinal().list_pool(),
        SchemaError,
        "list_pool takes lists of numbers, but .* gives lists of ids",
    ),
    "pool of words": (
        lambda: col("t").list_slice(0, 2).list_pool(),
        SchemaError,
        "'t' has type list<string>, expected a list of numbers for list_pool",
    ),
    "pad of words": (
        lambda: col("t").list_pad(2),
        SchemaError,
        r"'t' has type list<string>.*for list_pad. Put ordinal\(\) or hash\(\) before it.",
    ),
    "length of a word": (
        lambda: col("word").list_length(),
        SchemaError,
        "'word' has type string, expected a list of numbers or strings for list_length. Use it on",
    ),
    "slice of a word": (
        lambda: col("word").list_slice(1).one_hot(),
        SchemaError,
        r"list_slice takes lists, but col\('word'\) gives strings",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_use_is_refused_with_what_to_do(name: str) -> None:
    make, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        features(make())


def test_lists_of_times_are_refused() -> None:
    table = pa.table({"x": pa.array([[0, 1]], pa.list_(pa.timestamp("s")))})
    with pytest.raises(SchemaError, match=r"for list_length. Make a column of its parts"):
        Preprocessor(col("x").list_length()).fit(table)


def test_transform_when_lists_are_served_as_numbers_says_what_came() -> None:
    prep = Preprocessor(col("x").list_pool()).fit(TABLE)
    with pytest.raises(SchemaError, match="'x'"):
        prep.transform(pa.table({"x": [1.5]}))
