"""Dicts through the Preprocessor: the bits of a table, what a row may lack, and what is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import UserDict
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mainspring import DataError, NotFittedError, ParameterError, Preprocessor, SchemaError, col

TABLE = pa.table(
    {
        "x": [1.0, None, 3.0, 10.0, math.nan],
        "n": [1, 2, 3, 4, 2**53 + 1],
        "c": ["a", "b", None, "a", ""],
        "tags": [["u", "v"], [], None, ["v", None], ["w"]],
        "t": pa.array([0, 3600, 7200, None, -1], pa.timestamp("s", "Europe/Paris")),
    }
)


@pytest.fixture(scope="module")
def prep() -> Preprocessor:
    return Preprocessor(
        col("x").impute("median").standardize(),
        col("c").ordinal(),
        col("tags").missing_flag(),
        col("t").datetime("hour"),
        col("c", "n").cross(buckets=50),
        "n",
        col("x").alias("raw x"),
        profile=False,
    ).fit(TABLE)


def test_rows_give_the_bits_of_the_table(prep: Preprocessor) -> None:
    wanted = prep.transform(TABLE)
    rows = TABLE.to_pylist()
    assert wanted.any()
    for given in (rows, tuple(rows), [UserDict(row) for row in rows]):
        assert prep.transform(given).tobytes() == wanted.tobytes()
    for number, row in enumerate(rows):
        assert prep.transform_row(row).tobytes() == wanted[number].tobytes()
        assert prep.transform(row).tobytes() == wanted[number].tobytes()
        assert prep.transform(row).shape == (1, 7)
        assert prep.transform_row(UserDict(row)).tobytes() == wanted[number].tobytes()
        assert prep.transform_row(pd.Series(row, dtype=object).to_dict()).shape == (7,)


def test_dict_of_columns_is_no_row(prep: Preprocessor) -> None:
    columns = {name: TABLE[name] for name in TABLE.column_names}
    assert prep.transform(columns).tobytes() == prep.transform(TABLE).tobytes()
    lists = Preprocessor(col("tags").missing_flag(), profile=False).fit(TABLE)
    assert lists.transform({"tags": [["u"], None]}).tolist() == [[0.0], [1.0]]
    # Another key says that this is a row, whose value is a list.
    assert lists.transform({"tags": ["u"], "id": 7}).tolist() == [[0.0]]


def test_key_that_some_rows_lack_is_missing_there(prep: Preprocessor) -> None:
    full = TABLE.to_pylist()[:2]
    short = [full[0], {name: value for name, value in full[1].items() if name not in ("x", "c")}]
    wanted = [full[0], {**full[1], "x": None, "c": None}]
    assert prep.transform(short).tobytes() == prep.transform(wanted).tobytes()
    without = [{name: value for name, value in row.items() if name != "c"} for row in full]
    with pytest.raises(SchemaError, match="The 2 rows lack the column 'c'") as caught:
        prep.transform(without)
    assert caught.value.column == "c"
    with pytest.raises(SchemaError, match=r"The row lacks the column 'c'\. .*'cc'"):
        prep.transform([{**without[0], "cc": "a"}])
    for transform in (prep.transform, prep.transform_row):
        with pytest.raises(SchemaError, match="The row lacks the column 'c'"):
            transform(without[0])


def test_no_rows_give_no_features(prep: Preprocessor) -> None:
    assert prep.transform([]).shape == (0, 7)


def test_out_is_filled_and_returned(prep: Preprocessor) -> None:
    rows = TABLE.to_pylist()
    out = np.zeros((5, 7), np.float32)
    assert prep.transform(rows, out=out) is out
    assert out.tobytes() == prep.transform(TABLE).tobytes()
    row = np.zeros(7, np.float32)
    assert prep.transform_row(rows[3], out=row) is row
    assert row.tobytes() == out[3].tobytes()
    bad: Any
    for bad in (np.zeros(6, np.float32), np.zeros(7), np.zeros(14, np.float32)[::2], [0.0] * 7):
        with pytest.raises(ParameterError, match=r"float32 array of shape \(7,\), got"):
            prep.transform_row(rows[0], out=bad)


def test_rows_come_in_every_container(prep: Preprocessor) -> None:
    rows = TABLE.to_pylist()
    wanted = prep.transform(TABLE, output="arrow")
    assert prep.transform(rows, output="arrow").equals(wanted)
    assert prep.transform(rows, output="pandas").equals(wanted.to_pandas())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": "1"}, DataError, "Column 'x' has the value '1' of type str at row 1, expected a nu"),
        ({"c": 3}, DataError, "Column 'c' has the value 3 of type int at row 1, expected text"),
        ({"t": "soon"}, DataError, "expected a timestamp or date"),
    ],
)
def test_value_that_a_column_does_not_take_is_named(
    prep: Preprocessor, change: dict[str, object], error: type[Exception], message: str
) -> None:
    rows = TABLE.to_pylist()[:2]
    rows[1].update(change)
    with pytest.raises(error, match=message) as caught:
        prep.transform(rows)
    assert getattr(caught.value, "row") == 1  # noqa: B009
    with pytest.raises(error):
        prep.transform_row(rows[1])


def test_what_is_no_row_is_refused(prep: Preprocessor) -> None:
    with pytest.raises(ParameterError, match=r"transform_row takes a mapping .*got list"):
        prep.transform_row([1.0])  # type: ignore[arg-type]
    with pytest.raises(DataError, match="A row at row 1 has type int"):
        prep.transform([TABLE.to_pylist()[0], 3])
    with pytest.raises(NotFittedError):
        Preprocessor("x").transform_row({"x": 1.0})


def test_times_in_rows_keep_their_instant(prep: Preprocessor) -> None:
    row = TABLE.to_pylist()[1]
    wanted = prep.transform(TABLE)[1]
    for time in (datetime(1970, 1, 1, 1, tzinfo=timezone.utc), "1970-01-01T02:00:00+01:00", 3600):
        assert prep.transform_row({**row, "t": time}).tobytes() == wanted.tobytes()


def test_rows_need_no_pyarrow(prep: Preprocessor) -> None:
    code = (
        "import pickle, sys\n"
        "prep, row = pickle.loads(sys.stdin.buffer.read())\n"
        "prep.transform([row]), prep.transform(row), prep.transform_row(row)\n"
        "assert 'pyarrow' not in sys.modules"
    )
    import pickle

    row = {name: value for name, value in TABLE.to_pylist()[0].items() if name != "t"}
    row["t"] = 0
    subprocess.run([sys.executable, "-c", code], input=pickle.dumps((prep, row)), check=True)


def test_one_feature_is_written_straight_for_any_number_of_rows() -> None:
    values = np.arange(1300.0)
    values[::7] = np.nan
    table = pa.table({"x": values})
    for expression, wanted in (
        (col("x"), values.astype(np.float32)),
        (col("x").missing_flag(), np.isnan(values).astype(np.float32)),
        (col("x").clip(3.0, 700.0), np.clip(values, 3.0, 700.0).astype(np.float32)),
    ):
        one = Preprocessor(expression, profile=False).fit(table)
        for rows in (0, 1, 3, 5, 63, 65, 511, 513, 1300):
            room = np.full((rows + 1, 1), 99, np.float32)
            one.transform(table.slice(0, rows), out=room[:rows])
            np.testing.assert_array_equal(room[:rows, 0], wanted[:rows])
            assert room[rows, 0] == 99
