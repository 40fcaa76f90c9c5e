"""Two samples compared by ours and by SciPy: what both claims about two samples measure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

import mainspring as ms

__all__ = ["compare_samples"]


def compare_samples(
    compare: Any, shape: str, rows: int, prepared: Callable[[Any], Any] = lambda before: before
) -> None:
    """Measure two samples of normal values or of counts, the first as ``prepared`` keeps it."""
    random = np.random.default_rng(0)
    if shape == "normal":
        before, now = random.normal(size=rows), random.normal(0.1, 1, rows)
    else:
        before, now = (random.poisson(mean, rows).astype(float) for mean in (6.0, 6.2))
    reference = prepared(before)

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
