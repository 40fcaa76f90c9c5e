"""business_days: NumPy's busday_count of the local days."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa

from tests.generic.case import DAYS, MOMENTS, PARIS, Case
from tests.reference.columns import Column
from tests.reference.holidays import local_day


def features(
    train: list[Column],
    rows: list[Column],
    *,
    since: str,
    weekmask: str = "1111100",
    holidays: tuple[str, ...] = (),
    zones: tuple[str | None, str | None] = (None, None),
) -> list[Column]:
    values = []
    for end, begin in zip(rows[0], rows[1], strict=True):
        if end is None or begin is None:
            values.append(math.nan)
            continue
        days = (local_day(begin, zones[1]), local_day(end, zones[0]))
        count = np.busday_count(*map(np.datetime64, days), weekmask=weekmask, holidays=holidays)
        values.append(float(count))
    return [values]


CASES = [
    Case({"since": "c1"}, (DAYS, DAYS), (pa.date32(), pa.date32()), keys=1),
    Case(
        {
            "since": "c1",
            "weekmask": "0111011",
            "holidays": ("1970-01-01", "2013-03-31", "2000-02-29", "1950-05-06"),
        },
        (MOMENTS, MOMENTS),
        (PARIS, pa.timestamp("s", "Asia/Tokyo")),
        {"zones": ("Europe/Paris", "Asia/Tokyo")},
        keys=1,
    ),
]
