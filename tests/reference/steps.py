"""What each step computes, one value at a time, in plain Python. ``None`` is missing."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import numpy as np

EPOCH = datetime(1970, 1, 1)
TICKS = {1: 1, 2: 10**3, 3: 10**6, 4: 10**9}


def present(value: float | None) -> float | None:
    """NaN is missing too."""
    return None if value is None or math.isnan(value) else value


def affine(value: float | None, center: float, scale: float) -> float | None:
    value = present(value)
    with np.errstate(over="ignore"):
        return None if value is None else present(float((np.float64(value) - center) / scale))


def log1p(value: float | None) -> float | None:
    value = present(value)
    if value is None or value < -1:
        return None
    return -math.inf if value == -1 else math.log1p(value)


def clip(value: float | None, low: float, high: float) -> float | None:
    value = present(value)
    return None if value is None else min(max(value, low), high)


def count_edges(value: float | None, edges: list[float]) -> int:
    value = present(value)
    return 0 if value is None else 1 + sum(edge <= value for edge in edges)


def lookup(value: object, keys: list[object]) -> int:
    if value is None or value != value:
        return 0
    return keys.index(value) + 2 if value in keys else 1


def date_part(ticks: int | None, part: int, unit: int) -> int | None:
    """Through datetime, so for years 1 to 9999."""
    if ticks is None:
        return None
    if unit == 5:
        moment = EPOCH + timedelta(days=ticks)
    else:
        moment = EPOCH + timedelta(seconds=ticks // TICKS[unit])
    return {
        1: moment.year,
        2: (moment.month - 1) // 3 + 1,
        3: moment.month,
        4: moment.day,
        5: moment.weekday(),
        6: (moment.date() - date(moment.year, 1, 1)).days + 1,
        7: moment.hour,
        8: moment.minute,
        9: moment.second,
    }[part]
