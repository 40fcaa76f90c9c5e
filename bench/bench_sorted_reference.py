"""Claim: exact distances to a sample that is kept sorted, in less time than SciPy."""

from __future__ import annotations

from typing import Any

import pytest

import mainspring as ms
from bench.sample_pair import compare_samples


@pytest.mark.one_thread
@pytest.mark.parametrize("shape", ["normal", "counts"])
@pytest.mark.parametrize(
    "rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.large)], ids="{:,}".format
)
def test_sample_against_a_sorted_one(shape: str, rows: int, compare: Any) -> None:
    """SciPy has nothing to keep, so it sorts both."""
    compare_samples(compare, shape, rows, ms.drift.SortedSample)
