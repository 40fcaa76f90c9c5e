"""Limits of drift that follow the noise of the reference itself, window by window."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from mainspring import _engine
from mainspring.drift.windows import Cut, merged, profile_windows
from mainspring.errors import DataError, ParameterError
from mainspring.profiles import Profile

__all__ = ["learn_limits"]

_EFFECTS = ("ks", "wasserstein_std", "js_debiased", "missing_rate", "unseen_rate")
_MIN_WINDOWS = 3


def learn_limits(
    reference: Any,
    *,
    window_rows: int,
    columns: Sequence[str] | None = None,
    deviations: float = 3.0,
    smallest: float = 0.5,
) -> dict[str, dict[str, float]]:
    """Learn how far the reference drifts from itself, and set each column's limits above that.

    The reference is cut into windows. Each is held out in turn and compared with all the others
    together, so that none is part of what it is measured against: limits learnt on windows of the
    same data that they are held against are too low.

    Parameters
    ----------
    reference : table or path
        Rows in the order in which they came, anything :func:`mainspring.profile` takes.
    window_rows : int
        Rows of a window: as many as a window of current data will have. Rows at the end that do not
        fill a window are left out.
    columns : sequence of str, optional
        Columns to learn limits of; all when not given.
    deviations : float, default 3
        Limits lie so many standard deviations above the mean effect of a window.
    smallest : float, default 0.5
        No limit is learnt below this part of its default.

    Returns
    -------
    dict of str to dict
        For ``detect_drift(..., column_limits=...)``: limits by effect, by column. An effect that
        was infinite in a window keeps its default.

    Raises
    ------
    DataError
        When there are fewer than three windows.
    ParameterError
        When a number is not positive.

    Examples
    --------
    >>> import mainspring as ms
    >>> rows = [{"x": (i * 37) % 101 + i // 500} for i in range(3000)]
    >>> limits = ms.drift.learn_limits(rows, window_rows=500)
    >>> limits["x"]["missing_rate"]
    0.005
    """
    if isinstance(window_rows, bool) or not isinstance(window_rows, int) or window_rows < 1:
        raise ParameterError(
            f"window_rows must be a positive int, got {window_rows!r}.",
            expected="a positive int",
            got=repr(window_rows),
        )
    for name, value in (("deviations", deviations), ("smallest", smallest)):
        if not 0 < value < math.inf:
            raise ParameterError(
                f"{name} must be a positive number, got {value!r}.",
                expected="a positive number",
                got=repr(value),
            )
    windows = _windows(reference, window_rows, columns)
    if len(windows) < _MIN_WINDOWS:
        raise DataError(
            f"The reference has {len(windows)} full windows of {window_rows:,} rows, at least "
            f"{_MIN_WINDOWS} are needed. Choose a smaller window_rows."
        )
    sizes: dict[str, dict[str, list[float]]] = {}
    for held_out, others in zip(windows, _all_others(windows), strict=True):
        found = _engine.detect_drift(
            others._native, [held_out._native], None, 0.01, "none", {}, [], {}
        )[0]
        for column in found:
            own = sizes.setdefault(column["name"], {})
            for effect in _EFFECTS:
                if effect in column["statistics"]:
                    size = abs(column["statistics"][effect]["value"])
                    own.setdefault(effect, []).append(size)
    defaults = {str(row["name"]): float(row["default"]) for row in _engine.drift_limits()}
    return {
        name: {
            effect: _limit(values, defaults[effect], deviations, smallest)
            for effect, values in own.items()
        }
        for name, own in sizes.items()
    }


def _limit(values: list[float], default: float, deviations: float, smallest: float) -> float:
    if not all(map(math.isfinite, values)):
        return default
    learnt = statistics.fmean(values) + deviations * statistics.stdev(values)
    return max(learnt, smallest * default)


def _windows(reference: Any, rows: int, columns: Sequence[str] | None) -> list[Profile]:
    profiles, _, _ = profile_windows(reference, columns, Cut(rows=rows))
    return [profile for profile in profiles.values() if profile.num_rows == rows]


def _all_others(windows: Sequence[Profile]) -> list[Profile]:
    """For each window, the sum of the rest: two running sums instead of n^2 merges."""
    blank = Profile(columns=windows[0].columns)
    before: list[Profile | None] = [None]
    for window in windows[:-1]:
        last = before[-1]
        before.append(merged([window] if last is None else [last, window], blank))
    after: list[Profile | None] = [None]
    for window in windows[:0:-1]:
        last = after[-1]
        after.append(merged([window] if last is None else [last, window], blank))
    after.reverse()
    return [
        merged([part for part in pair if part is not None], blank)
        for pair in zip(before, after, strict=True)
    ]
