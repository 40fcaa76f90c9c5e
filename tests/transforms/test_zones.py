"""Tables of time zones against zoneinfo, and local time in plans."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring import ParameterError, Preprocessor, SchemaError, col
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


def parsed_hash(texts: list[str], zone: str | None) -> list[float]:
    column = col("x").parse_datetime("ISO8601", zone=zone).hash(buckets=1 << 24)
    table = pa.table({"x": texts})
    return list(Preprocessor(column, profile=False).fit(table).transform(table)[:, 0])


def clock(zone: str, seconds: int) -> datetime:
    return (EPOCH + timedelta(seconds=seconds)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@pytest.mark.parametrize("zone", [*ZONES, "America/Sao_Paulo", "Europe/Dublin", "Pacific/Apia"])
def test_parse_datetime_when_clocks_change_takes_the_first_time_as_zoneinfo_does(
    zone: str,
) -> None:
    transitions = [at for at in zone_transitions(zone)[1] if at < 4_102_000_000]
    # Clocks around each change: before it, in what is left out or shown twice, and behind it.
    shown = [
        clock(zone, at) + timedelta(seconds=step)
        for at in transitions
        for step in (-86_400, -7201, -5400, -3600, -1801, -1, 0, 1, 1799, 3599, 3600, 7200)
    ]
    local = [text.isoformat() for text in shown]
    utc = [
        (moment - (moment.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta())).isoformat()
        for moment in shown
    ]
    assert parsed_hash(local, zone) == parsed_hash(utc, None)
    assert parsed_hash([text + "+00:00" for text in utc], zone) == parsed_hash(utc, None)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Paris", [[1.0, 2.5], [3.0, 3.5], [1.0, 2.5], [14.0, 14.0]]),
        ("+02:00", [[1.0, 1.5], [2.0, 2.5], [2.0, 2.5], [14.0, 14.0]]),
    ],
)
def test_parse_datetime_with_a_zone_gives_moments_that_the_zone_shows(
    zone: str, expected: list[list[float]]
) -> None:
    local = col("x").parse_datetime("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M%z", zone=zone)
    prep = Preprocessor(
        local.datetime("hour"), local.elapsed(moment="2024-03-30T22:00:00Z", unit="hours")
    )
    texts = ["2024-03-31 01:30", "2024-03-31 02:30", "2024-03-31 00:30Z", "2024-03-31 14:00"]
    rows = [{"x": text} for text in texts]
    assert prep.fit_transform(rows).tolist() == expected


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", "+99", ""])
def test_parse_datetime_when_the_zone_is_unknown_is_a_parameter_error(zone: str) -> None:
    with pytest.raises(ParameterError, match="'zone' of parse_datetime must be the name of a time"):
        col("x").parse_datetime("%Y", zone=zone)


def test_parse_datetime_with_a_zone_travels_with_states_and_bundles() -> None:
    column = col("x").parse_datetime("%Y-%m-%d %H:%M", zone="Europe/Paris").datetime("hour")
    table = pa.table({"x": ["2024-07-01 12:00", "2024-01-01 12:00"]})
    prep = Preprocessor(column, col("x").ordinal(), profile=False)
    prep.partial_fit(table.slice(0, 1)).partial_fit(table.slice(1))
    again = Preprocessor.from_state_bytes(prep.state_bytes())
    assert repr(again) == repr(prep)
    assert again.bundle.to_bytes() == prep.bundle.to_bytes()
    other = Preprocessor(column, col("x").ordinal(), profile=False)
    assert other.merge(prep).bundle.to_bytes() == prep.bundle.to_bytes()
    assert prep.transform(table)[:, 0].tolist() == [12.0, 12.0]
    assert repr(pickle.loads(pickle.dumps(prep))) == repr(prep)


def test_zone_that_no_operator_asks_for_may_be_unknown() -> None:
    stamps = pa.array([0, 3600], pa.timestamp("s", "Mars/Base"))
    prep = Preprocessor(col("t").elapsed(moment="1970-01-01T00:00:00Z", unit="hours"))
    assert prep.fit_transform(pa.table({"t": stamps})).ravel().tolist() == [0.0, 1.0]


def test_transform_when_the_unit_changes_gives_the_same_features() -> None:
    prep = Preprocessor(
        col("t").datetime("hour"), col("t").ordinal(), col("t", "n").cross(), profile=False
    )
    n = [1, 2, 3]
    coarse = pa.array([0, 3600, 90_000], pa.timestamp("s"))
    wanted = prep.fit_transform(pa.table({"t": coarse, "n": n}))
    fine = pa.table({"t": coarse.cast(pa.timestamp("ns")), "n": n})
    assert prep.transform(fine).tobytes() == wanted.tobytes()
