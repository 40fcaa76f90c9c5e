"""one_hot: which features it gives, what they are called, and what has no feature of its own."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import DataError, ParameterError, Preprocessor, SchemaError, col
from mainspring.transforms import Expression


def fitted(expression: Expression, values: Any, kind: pa.DataType | None = None) -> Preprocessor:
    return Preprocessor(expression, profile=False).fit(pa.table({"c": pa.array(values, kind)}))


def names(values: Any, kind: pa.DataType | None = None, **params: Any) -> list[str]:
    found = fitted(col("c").one_hot(**params), values, kind).feature_names_out_
    assert all(name.startswith("c_") for name in found)
    return [name[2:] for name in found]


def test_names_when_categories_are_of_any_kind_are_their_text() -> None:
    assert names(["b", "a", "b", "é", ""]) == ["b", "", "a", "é"]
    assert names([10, -2, 10, None]) == ["10", "-2", "missing"]
    assert names([0.1, 3.0, 3.0, 1e300, -0.0]) == ["3", "0", "0.1", "1e+300"]
    assert names([True, False, True]) == ["1", "0"]
    days = [datetime.date(2024, 2, 29), datetime.date(1969, 12, 31)]
    assert names(days) == ["1969-12-31", "2024-02-29"]
    times = pa.array([0, 1, -1, 10**18], pa.timestamp("ms"))
    expected = ["1969-12-31T23:59:59.999", "1970-01-01T00:00:00", "1970-01-01T00:00:00.001"]
    assert names(times) == [*expected, "1000000000000000000"]


def test_names_when_bytes_are_not_text_are_escaped() -> None:
    values = [b"\\", b"a\n", b"\xff\x00", b"\xc3\xa9\xc3"]
    expected = [r"\\", r"a\x0a", r"é\xc3", r"\xff\x00"]
    assert names(values, pa.binary()) == expected


@given(st.lists(st.binary(max_size=6), unique=True, min_size=1, max_size=40))
def test_names_of_any_bytes_are_all_different(values: list[bytes]) -> None:
    assert len(set(names([*values, None], pa.binary(), min_count=1))) == len(values) + 1


def test_names_when_categories_are_called_like_special_features_differ() -> None:
    assert names(["missing", "infrequent"]) == ["infrequent", "missing"]
    values = ["missing", "missing", "infrequent", "infrequent", "x", None]
    assert names(values, min_count=2) == [r"\x69nfrequent", r"\x6dissing", "infrequent", "missing"]
    filled = fitted(col("c").impute("constant", "missing").one_hot(), ["a", None])
    assert filled.feature_names_out_ == ["c_a", "c_missing"]


def test_rows_when_unseen_are_rare_or_nothing() -> None:
    new = pa.table({"c": pa.array(["a", "b", "new", None])})
    plain = fitted(col("c").one_hot(), ["a", "a", "b"])
    assert plain.transform(new).tolist() == [[1, 0], [0, 1], [0, 0], [0, 0]]
    rare = fitted(col("c").one_hot(max_size=1), ["a", "a", "b"])
    assert rare.feature_names_out_ == ["c_a", "c_infrequent"]
    assert rare.transform(new).tolist() == [[1, 0], [0, 1], [0, 1], [0, 1]]
    missing = fitted(col("c").one_hot(min_count=2), ["a", "a", "b", None])
    assert missing.feature_names_out_ == ["c_a", "c_infrequent", "c_missing"]
    assert missing.transform(new).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_ids_when_one_hot_have_a_feature_for_each_that_occurs() -> None:
    prep = fitted(col("c").bucketize([0, 10, 20]).one_hot(), [-1.0, 5.0, 5.0, 100.0])
    assert prep.feature_names_out_ == ["c_bucket_2", "c_bucket_1", "c_bucket_4"]
    got = prep.transform(pa.table({"c": [5.0, 15.0, None, 20.0]}))
    assert got.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]]


def test_features_when_beside_others_keep_their_places() -> None:
    table = pa.table({"c": ["a", "b", "a"], "x": [1.0, None, 3.0], "y": [0.0, 1.0, 1.0]})
    prep = Preprocessor("x", col("c").one_hot(), col("x").missing_flag(), col("c").target_mean())
    got = prep.fit_transform(table, target="y")
    assert prep.feature_names_out_ == ["x", "c_a", "c_b", "x_missing", "c_target_mean"]
    np.testing.assert_array_equal(got[:, :4], [[1, 1, 0, 0], [np.nan, 0, 1, 1], [3, 1, 0, 0]])
    assert prep.categorical_indices == []
    batch = prep.transform(table, output="arrow")
    assert batch.schema.types == [pa.float32()] * 5


def test_rows_of_more_than_a_tile_have_one_each() -> None:
    values = np.random.default_rng(0).integers(0, 100, 3000)
    prep = fitted(col("c").one_hot(), values)
    got = prep.transform(pa.table({"c": values}))
    found = np.array([int(name[2:]) for name in prep.feature_names_out_])
    assert (got.sum(axis=1) == 1).all()
    np.testing.assert_array_equal(found[got.argmax(axis=1)], values)


def test_fit_when_there_are_too_many_categories_says_what_to_do() -> None:
    most = 1 << 20
    values = np.arange(most + 1)
    expected = rf"'c' would become {most + 1} features.*at most {most}.*max_size"
    with pytest.raises(DataError, match=expected):
        fitted(col("c").one_hot(), values)
    assert fitted(col("c").one_hot(), values[1:]).n_features_out_ == most
    # The feature of the rare ones counts too.
    assert fitted(col("c").one_hot(max_size=most - 1), values).n_features_out_ == most


def test_expression_when_one_hot_is_not_the_last_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"standardize takes numbers, but .*one_hot.* gives one"):
        fitted(col("c").one_hot().standardize(), ["a"])
    with pytest.raises(SchemaError, match="gives one feature for each category"):
        fitted(col("c").one_hot().one_hot(), ["a"])


def test_alias_of_one_hot_begins_the_names_of_its_features() -> None:
    assert fitted(col("c").one_hot().alias("d"), ["a", "b"]).feature_names_out_ == ["d_a", "d_b"]


def test_fit_when_a_category_makes_a_name_that_is_taken_names_both() -> None:
    table = pa.table({"c": ["a"], "c_a": [1.0]})
    prep = Preprocessor("c_a", col("c").one_hot())
    with pytest.raises(ParameterError, match=r"called 'c_a': col\('c_a'\) and col\('c'\).one_hot"):
        prep.fit(table)


def test_missing_flag_when_behind_ids_is_refused() -> None:
    with pytest.raises(ParameterError, match="missing_flag takes a column's own values"):
        fitted(col("c").ordinal().missing_flag(), ["a"])
