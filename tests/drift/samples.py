"""Samples for tests of drift, and how they become tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

import mainspring as ms

Categories = Sequence[str | None]


def numbers(values: np.ndarray) -> pa.Table:
    """One column; NaN stays NaN."""
    return pa.table({"x": pa.array(values, pa.float64(), from_pandas=False)})


def categories(values: Categories) -> pa.Table:
    """One column of strings."""
    return pa.table({"x": pa.array(values, pa.string())})


def compare(before: pa.Table, now: pa.Table, **options: object) -> ms.drift.ColumnDrift:
    """The only column of the report."""
    return ms.detect_drift(before, now, **options).column("x")  # type: ignore[arg-type]


def zipf_categories(rng: np.random.Generator, rows: int, distinct: int) -> list[str]:
    """Few frequent and many rare categories."""
    weights = 1 / np.arange(1, distinct + 1)
    drawn = rng.choice(distinct, rows, p=weights / weights.sum())
    return [f"c{n}" for n in drawn]
