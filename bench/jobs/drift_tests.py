"""Drift of two tables the way it is written by hand: SciPy's tests, a column at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

__all__ = ["API", "ColumnTests", "compare_tables"]

API = "ks_2samp, wasserstein_distance, chi2_contingency, jensenshannon; NumPy deciles"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ColumnTests:
    """What was found of one column; None where it does not apply."""

    missing_rate: float
    psi: float
    p_value: float
    ks: float | None = None
    wasserstein: float | None = None
    js: float | None = None


def compare_tables(before: pa.Table, now: pa.Table) -> dict[str, ColumnTests]:
    """Test every column of numbers, strings and bools."""
    found = {}
    for name in before.column_names:
        kind = before.schema.field(name).type
        if pa.types.is_timestamp(kind):
            continue
        compare = _compare_numbers if pa.types.is_floating(kind) else _compare_categories
        found[name] = compare(before[name], now[name])
    return found


def _compare_numbers(before: Any, now: Any) -> ColumnTests:
    one, two = (column.drop_null().to_numpy() for column in (before, now))
    tested = ks_2samp(one, two, method="asymp")
    inner = np.unique(np.quantile(one, np.arange(1, 10) / 10))
    counts = [
        np.append(np.bincount(np.searchsorted(inner, values), minlength=len(inner) + 1), missing)
        for values, missing in ((one, before.null_count), (two, now.null_count))
    ]
    return ColumnTests(
        missing_rate=_missing(now) - _missing(before),
        psi=_psi(*counts),
        p_value=float(tested.pvalue),
        ks=float(tested.statistic),
        wasserstein=float(wasserstein_distance(one, two)),
    )


def _compare_categories(before: Any, now: Any) -> ColumnTests:
    counts = [
        {entry["values"]: entry["counts"] for entry in pc.value_counts(column).to_pylist()}
        for column in (before, now)
    ]
    values = sorted(set().union(*counts) - {None})
    table = np.array([[side.get(value, 0) for value in values] for side in counts], dtype=float)
    return ColumnTests(
        missing_rate=_missing(now) - _missing(before),
        psi=_psi(*table),
        p_value=float(chi2_contingency(table).pvalue),
        js=float(jensenshannon(*table, base=2)),
    )


def _missing(column: Any) -> float:
    return column.null_count / len(column)


def _psi(one: Floats, two: Floats) -> float:
    shares = [(side + 0.5) / (side.sum() + 0.5 * len(side)) for side in (one, two)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
