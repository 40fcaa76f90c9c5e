"""Values that are known too late."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import ParameterError, SchemaError

ROWS = 120
START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def flights(late_rows: tuple[int, ...] = ()) -> pa.Table:
    """Known an hour before the prediction, but for some rows."""
    due = [START + timedelta(hours=i) for i in range(ROWS)]
    known = [
        t + timedelta(minutes=1) if i in late_rows else t - timedelta(hours=1)
        for i, t in enumerate(due)
    ]
    rng = np.random.default_rng(0)
    return pa.table(
        {
            "value": rng.normal(size=ROWS),
            "due": pa.array(due, pa.timestamp("ms", "UTC")),
            "known": pa.array(known, pa.timestamp("us", "UTC")),
            "label": rng.random(ROWS) < 0.5,
        }
    )


def time_travel(table: pa.Table, known: str | timedelta) -> ms.checks.Finding:
    report = ms.check(table, target="label", time="due", available={"value": known})
    return next(f for f in report.findings if f.check == "time_travel")


def test_value_when_known_before_passes() -> None:
    found = time_travel(flights(), "known")
    assert (found.severity, found.value, found.rows) == ("pass", 0, ())
    assert time_travel(flights(), timedelta(0)).severity == "pass"
    assert time_travel(flights(), timedelta(hours=-1)).severity == "pass"


def test_value_when_known_after_fails_with_count_share_and_first_row() -> None:
    found = time_travel(flights((7, 9, 50)), "known")
    assert (found.severity, found.num_rows, found.rows) == ("fail", 3, (7, 9, 50))
    assert found.value == 3 / ROWS
    assert "3 of 120 rows (2.5 %), first in row 7" in found.sentence


def test_value_when_known_later_by_a_fixed_time_fails_in_each_row() -> None:
    found = time_travel(flights(), timedelta(microseconds=1))
    assert (found.severity, found.num_rows, found.rows) == ("fail", ROWS, (0, 1, 2, 3, 4))


def test_value_when_missing_has_not_travelled() -> None:
    table = flights((7,))
    values = table["value"].to_pylist()
    values[7] = None
    assert time_travel(table.set_column(0, "value", [values]), "known").severity == "pass"


def test_time_when_missing_is_a_warning() -> None:
    table = flights()
    known = table["known"].to_pylist()
    known[3] = None
    array = pa.array(known, pa.timestamp("us", "UTC"))
    found = time_travel(table.set_column(2, "known", array), "known")
    assert (found.severity, found.num_rows) == ("warn", 1)


def test_dates_when_compared_with_timestamps_are_midnights() -> None:
    table = flights()
    days = pa.array([t.date() for t in table["due"].to_pylist()], pa.date32())
    local = table["due"].cast(pa.timestamp("us"))
    table = table.set_column(1, "due", local).set_column(2, "known", days)
    assert time_travel(table, "known").severity == "pass"


def test_clocks_when_one_has_no_zone_are_refused() -> None:
    table = flights()
    local = table["known"].cast(pa.timestamp("us"))
    with pytest.raises(SchemaError, match="'known' has no time zone, but 'due' has"):
        time_travel(table.set_column(2, "known", local), "known")


def test_times_when_named_are_no_features_unless_declared() -> None:
    report = ms.check(flights(), target="label", time="due", available={"value": "known"})
    assert {f.column for f in report.findings if f.check == "label_power"} == {"value"}
    both = ms.check(
        flights(), target="label", time="due", available={"value": "known", "known": timedelta(0)}
    )
    assert {f.column for f in both.findings if f.check == "label_power"} == {"value", "known"}


def test_arguments_when_wrong_say_what_is_right() -> None:
    table = flights()
    with pytest.raises(ParameterError, match="needs time"):
        ms.check(table, target="label", available={"value": "known"})
    with pytest.raises(ParameterError, match="timedelta"):
        ms.check(table, target="label", time="due", available={"value": 3})  # type: ignore[dict-item]
    with pytest.raises(SchemaError, match="Did you mean 'value'"):
        ms.check(table, target="label", time="due", available={"valu": "known"})
    with pytest.raises(SchemaError, match="expected a date or timestamp"):
        ms.check(table, target="label", time="due", available={"value": "value"})
    with pytest.raises(SchemaError, match="'duo'"):
        ms.check(table, target="label", time="duo")
