"""Memory of batches: used again when it is free, and never before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mainspring import Preprocessor, col
from mainspring.transforms._buffers import BufferPool

TABLE = pa.table({"x": np.arange(10_000.0), "w": ["a", "b"] * 5_000})


def prep() -> Preprocessor:
    return Preprocessor("x", col("w").ordinal(), profile=False).fit(TABLE)


def arrays_of(batch: Any) -> list[np.ndarray]:
    return [batch] if isinstance(batch, np.ndarray) else [batch.dense, batch.ids]


@pytest.mark.parametrize("output", ["numpy", "tensors"])
def test_batches_when_they_are_dropped_share_their_memory(output: str) -> None:
    fitted = prep()
    whole = arrays_of(fitted.transform(TABLE, output=output))
    places, first = set(), 0
    for batch in fitted.transform_batches(TABLE, output=output, batch_rows=500):
        for array, wanted in zip(arrays_of(batch), whole, strict=True):
            np.testing.assert_array_equal(array, wanted[first : first + len(array)])
            places.add(array.ctypes.data)
        first += 500
    assert first == 10_000
    assert len(places) <= 2 * len(whole) + 1  # of 20 batches


@pytest.mark.parametrize("output", ["numpy", "tensors"])
def test_batches_when_they_are_kept_stay_as_they_are(output: str) -> None:
    fitted = prep()
    views = [
        [array[1:, ::-1] for array in arrays_of(batch)]  # a view keeps the memory, too
        for batch in fitted.transform_batches(TABLE, output=output, batch_rows=500)
    ]
    whole = arrays_of(fitted.transform(TABLE, output=output))
    for number, batch in enumerate(views):
        for view, wanted in zip(batch, whole, strict=True):
            rows = wanted[number * 500 + 1 : number * 500 + 500, ::-1]
            np.testing.assert_array_equal(view, rows)


def test_pool_when_memory_is_free_gives_it_again() -> None:
    pool = BufferPool()
    first = pool.empty((100, 3), np.float32)
    assert (first.shape, first.dtype, first.flags.writeable) == ((100, 3), np.float32, True)
    place = first.ctypes.data
    second = pool.empty((100, 3), np.float32)
    assert second.ctypes.data != place
    view = first[5:]
    del first
    assert pool.empty((100, 3), np.float32).ctypes.data != place
    del view
    smaller = pool.empty((7,), np.int32)  # what is large enough will do
    assert place in (smaller.ctypes.data, pool.empty((100, 3), np.float32).ctypes.data)
    assert pool.empty((0, 3), np.float32).shape == (0, 3)
