"""Columns for the generic suite: drawn, fixed and special ones, and the ways to lay them out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timezone
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from mainspring import _engine, set_num_threads
from tests.generic.case import Case
from tests.reference.columns import is_missing

Columns = list[list[Any]]


@contextmanager
def num_threads(count: int) -> Iterator[None]:
    """Use so many threads for a while."""
    before = _engine.num_threads()
    set_num_threads(count)
    try:
        yield
    finally:
        set_num_threads(before)


def bits(matrix: np.ndarray) -> bytes:
    return matrix.tobytes()


def draw_columns(data: st.DataObject, case: Case, label: str, **size: int) -> Columns:
    rows = data.draw(st.lists(st.tuples(*case.values), **size), label=label)
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in case.values]


def draw_target(data: st.DataObject, num_rows: int) -> list[float]:
    values = st.floats(-1e9, 1e9) | st.sampled_from([0.0, 1.0])
    return data.draw(st.lists(values, min_size=num_rows, max_size=num_rows), label="target")


def has_value(column: Sequence[Any]) -> bool:
    return any(not is_missing(value) for value in column)


def value_type(kind: pa.DataType) -> pa.DataType:
    """What a column holds once it is decoded."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def eleven_values(kind: pa.DataType) -> list[Any]:
    """Eleven values of a type, the first one missing."""
    kind = value_type(kind)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = eleven_values(kind.value_type)
        return [None, *(inner[i : i + i % 4] for i in range(10))]
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        ticks = [None, *(86_400 * 400 * i + 3_600 * i + 61 * i for i in range(10))]
        stamps = pa.array(ticks, pa.int64()).cast(pa.timestamp("s", "UTC"))
        return stamps.cast(
            kind if pa.types.is_date(kind) else pa.timestamp("us", "UTC")
        ).to_pylist()
    if pa.types.is_boolean(kind):
        return [None, *([True, False] * 5)]
    if pa.types.is_integer(kind):
        return [None, 1, 2, 3, 4, 4, 4, 7, 8, 9, 1]
    if pa.types.is_floating(kind):
        return [None, 0.5, -0.25, 3.0, 3.0, 1.5, 0.0, -1.0, 8.0, 0.125, 3.0]
    return [None, "", "a", "b", "a", "long enough to leave the slot", "c", "d", "a", "é", "b"]


def eleven_rows(case: Case) -> Columns:
    if case.samples:
        return [[None, *case.samples]]
    return [eleven_values(kind) for kind in case.types]


def many_rows(case: Case, num_rows: int) -> Columns:
    """The eleven values over and over, each column in an order of its own."""
    return [
        [values[row * (7 + i) % 11] for row in range(num_rows)]
        for i, values in enumerate(eleven_rows(case))
    ]


def special_values(kind: pa.DataType) -> list[Any]:
    """Twelve values at the edges of a type: missing, not finite, extreme, empty, long."""
    kind = value_type(kind)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = special_values(kind.value_type)
        return [None, [], [None], inner, *([value, None, value] for value in inner[:8])]
    if pa.types.is_floating(kind):
        tiny = float(np.finfo(kind.to_pandas_dtype()).tiny)
        largest = float(np.finfo(kind.to_pandas_dtype()).max)
        infinite = [math.inf, -math.inf, math.nan]
        return [None, *infinite, 0.0, -0.0, largest, -largest, tiny, -tiny, -1.0, 1.0]
    if pa.types.is_boolean(kind):
        return [None, True, False, None] * 3
    if pa.types.is_integer(kind):
        info = np.iinfo(kind.to_pandas_dtype())
        return [None, int(info.min), int(info.max), 0, 1, 3, 2, None, 4, 5, 6, 7]
    if pa.types.is_date(kind):
        days = [date.min, date.max, date(1969, 12, 31), date(1970, 1, 1), date(2000, 2, 29)]
        return [None, *days, date(1900, 2, 28), date(2100, 3, 1), *days[:4]]
    if pa.types.is_timestamp(kind):
        first = datetime(1970, 1, 1, tzinfo=timezone.utc)
        moments = [
            first.replace(year=year, month=month) for year in (1902, 1970) for month in (1, 7)
        ]
        changes = [datetime(2013, 3, 31, 0, 59, 59, tzinfo=timezone.utc)]
        changes += [moment.replace(hour=1, minute=0, second=0) for moment in changes]
        return [None, first, *moments, *changes, None, *moments]
    long = "é" * 100
    return [None, "", " ", "\0", "a", "é", long, long[:-1], "x" * 22, "x" * 23, "x" * 24, "x" * 25]


def special_rows(case: Case) -> Columns:
    return [special_values(kind) for kind in case.types]


def sliced(table: pa.Table, offset: int) -> pa.Table:
    """The same rows, `offset` rows and bits into the buffers."""
    first = table.slice(0, 1).combine_chunks()
    columns = [
        pa.concat_arrays([*first[name].chunks * offset, *table[name].chunks]).slice(offset)
        for name in table.column_names
    ]
    return pa.table(columns, names=table.column_names)


def chunked(table: pa.Table, cuts: Sequence[int]) -> pa.Table:
    """The same rows in chunks; empty ones among them."""
    edges = [0, *sorted(cuts), table.num_rows]
    return pa.concat_tables([table.slice(a, b - a) for a, b in pairwise(edges)])


def encoded(table: pa.Table, index_type: pa.DataType) -> pa.Table:
    """Every column as a dictionary, each chunk with one of its own."""
    columns = []
    for name in table.column_names:
        column = table[name]
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        kind = pa.dictionary(index_type, column.type)
        chunks = [chunk.dictionary_encode().cast(kind) for chunk in column.chunks]
        columns.append(pa.chunked_array(chunks, kind))
    return pa.table(columns, names=table.column_names)


def with_null_entries(table: pa.Table) -> pa.Table:
    """Every column as a dictionary that holds a null, so that rows are missing in two ways."""
    columns = []
    for name in table.column_names:
        column = table[name].combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        coded = column.dictionary_encode()
        entries = pa.concat_arrays([coded.dictionary, pa.nulls(1, coded.dictionary.type)])
        null_entry = len(coded.dictionary)
        indices = [
            null_entry if index is None and row % 2 else index
            for row, index in enumerate(coded.indices.to_pylist())
        ]
        columns.append(pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), entries))
    return pa.table(columns, names=table.column_names)
