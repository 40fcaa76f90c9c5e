"""Current data cut into windows: by rows, values and time; alerts; limits that are learnt."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import mainspring as ms
from mainspring.errors import DataError, SchemaError

ROWS = 6_000
RNG = np.random.default_rng(0)
REFERENCE = pa.table({"x": RNG.normal(size=5_000), "y": RNG.normal(size=5_000)})
# x moves from row 3,000 on; six days of a thousand rows.
CURRENT = pa.table(
    {
        "x": RNG.normal(size=ROWS) + np.where(np.arange(ROWS) < 3_000, 0, 0.6),
        "y": RNG.normal(size=ROWS),
        "day": pa.array(np.arange(ROWS) // 1_000 * 86_400, pa.timestamp("s")),
        "shop": np.where(np.arange(ROWS) < 3_000, "old", "new"),
    }
)


def test_windows_when_cut_by_rows_are_judged_each() -> None:
    report = ms.detect_drift(REFERENCE, CURRENT, window_rows=1_000)
    assert [window.num_rows for window in report.windows] == [1_000] * 6
    assert [window.drifted for window in report.windows] == [[]] * 3 + [["x"]] * 3
    assert report.windows[3].name == "rows 3,000 to 3,999"
    alert = report.alerts[0]
    assert (alert.column, alert.window, alert.times) == ("x", "rows 4,000 to 4,999", 3)
    assert len(report.alerts) == 1
    assert report.found
    assert "Alert: x drifted in 3 windows" in str(report)


def test_window_when_alone_raises_no_alert() -> None:
    """Two of three windows in a row must have drifted."""
    once = CURRENT.slice(0, 4_000)
    report = ms.detect_drift(REFERENCE, once, window_rows=1_000)
    assert report.windows[3].drifted == ["x"]
    assert (report.alerts, report.found) == ([], False)
    assert ms.detect_drift(REFERENCE, once, window_rows=1_000, persistence=(1, 1)).found


def test_windows_when_cut_by_time_or_value_hold_the_same_rows() -> None:
    by_rows = ms.detect_drift(REFERENCE, CURRENT, window_rows=1_000)
    by_day = ms.detect_drift(REFERENCE, CURRENT, window_column="day", window_period="1d")
    assert [window.columns for window in by_day.windows] == [w.columns for w in by_rows.windows]
    assert by_day.windows[1].name == "1970-01-02T00:00:00"
    shuffled = CURRENT.take(np.random.default_rng(1).permutation(ROWS))
    again = ms.detect_drift(REFERENCE, shuffled, window_column="day", window_period="1d")
    assert again.windows == by_day.windows
    by_shop = ms.detect_drift(REFERENCE, CURRENT, window_column="shop")
    assert {window.name: window.drifted for window in by_shop.windows} == {"new": ["x"], "old": []}
    assert by_shop.columns == ms.detect_drift(REFERENCE, CURRENT).columns


def test_windows_when_data_is_a_dataset_are_those_of_the_table(tmp_path: Path) -> None:
    for part in range(3):
        piece = CURRENT.slice(2_000 * part, 2_000)
        pq.write_table(piece, tmp_path / f"{part}.parquet", row_group_size=700)
    data = ds.dataset(tmp_path)
    wanted = ms.detect_drift(REFERENCE, CURRENT, window_rows=900)
    assert ms.detect_drift(REFERENCE, data, window_rows=900) == wanted
    assert ms.detect_drift(REFERENCE, tmp_path, window_rows=900) == wanted
    whole = ms.detect_drift(REFERENCE, CURRENT)
    assert ms.detect_drift(REFERENCE, data) == whole
    assert whole.new_columns == ["day", "shop"]


def test_reference_when_a_path_is_read(tmp_path: Path) -> None:
    wanted = ms.detect_drift(REFERENCE, CURRENT)
    pq.write_table(REFERENCE, tmp_path / "a.parquet")
    (tmp_path / "a.profile").write_bytes(ms.profile(REFERENCE).to_bytes())
    for name in ("a.parquet", "a.profile"):
        assert ms.detect_drift(tmp_path / name, CURRENT) == wanted
    assert ms.detect_drift(REFERENCE, tmp_path / "a.profile").drifted == []


def test_p_values_when_windows_are_many_are_corrected_over_all() -> None:
    report = ms.detect_drift(REFERENCE, CURRENT, window_rows=1_000, correction="bonferroni")
    column = report.windows[3].columns[1]
    raw = column.statistics["ks"].p_value
    assert raw is not None
    assert column.p_value == pytest.approx(min(1.0, raw * 12), rel=1e-12)


def test_time_when_missing_is_a_window_of_its_own() -> None:
    day = CURRENT["day"].to_pylist()
    day[:500] = [None] * 500
    current = CURRENT.set_column(2, "day", pa.array(day, pa.timestamp("us", tz="UTC")))
    report = ms.detect_drift(REFERENCE, current, window_column="day", window_period="1w")
    assert [(w.name, w.num_rows) for w in report.windows] == [
        ("1969-12-29T00:00:00", 3_500),
        ("1970-01-05T00:00:00", 2_000),
        ("missing", 500),
    ]


def test_category_when_called_missing_is_not_the_window_of_missing_values() -> None:
    rows = {None: 1_000, "missing": 2_000, "'missing'": 400, "'missing": 300, "Missing": 2_300}
    shop = pa.array([value for value, count in rows.items() for _ in range(count)], pa.string())
    moved = np.where(np.arange(ROWS) < 3_000, 1.0, 0.0)  # without a value, and those called so
    current = pa.table({"x": np.asarray(CURRENT["y"]) + moved, "shop": shop})
    reference = REFERENCE.select(["x"])
    report = ms.detect_drift(reference, current, window_column="shop")
    wanted = {"''missing''": 400, "''missing'": 300, "Missing": 2_300, "'missing'": 2_000}
    wanted["missing"] = 1_000
    assert {window.name: window.num_rows for window in report.windows} == wanted
    assert report.windows[-1].name == "missing"
    assert report.num_rows == ROWS
    assert report.columns == ms.detect_drift(reference, current.select(["x"])).columns
    drifted = [window.name for window in report.windows if window.drifted]
    assert sorted(drifted) == ["'missing'", "missing"]
    kept = json.loads(report.to_json())["windows"]
    assert {window["name"]: window["num_rows"] for window in kept} == wanted
    assert set(report.to_arrow()["window"].to_pylist()) == {None, *wanted}
    suites = ET.fromstring(report.to_junit()).findall("testsuite")
    assert {suite.get("name") for suite in suites[1:]} == {f"drift, {name}" for name in wanted}
    page = report.to_html()
    for name in ("&#39;missing&#39;", "missing"):
        assert page.count(f'<th scope="row">{name}</th>') == 1


@pytest.mark.parametrize("type_", [pa.timestamp("s"), pa.timestamp("ns"), pa.date32()], ids=str)
def test_windows_when_cut_by_months_begin_on_first_days(type_: pa.DataType) -> None:
    days = np.arange(np.datetime64("1968-11-17"), np.datetime64("1972-03-02"))
    days = np.repeat(days, 5)
    drawn = np.random.default_rng(2).permutation(days)
    when = pa.array(drawn, pa.date32()).cast(pa.timestamp("s")).cast(type_)
    missing = pa.array([None] * 7, type_)
    current = pa.table({"x": np.zeros(len(days) + 7), "when": pa.chunked_array([when, missing])})
    for months in (1, 3, 5, 12):
        report = ms.detect_drift(
            REFERENCE.select(["x"]), current, window_column="when", window_period=f"{months}mo"
        )
        number = days.astype("datetime64[M]").astype(int) + 12 * 1970
        begun, rows = np.unique(number // months * months, return_counts=True)
        wanted = [
            (f"{first // 12:04d}-{first % 12 + 1:02d}-01T00:00:00", count)
            for first, count in zip(begun.tolist(), rows.tolist(), strict=True)
        ]
        found = [(window.name, window.num_rows) for window in report.windows]
        assert found == [*wanted, ("missing", 7)]


def test_window_column_when_wrong_is_a_schema_error() -> None:
    with pytest.raises(SchemaError, match="no column 'week'"):
        ms.detect_drift(REFERENCE, CURRENT, window_column="week")
    with pytest.raises(SchemaError, match="expected times"):
        ms.detect_drift(REFERENCE, CURRENT, window_column="shop", window_period="1d")
    with pytest.raises(DataError, match="more than 10,000 windows"):
        ms.detect_drift(REFERENCE, pa.table({"x": np.zeros(10_001)}), window_rows=1)


@pytest.mark.parametrize("cut", [{"window_rows": 10}, {"window_column": "shop"}])
def test_data_when_without_rows_has_no_windows_and_lacks_no_column(cut: dict[str, Any]) -> None:
    report = ms.detect_drift(REFERENCE, CURRENT.slice(0, 0), **cut)
    assert (report.windows, report.num_rows) == ([], 0)
    assert [column.broken for column in report.columns] == [False, False]


def test_columns_when_important_come_first() -> None:
    moved = pa.table({name: np.asarray(REFERENCE[name]) + 0.5 for name in "xy"})
    moved = moved.set_column(0, "x", [np.asarray(REFERENCE["x"]) + 0.3])
    assert ms.detect_drift(REFERENCE, moved).drifted == ["y", "x"]
    ranked = ms.detect_drift(REFERENCE, moved, importance={"x": 5.0})
    assert ranked.drifted == ["x", "y"]
    assert ranked.column("x").importance == 5


def test_limits_when_learnt_follow_the_noise_of_the_reference() -> None:
    rng = np.random.default_rng(3)
    rows = 20_000
    walk = np.repeat(rng.normal(0, 0.4, 20), 1_000) + rng.normal(size=rows)  # every day is its own
    reference = pa.table({"walk": walk, "still": rng.normal(size=rows)})
    limits = ms.drift.learn_limits(reference, window_rows=1_000)
    assert limits["walk"]["ks"] > 0.2
    assert 0.025 <= limits["still"]["ks"] < 0.1
    today = pa.table({"walk": 0.5 + rng.normal(size=1_000), "still": rng.normal(size=1_000)})
    assert ms.detect_drift(reference, today).drifted == ["walk"]
    learnt = ms.detect_drift(reference, today, column_limits=limits)
    assert learnt.drifted == []
    assert learnt.column_limits == limits
    gone = pa.table({"walk": 3 + rng.normal(size=1_000), "still": 0.4 + rng.normal(size=1_000)})
    assert set(ms.detect_drift(reference, gone, column_limits=limits).drifted) == {"walk", "still"}
    with pytest.raises(DataError, match="at least 3"):
        ms.drift.learn_limits(reference, window_rows=9_000)


def test_report_when_written_in_other_forms_says_the_same(tmp_path: Path) -> None:
    report = ms.detect_drift(REFERENCE, CURRENT, window_rows=1_000)
    table = report.to_arrow()
    assert table.num_rows == 2 * 7
    whole = table.filter(pa.compute.is_null(table["window"]))
    assert whole["column"].to_pylist() == ["x", "y"]
    assert whole["ks"].to_pylist() == [report.column(name).value("ks") for name in "xy"]
    text = report.to_junit(tmp_path / "drift.xml")
    root = ET.fromstring(text)
    assert ET.parse(tmp_path / "drift.xml").getroot().tag == "testsuites"
    suites = root.findall("testsuite")
    assert [suite.get("failures") for suite in suites] == ["1", "0", "0", "0", "1", "1", "1"]
    failure = suites[0].find("testcase/failure")
    assert failure is not None
    assert failure.text == report.column("x").reason
    found = json.loads(report.to_json())
    assert [window["drifted"] for window in found["windows"]][3] == ["x"]
    page = report.to_html()
    assert "rows 3,000 to 3,999" in page
    assert len(page.encode()) <= 300_000


def test_junit_when_names_are_hostile_is_valid_xml() -> None:
    name = 'a"<&\n\x07\ufffe'
    before, now = (pa.table({name: np.full(300, value)}) for value in (0.0, 1.0))
    case = ET.fromstring(ms.detect_drift(before, now).to_junit()).find("testsuite/testcase")
    assert case is not None
    assert case.get("name") == 'a"<&\n\ufffd\ufffd'
