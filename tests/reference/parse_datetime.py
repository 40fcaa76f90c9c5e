"""parse_datetime: Python's strptime, format by format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from tests.generic.case import HASHED, STR, WORDS, Case
from tests.reference.columns import Column

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def micros(text: str | None, formats: Sequence[str]) -> int | None:
    for form in formats if text is not None else ():
        try:
            moment = datetime.strptime(text or "", form)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return (moment - EPOCH) // timedelta(microseconds=1)
    return None


def features(
    train: list[Column], rows: list[Column], *, formats: Sequence[str] = ()
) -> list[Column]:
    return [[micros(text, formats) for text in rows[0]]]


def texts(*formats: str) -> st.SearchStrategy[Any]:
    """Times as the formats write them, and some that are almost right."""
    moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
    zones = st.sampled_from([0, 60, -330, 1439]).map(lambda m: timezone(timedelta(minutes=m)))

    def written(moment: datetime, zone: timezone, form: str, change: str) -> str:
        form = form.replace("%Y", f"{moment.year:04}")
        text = moment.replace(tzinfo=zone).strftime(form)
        return {"no": text, "lower": text.lower(), "cut": text[:-1], "more": text + "1"}[change]

    changes = st.sampled_from(["no", "no", "lower", "cut", "more"])
    return WORDS | st.builds(written, moments, zones, st.sampled_from(formats), changes)


DAYS = ("%d.%m.%Y", "%Y-%m-%d", "%B %d, %Y", "%d%b%y")
CLOCKS = ("%Y-%m-%dT%H:%M:%S.%f", "%A %d/%m/%y %I:%M %p", "100%% %H:%M")
OFFSETS = ("%Y-%m-%d %H:%M:%S%z", "%a, %d %b %Y %H:%M:%S %z")
NEW_YEAR = ("31.12.2024", "2024-01-01", "december  5, 1969", "29Feb23", "29feb24", "31.4.2024")

CASES = [
    Case(
        {"formats": DAYS},
        (texts(*DAYS),),
        (STR,),
        then=HASHED,
        samples=(*NEW_YEAR, "1.2.0003", "0000-01-01", "no", ""),
    ),
    Case(
        {"formats": CLOCKS},
        (texts(*CLOCKS),),
        (STR,),
        then=HASHED,
        samples=(
            "2024-01-31T23:59:59.5",
            "2024-01-31t1:2:3.123456",
            "Monday 01/02/99 12:00 am",
            "sunday 1/2/68 12:30 PM",
            "100% 07:08",
            "2024-01-31T24:00:00.0",
            "2024-01-31T23:59:60.0",
            "friday 1/2/68 13:30 PM",
            "2024-01-31T23:59:59.1234567",
            "",
        ),
    ),
    Case(
        {"formats": OFFSETS},
        (texts(*OFFSETS),),
        (STR,),
        then=HASHED,
        samples=(
            "2024-01-31 23:59:59Z",
            "2024-01-31 23:59:59+01:00",
            "2024-01-31 23:59:59-0530",
            "Wed, 31 Jan 2024 23:59:59 +00:00:30",
            "Wed, 31 Jan 2024 23:59:59 -23:59:59.25",
            "0001-01-01 00:00:00-01:00",
            "2024-01-31 23:59:59+1",
            "2024-01-31 23:59:59+01:60",
            "2024-01-31 23:59:59",
            "",
        ),
    ),
]
