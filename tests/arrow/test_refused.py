"""Types that are not read: each is refused by column, type and what to do about it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import errors

SECOND = dt.timedelta(seconds=1)
REFUSED: dict[str, tuple[Any, str]] = {
    "duration[ms]": (pa.array([SECOND], pa.duration("ms")), "Cast it to int64"),
    "time32[s]": (pa.array([dt.time(1)], pa.time32("s")), "Cast it to int64"),
    "time64[ns]": (pa.array([dt.time(1)], pa.time64("ns")), "Cast it to int64"),
    "interval": (pa.array([(1, 2, 3)], pa.month_day_nano_interval()), "Make a number of it"),
    "struct": (pa.array([{"a": 1}]), "Make plain columns of its parts"),
    "map": (pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())), "Make plain columns"),
    "union": (
        pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
        "Make plain columns",
    ),
    "list<struct>": (pa.array([[{"a": 1}]]), "Make plain columns"),
    "list<list<int64>>": (pa.array([[[1]]]), "Make plain columns"),
    "list<duration[s]>": (pa.array([[SECOND]], pa.list_(pa.duration("s"))), "Make plain columns"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_column_of_a_type_that_is_not_read_is_refused_by_name(name: str) -> None:
    column, fix = REFUSED[name]
    table = pa.table({"x": column, "y": [1.0]})
    with pytest.raises(errors.SchemaError) as caught:
        ms.Preprocessor(ms.col("x").ordinal()).fit(table)
    assert f"Column 'x' has type {name}, expected" in str(caught.value)
    assert fix in str(caught.value)
    assert caught.value.column == "x"
    assert caught.value.got == name
    # Nobody reads it: nobody minds it.
    assert ms.Preprocessor(ms.col("y")).fit_transform(table).tolist() == [[1.0]]
    assert ms.profile(table).column("x").to_dict()["type"] == name


class DeviceOnly:
    """What a library of GPU columns offers."""

    def __arrow_c_device_array__(self, **_: Any) -> Any:
        raise AssertionError("must not be called")


def test_columns_in_device_memory_are_refused() -> None:
    with pytest.raises(errors.ParameterError, match=r"memory of a device.*Copy it to the host"):
        ms.profile(DeviceOnly())


@pytest.mark.parametrize("operator", ["standardize", "count", "target_mean", "datetime"])
def test_list_where_one_value_is_wanted_is_refused(operator: str) -> None:
    table = pa.table({"x": pa.array([["a"], None])})
    expression = getattr(ms.col("x"), operator)
    expression = expression("hour") if operator == "datetime" else expression()
    with pytest.raises(errors.SchemaError, match=r"'x' has type list<string>, expected a"):
        ms.Preprocessor(expression).fit(table, np.array([0.0, 1.0]))


def test_null_row_of_a_struct_array_is_refused() -> None:
    struct = pa.array([{"x": 1.0}, None, {"x": 2.0}])
    with pytest.raises(errors.DataError, match="Row 1 is null as a whole"):
        ms.profile(struct)
    assert ms.profile(struct.slice(2, 1)).num_rows == 1


def test_values_after_a_first_shard_of_nothing_but_nulls_are_refused_with_the_way_out() -> None:
    prep = ms.Preprocessor(ms.col("x").ordinal())
    prep.partial_fit({"x": pa.nulls(3)})
    with pytest.raises(
        errors.SchemaError, match=r"expected null .*begin with data that has values"
    ):
        prep.partial_fit({"x": ["a"]})
    prep = ms.Preprocessor(ms.col("x").ordinal())
    prep.partial_fit({"x": ["a"]}).partial_fit({"x": pa.nulls(3)})
    assert prep.transform({"x": ["a", None]}).tolist() == [[2.0], [0.0]]
