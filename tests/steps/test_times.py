"""Calendar parts against datetime and NumPy, local times against zoneinfo."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import steps as oracle
from tests.steps.plans import (
    CALENDAR,
    DATE_PART,
    DAY,
    ELAPSED,
    F64,
    FILL,
    I64,
    LOCAL_TIME,
    MICRO,
    NANO,
    SECOND,
    TIME,
    Plan,
    doubles,
    zone_table,
)

PARTS = range(1, 21)
FIRST_VALUE = {2: 1, 3: 1, 4: 1, 5: 0, 6: 1, 7: 0, 8: 0, 9: 0, 10: 1}
COUNTS = {2: 4, 3: 12, 4: 31, 5: 7, 6: 366, 7: 24, 8: 60, 9: 60, 10: 53}
UNIT_NAMES = {1: "s", 2: "ms", 3: "us", 4: "ns"}
LOWEST, HIGHEST = -62135596800, 253402300799  # years 1 and 9999, in seconds


def all_parts(unit: int) -> Plan:
    plan = Plan()
    loaded = plan.load("t", TIME, unit)
    for part in PARTS:
        plan.store(plan.step(DATE_PART, [loaded], F64, integers=(part, unit)))
    return plan


def times(ticks: list[int | None], unit: int) -> pa.Array:
    type_ = pa.date32() if unit == DAY else pa.timestamp(UNIT_NAMES[unit])
    storage = pa.array(ticks, pa.int32() if unit == DAY else pa.int64())
    return storage.cast(type_)


@st.composite
def tick_columns(draw: st.DrawFn) -> tuple[int, list[int | None]]:
    unit = draw(st.integers(1, 5))
    if unit == DAY:
        bounds = st.integers(LOWEST // 86400, HIGHEST // 86400)
    else:
        scale = oracle.TICKS[unit]
        bounds = st.integers(
            max(LOWEST * scale, -(2**63)), min((HIGHEST + 1) * scale - 1, 2**63 - 1)
        ) | st.integers(-3 * scale, 3 * scale)
    return unit, draw(st.lists(st.none() | bounds, max_size=60))


@given(tick_columns())
def test_date_parts_of_any_time_equal_those_of_datetime(
    column: tuple[int, list[int | None]],
) -> None:
    unit, ticks = column
    got = all_parts(unit).run(t=times(ticks, unit))
    expected = [
        [math.nan if t is None else oracle.date_part(t, part, unit) for part in PARTS]
        for t in ticks
    ]
    np.testing.assert_array_equal(got, np.array(expected, np.float32).reshape(-1, len(PARTS)))


def test_date_parts_of_every_day_of_eight_centuries_equal_those_of_numpy() -> None:
    days = np.arange(-150_000, 150_000, dtype=np.int32)
    got = all_parts(DAY).run(t=pa.array(days).cast(pa.date32()))
    dates = days.astype("datetime64[D]")
    years = dates.astype("datetime64[Y]")
    months = dates.astype("datetime64[M]")
    expected = [
        years.astype(int) + 1970,
        (months - years).astype(int) // 3 + 1,
        (months - years).astype(int) + 1,
        (dates - months).astype(int) + 1,
        (days + 3) % 7,
        (dates - years).astype(int) + 1,
    ]
    np.testing.assert_array_equal(got[:, :6], np.stack(expected, 1).astype(np.float32))
    assert not got[:, [6, 7, 8, 19]].any()
    # ISO 8601: the Thursday of a week has its year, and its number there.
    thursdays = (days - (days + 3) % 7 + 3).astype("datetime64[D]")
    iso_years = thursdays.astype("datetime64[Y]")
    day, month, year = (np.timedelta64(1, unit) for unit in "DMY")
    next_months = (months + month).astype("datetime64[D]")
    quarters = (months - years).astype(int) % 3
    starts, ends = dates == months, dates + day == next_months
    leap = (years + year).astype("datetime64[D]") - years.astype("datetime64[D]") > 365 * day
    expected = [
        (thursdays - iso_years).astype(int) // 7 + 1,
        iso_years.astype(int) + 1970,
        (next_months - months).astype(int),
        starts,
        ends,
        starts & (quarters == 0),
        ends & (quarters == 2),
        dates == years,
        dates + day == (years + year).astype("datetime64[D]"),
        leap,
    ]
    np.testing.assert_array_equal(got[:, 9:19], np.stack(expected, 1).astype(np.float32))


def test_date_parts_of_extreme_times_follow_the_proleptic_calendar() -> None:
    extremes = [-(2**63), 2**63 - 1]
    got = all_parts(SECOND).run(t=times([*extremes], SECOND))
    for row, ticks in zip(got, extremes, strict=True):
        days, second = divmod(ticks, 86400)
        # 400 years are 146097 days and 20871 weeks: the same day in an age that datetime knows.
        shift = days // 146097
        near = oracle.date_part(days - shift * 146097, 1, DAY)
        assert near is not None
        assert row[0] == np.float32(near + shift * 400)
        assert row[1:6].tolist() == [
            oracle.date_part(days - shift * 146097, part, DAY) for part in range(2, 7)
        ]
        assert row[6:9].tolist() == [second // 3600, second // 60 % 60, second % 60]
        assert row[9] == oracle.date_part(days - shift * 146097, 10, DAY)
        iso_year = oracle.date_part(days - shift * 146097, 11, DAY)
        assert iso_year is not None
        assert row[10] == np.float32(iso_year + shift * 400)
        assert row[11:19].tolist() == [
            oracle.date_part(days - shift * 146097, part, DAY) for part in range(12, 20)
        ]


@pytest.mark.parametrize("part", sorted(COUNTS))
def test_date_part_with_a_payload_gives_the_payload_of_the_part(part: int) -> None:
    payload = [math.sin(2 * math.pi * i / COUNTS[part]) for i in range(COUNTS[part])]
    payload[-1] = math.nan
    plan = Plan()
    loaded = plan.load("t", TIME, SECOND)
    data = doubles(payload)
    plan.store(plan.step(DATE_PART, [loaded], F64, integers=(part, SECOND), payload=data))
    ticks = [None, *range(-40_000_000, 40_000_000, 86_399 * 7)]
    expected = [
        math.nan if t is None else payload[oracle.date_part(t, part, SECOND) - FIRST_VALUE[part]]
        for t in ticks
    ]
    got = plan.run(t=times(ticks, SECOND))[:, 0]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


def transitions_of(zone: ZoneInfo, first: int, last: int) -> tuple[list[int], list[int]]:
    """Every half hour of the range looked at; slow and plain."""
    found, offsets = [], []
    before = None
    for second in range(first, last, 1800):
        moment = datetime.fromtimestamp(second, timezone.utc).astimezone(zone)
        offset = int((moment.utcoffset() or timedelta()).total_seconds())
        if offset != before:
            found.append(second)
            offsets.append(offset)
        before = offset
    return found, offsets


@pytest.mark.parametrize("name", ["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_local_time_of_a_zone_equals_zoneinfo(name: str) -> None:
    zone = ZoneInfo(name)
    first, last = 1_340_000_000 // 3600 * 3600, 1_420_000_000
    transitions, offsets = transitions_of(zone, first, last)
    plan = Plan()
    loaded = plan.load("t", TIME, MICRO)
    table = zone_table(offsets[0], transitions[1:], offsets[1:])
    local = plan.step(LOCAL_TIME, [loaded], I64, integers=(MICRO,), payload=table)
    for part in (4, 7, 8):
        plan.store(plan.step(DATE_PART, [local], F64, integers=(part, MICRO)))
    seconds = [s + d for s in transitions[1:] for d in (-3601, -1, 0, 1, 1799, 1800, 3600)]
    seconds += list(range(first, last, 999_983))
    ticks = [None if s % 1800 == 7 else s * 10**6 + 999_999 for s in [*seconds, 7]]
    got = plan.run(t=times(ticks, MICRO))
    for row, tick in zip(got, ticks, strict=True):
        if tick is None:
            assert np.isnan(row).all()
            continue
        moment = datetime.fromtimestamp(tick // 10**6, timezone.utc).astimezone(zone)
        assert row.tolist() == [moment.day, moment.hour, moment.minute]


@given(
    st.lists(st.integers(-(10**9), 2 * 10**9), unique=True, min_size=1, max_size=9),
    st.lists(st.none() | st.integers(-(10**9), 2 * 10**9), max_size=40),
    st.randoms(use_true_random=False),
)
def test_local_time_of_any_transitions_adds_the_offset_of_the_last(
    transitions: list[int], seconds: list[int | None], random: Random
) -> None:
    transitions = sorted(transitions)
    offsets = [random.randrange(-50_000, 50_000) for _ in transitions]
    seconds = seconds + [t + d for t in transitions for d in (-1, 0, 1)]
    plan = Plan()
    loaded = plan.load("t", TIME, SECOND)
    table = zone_table(7200, transitions, offsets)
    local = plan.step(LOCAL_TIME, [loaded], I64, integers=(SECOND,), payload=table)
    for part in (4, 7, 8, 9):
        plan.store(plan.step(DATE_PART, [local], F64, integers=(part, SECOND)))
    got = plan.run(t=times(seconds, SECOND))
    moved = [oracle.local_time(s, 7200, transitions, offsets, SECOND) for s in seconds]
    expected = [
        [oracle.store(oracle.date_part(ticks, part, SECOND)) for part in (4, 7, 8, 9)]
        for ticks in moved
    ]
    np.testing.assert_array_equal(got, np.array(expected, np.float32).reshape(-1, 4))


def test_local_time_beyond_int64_is_missing() -> None:
    plan = Plan()
    loaded = plan.load("t", TIME, NANO)
    table = zone_table(3600, [0], [-3600])
    local = plan.step(LOCAL_TIME, [loaded], I64, integers=(NANO,), payload=table)
    plan.store(plan.step(DATE_PART, [local], F64, integers=(7, NANO)))
    ticks = [2**63 - 1, -(2**63), -(2**63) + 3600 * 10**9, 2**63 - 1 - 3600 * 10**9]
    hours = plan.run(t=times(ticks, NANO))[:, 0]
    # Before 1970 an hour is added, afterwards one taken away: neither leaves int64.
    expected = [(t + (3600 if t < 0 else -3600) * 10**9) // (3600 * 10**9) % 24 for t in ticks]
    assert hours.tolist() == expected
    plan = Plan()
    loaded = plan.load("t", TIME, NANO)
    table = zone_table(-3600, [0], [3600])
    local = plan.step(LOCAL_TIME, [loaded], I64, integers=(NANO,), payload=table)
    plan.store(plan.step(DATE_PART, [local], F64, integers=(7, NANO)))
    hours = plan.run(t=times(ticks, NANO))[:, 0]
    assert np.isnan(hours[:2]).all()
    assert not np.isnan(hours[2:]).any()


def test_date_part_of_days_that_no_second_counts_is_missing() -> None:
    limit = (2**63 - 1) // 86400 + 1
    for days, expected in [(limit, False), (limit + 1, True), (-(2**63), True), (2**63 - 1, True)]:
        plan = Plan()
        filled = plan.step(FILL, [plan.load("t", TIME, DAY)], I64, integers=(days % 2**64,))
        plan.store(plan.step(DATE_PART, [filled], F64, integers=(1, DAY)))
        assert np.isnan(plan.run(t=times([None], DAY))).all() == expected


EXTREMES = st.sampled_from([-(2**63), -(2**63) + 1, -(2**62), 2**62, 2**63 - 1])
DISTANT = st.none() | EXTREMES | st.integers(-(2**63), 2**63 - 1) | st.integers(-(10**12), 10**12)


def units_and_ticks(unit: int) -> st.SearchStrategy[int | None]:
    """Of a date column 32 bits."""
    return st.none() | st.integers(-(2**31), 2**31 - 1) if unit == DAY else DISTANT


@given(st.data(), st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_elapsed_of_any_units_is_the_exact_difference_divided_once(
    data: st.DataObject, end_unit: int, begin_unit: int, moment: bool
) -> None:
    divisor = data.draw(st.sampled_from([1.0, 3600.0, 86400e9, 0.7]))
    pairs = st.tuples(units_and_ticks(end_unit), units_and_ticks(begin_unit))
    rows = data.draw(st.lists(pairs, min_size=1, max_size=40))
    plan = Plan()
    end = plan.load("end", TIME, end_unit)
    if moment:
        fixed = next((begin for _, begin in rows if begin is not None), 0)
        rows = [(last, fixed) for last, _ in rows]
        integers = (end_unit, begin_unit, 0, fixed % 2**64)
        slot = plan.step(ELAPSED, [end], F64, numbers=(divisor,), integers=integers)
        columns = {}
    else:
        begin = plan.load("begin", TIME, begin_unit)
        integers = (end_unit, begin_unit)
        slot = plan.step(ELAPSED, [end, begin], F64, numbers=(divisor,), integers=integers)
        columns = {"begin": times([begin for _, begin in rows], begin_unit)}
    plan.store(slot)
    got = plan.run(end=times([end for end, _ in rows], end_unit), **columns)[:, 0]
    expected = [oracle.store(oracle.elapsed(*pair, end_unit, begin_unit, divisor)) for pair in rows]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


@given(
    st.lists(st.none() | st.integers(-60, 60) | st.integers(-9000, 9000), min_size=1, max_size=40),
    st.sets(st.integers(-50, 50), max_size=12),
    st.integers(1, 127),
    st.integers(1, 5),
)
def test_calendar_of_any_days_equals_counting_them(
    days: list[int | None], listed: set[int], week: int, unit: int
) -> None:
    a_day = 1 if unit == DAY else 86_400 * oracle.TICKS[unit]
    ticks = [None if day is None else day * a_day + a_day - 1 for day in days]
    begins = [None if day is None else day // 2 for day in reversed(days)]
    holidays = sorted(day for day in listed if week >> (day + 3) % 7 & 1)
    plan = Plan()
    time = plan.load("t", TIME, unit)
    begin = plan.load("begin", TIME, DAY)
    for question in range(1, 6):
        business = question >= 4
        payload = np.array(holidays if business else sorted(listed), "<i8").tobytes()
        integers = (question, unit, week if business else 0, DAY if question == 5 else 0)
        inputs = [time, begin] if question == 5 else [time]
        plan.store(plan.step(CALENDAR, inputs, F64, integers=integers, payload=payload))
    got = plan.run(t=times(ticks, unit), begin=times(begins, DAY))
    expected = [
        [
            oracle.store(
                oracle.calendar(
                    day,
                    question,
                    holidays if question >= 4 else sorted(listed),
                    week,
                    first if question == 5 else 0,
                )
            )
            for question in range(1, 6)
        ]
        for day, first in zip(days, begins, strict=True)
    ]
    np.testing.assert_array_equal(got, np.array(expected, np.float32))


def test_calendar_of_days_that_no_second_counts_is_missing() -> None:
    limit = (2**63 - 1) // 86400 + 1
    for days, missing in [(limit, False), (limit + 1, True), (-limit, False), (-limit - 1, True)]:
        for question, second in [(1, 0), (4, 0), (5, DAY)]:
            plan = Plan()
            zero = plan.step(FILL, [plan.load("t", TIME, DAY)], I64, integers=(0,))
            filled = plan.step(FILL, [plan.load("t", TIME, DAY)], I64, integers=(days % 2**64,))
            inputs = [filled, zero] if question == 5 else [filled]
            integers = (question, DAY, 31 if question >= 4 else 0, second)
            plan.store(plan.step(CALENDAR, inputs, F64, integers=integers))
            assert np.isnan(plan.run(t=times([None], DAY))).all() == missing
