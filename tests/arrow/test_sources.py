"""The same data through every library that speaks Arrow, and through rows, columns and matrices."""

from __future__ import annotations

import ctypes
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mainspring import _engine, errors
from mainspring._arrow import as_table

NUMBERS: dict[str, list[Any]] = {
    "whole": [1, None, -3, 2**40, 5],
    "real": [0.5, float("inf"), None, -0.0, 1e300],
    "small": [0.25, None, -2.5, 3.0, 1.0],
    "flag": [True, False, None, True, None],
    "empty": [None] * 5,
}
TEXTS = ["ä", None, "", "a string of more than twelve bytes", "x"]
# pandas 3 keeps strings as Arrow's large_string, earlier ones as objects that become string.
PANDAS_STRING = "large_string" if int(pd.__version__.split(".")[0]) >= 3 else "string"


def plain_table() -> pa.Table:
    small = pa.array(NUMBERS["small"], pa.float32())
    columns = {**NUMBERS, "small": small, "text": TEXTS}
    columns["empty"] = pa.array(NUMBERS["empty"], pa.float64())
    return pa.table(columns)


def duckdb_relation() -> Any:
    table = plain_table()
    connection = duckdb.connect()
    connection.register("source", table)
    return connection.sql("SELECT * FROM source")


def in_chunks() -> pa.Table:
    table = plain_table()
    return pa.concat_tables([table.slice(0, 2), table.slice(2, 0), table.slice(2, 3)])


SOURCES: dict[str, Callable[[], Any]] = {
    "pyarrow table": plain_table,
    "pyarrow chunks": in_chunks,
    "pyarrow batch": lambda: plain_table().combine_chunks().to_batches()[0],
    "pyarrow reader": lambda: in_chunks().to_reader(),
    "pyarrow struct array": lambda: plain_table().to_struct_array().combine_chunks(),
    "pandas": lambda: plain_table().to_pandas(),
    "pandas of arrow": lambda: plain_table().to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda: pl.from_arrow(plain_table()),
    "duckdb": duckdb_relation,
    "rows": lambda: plain_table().to_pylist(),
    "columns": lambda: plain_table().to_pydict(),
    "columns of arrays": lambda: dict(zip(plain_table().column_names, plain_table(), strict=True)),
    "engine table": lambda: as_table(plain_table()),
}


@pytest.mark.parametrize("source", SOURCES)
def test_same_data_from_any_source_gives_the_same_bits(source: str) -> None:
    table = as_table(SOURCES[source]())
    assert table.num_rows == 5
    assert table.column_names == plain_table().column_names
    for name, values in NUMBERS.items():
        wanted = np.array([np.nan if value is None else float(value) for value in values])
        got = np.empty(5)
        table.numbers(name, got)
        assert got.tobytes() == wanted.tobytes(), name


