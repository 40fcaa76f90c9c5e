"""Forty columns drawn anew: for gates on data that no limit was chosen on.

25 columns of numbers in seven shapes, 12 of strings with 2 to 10,000 categories, two bools and a
timestamp. Which columns move, which shape each has and how far it moves depend on the seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
# A shape, and how far it is moved: about as far as a third to a tenth of a standard deviation.
Draw = Callable[[np.random.Generator, int, bool], Floats]
SHAPES: dict[str, Draw] = {
    "normal": lambda rng, n, moved: rng.normal(0.3 * moved, 1, n),
    "lognormal": lambda rng, n, moved: rng.lognormal(0.2 * moved, 0.75, n),
    "exponential": lambda rng, n, moved: rng.exponential(1.3 if moved else 1, n),
    "uniform": lambda rng, n, moved: rng.uniform(0.1 * moved, 1 + 0.1 * moved, n),
    "student": lambda rng, n, moved: rng.standard_t(3, n) * (1.4 if moved else 1),
    "pareto": lambda rng, n, moved: rng.pareto(0.8, n) * (1.6 if moved else 1),
    "poisson": lambda rng, n, moved: rng.poisson(7 if moved else 6, n).astype(float),
}
CATEGORIES = (2, 3, 5, 8, 12, 20, 50, 100, 200, 500, 1_000, 10_000)


@dataclass(frozen=True)
class Workload:
    """Both tables, and the eight columns that truly moved."""

    reference: pa.Table
    current: pa.Table
    shifted: frozenset[str]


def zipf(rng: np.random.Generator, rows: int, distinct: int, power: float) -> pa.Array:
    """Strings, few frequent and many rare."""
    weights = np.arange(1, distinct + 1) ** -power
    codes = rng.choice(distinct, rows, p=weights / weights.sum()).astype(np.int32)
    words = pa.array([f"value_{k:05d}" for k in range(distinct)])
    return pa.DictionaryArray.from_arrays(pa.array(codes), words).cast(pa.string())


def workload(rows: int, seed: int) -> Workload:
    """Draw which columns move, then both tables."""
    rng = np.random.default_rng(seed)
    shapes = [list(SHAPES)[i] for i in rng.integers(0, len(SHAPES), 25)]
    power = rng.uniform(0.9, 1.2, len(CATEGORIES))
    numbers = {f"num{i:02d}" for i in rng.choice(25, 5, replace=False)}
    texts = {f"cat{i:02d}" for i in rng.choice(np.arange(2, 11), 2, replace=False)}
    shifted = frozenset(numbers | texts | {f"flag{rng.integers(2)}"})
    with_missing = set(rng.choice(25, 3, replace=False))

    def table(moved: bool, start: int) -> pa.Table:
        columns: dict[str, pa.Array] = {}
        for i, shape in enumerate(shapes):
            values = SHAPES[shape](rng, rows, moved and f"num{i:02d}" in shifted)
            if i in with_missing:
                values[rng.random(rows) < 0.05] = np.nan
            columns[f"num{i:02d}"] = pa.array(values, from_pandas=True)
        for i, distinct in enumerate(CATEGORIES):
            more = 0.35 if moved and f"cat{i:02d}" in shifted else 0.0
            columns[f"cat{i:02d}"] = zipf(rng, rows, distinct, power[i] + more)
        for i in range(2):
            share = 0.3 + 0.1 * (moved and f"flag{i}" in shifted)
            columns[f"flag{i}"] = pa.array(rng.random(rows) < share)
        times = start + np.sort(rng.integers(0, 28 * 86_400, rows))
        columns["time"] = pa.array(times).cast(pa.timestamp("s"))
        return pa.table(columns)

    return Workload(table(False, 1_700_000_000), table(True, 1_703_000_000), shifted)
