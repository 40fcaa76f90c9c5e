"""Two samples of numbers that are both at hand: every statistic exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring import _engine
from mainspring.drift.asked import checked_statistics
from mainspring.drift.column_drift import DriftStatistic

__all__ = ["SortedSample", "two_sample"]


# Statistics that ask for no mean and no deviation.
_WITHOUT_MOMENTS = frozenset({"ks", "wasserstein", "wasserstein_iqr", "kuiper", "energy"})


# Those of a large sample that is not sorted for them.
_UNSORTED = frozenset({"ks", "wasserstein"})


def _numbers(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.ascontiguousarray(np.asarray(values, np.float64).ravel())


def _sorted(values: npt.ArrayLike, *, moments: bool, edges: bool) -> _engine.SortedSample:
    return _engine.SortedSample(_numbers(values), moments, edges)


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
        self._native = _sorted(values, moments=True, edges=True)

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
    ``ks`` and ``wasserstein`` of large samples need no sorting: both are counted between two
    thousand edges, and only bins in which the two distribution functions may cross are sorted. That
    takes two bytes a value in work, and gives the same numbers (Wasserstein's but for rounding).
    For other statistics both samples are copied and sorted: 24 bytes a value. Profiles, which
    :func:`mainspring.detect_drift` compares, bound what they do not know exactly.

    Examples
    --------
    >>> import mainspring as ms
    >>> ms.drift.two_sample([1.0, 2.0, 3.0], [2.0, 3.0, 4.0])["wasserstein"].value
    1.0
    """
    wanted = checked_statistics(statistics)
    found = None
    if _UNSORTED.issuperset(wanted) and not isinstance(current, SortedSample):
        before = reference._native if isinstance(reference, SortedSample) else _numbers(reference)
        found = _engine.unsorted_samples(before, _numbers(current), wanted)
    if found is None:
        found = _measured(reference, current, wanted)
    return {name: DriftStatistic(**fields) for name, fields in found.items()}


def _measured(
    reference: npt.ArrayLike | SortedSample,
    current: npt.ArrayLike | SortedSample,
    wanted: list[str],
) -> dict[str, Any]:
    """Sort both sides, those that are not, and measure them."""
    moments = not _WITHOUT_MOMENTS.issuperset(wanted)
    before, now = (
        side._native
        if isinstance(side, SortedSample)
        else _sorted(side, moments=moments, edges=False)
        for side in (reference, current)
    )
    return _engine.two_samples(before, now, wanted, {})
