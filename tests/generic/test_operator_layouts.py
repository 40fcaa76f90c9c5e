"""Chunks, offsets, dictionaries, bundles, buffers, threads and batches: the bits stay the same."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mainspring import _engine
from tests.generic.case import Case
from tests.generic.columns import (
    bits,
    chunked,
    draw_columns,
    eleven_rows,
    encoded,
    has_value,
    many_rows,
    num_threads,
    sliced,
    special_rows,
    with_null_entries,
)
from tests.generic.operators import by_case

ROWS = 77
GUARD = np.float32(-7.25e37)
TARGET = np.sin(np.arange(float(ROWS)))


def fitted(case: Case) -> tuple[Any, pa.Table]:
    """A fitted preprocessor and rows for it, special ones at the end."""
    table = case.table(many_rows(case, ROWS))
    rows = case.table(
        [a + b for a, b in zip(many_rows(case, ROWS), special_rows(case), strict=True)]
    )
    return case.preprocessor().fit(table, case.target(TARGET)), rows


def as_plain(case: Case) -> Case:
    """The case without a dictionary, so that there is a layout to compare with."""
    types = [t.value_type if pa.types.is_dictionary(t) else t for t in case.types]
    return replace(case, types=tuple(types))


@by_case
def test_features_when_sliced_at_any_offset_are_the_same_bits(case: Case) -> None:
    prep, rows = fitted(case)
    expected = bits(prep.transform(rows))
    for offset in range(66):
        assert bits(prep.transform(sliced(rows, offset))) == expected, offset


@by_case
@pytest.mark.parametrize("offset", [1, 7, 8, 63, 64, 65])
def test_plan_when_fitted_on_a_slice_has_the_same_bytes(case: Case, offset: int) -> None:
    table = case.table(many_rows(case, ROWS))
    plan = case.preprocessor().fit(table, case.target(TARGET)).bundle.to_bytes()
    assert (
        case.preprocessor().fit(sliced(table, offset), case.target(TARGET)).bundle.to_bytes()
        == plan
    )


@by_case
@settings(max_examples=15)
@given(data=st.data())
def test_features_when_chunked_are_the_same_bits(case: Case, data: st.DataObject) -> None:
    prep, rows = fitted(case)
    cuts = data.draw(st.lists(st.integers(0, rows.num_rows), max_size=6), label="cuts")
    assert bits(prep.transform(chunked(rows, cuts))) == bits(prep.transform(rows))


@by_case
@pytest.mark.parametrize("index_type", [pa.int8(), pa.uint16(), pa.int64()], ids=str)
def test_features_when_dictionary_encoded_are_the_same_bits(
    case: Case, index_type: pa.DataType
) -> None:
    case = as_plain(case)
    if any(pa.types.is_nested(kind) for kind in case.types):
        pytest.skip("Arrow has no dictionary of lists")
    table = case.table(many_rows(case, ROWS))
    plain = case.preprocessor().fit(table, case.target(TARGET))
    _, rows = fitted(case)
    expected = bits(plain.transform(rows))
    # Each chunk has another dictionary: the same value is another index.
    cut = chunked(rows, [5, 6, 40])
    learnt = case.preprocessor().fit(
        encoded(chunked(table, [3, 50]), index_type), case.target(TARGET)
    )
    for prep in (plain, learnt):
        assert bits(prep.transform(rows)) == expected
        assert bits(prep.transform(encoded(cut, index_type))) == expected
        assert bits(prep.transform(with_null_entries(rows))) == expected
        assert bits(prep.transform(encoded(sliced(rows, 9), index_type))) == expected


@by_case
def test_bundle_when_written_and_read_has_the_same_bytes_and_bits(case: Case) -> None:
    prep, rows = fitted(case)
    expected = bits(prep.transform(rows))
    file = prep.bundle.to_bytes()
    opened = _engine.Bundle.open(file, "again")
    assert opened.to_bytes() == file
    out = np.empty((rows.num_rows, prep.n_features_out_), np.float32)
    opened.transform_table(_engine.Table.from_stream(rows.__arrow_c_stream__()), out)
    assert bits(out) == expected
    assert opened.feature_names == prep.feature_names_out_
    copy = pickle.loads(pickle.dumps(prep))
    assert copy.bundle.to_bytes() == file
    assert bits(copy.transform(rows)) == expected
    # The plan with a model's name beside it is the same plan.
    again = _engine.write_bundle(opened.meta, opened, None, b"", opened.profile)
    assert again == file


@by_case
@pytest.mark.parametrize("num_rows", [0, 1, 2, 31, 511, 512, 513, 1300, 9001])
def test_out_when_guarded_is_filled_and_nothing_around_it(case: Case, num_rows: int) -> None:
    prep, _ = fitted(case)
    rows = case.table(many_rows(case, num_rows))
    before = [buffer.to_pybytes() for buffer in buffers_of(rows)]
    width = prep.n_features_out_
    for shift in (64, 67):  # a cache line, and an address that is a multiple of 4 alone
        memory = np.full(num_rows * width + 2 * shift, GUARD, np.float32)
        out = memory[shift : shift + num_rows * width].reshape(num_rows, width)
        for threads in (1, 2):
            out[:] = GUARD
            with num_threads(threads):
                assert prep.transform(rows, out=out) is out
            assert not (out == GUARD).any()
            assert bits(out) == bits(prep.transform(rows))
        assert (memory[:shift] == GUARD).all()
        assert (memory[shift + num_rows * width :] == GUARD).all()
    assert [buffer.to_pybytes() for buffer in buffers_of(rows)] == before


def buffers_of(table: pa.Table) -> list[pa.Buffer]:
    chunks = [chunk for column in table.columns for chunk in column.chunks]
    return [buffer for chunk in chunks for buffer in chunk.buffers() if buffer is not None]


@by_case
def test_object_when_used_by_many_threads_gives_the_same_bits(case: Case) -> None:
    prep, rows = fitted(case)
    table = case.table(many_rows(case, ROWS))
    plan, expected = prep.bundle.to_bytes(), prep.transform(rows)
    parts = [(first, min(13, rows.num_rows - first)) for first in range(0, rows.num_rows, 13)]

    def use(number: int) -> bool:
        first, count = parts[number % len(parts)]
        part = prep.transform(rows.slice(first, count))
        other = case.preprocessor().fit(table, case.target(TARGET))
        return (
            bits(prep.transform(rows)) == bits(expected)
            and bits(part) == bits(expected[first : first + count])
            and other.bundle.to_bytes() == plan
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(24)))


@by_case
@given(data=st.data())
def test_rows_when_alone_equal_rows_of_the_batch(case: Case, data: st.DataObject) -> None:
    train = draw_columns(data, case, "train", min_size=1, max_size=10)
    if case.needs_value:
        assume(has_value(train[0]))
    table = case.table(train)
    prep = case.preprocessor().fit(table, np.zeros(table.num_rows))
    batch = prep.transform(table)
    for row in range(table.num_rows):
        assert bits(prep.transform(table.slice(row, 1))) == bits(batch[row : row + 1])


@by_case
def test_rows_when_dicts_equal_rows_of_the_batch(case: Case) -> None:
    prep = case.preprocessor().fit(case.table(eleven_rows(case)), case.target(np.arange(11.0)))
    rows = case.table(eleven_rows(case))
    batch = prep.transform(rows)
    for number, row in enumerate(rows.to_pylist()):
        alone = np.array(prep.bundle.transform_row(row), np.float64).astype(np.float32)
        assert bits(alone) == bits(batch[number])
