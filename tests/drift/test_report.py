"""The report: typed, JSON, a table that fits; and what is refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.errors import ParameterError, SchemaError

RNG = np.random.default_rng(0)
BEFORE = pa.table(
    {
        "x": RNG.normal(size=400),
        "constant": np.zeros(400),
        "s": RNG.choice(["a", "b"], 400),
        "label": RNG.random(400) < 0.5,
        "row": [{"a": 1}] * 400,
    }
)
NOW = BEFORE.set_column(1, "constant", [np.ones(400)]).append_column("new", [np.zeros(400)])


def test_report_when_made_names_what_was_not_compared() -> None:
    report = ms.detect_drift(BEFORE, NOW)
    assert report.new_columns == ["new"]
    assert report.skipped == ["row"]
    assert report.drifted == ["constant"]
    assert (report.num_rows, report.reference_rows) == (400, 400)
    assert [column.name for column in report.columns] == ["x", "constant", "s", "label"]


def test_json_when_values_are_infinite_is_valid() -> None:
    found = json.loads(ms.detect_drift(BEFORE, NOW).to_json())
    constant = found["columns"][1]
    assert constant["statistics"]["wasserstein_std"]["value"] == "Infinity"
    assert found["drifted"] == ["constant"]
    empty = ms.detect_drift(BEFORE.slice(0, 0), NOW.slice(0, 0))
    assert json.loads(empty.to_json(indent=2))["columns"][0]["statistics"]["ks"]["value"] is None


def test_text_when_printed_fits_eighty_columns() -> None:
    name = "a column with a name that is much longer than anybody would want to read"
    before, now = (
        pa.table({name: values, "x": values}) for values in (np.zeros(300), np.ones(300))
    )
    for report in (ms.detect_drift(BEFORE, NOW), ms.detect_drift(before, now)):
        lines = str(report).splitlines()
        assert max(map(len, lines)) <= 80
        assert "drifted" in lines[0]
    assert repr(ms.detect_drift(BEFORE, NOW)).startswith("<DriftReport: 1 of 4 columns drifted")


def test_target_when_missing_now_is_left_out() -> None:
    profile = ms.profile(BEFORE, target="label")
    report = ms.detect_drift(profile, NOW.drop(["label"]))
    assert "label" not in [column.name for column in report.columns]
    assert "label" in [column.name for column in ms.detect_drift(profile, NOW).columns]


def test_column_when_missing_now_is_a_finding() -> None:
    report = ms.detect_drift(BEFORE, NOW.drop(["x", "s"]))
    assert report.drifted == ["x", "constant", "s"]  # the constant is infinitely far, too
    column = report.column("x")
    assert (column.broken, column.reason) == (True, "The current data lacks this column.")
    assert (column.effect, column.p_value, column.statistics) == (math.inf, None, {})
    assert ms.detect_drift(BEFORE, NOW.drop(["x"]), columns=["s"]).drifted == []
    assert "lacks this column" in report.to_html()
    assert json.loads(report.to_json())["columns"][0]["effect"] == "Infinity"


def test_column_when_its_kind_changed_is_a_finding() -> None:
    report = ms.detect_drift(BEFORE, NOW.set_column(0, "x", [["a"] * 400]))
    column = report.column("x")
    assert column.broken
    assert column.reason == "Was float64, a number, and now is string, a text."
    assert report.drifted == ["x", "constant"]
    narrower = NOW.set_column(0, "x", NOW["x"].cast(pa.float32()))
    assert not ms.detect_drift(BEFORE, narrower).column("x").drifted


def test_samples_when_hostile_are_findings_and_every_nan_has_a_reason() -> None:
    """Empty, all missing, one row, constant, infinite, a million unseen: a report each time."""
    shapes = [
        pa.table({"x": pa.array([], pa.float64())}),
        pa.table({"x": pa.nulls(300, pa.float64())}),
        pa.table({"x": [1.0]}),
        pa.table({"x": [2.0] * 300}),
        pa.table({"x": [math.inf, -math.inf, 1.0] * 100}),
        pa.table({"x": pa.array([], pa.string())}),
        pa.table({"x": [f"u{i}" for i in range(70_000)]}),
        pa.table({"x": pa.nulls(5)}),
    ]
    for before in shapes:
        for now in shapes:
            report = ms.detect_drift(before, now, statistics="all")
            for column in report.columns:
                assert column.reason
                for found in column.statistics.values():
                    numbers = (found.value, found.low, found.high)
                    assert any(map(math.isnan, numbers)) == (found.reason is not None)
            assert "<html" in report.to_html()
            json.loads(report.to_json())


def test_current_when_a_profile_is_compared_as_the_table_is() -> None:
    assert ms.detect_drift(BEFORE, ms.profile(NOW)) == ms.detect_drift(ms.profile(BEFORE), NOW)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limits": {"kss": 0.1}}, "Did you mean 'ks'"),
        ({"limits": {"ks": 2}}, "from 0 to 1"),
        ({"limits": {"ks": True}}, "from 0 to 1"),
        ({"level": 0}, "level must be"),
        ({"correction": "holm"}, "benjamini-hochberg"),
        ({"columns": "x"}, "list"),
        ({"statistics": ["kss"]}, "Did you mean 'ks'"),
        ({"column_limits": {"x": {"kss": 1}}}, "Did you mean 'ks'"),
        ({"importance": {"x": -1}}, "importance"),
        ({"persistence": (3, 2)}, "persistence"),
        ({"window_rows": 0}, "positive int"),
        ({"window_rows": 5, "window_column": "s"}, "without window_column"),
        ({"window_period": "1d"}, "needs window_column"),
        ({"window_column": "s", "window_period": "1y"}, "such as '1d'"),
    ],
)
def test_options_when_wrong_say_what_is_right(options: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        ms.detect_drift(BEFORE, NOW, **options)  # type: ignore[arg-type]


def test_columns_when_unknown_are_a_schema_error() -> None:
    with pytest.raises(SchemaError, match="Did you mean 'label'"):
        ms.detect_drift(BEFORE, NOW, columns=["lable"])
    with pytest.raises(SchemaError, match="'z' was not compared"):
        ms.detect_drift(BEFORE, NOW).column("z")


def test_reference_when_none_says_how_to_get_one() -> None:
    with pytest.raises(ParameterError, match="profile="):
        ms.detect_drift(None, NOW)
