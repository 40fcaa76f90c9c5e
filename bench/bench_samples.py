"""Claim: exact distances of two unsorted samples in less time than SciPy."""

from __future__ import annotations

from typing import Any

import pytest

from bench.sample_pair import compare_samples


@pytest.mark.parametrize("shape", ["normal", "counts"])
@pytest.mark.parametrize(
    "rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.large)], ids="{:,}".format
)
def test_two_samples(shape: str, rows: int, compare: Any) -> None:
    compare_samples(compare, shape, rows)
