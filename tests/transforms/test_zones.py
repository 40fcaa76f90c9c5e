"""Tables of time zones against zoneinfo, and local time in plans."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import Preprocessor, SchemaError, col
from mainspring.transforms._zones import zone_transitions

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ZONES = ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"]
SECONDS = st.integers(-2_208_988_800, 4_102_444_799)


def offset_of(zone: str, seconds: int) -> int:
    first, transitions, offsets = zone_transitions(zone)
    before = [offset for at, offset in zip(transitions, offsets, strict=True) if at <= seconds]
    return before[-1] if before else first


@pytest.mark.parametrize("zone", ZONES)
@given(seconds=SECONDS, near=st.integers(0, 300), step=st.integers(-2, 2))
def test_zone_when_asked_anywhere_has_the_offset_of_zoneinfo(
    zone: str, seconds: int, near: int, step: int
) -> None:
    transitions = zone_transitions(zone)[1]
    assert transitions == sorted(set(transitions))
    for at in (seconds, transitions[near % len(transitions)] + step):
        moment = (EPOCH + timedelta(seconds=at)).astimezone(ZoneInfo(zone))
        assert offset_of(zone, at) == moment.utcoffset().total_seconds()


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("UTC", 0), ("+02:00", 7200), ("-0530", -19800), ("-00:00:30", -30), ("Etc/UTC", 0)],
)
def test_zone_when_fixed_has_no_transitions(name: str, seconds: int) -> None:
    assert zone_transitions(name) == (seconds, [], [])


@pytest.mark.parametrize("name", ["Mars/Base", "../../etc/passwd", "+99", "nonsense"])
def test_zone_when_unknown_is_a_schema_error(name: str) -> None:
    table = pa.table({"t": pa.array([0], pa.timestamp("s", name))})
    with pytest.raises(SchemaError, match="not known on this machine"):
        Preprocessor(col("t").datetime("hour"), profile=False).fit(table)
    # Without local time the zone does not matter.
    Preprocessor(col("t").ordinal(), profile=False).fit(table)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["Europe/Paris", "-03:30", None])
def test_datetime_when_units_and_zones_differ_reads_the_same_clock(
    unit: str, zone: str | None
) -> None:
    seconds = [-1, 0, 1_700_000_000, 86_399, -86_401, None]
    stamps = (
        pa.array(seconds, pa.int64()).cast(pa.timestamp("s", zone)).cast(pa.timestamp(unit, zone))
    )
    prep = Preprocessor(col("t").datetime("hour", "minute", "day"), profile=False)
    got = prep.fit(pa.table({"t": stamps})).transform(pa.table({"t": stamps}))
    tz = timezone(timedelta(hours=-3, minutes=-30)) if zone == "-03:30" else ZoneInfo(zone or "UTC")
    for row, at in zip(got, seconds, strict=True):
        if at is None:
            assert np.isnan(row).all()
            continue
        moment = (EPOCH + timedelta(seconds=at)).astimezone(tz)
        assert row.tolist() == [moment.hour, moment.minute, moment.day]


def test_transform_when_the_unit_changes_gives_the_same_features() -> None:
    prep = Preprocessor(
        col("t").datetime("hour"), col("t").ordinal(), col("t", "n").cross(), profile=False
    )
    n = [1, 2, 3]
    coarse = pa.array([0, 3600, 90_000], pa.timestamp("s"))
    wanted = prep.fit_transform(pa.table({"t": coarse, "n": n}))
    fine = pa.table({"t": coarse.cast(pa.timestamp("ns")), "n": n})
    assert prep.transform(fine).tobytes() == wanted.tobytes()
