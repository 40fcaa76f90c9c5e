"""The audit of features about the past: finds what was not known, and agrees with the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

import mainspring as ms
from mainspring.checks.history_audit import HistoryAudit, audit_history
from mainspring.history import HistoryPlans
from tests.history.drawn import MINUTE, SMALL, Drawn, asked_of, drawn_events, source, tables
from tests.history.test_windows import stamps


@settings(max_examples=40)
@given(drawn=drawn_events(SMALL))
def test_features_of_the_engine_pass_whatever_they_are(drawn: Drawn) -> None:
    for arguments in ({}, {"ttl": "12min", "lateness": "9min"}):
        plans = HistoryPlans.of(*(one[0] for one in asked_of(source(**arguments))))
        events, requests = tables(drawn)
        plans.fit({"drawn": events})
        findings = audit_history(HistoryAudit(plans, {"drawn": events}), requests)
        assert len(findings) == len(plans.sources["drawn"].features)
        assert [one.sentence for one in findings if one.severity != "pass"] == []


def flights() -> tuple[pa.Table, ms.Preprocessor]:
    rng = np.random.default_rng(0)
    rows = 400
    at = np.sort(rng.integers(0, 9000, rows)) * MINUTE
    table = pa.table(
        {
            "plane": rng.integers(0, 9, rows),
            "at": stamps(at),
            "landed": stamps(at + rng.integers(30, 300, rows) * MINUTE),
            "delay": rng.normal(10, 30, rows),
            "late": rng.random(rows) < 0.3,
            "leg": rng.integers(0, 3, rows),
        }
    )
    planes = ms.events("planes", key="plane", time="at", id="leg")
    prep = ms.Preprocessor(
        planes.last("delay", 3, available="landed").mean(),
        planes.window("1d").count(),
        planes.session("6h").max("delay"),
    )
    return table, prep.fit(table, events={"planes": table})


def test_check_passes_what_was_known_and_fails_what_was_not() -> None:
    table, prep = flights()
    events = {"planes": table}
    report = ms.check(table, table, target="late", history=prep, events=events)
    found = [one for one in report.findings if one.check == "time_travel"]
    assert [(one.table, one.severity) for one in found] == [("train", "pass")] * 3 + [
        ("test", "pass")
    ] * 3
    # As a query without availability would have it: the delay of a plane that is in the air.
    planes = ms.events("planes", key="plane", time="at", id="leg")
    wrong = HistoryPlans.of(planes.last("delay", 3).mean()).fit(events).extend(table, events)
    name = "planes.last(3;available=landed).mean(delay)"
    leaking = table.append_column(name, wrong.column(wrong.num_columns - 1))
    report = ms.check(leaking, target="late", history=prep, events=events)
    (failed,) = [one for one in report.failed if one.column == name]
    assert failed.check == "time_travel"
    assert failed.why
    assert failed.remedy
    assert 0.1 < failed.value <= 1
    assert failed.num_rows == round(failed.value * 100)
    assert all(row < table.num_rows for row in failed.rows)
    assert f"first row {failed.rows[0]}: " in failed.sentence


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"history": 5, "events": {}}, ms.ParameterError, "int and dict"),
        ({"events": None}, ms.ParameterError, "NoneType"),
        ({"events": {}}, ms.ParameterError, r"events\('planes'\)"),
        ({"events": {"planes": [{"plane": 1}]}}, ms.SchemaError, "at"),
    ],
)
def test_check_when_history_does_not_fit_says_why(
    arguments: Any, error: type[Exception], message: str
) -> None:
    table, prep = flights()
    with pytest.raises(error, match=message):
        ms.check(table, target="late", **{"history": prep, **arguments})
