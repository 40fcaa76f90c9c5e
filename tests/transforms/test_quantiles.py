"""quantile_bucketize: its edges are numpy's quantiles, whatever it learns them from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import ParameterError, Preprocessor, col
from tests.reference.quantile_bucketize import edges_of


def learnt_edges(values: Any, buckets: int) -> np.ndarray:
    """The edges, found by asking for the bucket of every float around numpy's quantiles."""
    prep = Preprocessor(col("x").quantile_bucketize(buckets)).fit(pa.table({"x": values}))
    expected = np.unique(np.quantile(values, np.arange(1, buckets) / buckets))
    near = np.unique(np.outer(expected, 1 + np.arange(-64, 65) * 2.0**-52))
    buckets_of = prep.transform(pa.table({"x": near}))[:, 0]
    return near[1:][np.diff(buckets_of) > 0]


@pytest.mark.parametrize("buckets", [2, 3, 10, 16, 100])
def test_edges_when_compared_with_numpy_are_its_quantiles(buckets: int) -> None:
    values = np.random.default_rng(1).lognormal(size=10_001)
    expected = np.unique(np.quantile(values, np.arange(1, buckets) / buckets))
    # numpy rounds i / buckets before it takes the rank: a few ulp of the rank, times the gap there.
    np.testing.assert_allclose(learnt_edges(values, buckets), expected, rtol=1e-14)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=50), st.integers(2, 40))
def test_oracle_when_compared_with_numpy_is_its_quantile(values: list[int], buckets: int) -> None:
    expected = np.quantile(np.array(values, float), np.arange(1, buckets) / buckets)
    edges = np.array(edges_of(list(values), buckets))
    for value in expected:
        assert np.abs(edges - value).min() <= 1e-12 * max(1, abs(value))
    for edge in edges:
        assert np.abs(expected - edge).min() <= 1e-12 * max(1, abs(edge))


def test_buckets_when_values_repeat_are_fewer() -> None:
    table = pa.table({"x": [1.0] * 90 + [2.0] * 10})
    prep = Preprocessor(col("x").quantile_bucketize(10)).fit(table)
    # Nine quantiles: eight times 1, and 1.1 between the two values.
    assert prep.transform(table)[:, 0].tolist() == [2] * 90 + [3] * 10
    constant = pa.table({"x": [7, 7]})
    prep = Preprocessor(col("x").quantile_bucketize()).fit(constant)
    assert prep.transform(pa.table({"x": [6, 7, 8, None]}))[:, 0].tolist() == [1, 2, 2, 0]


def test_buckets_when_values_are_infinite_or_missing_learn_from_the_others() -> None:
    values = [np.inf, -np.inf, np.nan, 0.0, 1.0, 2.0, 3.0, 4.0]
    prep = Preprocessor(col("x").quantile_bucketize(2)).fit(pa.table({"x": values}))
    assert prep.transform(pa.table({"x": values}))[:, 0].tolist() == [2, 1, 0, 1, 1, 2, 2, 2]
    prep = Preprocessor(col("x").quantile_bucketize(2)).fit(pa.table({"x": values[:3]}))
    assert prep.transform(pa.table({"x": values}))[:, 0].tolist() == [1, 1, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("strategy", ["median", "mean"])
def test_buckets_when_behind_a_fill_count_the_filled_rows(strategy: str) -> None:
    random = np.random.default_rng(2)
    values = random.normal(size=2000)
    values[random.random(2000) < 0.3] = np.nan
    fill = np.nanmedian(values) if strategy == "median" else np.nanmean(values)
    expression = col("x").impute(strategy).log1p().quantile_bucketize(4)
    prep = Preprocessor(expression)
    assert prep.num_rounds == 1
    with np.errstate(invalid="ignore"):
        logs = np.log1p(np.where(np.isnan(values), fill, values))
    edges = edges_of(list(logs), 4)
    got = prep.fit_transform(pa.table({"x": values}))[:, 0]
    expected = np.where(np.isnan(logs), 0, 1 + np.searchsorted(edges, logs, side="right"))
    # log1p is within 2 ulp of numpy's: a value on an edge may fall to its other side.
    assert (got != expected).sum() <= 3
    for part in np.array_split(values, 3):
        prep.partial_fit(pa.table({"x": part}))


def test_edges_when_the_range_overflows_stay_finite() -> None:
    largest = np.finfo(float).max
    table = pa.table({"x": [-largest, largest]})
    prep = Preprocessor(col("x").quantile_bucketize(4)).fit(table)
    asked = pa.table({"x": [-largest, -0.6 * largest, -0.4 * largest, 0.1, largest]})
    assert prep.transform(asked)[:, 0].tolist() == [1, 1, 2, 3, 4]


@pytest.mark.parametrize("buckets", [1, 0, 1 << 24])
def test_buckets_when_out_of_range_are_refused(buckets: int) -> None:
    with pytest.raises(ParameterError, match="'buckets' of quantile_bucketize must be an integer"):
        col("x").quantile_bucketize(buckets)
