"""Forty columns before and after a drift: the workload of the drift benchmarks.

25 float64 columns of six shapes (three of them with 5 % NaN), 12 string columns of 2 to 10,000
categories, two bools and a timestamp. ``SHIFTED`` names the eight columns that truly move.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.data.zipf import zipf_codes

__all__ = ["NUMBERS", "SHIFTED", "TEXTS", "sensors"]

NUMBERS = [f"num{i:02d}" for i in range(25)]
TEXTS = [f"cat{i:02d}" for i in range(12)]
SHIFTED = frozenset([*NUMBERS[:5], "cat03", "cat07", "b0"])
_SIZES = (2, 3, 5, 8, 12, 20, 50, 100, 200, 500, 1_000, 10_000)
_WITH_NAN = ("num07", "num13", "num19")
_DAY_SECONDS = 86_400

Draw = Callable[[np.random.Generator, int, bool], npt.NDArray[np.float64]]
# One draw for each shape, in turn; the last argument says whether the column has moved.
_SHAPES: tuple[Draw, ...] = (
    lambda random, rows, moved: random.normal(0.3 * moved, 1.0, rows),
    lambda random, rows, moved: random.lognormal(0.2 * moved, 0.75, rows),
    lambda random, rows, moved: random.exponential(1.25 if moved else 1.0, rows),
    lambda random, rows, moved: random.uniform(0.1 * moved, 1.0 + 0.1 * moved, rows),
    lambda random, rows, moved: random.standard_t(3, rows) * (1.3 if moved else 1.0),
    lambda random, rows, _: random.poisson(6, rows).astype(np.float64),
)


def sensors(rows: int, *, seed: int, moved: bool) -> pa.Table:
    """Make the table, before (``moved`` False) or after the drift."""
    random = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {}
    for number, name in enumerate(NUMBERS):
        values = _SHAPES[number % len(_SHAPES)](random, rows, moved and name in SHIFTED)
        if name in _WITH_NAN:
            values[random.random(rows) < 0.05] = np.nan
        columns[name] = pa.array(values, from_pandas=True)
    for name, size in zip(TEXTS, _SIZES, strict=True):
        codes = zipf_codes(random, rows, size, 1.4 if moved and name in SHIFTED else 1.1)
        words = pa.array([f"{name}_value_{k:05d}" for k in range(size)])
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(codes), words).cast(pa.string())
    columns["b0"] = pa.array(random.random(rows) < (0.4 if moved else 0.3))
    columns["b1"] = pa.array(random.random(rows) < 0.5)
    start = 1_735_689_600 + (31 * _DAY_SECONDS if moved else 0)  # 2025, January or February
    seconds = start + np.sort(random.integers(0, 28 * _DAY_SECONDS, rows))
    columns["ts"] = pa.array(seconds * 1_000_000, pa.int64()).cast(pa.timestamp("us"))
    return pa.table(columns)
