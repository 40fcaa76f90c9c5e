"""is_business_day: NumPy's is_busday of the local day."""

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
    weekmask: str = "1111100",
    holidays: tuple[str, ...] = (),
    zone: str | None = None,
) -> list[Column]:
    return [
        [
            math.nan
            if moment is None
            else float(
                np.is_busday(
                    np.datetime64(local_day(moment, zone)), weekmask=weekmask, holidays=holidays
                )
            )
            for moment in rows[0]
        ]
    ]


CASES = [
    Case({}, (DAYS,), (pa.date32(),)),
    Case(
        {"weekmask": "1011001", "holidays": ("1970-01-01", "2013-03-31", "1971-02-05")},
        (MOMENTS,),
        (PARIS,),
        {"zone": "Europe/Paris"},
    ),
]
