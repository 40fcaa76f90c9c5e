"""parse_datetime: Python's strptime, format by format."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.generic.case import HASHED, STR, WORDS, Case
from tests.reference.columns import Column

ISO = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[Tt ](\d\d)(?:(:?)(\d\d)(?:\6(\d\d)(?:[.,](\d+))?)?)?(.+)?)?",
    re.ASCII | re.DOTALL,
)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def offset_of(text: str) -> timedelta:
    if re.fullmatch(r"[+-]\d\d", text, re.ASCII):
        text += "00"
    zone = datetime.strptime("Z" if text == "z" else text, "%z").tzinfo
    assert zone is not None
    return zone.utcoffset(None) or timedelta()


def from_iso(text: str) -> datetime:
    found = ISO.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, _, month, day, hour, _, minute, second, fraction, rest = found.groups()
    clock = [int(part or 0) for part in (hour, minute, second, (fraction or "")[:6].ljust(6, "0"))]
    moment = datetime(int(year), int(month), int(day), *clock)
    return moment if rest is None else moment.replace(tzinfo=timezone(offset_of(rest)))


def parsed(text: str, form: str) -> datetime:
    if form == "ISO8601":
        return from_iso(text)
    moment = datetime.strptime(text, form)
    # Day 366 of a year that has 365 is the first of the next one to strptime.
    if "%j" in form and time.strptime(text, form).tm_yday != moment.timetuple().tm_yday:
        raise ValueError(text)
    return moment


def micros(text: str | None, formats: Sequence[str], local: tzinfo = timezone.utc) -> int | None:
    for form in formats if text is not None else ():
        try:
            moment = parsed(text or "", form)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=local, fold=0)
        # Of two moments of one zone datetime subtracts the clocks, not the moments.
        naive, offset = moment.replace(tzinfo=None), moment.utcoffset() or timedelta()
        return (naive - EPOCH.replace(tzinfo=None) - offset) // timedelta(microseconds=1)
    return None


def features(
    train: list[Column],
    rows: list[Column],
    *,
    formats: Sequence[str] = (),
    zone: str | None = None,
) -> list[Column]:
    local = timezone.utc if zone is None else ZoneInfo(zone)
    return [[micros(text, formats, local) for text in rows[0]]]


def texts(
    *formats: str, first: datetime = datetime.min, last: datetime = datetime.max
) -> st.SearchStrategy[Any]:
    """Times as the formats write them, and some that are almost right."""
    moments = st.datetimes(first, last)
    zones = st.sampled_from([0, 60, -330, 1439]).map(lambda m: timezone(timedelta(minutes=m)))

    def written(moment: datetime, zone: timezone, form: str, change: str) -> str:
        form = form.replace("%Y", f"{moment.year:04}")
        text = moment.replace(tzinfo=zone).strftime(form)
        return {"no": text, "lower": text.lower(), "cut": text[:-1], "more": text + "1"}[change]

    changes = st.sampled_from(["no", "no", "lower", "cut", "more"])
    return WORDS | st.builds(written, moments, zones, st.sampled_from(formats), changes)


def iso_texts() -> st.SearchStrategy[Any]:
    """Parts of ISO 8601 put together, most of them as they should be."""
    date = st.sampled_from(["2024-02-29", "20231231", "1969-07-20", "2023-02-29", "0001-01-01"])
    clock = st.sampled_from(
        ["", "T00", " 23:59", "t0730", "T23:59:59", " 235959", "T24:00", "T7:30"]
    )
    fraction = st.sampled_from(["", "", ".5", ",123456789", ".", ".000001"])
    offset = st.sampled_from(
        ["", "", "Z", "z", "+02", "-0330", "+05:45", "+00:00:01", "+2", " +02"]
    )
    return WORDS | st.builds(lambda *parts: "".join(parts), date, clock, fraction, offset)


DAYS = ("%d.%m.%Y", "%Y-%m-%d", "%B %d, %Y", "%d%b%y")
CLOCKS = ("%Y-%m-%dT%H:%M:%S.%f", "%A %d/%m/%y %I:%M %p", "100%% %H:%M")
OFFSETS = ("%Y-%m-%d %H:%M:%S%z", "%a, %d %b %Y %H:%M:%S %z")
DAYS_OF_YEAR = ("%Y-%j", "%y%j %H", "day %j of %Y%z")
# Transitions of zones are learnt from 1900 to 2100.
ZONED = {"first": datetime(1900, 1, 3), "last": datetime(2099, 12, 29)}
NEW_YEAR = ("31.12.2024", "2024-01-01", "december  5, 1969", "29Feb23", "29feb24", "31.4.2024")

CASES = [
    Case(
        {"formats": ("ISO8601",)},
        (iso_texts(),),
        (STR,),
        then=HASHED,
        samples=(
            "2024-02-29",
            "20240229T143005,25+0130",
            "2024-02-29 14:30:05.123456789Z",
            "2024-02-29t14-08",
            "2024-02-29T14:30",
            "2024-0229",
            "2024-02-29T1430:05",
            "2024-02-29T14:30:60",
            "2024-02-29T",
            "",
        ),
    ),
    Case(
        {"formats": ("ISO8601", "%d.%m.%Y")},
        (iso_texts() | texts("%d.%m.%Y"),),
        (STR,),
        then=HASHED,
        samples=(
            "29.2.2024",
            "2024-02-29",
            "31.12.1969",
            "20230101T10",
            "30.2.2024",
            "",
            "1.1.1",
            "1.1.0001",
            "20240101",
            "x",
        ),
    ),
    Case(
        {"formats": DAYS_OF_YEAR[:2]},
        (texts(*DAYS_OF_YEAR[:2]),),
        (STR,),
        then=HASHED,
        samples=(
            "2024-366",
            "2023-366",
            "2023-1",
            "2023-001",
            "24060 7",
            "2023-000",
            "2023-367",
            "2023-0",
            "2023-37",
            "",
        ),
    ),
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
    Case(
        {"formats": ("ISO8601", "%d.%m.%Y %H:%M"), "zone": "Europe/Berlin"},
        (texts("%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M%z", **ZONED),),
        (STR,),
        then=HASHED,
        samples=(
            "2024-03-31T01:59:59",
            "2024-03-31T02:00:00",
            "2024-03-31T02:59:59.999999",
            "31.3.2024 3:00",
            "2024-10-27T01:59:59",
            "2024-10-27T02:00:00",
            "2024-10-27 02:59:59.5",
            "27.10.2024 03:00",
            "2024-10-27T02:30Z",
            "1945-05-24T02:30+0330",
        ),
    ),
    Case(
        {"formats": ("%Y-%m-%d %H:%M",), "zone": "Australia/Lord_Howe"},
        (texts("%Y-%m-%d %H:%M", **ZONED),),
        (STR,),
        then=HASHED,
        samples=(
            "2024-04-07 01:29",
            "2024-04-07 01:30",
            "2024-04-07 01:59",
            "2024-04-07 02:00",
            "2024-10-06 01:59",
            "2024-10-06 02:00",
            "2024-10-06 02:29",
            "2024-10-06 02:30",
            "1950-01-01 00:00",
            "",
        ),
    ),
]
