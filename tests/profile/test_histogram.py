"""Histograms: counts as NumPy's, over bins that fit what the numbers are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import mainspring as ms
from mainspring.profiles import Histogram

RNG = np.random.default_rng(11)
LARGEST = float(np.finfo(float).max)


def histogram_of(values: npt.NDArray[np.float64]) -> Histogram:
    found = ms.profile(pa.table({"x": pa.array(values, from_pandas=False)})).column("x").histogram
    assert found is not None
    return found


def check_counts(found: Histogram, values: npt.NDArray[np.float64]) -> None:
    """Compare with counts by definition."""
    edges = np.array(found.edges)
    assert np.isfinite(edges).all()
    assert (edges[1:] > edges[:-1]).all()
    assert 1 <= len(found.counts) <= 33
    assert found.below == (values < edges[0]).sum()
    assert found.above == (values > edges[-1]).sum()
    last = len(edges) - 2
    for i, (low, high) in enumerate(pairwise(edges)):
        inside = (values >= low) & ((values <= high) if i == last else (values < high))
        assert found.counts[i] == inside.sum()
    assert found.total == len(values)


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=60))
@example([0.0, 1.1984620899082105e308])
@example([0.0, -1.1984620899082105e308])
def test_counts_when_values_are_any_are_those_of_the_definition(values: list[float]) -> None:
    array = np.array(values)
    if not np.isfinite(array).any():
        profile = ms.profile(pa.table({"x": array}))
        assert profile.column("x").histogram is None
        return
    check_counts(histogram_of(array), array)


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(size=5000),
        np.exp(3 * RNG.normal(size=5000)),
        RNG.pareto(0.8, 5000) + 1,
        RNG.integers(0, 1000, 5000).astype(float),
        RNG.integers(-3, 4, 5000) * 0.1,
        np.where(RNG.random(5000) < 0.97, 0.0, RNG.normal(size=5000)),
        np.full(50, 1e300),
        np.array([LARGEST, -LARGEST]),
        np.array([LARGEST, LARGEST]),
        np.array([1.0, np.nextafter(1.0, 2)]),
        np.array([5e-324, 0.0]),
        np.array([-np.inf, 0.0, 1.0, np.inf]),
    ],
)
def test_counts_when_shapes_are_hard_hold_the_bulk(values: npt.NDArray[np.float64]) -> None:
    found = histogram_of(values)
    check_counts(found, values)
    finite = np.isfinite(values).sum()
    assert sum(found.counts) >= 0.985 * finite


def test_bins_when_numbers_are_integers_hold_equally_many() -> None:
    hours = np.repeat(np.arange(24.0), 3)
    assert histogram_of(hours).edges == tuple(np.arange(25) - 0.5)
    assert histogram_of(hours).counts == (3,) * 24
    minutes = histogram_of(np.arange(60.0))
    assert minutes.counts == (2,) * 30
    speeds = np.repeat(np.round(np.arange(30) * 1.15078, 5), 2)
    assert histogram_of(speeds).counts == (2,) * 30


def test_axis_when_the_tail_is_long_is_logarithmic() -> None:
    assert histogram_of(np.exp(2 * RNG.normal(size=4000))).logarithmic
    found = histogram_of(np.exp(2 * RNG.normal(size=4000)))
    steps = np.diff(np.log(found.edges))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-9)
    assert not histogram_of(RNG.exponential(size=4000)).logarithmic
    assert not histogram_of(RNG.uniform(size=4000)).logarithmic
    assert not histogram_of(np.append(np.exp(2 * RNG.normal(size=4000)), 0.0)).logarithmic


def test_tails_when_far_are_cut_and_counted() -> None:
    values = np.append(RNG.normal(size=10_000), [1e6, -1e6])
    found = histogram_of(values)
    assert -5 < found.edges[0] < found.edges[-1] < 5
    assert found.below >= 1
    assert found.above >= 1


def test_histogram_when_sketched_is_within_the_rank_error() -> None:
    values = RNG.normal(size=60_000)
    profile = ms.profile(pa.table({"x": values}))
    column = profile.column("x")
    assert column.rank_error > 0
    found = column.histogram
    assert found is not None
    at = found.below
    for edge, count in zip(found.edges, found.counts, strict=False):
        assert abs(at - (values < edge).sum()) <= (column.rank_error + 1e-9) * len(values)
        at += count


def test_histogram_when_kept_as_bytes_or_merged_is_the_same() -> None:
    values = RNG.normal(size=2000)
    whole = ms.profile(pa.table({"x": values}))
    parts = ms.profile(pa.table({"x": values[:700]})).merge(
        ms.profile(pa.table({"x": values[700:]}))
    )
    expected = whole.column("x").histogram
    assert parts.column("x").histogram == expected
    assert ms.Profile.from_bytes(whole.to_bytes()).column("x").histogram == expected
    assert ms.profile(pa.table({"x": ["a"]})).column("x").histogram is None
    assert "histogram" not in whole.summary()[0]
