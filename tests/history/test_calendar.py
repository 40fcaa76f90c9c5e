"""Windows by the calendar of a time zone, against local dates and to the microsecond."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine
from mainspring._arrow import as_table
from mainspring.history import HistoryPlans
from tests.history.test_windows import same_bits

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ZONES = ["UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "America/St_Johns"]
# Around changes of clocks, where days have 23 or 25 hours, and at midnight itself.
MOMENTS = [
    datetime(2013, 3, 10, 4, tzinfo=timezone.utc),
    datetime(2013, 11, 3, 3, tzinfo=timezone.utc),
    datetime(2012, 12, 31, 20, tzinfo=timezone.utc),
    datetime(2000, 2, 28, 22, tzinfo=timezone.utc),
    datetime(1969, 12, 31, 12, tzinfo=timezone.utc),
    datetime(2010, 11, 7, 2, 31, tzinfo=timezone.utc),  # St John's: back over midnight
]


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def period(day: date, unit: str) -> int:
    return {
        "day": day.toordinal(),
        "week": (day.toordinal() - 1) // 7,
        "month": day.year * 12 + day.month,
        "year": day.year,
    }[unit]


def begun(zone: str, at: int) -> date:
    """Return the last date that has begun: where clocks go back over midnight, it stays."""
    info = ZoneInfo(zone)
    moments = (EPOCH + timedelta(microseconds=at - back * 60_000_000) for back in range(0, 150))
    return max(moment.astimezone(info).date() for moment in moments)


def counted(times: list[int], at: int, zone: str, unit: str, count: int, lag: int) -> int:
    now = period(begun(zone, at), unit)
    pasts = (now - period(begun(zone, time), unit) for time in times if time < at)
    return sum(lag <= past < lag + count for past in pasts)


def stamps(values: list[int | None]) -> Any:
    return pa.array(values, pa.timestamp("us", "UTC"))


@settings(max_examples=80, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    around=st.sampled_from(MOMENTS),
    unit=st.sampled_from(["day", "week", "month", "year"]),
    count=st.integers(1, 3),
    lag=st.integers(0, 2),
    minutes=st.lists(st.integers(-4000, 4000), min_size=1, max_size=12),
    asked=st.lists(st.integers(-1500, 90_000), min_size=1, max_size=5),
)
def test_calendar_windows_are_those_of_local_dates(
    zone: str,
    around: datetime,
    unit: str,
    count: int,
    lag: int,
    minutes: list[int],
    asked: list[int],
) -> None:
    times = [microseconds(around) + minute * 60_000_000 for minute in minutes]
    moments = [microseconds(around) + minute * 60_000_000 for minute in asked]
    source = ms.events("e", key=None, time="at")
    events = pa.table({"at": stamps(times), "known": stamps([time + 1 for time in times])})
    frames = [
        source.calendar(unit, count, zone=zone, lag=lag, available=available)
        for available in (None, "known")
    ]
    plans = HistoryPlans.of(*(frame.count() for frame in frames)).fit({"e": events})
    requests = pa.table({"at": stamps(moments)})
    out = plans.compute(requests, {"e": events})["e"]
    want = [counted(times, at, zone, unit, count, lag) for at in moments]
    assert out[0].tolist() == want
    assert out[1].tolist() == want
    for block_events in (2, 128):
        table = as_table(requests)
        report = _engine.replay_history(
            plans.plan("e"), as_table(events), table, "at", [], out, block_events
        )
        assert report["num_different"] == 0


def test_edges_are_midnights_to_the_microsecond() -> None:
    source = ms.events("e", key=None, time="at")
    today = source.calendar("day", zone="America/New_York")
    yesterday = source.calendar("day", zone="America/New_York", lag=1)
    midnight = microseconds(datetime(2013, 3, 10, 5, tzinfo=timezone.utc))
    hour = 3_600_000_000
    events = pa.table({"at": stamps([midnight - 1, midnight, midnight + 23 * hour - 1])})
    plans = HistoryPlans.of(today.count(), yesterday.count()).fit({"e": events})
    # The 10th has 23 hours: at 2 o'clock clocks went to 3.
    asked = [midnight - 1, midnight, midnight + 1, midnight + 23 * hour - 1, midnight + 23 * hour]
    out = plans.compute(pa.table({"at": stamps(asked)}), {"e": events})["e"]
    assert out.tolist() == [[0, 0, 1, 1, 0], [0, 1, 1, 1, 2]]


def test_midnight_that_does_not_exist_begins_the_day_when_clocks_jump() -> None:
    """In Asuncion clocks went from 24 o'clock to 1 on October 6, 2013, at 4 in UTC."""
    source = ms.events("e", key=None, time="at")
    jump = microseconds(datetime(2013, 10, 6, 4, tzinfo=timezone.utc))
    events = pa.table({"at": stamps([jump - 1, jump])})
    plans = HistoryPlans.of(source.calendar("day", zone="America/Asuncion").count())
    plans.fit({"e": events})
    out = plans.compute(pa.table({"at": stamps([jump, jump + 1])}), {"e": events})["e"]
    assert out.tolist() == [[0, 1]]


