"""Beyond the caps, what is certified holds: for every order of the data, and after merges."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.profile.tables import merged, shards

ROWS = 120_000


def orders() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    normal = rng.normal(size=ROWS)
    return {
        "random": normal,
        "ascending": np.sort(normal),
        "descending": np.sort(normal)[::-1].copy(),
        "pareto": rng.pareto(0.5, ROWS),
        "zigzag": np.where(np.arange(ROWS) % 2 == 0, 1, -1) * np.arange(ROWS, dtype=float),
        "half zero": np.where(rng.random(ROWS) < 0.5, 0.0, normal),
        "close together": 1e9 + rng.random(ROWS) * 1e-2,
    }


def assert_ranks_hold(profile: ms.Profile, values: np.ndarray, scale: float = 1.0) -> None:
    """Each quantile's rank interval, widened by the certified error, holds its position."""
    column = profile.column("x")
    ordered = np.sort(values)
    error = column.rank_error * len(values) * scale + 1
    for q in np.linspace(0, 1, 101):
        value = profile.quantile("x", float(q))
        position = q * (len(values) - 1)
        low = np.searchsorted(ordered, value, "left") - error
        high = np.searchsorted(ordered, value, "right") + error
        assert low <= position <= high, (q, value)


@pytest.mark.parametrize("name", list(orders()))
def test_quantiles_when_sketched_are_within_the_certified_error(name: str) -> None:
    values = orders()[name]
    profile = ms.profile(pa.table({"x": values}))
    assert 0 < profile.column("x").rank_error < 0.001
    assert_ranks_hold(profile, values)


@pytest.mark.parametrize("name", ["random", "ascending", "half zero"])
def test_quantiles_when_merged_are_within_the_certified_error(name: str) -> None:
    values = orders()[name]
    parts = shards(pa.table({"x": values}), [10, 30_000, 31_000, 90_000])
    profile = merged(parts, [3, 0, 4, 1, 2])
    assert profile.column("x").rank_error < 0.003
    assert_ranks_hold(profile, values)


def test_rank_oracle_when_the_error_is_denied_bites() -> None:
    values = orders()["random"]
    profile = ms.profile(pa.table({"x": values}))
    with pytest.raises(AssertionError):
        assert_ranks_hold(profile, values + 0.02)


@pytest.mark.parametrize("distinct", [20_000, 200_000])
def test_distinct_when_estimated_is_within_four_standard_errors(distinct: int) -> None:
    numbers = np.arange(distinct) * 1.000001
    table = pa.table({"x": np.concatenate([numbers, numbers])})
    estimate = ms.profile(table).column("x").distinct
    assert isinstance(estimate, float)
    assert abs(estimate / distinct - 1) < 4 * 1.04 / 128


def test_counts_when_beyond_the_cap_are_within_the_stated_error() -> None:
    rng = np.random.default_rng(8)
    numbers = np.minimum(rng.zipf(1.1, 400_000), 10**9)
    values = [f"v{n}" for n in numbers]
    counts = Counter(values)
    assert len(counts) > 65_536
    parts = shards(pa.table({"s": values}), [100_000, 250_000])
    for profile in (ms.profile(pa.table({"s": values})), merged(parts, [2, 0, 1])):
        column = profile.column("s")
        assert not column.exact
        assert 0 < column.count_error <= 2 * len(values) / 65_536
        for value, count in column.top:
            assert counts[value] - column.count_error <= count <= counts[value]
        assert column.top[0][0] == counts.most_common(1)[0][0]
        assert abs(column.distinct / len(counts) - 1) < 4 * 1.04 / 128
