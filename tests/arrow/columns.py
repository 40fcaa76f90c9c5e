"""What tests of columns need: a column as numbers, and as ids of a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

import mainspring as ms
from mainspring._arrow import as_table


def numbers_of(column: Any) -> np.ndarray:
    """Return a column as the engine's float64."""
    table = as_table({"x": column})
    out = np.empty(table.num_rows)
    table.numbers("x", out)
    return out


def ids_of(column: Any, fitted_on: Any = None) -> list[int]:
    """Return the ids of a vocabulary: 0 missing, 1 unseen, from 2 on by count and value."""
    prep = ms.Preprocessor(ms.col("x").ordinal())
    prep.fit({"x": column if fitted_on is None else fitted_on})
    return np.asarray(prep.transform({"x": column})).ravel().astype(int).tolist()


def in_slices(values: list[Any], kind: pa.DataType, cut: int) -> pa.ChunkedArray:
    """Return two chunks, each a slice of a longer array."""
    filler = next((value for value in values if value is not None), None)
    longer = pa.array([filler, None, *values, filler], kind)
    return pa.chunked_array([longer.slice(2, cut), longer.slice(2 + cut, len(values) - cut)], kind)


def parts_of(column: Any) -> list[list[float]]:
    """Return year, day, hour and second of each row, as datetime() reads them."""
    prep = ms.Preprocessor(ms.col("t").datetime("year", "day_of_year", "hour", "second"))
    return np.asarray(prep.fit({"t": column}).transform({"t": column})).tolist()
