"""Dates and timestamps: every unit, every kind of zone, before and after 1970."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from tests.arrow.columns import parts_of

UTC = dt.timezone.utc
MOMENTS = [
    dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC),
    dt.datetime(1970, 1, 1, tzinfo=UTC),
    dt.datetime(2024, 2, 29, 22, 45, 7, tzinfo=UTC),
    dt.datetime(2024, 3, 31, 0, 59, 59, tzinfo=UTC),
    dt.datetime(2024, 3, 31, 1, 0, 0, tzinfo=UTC),
    dt.datetime(1901, 5, 6, 7, 8, 9, tzinfo=UTC),
]
ZONES = {
    "UTC": UTC,
    "+05:30": dt.timezone(dt.timedelta(hours=5, minutes=30)),
    "-03:00": dt.timezone(dt.timedelta(hours=-3)),
    "+00:00": UTC,
    "Europe/Paris": zoneinfo.ZoneInfo("Europe/Paris"),
    "Asia/Kolkata": zoneinfo.ZoneInfo("Asia/Kolkata"),
    "America/New_York": zoneinfo.ZoneInfo("America/New_York"),
}


def parts(moment: dt.datetime) -> list[float]:
    return [moment.year, moment.timetuple().tm_yday, moment.hour, moment.second]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamp_of_any_unit_and_zone_is_read_in_local_time(unit: str, zone: str) -> None:
    column = pa.array([*MOMENTS, None], pa.timestamp(unit, zone))
    got = parts_of(column)
    assert got[:-1] == [parts(moment.astimezone(ZONES[zone])) for moment in MOMENTS]
    assert np.isnan(got[-1]).all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamp_without_a_zone_is_read_as_it_stands(unit: str) -> None:
    naive = [moment.replace(tzinfo=None) for moment in MOMENTS]
    assert parts_of(pa.array(naive, pa.timestamp(unit))) == [parts(moment) for moment in naive]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_dates_are_read(kind: pa.DataType) -> None:
    days = [dt.date(1969, 12, 31), dt.date(1970, 1, 1), dt.date(2024, 2, 29), None]
    column = pa.array([days[0], *days], kind).slice(1)
    prep = ms.Preprocessor(ms.col("t").datetime("year", "day_of_year", "weekday"))
    got = prep.fit({"t": column}).transform({"t": column}).tolist()
    assert got[:-1] == [
        [day.year, day.timetuple().tm_yday, day.weekday()] for day in days if day is not None
    ]
    assert np.isnan(got[-1]).all()


def test_plan_fitted_in_one_unit_reads_every_other() -> None:
    prep = ms.Preprocessor(ms.col("t").datetime("hour"))
    prep.fit({"t": pa.array(MOMENTS, pa.timestamp("us", "UTC"))})
    for unit in ("s", "ms", "us", "ns"):
        got = prep.transform({"t": pa.array(MOMENTS, pa.timestamp(unit, "UTC"))})
        assert got.ravel().tolist() == [moment.hour for moment in MOMENTS]
