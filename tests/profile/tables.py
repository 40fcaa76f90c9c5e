"""Tables for tests of profiles: drawn by hypothesis, cut into shards."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

import mainspring as ms

NUMBERS = st.one_of(
    st.none(),
    st.floats(),
    st.floats(-10, 10),
    st.integers(-5, 5).map(float),
    st.sampled_from([0.0, -0.0, 1e300, -1e300, 5e-324]),
)
TEXTS = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["a", "b", "", "é", "x" * 300]))


@st.composite
def tables(draw: st.DrawFn, max_rows: int = 40) -> pa.Table:
    """Numbers, integers, strings, booleans, dates and timestamps, all with nulls."""
    rows = draw(st.integers(0, max_rows))

    def column(values: st.SearchStrategy[object], kind: pa.DataType) -> pa.Array:
        drawn = draw(st.lists(values, min_size=rows, max_size=rows))
        return pa.array(drawn, kind, from_pandas=False)

    optional = st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1))
    return pa.table(
        {
            "number": column(NUMBERS, pa.float64()),
            "integer": column(optional, pa.int32()),
            "text": column(TEXTS, pa.string()),
            "flag": column(st.one_of(st.none(), st.booleans()), pa.bool_()),
            "day": column(st.one_of(st.none(), st.dates()), pa.date32()),
            "moment": column(st.one_of(st.none(), st.integers(-(10**12), 10**12)), pa.int64()).cast(
                pa.timestamp("us")
            ),
        }
    )


def shards(table: pa.Table, cuts: Sequence[int]) -> list[pa.Table]:
    """The table cut at the given rows."""
    edges = [0, *sorted(min(cut, len(table)) for cut in cuts), len(table)]
    return [table.slice(a, b - a) for a, b in itertools.pairwise(edges)]


def merged(parts: Sequence[pa.Table], order: Sequence[int]) -> ms.Profile:
    """Profiles of the parts, merged in the given order."""
    result = ms.profile(parts[order[0]])
    for i in order[1:]:
        result.merge(ms.profile(parts[i]))
    return result


def wide_table(rows: int, seed: int) -> pa.Table:
    """Columns beyond every cap: they are sketched."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "normal": rng.normal(size=rows),
            "pareto": rng.pareto(0.8, rows),
            "ascending": np.arange(rows, dtype=np.float64),
            "lumpy": np.where(rng.random(rows) < 0.5, 0.0, rng.lognormal(0, 3, rows)),
            "id": pa.array([f"user-{n}" for n in rng.permutation(rows)]),
        }
    )
