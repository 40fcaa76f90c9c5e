"""datetime: parts of local time, by the standard library's calendar and zones."""

from __future__ import annotations

import math
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from tests.generic.case import DAYS, MOMENTS, PARIS, Case
from tests.reference.columns import Column

CYCLES = {
    "quarter": (1, 4),
    "month": (1, 12),
    "day": (1, 31),
    "weekday": (0, 7),
    "day_of_year": (1, 366),
    "hour": (0, 24),
    "minute": (0, 60),
    "second": (0, 60),
}


def part_of(moment: datetime | date, part: str) -> int:
    if part == "quarter":
        return (moment.month + 2) // 3
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
        {"parts": ("year", *CYCLES)},
        (MOMENTS,),
        (PARIS,),
        {"zone": "Europe/Paris"},
    ),
    Case({"parts": ("hour",), "cyclical": True}, (MOMENTS,), (pa.timestamp("ns", "UTC"),)),
    Case({"parts": ("weekday", "day_of_year"), "cyclical": True}, (DAYS,), (pa.date32(),)),
]
