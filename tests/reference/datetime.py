"""datetime: parts of local time, by the standard library's calendar and zones."""

from __future__ import annotations

import calendar
import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from tests.generic.case import DAYS, MOMENTS, PARIS, Case
from tests.reference.columns import Column

CYCLES = {
    "quarter": (1, 4),
    "month": (1, 12),
    "week": (1, 53),
    "day": (1, 31),
    "weekday": (0, 7),
    "day_of_year": (1, 366),
    "hour": (0, 24),
    "minute": (0, 60),
    "second": (0, 60),
}


WITHOUT_CYCLE = (
    "year",
    "iso_year",
    "microsecond",
    "days_in_month",
    "is_month_start",
    "is_month_end",
    "is_quarter_start",
    "is_quarter_end",
    "is_year_start",
    "is_year_end",
    "is_leap_year",
)
# The months of which the first, or the last, day begins or ends it.
PERIODS = {"month": range(1, 13), "quarter": range(3, 13, 3), "year": range(12, 13)}


def part_of(moment: datetime | date, part: str) -> int:
    if part == "quarter":
        return (moment.month + 2) // 3
    if part in ("week", "iso_year"):
        return moment.isocalendar()[part == "week"]
    if part == "is_leap_year":
        return int(calendar.isleap(moment.year))
    last_day = calendar.monthrange(moment.year, moment.month)[1]
    if part == "days_in_month":
        return last_day
    if part.startswith("is_"):
        _, period, place = part.split("_")
        months = PERIODS[period]
        if place == "end":
            return int(moment.day == last_day and moment.month in months)
        return int(moment.day == 1 and moment.month in [m - months[0] + 1 for m in months])
    if part == "weekday":
        return moment.weekday()
    if part == "day_of_year":
        return moment.timetuple().tm_yday
    return int(getattr(moment, part))


def features(
    train: list[Column],
    rows: list[Column],
    *,
    parts: tuple[str, ...],
    cyclical: bool = False,
    zone: str | None = None,
) -> list[Column]:
    def local(moment: datetime | date) -> datetime | date:
        if zone is None or not isinstance(moment, datetime):
            return moment
        return moment.astimezone(ZoneInfo(zone))

    columns: list[Column] = []
    for part in parts:
        values = [None if moment is None else part_of(local(moment), part) for moment in rows[0]]
        if not cyclical:
            columns.append([math.nan if value is None else value for value in values])
            continue
        first, period = CYCLES[part]
        angles = [
            math.nan if value is None else 2 * math.pi * (value - first) / period
            for value in values
        ]
        columns.append([math.sin(angle) for angle in angles])
        columns.append([math.cos(angle) for angle in angles])
    return columns


CASES = [
    Case(
        {"parts": (*WITHOUT_CYCLE, *CYCLES)},
        (MOMENTS,),
        (PARIS,),
        {"zone": "Europe/Paris"},
    ),
    Case({"parts": ("hour",), "cyclical": True}, (MOMENTS,), (pa.timestamp("ns", "UTC"),)),
    Case({"parts": ("weekday", "day_of_year", "week"), "cyclical": True}, (DAYS,), (pa.date32(),)),
    Case(
        {"parts": tuple(part for part in WITHOUT_CYCLE if part != "microsecond")},
        (DAYS,),
        (pa.date32(),),
    ),
]
