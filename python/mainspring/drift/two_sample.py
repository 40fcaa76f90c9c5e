"""Two samples of numbers that are both at hand: every statistic exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mainspring import _engine
from mainspring.drift.asked import checked_statistics
from mainspring.drift.column_drift import DriftStatistic

__all__ = ["two_sample"]


def two_sample(
    reference: npt.ArrayLike,
    current: npt.ArrayLike,
    statistics: str | Sequence[str] = ("ks", "wasserstein"),
) -> dict[str, DriftStatistic]:
    """Measure two samples exactly, however many distinct values they have.

    Parameters
    ----------
    reference, current : array_like
        Numbers in any order; NaN is missing.
    statistics : sequence of str or "all", default ("ks", "wasserstein")
        Statistics of numbers, by name.

    Returns
    -------
    dict of str to DriftStatistic
        In the order asked for; those that are not for numbers are left out.

    Raises
    ------
    ParameterError
        When there is no such statistic.

    Notes
    -----
    Both samples are copied and sorted: 24 bytes a value in work. Profiles, which
    :func:`mainspring.detect_drift` compares, bound what they do not know exactly.

    Examples
    --------
    >>> import mainspring as ms
    >>> ms.drift.two_sample([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])["wasserstein"].value
    1.0
    """
    before, now = (
        np.ascontiguousarray(np.asarray(side, np.float64).ravel()) for side in (reference, current)
    )
    found = _engine.two_samples(before, now, checked_statistics(statistics), {})
    return {name: DriftStatistic(**fields) for name, fields in found.items()}
