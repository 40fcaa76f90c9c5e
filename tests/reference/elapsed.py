"""elapsed: the difference of two moments in ticks, an integer, divided once."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa

from tests.generic.case import DAYS, MOMENTS, PARIS, Case
from tests.reference.columns import Column

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}


def microseconds(later: datetime | date, earlier: datetime | date) -> int:
    return (later - earlier) // timedelta(microseconds=1)


def features(
    train: list[Column],
    rows: list[Column],
    *,
    ticks_a_second: int,
    since: str = "",
    unit: str = "seconds",
    moment: str = "",
) -> list[Column]:
    begins = rows[1] if since else [datetime.fromisoformat(moment)] * len(rows[0])

    def one(end: datetime | date | None, begin: datetime | date | None) -> float:
        if end is None or begin is None:
            return math.nan
        ticks = microseconds(end, begin) * ticks_a_second // 10**6
        return float(np.float64(ticks) / np.float64(ticks_a_second * SECONDS[unit]))

    return [[one(*pair) for pair in zip(rows[0], begins, strict=True)]]


CASES = [
    Case(
        {"since": "c1", "unit": "hours"},
        (MOMENTS, MOMENTS),
        (PARIS, pa.timestamp("ns", "Asia/Tokyo")),
        {"ticks_a_second": 10**9},
        keys=1,
    ),
    Case(
        {"since": "c1", "unit": "days"},
        (DAYS, DAYS),
        (pa.date32(), pa.date32()),
        {"ticks_a_second": 1},
        keys=1,
    ),
    Case(
        {"moment": "2001-02-03T04:05:06.500+01:00", "unit": "weeks"},
        (MOMENTS,),
        (pa.timestamp("us", "UTC"),),
        {"ticks_a_second": 10**6},
    ),
]