@pytest.mark.parametrize(
    ("data", "types"),
    [
        (lambda: pa.table({"x": TEXTS}), ["string"]),
        (lambda: pa.table({"x": pa.array(TEXTS, pa.large_string())}), ["large_string"]),
        (lambda: pa.table({"x": pa.array(TEXTS, pa.string_view())}), ["string_view"]),
        (lambda: pa.table({"x": pa.array(TEXTS).dictionary_encode()}), ["dictionary<string>"]),
        (lambda: pd.DataFrame({"x": TEXTS}), [PANDAS_STRING]),
        (lambda: pd.DataFrame({"x": pd.Categorical(TEXTS)}), [f"dictionary<{PANDAS_STRING}>"]),
        (lambda: pl.DataFrame({"x": TEXTS}), ["string_view"]),
        (
            lambda: pl.DataFrame({"x": pl.Series(TEXTS, dtype=pl.Categorical)}),
            ["dictionary<string_view>"],
        ),
        (
            lambda: pl.DataFrame({"x": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"]))}),
            ["dictionary<string_view>"],
        ),
        (lambda: duckdb.sql("SELECT 'a' AS x, 1::TINYINT AS y"), ["string", "int8"]),
        (
            lambda: duckdb.sql("SELECT 'a'::ENUM('a', 'b') AS x, 1::UBIGINT AS y"),
            ["dictionary<string>", "uint64"],
        ),
        (lambda: pa.table({"x": pa.array([0], pa.date64())}), ["date64"]),
        (lambda: {"x": [dt.date(2013, 1, 1)], "y": [None]}, ["date32", "null"]),
        (
            lambda: {"x": np.array(["2013-01-01T05:00"], "datetime64[ns]")},
            ["timestamp[ns]"],
        ),
        (
            lambda: pl.DataFrame({"x": [dt.datetime(2013, 1, 1)]}).cast(pl.Datetime("ms", "UTC")),
            ["timestamp[ms, UTC]"],
        ),
    ],
)
def test_column_types_have_the_names_users_know(data: Callable[[], Any], types: list[str]) -> None:
    assert as_table(data()).column_types == types


def test_matrix_with_names_gives_its_columns() -> None:
    matrix = np.array([[1.0, 2.0], [np.nan, 4.0], [5.0, 6.0]], np.float32)
    for layout in (matrix, np.asfortranarray(matrix), np.repeat(matrix, 2, axis=0)[::2]):
        table = as_table((layout, ["a", "b"]))
        got = np.empty(3)
        table.numbers("b", got)
        np.testing.assert_array_equal(got, [2.0, 4.0, 6.0])
        table.numbers("a", got)
        np.testing.assert_array_equal(got, [1.0, np.nan, 5.0])


def test_rows_with_different_keys_lack_what_they_do_not_say() -> None:
    table = as_table([{"a": 1}, {"b": 2.5, "a": None}, {}])
    assert table.column_names == ["a", "b"]
    got = np.empty(3)
    table.numbers("a", got)
    np.testing.assert_array_equal(got, [1.0, np.nan, np.nan])
    table.numbers("b", got)
    np.testing.assert_array_equal(got, [np.nan, 2.5, np.nan])


def test_no_rows_make_an_empty_table() -> None:
    for data in ([], {}, pa.table({}), plain_table().schema.empty_table(), pd.DataFrame()):
        assert as_table(data).num_rows == 0


def test_reader_is_read_once_to_its_end() -> None:
    batches: list[int] = []

    def produce() -> Iterator[pa.RecordBatch]:
        for start in (0, 10):
            batches.append(start)
            yield pa.record_batch({"x": list(range(start, start + 10))})

    reader = pa.RecordBatchReader.from_batches(pa.schema({"x": pa.int64()}), produce())
    table = as_table(reader)
    assert batches == [0, 10]
    got = np.empty(20)
    table.numbers("x", got)
    np.testing.assert_array_equal(got, np.arange(20.0))


def test_reader_that_fails_midway_is_a_data_error_with_its_reason() -> None:
    def produce() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"x": [1, 2, 3]})
        raise OSError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"x": pa.int64()}), produce())
    with pytest.raises(
        errors.DataError, match=r"failed after 3 rows: .*the disk is gone"
    ) as caught:
        as_table(reader)
    assert caught.value.row == 3


def test_capsule_is_consumed_and_refused_the_second_time() -> None:
    stream = plain_table().__arrow_c_stream__()
    assert _engine.Table.from_stream(stream).num_rows == 5
    with pytest.raises(errors.ParameterError, match="used up"):
        _engine.Table.from_stream(stream)
    schema, array = plain_table().to_batches()[0].__arrow_c_array__()
    assert _engine.Table.from_array(schema, array).num_rows == 5
    with pytest.raises(errors.ParameterError, match="already taken"):
        _engine.Table.from_array(schema, array)
    with pytest.raises(errors.ParameterError, match="capsule named 'arrow_array_stream', got int"):
        _engine.Table.from_stream(7)
    with pytest.raises(errors.ParameterError, match="capsule named 'arrow_schema', got PyCapsule"):
        _engine.Table.from_array(array, schema)


def test_column_whose_name_is_not_utf8_is_refused_by_its_place() -> None:
    batch = pa.record_batch({"x": [1], "name": [2]})
    schema, array = batch.__arrow_c_array__()
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    # format, name, metadata, flags, n_children, children
    words = (ctypes.c_void_p * 6).from_address(get_pointer(schema, b"arrow_schema"))
    children = (ctypes.c_void_p * 2).from_address(words[5])
    name = (ctypes.c_void_p * 2).from_address(children[1])[1]
    ctypes.memmove(name, b"n\xffme", 4)
    wanted = "Column 1 has the name 'n\N{REPLACEMENT CHARACTER}me', which is not UTF-8. Give it"
    with pytest.raises(errors.SchemaError, match=wanted):
        _engine.Table.from_array(schema, array)


def test_time_zone_that_is_not_utf8_is_refused_wherever_it_stands() -> None:
    times = pa.array([0], pa.timestamp("s", "Zone"))
    for column in (times, times.dictionary_encode(), pa.array([[0]], pa.list_(times.type))):
        schema, array = pa.record_batch({"x": [1], "time": column}).__arrow_c_array__()
        get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
        get_pointer.restype = ctypes.c_void_p
        get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
        # format, name, metadata, flags, n_children, children, dictionary
        words = (ctypes.c_void_p * 7).from_address(get_pointer(schema, b"arrow_schema"))
        child = (ctypes.c_void_p * 2).from_address(words[5])[1]
        fields = (ctypes.c_void_p * 7).from_address(child)
        if fields[6]:
            fields = (ctypes.c_void_p * 7).from_address(fields[6])
        elif fields[4]:
            element = (ctypes.c_void_p * 1).from_address(fields[5])[0]
            fields = (ctypes.c_void_p * 7).from_address(element)
        ctypes.memmove(fields[0], b"tss:\xff", 5)
        with pytest.raises(errors.SchemaError, match=r"Column 1 has the time zone '.*not UTF-8"):
            _engine.Table.from_array(schema, array)


