"""What docs/concepts/bad-input.md says of input that is wrong, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import mainspring as ms
from mainspring import DataError, ParameterError, Preprocessor, SchemaError, col
from mainspring.errors import MainspringError, UnsupportedError

NUMBERS = pa.table({"x": [1.0, 2.0, 4.0]})
WORDS = pa.table({"x": ["a", "b", "a"]})


def plan(expression: Any) -> Preprocessor:
    return Preprocessor(expression, profile=False)


def dictionary(indices: list[int | None], words: list[str | None]) -> pa.Table:
    codes = pa.array(indices, pa.int8())
    return pa.table({"x": pa.DictionaryArray.from_arrays(codes, pa.array(words), safe=False)})


STANDARDIZE = plan(col("x").standardize()).fit(NUMBERS)
ORDINAL = plan(col("x").ordinal()).fit(WORDS)
Y = [0.0, 1.0, 1.0]
PAIRS = np.array([[1.0, 5.0], [2.0, 6.0], [4.0, 8.0]])

REFUSED: dict[str, tuple[Callable[[], Any], type[MainspringError], str]] = {
    "mixed in pandas": (
        lambda: plan(col("x").standardize()).fit(pd.DataFrame({"x": [1, "a", 2.5]})),
        DataError,
        r"Could not convert 'a'.*column x.*one type",
    ),
    "mixed in rows": (
        lambda: STANDARDIZE.transform([{"x": 1}, {"x": "a"}]),
        DataError,
        r"Column 'x' has the value 'a' of type str at row 1, expected a number",
    ),
    "texts for numbers": (
        lambda: STANDARDIZE.transform(WORDS),
        SchemaError,
        r"Column 'x'.*string.*",
    ),
    "unequal lengths": (
        lambda: STANDARDIZE.transform({"x": [1, 2], "y": [1]}),
        DataError,
        r"Column 'y' of data has 1 values, expected 2 as column 'x' has",
    ),
    "a list for a value": (
        lambda: plan(col("x").standardize()).fit(pa.table({"x": [[1.0], [2.0, 3.0]]})),
        SchemaError,
        r"'x' has type list<float64>.*list_pool",
    ),
    "an index past the end": (
        lambda: ORDINAL.transform(dictionary([0, 5], ["a", "b"])),
        DataError,
        r"'x'.*index points outside",
    ),
    "an index below zero": (
        lambda: plan(col("x").ordinal()).fit(dictionary([0, -3], ["a", "b"])),
        DataError,
        r"'x'.*index points outside",
    ),
    "infinity to learn from": (
        lambda: plan(col("x").standardize()).fit(pa.table({"x": [1.0, float("inf")]})),
        DataError,
        r"'x' gives an infinite value at row 1.*clip",
    ),
    "no value to learn": (
        lambda: plan(col("x").impute("median")).fit(pa.table({"x": pa.nulls(3, pa.float64())})),
        DataError,
        r"'x' has no value to learn",
    ),
    "no rows to learn": (
        lambda: plan(col("x").standardize()).fit(NUMBERS.slice(0, 0)),
        DataError,
        "no rows",
    ),
    "a null in the target": (
        lambda: plan(col("x").target_mean()).fit(WORDS, [1.0, None, 0.0]),
        DataError,
        "missing value at row 1",
    ),
    "NaN in the target": (
        lambda: plan(col("x").target_mean()).fit(WORDS, [1.0, 0.0, float("nan")]),
        DataError,
        "missing value at row 2",
    ),
    "infinity in the target": (
        lambda: plan(col("x").target_mean()).fit(WORDS, [1.0, 0.0, float("inf")]),
        DataError,
        "infinity at row 2",
    ),
    "a target that is too short": (
        lambda: plan(col("x").target_mean()).fit(WORDS, [1.0]),
        ParameterError,
        "1 values, expected one for each of the table's 3 rows",
    ),
    "a target of texts": (
        lambda: plan(col("x").target_mean()).fit(WORDS.append_column("y", WORDS["x"]), target="y"),
        SchemaError,
        "'y' has type string, expected numbers",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_input_when_wrong_is_refused_with_what_is_wrong(name: str) -> None:
    act, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        act()


def test_nulls_inside_a_dictionary_are_missing() -> None:
    got = ORDINAL.transform(dictionary([0, 1, 2, None], ["a", None, "b"]))
    assert got[:, 0].tolist() == [2.0, 0.0, 3.0, 0.0]


def test_lists_when_ragged_are_pooled_and_padded() -> None:
    table = pa.table({"x": [[1.0, 3.0], [], [5.0], None]})
    prep = Preprocessor(col("x").list_pool("mean"), col("x").list_pad(2), profile=False)
    prep.fit(table)
    nothing = [float("nan"), 0, 0]  # no mean, and two places that are filled
    expected = [[2, 1, 3], nothing, [5, 5, 0], nothing]
    np.testing.assert_array_equal(prep.transform(table), expected)


def test_no_rows_are_a_shard_that_teaches_nothing_and_transform_to_none() -> None:
    prep = plan(col("x").standardize()).partial_fit(NUMBERS.slice(0, 0)).partial_fit(NUMBERS)
    assert prep.bundle.to_bytes() == STANDARDIZE.bundle.to_bytes()
    assert STANDARDIZE.transform(NUMBERS.slice(0, 0)).shape == (0, 1)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (col("x").ordinal(), [2.0, 1.0, 0.0]),
        (col("x").one_hot(), [1.0, 0.0, 0.0]),
        (col("x").count(), [3.0, 0.0, 0.0]),
        # The mean of all rows, whether the category is known or not.
        (col("x").target_mean(smoothing=0), [2 / 3, 2 / 3, 2 / 3]),
        (col("x").leave_one_out(), [2 / 3, 2 / 3, 2 / 3]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_one_category_is_known_and_others_are_unseen_or_missing(
    expression: Any, expected: list[float]
) -> None:
    prep = plan(expression).fit(pa.table({"x": ["a", "a", "a"]}), Y)
    got = prep.transform(pa.table({"x": ["a", "b", None]}))
    np.testing.assert_array_equal(got[:, 0], np.float32(expected))


def test_texts_that_are_no_utf8_are_categories_by_their_bytes() -> None:
    words = pa.array([b"\xff\xfe", b"a", b"\xff\xfe", b"\xff"]).view(pa.string())
    prep = plan(col("x").ordinal()).fit(pa.table({"x": words}))
    got = prep.transform(pa.table({"x": words}))[:, 0]
    assert got[0] == got[2]
    assert len({*got.tolist()}) == 3
    assert Preprocessor.from_state_bytes(prep.state_bytes()).bundle.to_bytes() == (
        prep.bundle.to_bytes()
    )


SCALERS = pytest.mark.parametrize(
    ("scaler", "attribute"),
    [(StandardScaler(), "mean_"), (StandardScaler(), "scale_"), (MinMaxScaler(), "min_")],
    ids=["mean", "scale", "min"],
)


def fitted_with(scaler: Any, attribute: str, value: float) -> Any:
    scaler.fit(PAIRS)
    setattr(scaler, attribute, np.array([value, getattr(scaler, attribute)[1]]))
    return scaler


@SCALERS
def test_nan_that_a_scaler_has_learnt_is_missing_as_its_own_is(scaler: Any, attribute: str) -> None:
    """What it learns from a column without values."""
    fitted_with(scaler, attribute, float("nan"))
    got = ms.from_sklearn(scaler, columns=["a", "b"]).transform((PAIRS, ["a", "b"]))
    np.testing.assert_array_equal(got, scaler.transform(PAIRS).astype(np.float32))


@SCALERS
def test_infinity_that_a_scaler_has_learnt_is_refused(scaler: Any, attribute: str) -> None:
    fitted_with(scaler, attribute, float("inf"))
    with pytest.raises(UnsupportedError, match=r"Scaler.*learnt of 'a' is infinite"):
        ms.from_sklearn(scaler, columns=["a", "b"])


def test_batches_that_fail_midway_leave_the_object_as_it_was() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield NUMBERS.to_batches()[0]
        raise OSError("the disk is gone")

    prep = plan(col("x").standardize()).fit(NUMBERS)
    before = prep.bundle.to_bytes()
    with pytest.raises(OSError, match="the disk is gone"):
        prep.fit(batches())
    assert prep.bundle.to_bytes() == before
