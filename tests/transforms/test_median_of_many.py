"""Medians of many numbers, which a sample finds first: exact whatever their order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col

SAMPLE = 1024  # numbers that the engine looks at first, one in so many


def orders(rows: int) -> dict[str, np.ndarray]:
    """Numbers in orders that lead a sample astray, and such as do not."""
    random = np.random.default_rng(rows)
    drawn = random.normal(size=rows)
    step = rows / SAMPLE
    sampled = (np.arange(SAMPLE) * rows) // SAMPLE
    high, low = drawn.copy(), drawn.copy()
    high[sampled], low[sampled] = 1e6 + sampled, -1e6 - sampled
    endless = np.where(random.random(rows) < 0.3, np.inf, drawn)
    return {
        "drawn": drawn,
        "ascending": np.sort(drawn),
        "descending": -np.sort(drawn),
        "sampled ones are the highest": high,
        "sampled ones are the lowest": low,
        "half are one number": np.where(random.random(rows) < 0.5, 0.25, drawn),
        "nearly all are one number": np.where(random.random(rows) < 0.97, -2.0, drawn),
        "waves": np.sin(2 * np.pi * np.arange(rows) / step) + 1e-9 * drawn,
        "tails": np.exp(8 * drawn),
        "endless": endless,
        "minus endless": -endless,
        "tiny": drawn * 5e-324 * 2.0**20,
    }


@pytest.mark.parametrize("name", list(orders(20)))
@pytest.mark.parametrize("rows", [16_383, 16_384, 16_385, 70_001, 200_000])
def test_median_is_that_of_all_numbers(rows: int, name: str) -> None:
    values = orders(rows)[name]
    table = pa.table({"x": [None, *values]})
    prep = ms.Preprocessor(col("x").impute("median"), profile=False).fit(table)
    found = prep.transform(table.slice(0, 1))[0, 0]
    assert found == np.float32(np.median(values))


@pytest.mark.parametrize("name", ["drawn", "waves", "half are one number"])
def test_parts_and_merges_have_the_median_of_all(name: str) -> None:
    values = orders(90_000)[name]
    table = pa.table({"x": [None, *values]})
    first, second = (
        ms.Preprocessor(col("x").impute("median"), profile=False).fit(part)
        for part in (table.slice(0, 40_000), table.slice(40_000))
    )
    found = first.merge(second).transform(table.slice(0, 1))[0, 0]
    assert found == np.float32(np.median(values))