def test_columns_are_found_among_many_and_twins_are_told() -> None:
    names = [f"{i}" for i in range(3000)]
    table = as_table(pa.table([pa.array([float(i)]) for i in range(3000)], names=names))
    got = np.empty(1)
    for name in ("0", "7", "1234", "2999"):
        table.numbers(name, got)
        assert got[0] == float(name)
    with pytest.raises(errors.SchemaError, match="Column '3000' is missing"):
        table.numbers("3000", got)
    twins = as_table(pa.table([pa.array([1.0])] * 4, names=["a", "b", "b", "b"]))
    table = twins
    table.numbers("a", got)
    with pytest.raises(errors.SchemaError, match="Column 'b' is there more than once"):
        table.numbers("b", got)


def test_table_keeps_the_memory_alive_after_its_source_is_gone() -> None:
    before = pa.total_allocated_bytes()
    source = pa.table({"x": pa.array(range(100_000), pa.int64())})
    table = as_table(source)
    del source
    got = np.empty(100_000)
    table.numbers("x", got)
    np.testing.assert_array_equal(got, np.arange(100_000.0))
    assert pa.total_allocated_bytes() - before >= 800_000
    del table
    assert pa.total_allocated_bytes() - before < 800_000


class OldFrame(pd.DataFrame):
    """What a data frame of pandas before 2.2 looks like: without the protocol."""

    __module__ = "pandas.core.frame"
    __arrow_c_stream__ = property()  # type: ignore[assignment]


def test_data_frame_without_the_protocol_goes_through_pyarrow() -> None:
    table = as_table(OldFrame({"x": [1.5, 2.5]}, index=[7, 9]))
    assert table.column_names == ["x"]
    assert table.num_rows == 2


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (7, "got int"),
        (None, "got NoneType"),
        ("flights.parquet", r"got str\. Read the file first"),
        (np.zeros((2, 2)), r"got ndarray\. Name its columns: pass \(matrix, names\)"),
        (pl.LazyFrame({"a": [1]}), r"got LazyFrame\. Call collect\(\) first"),
        ([{"a": 1}, 3], "got list with int at 1"),
        ((row for row in [{"a": 1}]), r"got generator\. Make a list of it"),
        ({"a": 1}, r"Column 'a' must be a list or an array, got int\. For one row pass a list"),
        ({"a": "abc"}, "Column 'a' must be a list or an array, got str"),
        ((np.zeros((2, 2)), ["a"]), "1 names for 2 columns of the matrix"),
        ((np.zeros((2, 2)), "ab"), "names of flights must be a list of str, got str"),
    ],
)
def test_data_of_another_form_is_a_parameter_error(data: Any, text: str) -> None:
    with pytest.raises(errors.ParameterError, match=text):
        as_table(data, what="flights")


@pytest.mark.parametrize(
    ("data", "kind", "text"),
    [
        (
            {"a": [1, 2], "b": [1]},
            errors.DataError,
            "'b' of data has 1 values, expected 2 as column",
        ),
        (
            [{"a": 1}, {"a": None}, {"a": "x"}],
            errors.DataError,
            "Column 'a', row 2: expected int as in the rows before, got str. Give the column one",
        ),
        ({"a": [2**80]}, errors.DataError, "Column 'a' cannot be read"),
        ({"a": np.zeros((2, 2))}, errors.DataError, "Column 'a' cannot be read"),
        ({1: [2]}, errors.SchemaError, "a column named 1, expected a str, got int"),
        ([{}, {}], errors.SchemaError, "2 rows and no column"),
        ((np.zeros(3), ["a"]), errors.DataError, "two dimensions, got shape"),
        ((np.zeros((3, 2)), ["a", "a"]), errors.SchemaError, "'a' stands for more than one column"),
        (pl.Series([1.5]), errors.SchemaError, "got one array of type float64. Give a table"),
        (pa.array([1]), errors.SchemaError, "got one array of type int64. Give a table"),
        (
            pd.DataFrame({"a": [1, "x", dt.date(2013, 1, 1)]}),
            errors.DataError,
            "cannot be read as Arrow: .*column a.*Give each column one type",
        ),
    ],
)
def test_data_that_does_not_fit_is_an_error_with_column_and_fix(
    data: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        as_table(data)


def test_arrow_data_needs_neither_numpy_nor_pyarrow(in_new_process: Callable[[str], str]) -> None:
    out = in_new_process(
        """
        import sys, polars
        from mainspring._arrow import as_table
        table = as_table(polars.DataFrame({"a": [1, 2], "b": ["x", None]}))
        print(table.num_rows, table.column_types, "pyarrow" in sys.modules)
        """
    )
    assert out == "2 ['int64', 'string_view'] False\n"
