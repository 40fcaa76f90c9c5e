"""Memory of results: used again when it is free, and never before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import Preprocessor, col
from mainspring._arrays import new_array

MIB = 1 << 20
NAMES = [f"x{i}" for i in range(250)]
WORDS = [f"w{i}" for i in range(250)]
TABLE = pa.table(
    {name: np.arange(10_000.0) + i for i, name in enumerate(NAMES)}
    | {name: ["a", "b"] * 5_000 for name in WORDS}
)
BATCH = 5_000  # rows, of 4.8 MiB of numbers and as much of ids


@pytest.fixture(scope="module")
def fitted() -> Preprocessor:
    return Preprocessor(*NAMES, *(col(name).ordinal() for name in WORDS), profile=False).fit(TABLE)


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    ms.release_memory()
    yield
    ms.release_memory()


def arrays_of(batch: Any) -> list[np.ndarray]:
    return [batch] if isinstance(batch, np.ndarray) else [batch.dense, batch.ids]


@pytest.mark.parametrize("output", ["numpy", "tensors"])
def test_batches_when_they_are_dropped_share_their_memory(
    fitted: Preprocessor, output: str
) -> None:
    whole = arrays_of(fitted.transform(TABLE, output=output))
    long = pa.concat_tables([TABLE] * 4)
    places, first = set(), 0
    for batch in fitted.transform_batches(long, output=output, batch_rows=BATCH):
        for array, wanted in zip(arrays_of(batch), whole, strict=True):
            np.testing.assert_array_equal(array, wanted[first % 10_000 :][: len(array)])
            places.add(array.ctypes.data)
        first += BATCH
    assert first == len(long)
    assert len(places) <= 2 * len(whole)  # of 8 batches: a loop holds one while the next is made


@pytest.mark.parametrize("output", ["numpy", "tensors"])
def test_batches_when_they_are_kept_stay_as_they_are(fitted: Preprocessor, output: str) -> None:
    views = [
        [array[1:, ::-1] for array in arrays_of(batch)]  # a view keeps the memory, too
        for batch in fitted.transform_batches(TABLE, output=output, batch_rows=BATCH)
    ]
    whole = arrays_of(fitted.transform(TABLE, output=output))
    for number, batch in enumerate(views):
        for view, wanted in zip(batch, whole, strict=True):
            rows = wanted[number * BATCH + 1 : (number + 1) * BATCH, ::-1]
            np.testing.assert_array_equal(view, rows)


def test_features_when_they_are_gone_leave_their_memory_to_the_next(fitted: Preprocessor) -> None:
    first = fitted.transform(TABLE)
    place, want = first.ctypes.data, first.copy()
    view = first[5:]
    del first
    assert fitted.transform(TABLE).ctypes.data != place  # a view still looks at it
    np.testing.assert_array_equal(view, want[5:])
    del view
    again = {fitted.transform(TABLE).ctypes.data for _ in range(3)}
    assert len(again) == 1


def test_columns_when_they_are_gone_leave_their_memory_to_the_next(fitted: Preprocessor) -> None:
    columns = fitted.transform(TABLE, output="arrow")
    place = columns.column(0).buffers()[1].address
    want = columns.column(0).to_numpy().copy()
    held = columns.column(0)
    del columns
    other = fitted.transform(TABLE, output="arrow")
    assert other.column(0).buffers()[1].address != place
    np.testing.assert_array_equal(held.to_numpy(), want)
    del held
    assert fitted.transform(TABLE, output="arrow").column(0).buffers()[1].address == place


@pytest.mark.parametrize("shape", [(2, MIB), (MIB // 2 + 1, 3), (3 * MIB,), (0, 3), (100, 3)])
def test_new_arrays_are_as_those_of_numpy(shape: tuple[int, ...]) -> None:
    for dtype in (np.float32, np.int32, np.float64):
        array = new_array(shape, dtype)
        assert (array.shape, array.dtype) == (shape, np.dtype(dtype))
        assert array.flags.writeable
        assert array.flags.c_contiguous
        assert array.flags.aligned
        array[...] = 7
        assert (array == 7).all()


def test_new_array_that_no_memory_has_room_for_is_an_error() -> None:
    with pytest.raises(MemoryError):
        new_array((1 << 30, 1 << 26), np.float32)
