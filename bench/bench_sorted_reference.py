"""Claim: exact distances to a sample that is kept sorted, in less time than SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

import mainspring as ms


@pytest.mark.one_thread
@pytest.mark.parametrize("shape", ["normal", "counts"])
@pytest.mark.parametrize(
    "rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.large)], ids="{:,}".format
)
def test_sample_against_a_sorted_one(shape: str, rows: int, compare: Any) -> None:
    """SciPy has nothing to keep, so it sorts both."""
    random = np.random.default_rng(0)
    if shape == "normal":
        before, now = random.normal(size=rows), random.normal(0.1, 1, rows)
    else:
        before, now = (random.poisson(mean, rows).astype(float) for mean in (6.0, 6.2))
    reference = ms.drift.SortedSample(before)

    def check(ours: Any, theirs: tuple[float, float]) -> None:
        assert abs(ours["ks"].value - theirs[0]) <= 1e-15
        assert ours["wasserstein"].value == pytest.approx(theirs[1], rel=1e-12)

    compare(
        f"{shape}, {rows:,} values on each side",
        lambda: ms.drift.two_sample(reference, now),
        lambda: (
            float(ks_2samp(before, now, method="asymp").statistic),
            float(wasserstein_distance(before, now)),
        ),
        peer="scipy",
        api="ks_2samp, wasserstein_distance",
        check=check,
        rows=rows,
        num_bytes=before.nbytes + now.nbytes,
    )
