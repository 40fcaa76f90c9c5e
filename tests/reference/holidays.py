"""holidays: whether a local day is in the list, and the distance to its neighbours in it."""

from __future__ import annotations

import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from tests.generic.case import DAYS, MOMENTS, PARIS, Case
from tests.reference.columns import Column


def local_day(moment: datetime | date, zone: str | None) -> date:
    if not isinstance(moment, datetime):
        return moment
    return (moment if zone is None else moment.astimezone(ZoneInfo(zone))).date()


def answer(part: str, day: date, listed: list[date]) -> float:
    if part == "is_holiday":
        return float(day in listed)
    if part == "days_to_holiday":
        distances = [(other - day).days for other in listed if other >= day]
    else:
        distances = [(day - other).days for other in listed if other <= day]
    return float(min(distances, default=math.nan))


def features(
    train: list[Column],
    rows: list[Column],
    *,
    dates: tuple[str, ...],
    parts: tuple[str, ...] = ("is_holiday",),
    zone: str | None = None,
) -> list[Column]:
    listed = [date.fromisoformat(text) for text in dates]
    return [
        [
            math.nan if moment is None else answer(part, local_day(moment, zone), listed)
            for moment in rows[0]
        ]
        for part in parts
    ]


ALL = ("days_since_holiday", "is_holiday", "days_to_holiday")

CASES = [
    Case(
        {"dates": ("1999-12-31", "1970-01-01", "2050-06-01", "1970-01-01"), "parts": ALL},
        (MOMENTS,),
        (PARIS,),
        {"zone": "Europe/Paris"},
    ),
    Case({"dates": ("1969-12-31", "2000-02-29"), "parts": ALL}, (DAYS,), (pa.date32(),)),
    Case({"dates": ("1971-02-05",)}, (MOMENTS,), (pa.timestamp("ns", "UTC"),)),
]
