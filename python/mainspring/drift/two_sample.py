"""Two samples of numbers that are both at hand: every statistic exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mainspring import _engine
from mainspring.drift.asked import checked_statistics
from mainspring.drift.column_drift import DriftStatistic

__all__ = ["SortedSample", "two_sample"]


# Statistics that ask for no mean and no deviation.
_WITHOUT_MOMENTS = frozenset({"ks", "wasserstein", "wasserstein_iqr", "kuiper", "energy"})


def _sorted(values: npt.ArrayLike, *, moments: bool) -> _engine.SortedSample:
    numbers = np.ascontiguousarray(np.asarray(values, np.float64).ravel())
    return _engine.SortedSample(numbers, moments)


class SortedSample:
    """Numbers sorted once, to be compared with many others: a reference that stays.

    Parameters
    ----------
    values : array_like
        Numbers in any order; NaN is missing.

    Notes
    -----
    Holds 16 bytes for each distinct value.

    Examples
    --------
    >>> import mainspring as ms
    >>> before = ms.drift.SortedSample([1.0, 2.0, 3.0])
    >>> [ms.drift.two_sample(before, [1.0, 2.0, x])["ks"].value for x in (3.0, 0.0)]
    [0.0, 0.3333333333333333]
    """

    def __init__(self, values: npt.ArrayLike) -> None:
        self._native = _sorted(values, moments=True)

    def __len__(self) -> int:
        return int(self._native.num_rows)

    def __repr__(self) -> str:
        return f"<SortedSample of {len(self):,} values>"


def two_sample(
    reference: npt.ArrayLike | SortedSample,
    current: npt.ArrayLike | SortedSample,
    statistics: str | Sequence[str] = ("ks", "wasserstein"),
) -> dict[str, DriftStatistic]:
    """Measure two samples exactly, however many distinct values they have.

    Parameters
    ----------
    reference, current : array_like or SortedSample
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
    wanted = checked_statistics(statistics)
    moments = not _WITHOUT_MOMENTS.issuperset(wanted)
    before, now = (
        side._native if isinstance(side, SortedSample) else _sorted(side, moments=moments)
        for side in (reference, current)
    )
    found = _engine.two_samples(before, now, wanted, {})
    return {name: DriftStatistic(**fields) for name, fields in found.items()}
