"""More than 2^31 bytes of strings in one column: long offsets, chunks, views of one buffer."""

from __future__ import annotations

import mmap

import numpy as np
import pyarrow as pa
import pytest

from tests.arrow.columns import ids_of

BEYOND = 2**31 + 2**20


@pytest.fixture(scope="module")
def zeros() -> pa.Buffer:
    """Bytes that cost no memory: pages that nobody has written to."""
    return pa.py_buffer(mmap.mmap(-1, BEYOND, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def long_offsets() -> list[int]:
    """Five strings: 3 bytes, then almost all of the buffer, then some behind 2^31."""
    return [0, 3, BEYOND - 12, BEYOND - 9, BEYOND - 8, BEYOND - 5]


def test_offsets_beyond_two_gigabytes_are_followed(zeros: pa.Buffer) -> None:
    offsets = np.array(long_offsets(), np.int64)
    for kind in (pa.large_string(), pa.large_binary()):
        column = pa.Array.from_buffers(kind, 5, [None, pa.py_buffer(offsets), zeros])
        ends = pa.concat_arrays([column.slice(0, 1), column.slice(2, 3)])
        assert ids_of(ends, fitted_on=[b"\0\0\0", b"\0\0\0", b"\0"]) == [2, 2, 3, 2]
        tail = column.slice(2)
        assert ids_of(tail, fitted_on=[b"\0\0\0", b"\0\0\0", b"\0"]) == [2, 3, 2]


def test_chunks_of_together_more_than_two_gigabytes_are_read(zeros: pa.Buffer) -> None:
    half = 2**30
    offsets = np.array([half - 20, half - 4, half], np.int32)
    chunk = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(offsets), zeros.slice(0, half)]
    )
    column = pa.chunked_array([chunk] * 3)
    assert column.nbytes > 0
    assert ids_of(column, fitted_on=[b"\0" * 16, b"\0" * 16, b"\0" * 4]) == [2, 3] * 3


def test_views_of_buffers_of_together_more_than_two_gigabytes_are_read(zeros: pa.Buffer) -> None:
    size = 2**31 - 1
    views = np.zeros(3, [("length", "<i4"), ("prefix", "<i4"), ("buffer", "<i4"), ("at", "<i4")])
    views["length"] = [20, 16, 20]
    views["buffer"] = [0, 1, 2]
    views["at"] = [size - 20, size - 16, 0]
    whole = zeros.slice(0, size)
    column = pa.Array.from_buffers(
        pa.string_view(), 3, [None, pa.py_buffer(views), whole, whole, whole]
    )
    assert ids_of(column, fitted_on=[b"\0" * 20, b"\0" * 20, b"\0" * 16]) == [2, 3, 2]


@pytest.mark.slow
def test_column_of_more_than_two_gigabytes_has_the_ids_of_its_parts() -> None:
    words = np.array([f"{number:0>1000}" for number in range(100)], dtype="S1000")
    numbers = np.random.default_rng(0).integers(0, 100, 2_200_000)
    bytes_ = words[numbers].tobytes()
    offsets = np.arange(len(numbers) + 1, dtype=np.int64) * 1000
    column = pa.Array.from_buffers(
        pa.large_string(), len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(bytes_)]
    )
    fitted_on = [word.decode() for word in words.tolist()]
    assert ids_of(column, fitted_on=fitted_on) == (numbers + 2).tolist()
