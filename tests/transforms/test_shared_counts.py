"""Operators over one column: its keys are counted once for all, and each learns what it would
alone."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import Preprocessor, col
from tests.generic.case import WORDS
from tests.reference import count, ordinal, target_mean

Rows = list[tuple[str | None, float]]

# In a byte, at its ends, just outside, and no integers at all: counted together or apart.
TARGETS = st.sampled_from(
    [[0.0, 1.0], [-128.0, 127.0, -0.0], [127.0, 128.0], [-129.0, 5.0], [0.5, 1.0], [1e300, 2.0**70]]
)


@st.composite
def rows_of(draw: Any) -> Rows:
    values = st.sampled_from(draw(TARGETS))
    return draw(st.lists(st.tuples(WORDS, values), min_size=1, max_size=80))


def expressions() -> list[Any]:
    return [
        col("k").ordinal().alias("id"),
        col("k").count().alias("count"),
        col("k").target_mean(smoothing=2.0, folds=3).alias("three"),
        col("k").target_mean(smoothing=0.0, folds=3).alias("three again"),
        col("k").target_mean(smoothing=2.0, folds=4).alias("four"),
        col("k").target_mean(smoothing=2.0, folds=3, seed=5).alias("other folds"),
        col("k").leave_one_out().alias("one out"),
    ]


def table_of(rows: Rows) -> tuple[pa.Table, np.ndarray]:
    keys, target = [key for key, _ in rows], np.array([value for _, value in rows])
    return pa.table({"k": pa.array(keys, pa.string())}), target


def expected(rows: Rows) -> np.ndarray:
    keys, target = [key for key, _ in rows], [value for _, value in rows]

    def mean(smoothing: float) -> Any:
        return target_mean.features([keys], [keys], target=target, smoothing=smoothing)[0]

    columns = [
        ordinal.features([keys], [keys])[0],
        count.features([keys], [keys])[0],
        mean(2.0),
        mean(0.0),
        mean(2.0),
        mean(2.0),
        mean(0.0),
    ]
    return np.array(columns, dtype=np.float64).T


@given(rows=rows_of())
def test_operators_over_one_column_learn_what_each_would_alone(rows: Rows) -> None:
    table, target = table_of(rows)
    prep = Preprocessor(*expressions(), profile=False).fit(table, target)
    with np.errstate(over="ignore"):
        wanted = expected(rows).astype(np.float32)
    np.testing.assert_allclose(prep.transform(table), wanted, rtol=2e-7)


@given(rows=rows_of())
def test_folds_of_operators_over_one_column_are_each_ones_own(rows: Rows) -> None:
    table, target = table_of(rows)
    together = Preprocessor(*expressions(), profile=False).fit_transform(table, target)
    for place, expression in enumerate(expressions()):
        alone = Preprocessor(expression, profile=False)
        apart = alone.fit_transform(table, target)
        np.testing.assert_array_equal(together[:, place], apart[:, 0])
    keys = [key for key, _ in rows]
    params = {"smoothing": 2.0, "folds": 4}
    wanted = target_mean.training_features([keys], target=target.tolist(), **params)[0]
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(together[:, 4], np.array(wanted, np.float32), rtol=2e-7)


@given(rows=rows_of(), others=rows_of(), cut=st.integers(0, 80))
def test_parts_of_small_and_other_targets_add_up(rows: Rows, others: Rows, cut: int) -> None:
    """Some parts are counted together, others state by state, in one fit."""
    both = [*rows[:cut], *others, *rows[cut:]]
    table, target = table_of(both)
    whole = Preprocessor(*expressions(), profile=False).fit(table, target)
    parts = Preprocessor(*expressions(), profile=False)
    for part in (rows[:cut], others, rows[cut:]):
        if part:
            parts.partial_fit(*table_of(part))
    assert parts.state_bytes() == whole.state_bytes()
    assert parts.bundle.to_bytes() == whole.bundle.to_bytes()
    streamed = Preprocessor(*expressions(), profile=False)
    bounds = [0, min(cut, len(both)), len(both)]
    batches = (table.slice(a, b - a) for a, b in itertools.pairwise(bounds) if b > a)
    streamed.fit(batches, target)
    assert streamed.bundle.to_bytes() == whole.bundle.to_bytes()


@pytest.mark.parametrize("value", [-128.0, 127.0, 1.0])
def test_rows_of_one_key_by_the_hundred_thousand_are_all_counted(value: float) -> None:
    num_rows = 300_000
    table = pa.table({"k": pa.array(["a"] * num_rows)})
    prep = Preprocessor(col("k").count(), col("k").target_mean(smoothing=1.0).alias("mean"))
    prep.fit(table, np.full(num_rows, value))
    np.testing.assert_array_equal(prep.transform(table.slice(0, 1)), [[num_rows, value]])
