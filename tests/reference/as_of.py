"""As-of joins by looking at every row of the right for every row of the left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["last_known"]


def last_known(
    left: Sequence[tuple[int | None, Any]],
    right: Sequence[tuple[int | None, Any, int | None]],
    *,
    tolerance: int | None = None,
    exact: bool = False,
) -> list[int | None]:
    """Return the row of ``right`` for each row of ``left``.

    Parameters
    ----------
    left : sequence of (time, key)
        None is missing.
    right : sequence of (time, key, available)
        When each row happened and became known.
    tolerance : int, optional
        Largest age.
    exact : bool, default False
        Whether equal times are known.

    Returns
    -------
    list of int or None
        One for each row of ``left``.
    """
    found: list[int | None] = []
    for at, key in left:
        known = []
        for row, (time, other, available) in enumerate(right):
            if None in (at, key, time, other, available) or key != other:
                continue
            assert at is not None
            assert time is not None
            assert available is not None
            before = time <= at if exact else time < at
            young = tolerance is None or time >= at - tolerance
            if before and young and available <= at:
                known.append((time, available, row))
        found.append(max(known)[2] if known else None)
    return found