def test_states_keep_what_a_calendar_reaches_and_no_more() -> None:
    source = ms.events("e", key="k", time="at", skew="999d")
    plans = HistoryPlans.of(source.calendar("day", 2, zone="Europe/Paris", lag=1).count())
    day = 86_400_000_000
    first = microseconds(datetime(2024, 1, 1, tzinfo=timezone.utc))
    events = pa.table({"at": stamps([first + i * day // 4 for i in range(400)]), "k": ["a"] * 400})
    plans.fit({"e": events})
    state = ms.HistoryState(plans)
    for batch in events.to_batches(max_chunksize=10):
        state.ingest(batch, now=int(batch["at"][-1].value))
        at = int(batch["at"][-1].value) + day // 3
        want = plans.compute({"at": stamps([at]), "k": ["a"]}, {"e": events})["e"]
        requests = pa.table({"at": stamps([at]), "k": ["a"]})
        assert same_bits(state.fill(requests)[0], want)
    assert state.memory["events"] < 60


def test_audit_agrees_and_the_table_of_a_zone_is_checked() -> None:
    rng = np.random.default_rng(0)
    at = np.sort(rng.integers(0, 400 * 86_400, 300)) * 1_000_000 + microseconds(MOMENTS[0])
    table = pa.table({"at": stamps(at.tolist()), "late": rng.random(300) < 0.5})
    source = ms.events("e", key=None, time="at")
    prep = ms.Preprocessor(
        source.calendar("month", 2, zone="Europe/Paris").count(),
        source.calendar("week", zone="America/New_York", lag=1).count(),
    ).fit(table, events={"e": table})
    report = ms.check(table, target="late", history=prep, events={"e": table})
    audited = [one for one in report.findings if one.column.startswith("e.calendar")]
    assert [one.severity for one in audited] == ["pass"] * 2
    good = ["e", [], "at", "at", [], "", "", -1, 0, -1, [], [], [], []]
    feature = ("f", 1, 5, 1, 1, 0, 0, -1, -1, -1, 0.0, -1)
    _engine.HistoryPlan(*good, [("Z", 0, [1, 2], [60, 0])], [], [feature])
    for zone in (("Z", 0, [2, 1], [60, 0]), ("Z", 0, [1], []), ("Z", 10**6, [], [])):
        with pytest.raises(ms.ParameterError, match="no sound table"):
            _engine.HistoryPlan(*good, [zone], [], [feature])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unit": "hour"}, "unit must be one of day"),
        ({"count": 0}, "count must be an integer from 1"),
        ({"count": True}, "count must be"),
        ({"lag": -1}, "lag must be an integer from 0"),
        ({"zone": "Mars/Olympus"}, "zone must be a time zone"),
        ({"zone": None}, "zone must be a time zone"),
    ],
)
def test_calendar_when_an_argument_cannot_be_says_so(arguments: Any, message: str) -> None:
    source = ms.events("e", key=None, time="at")
    with pytest.raises(ms.ParameterError, match=message):
        source.calendar(**{"unit": "day", "zone": "UTC", **arguments})
