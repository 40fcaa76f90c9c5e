"""Rows of dicts: every spelling of a value, and every wrong one, against the batch."""

from __future__ import annotations

import json
import math
import threading
from collections import UserDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mainspring import errors
from tests.runtime.conftest import CARRIERS, predict
from tests.steps.plans import transform

BASE: dict[str, object] = {
    "distance": 700.5,
    "flight": 2,
    "carrier": "UA",
    "departure": datetime(2013, 3, 31, 17, 45, 12),
}
TYPES = {
    "distance": pa.float64(),
    "flight": pa.int64(),
    "carrier": pa.string(),
    "departure": pa.timestamp("us"),
}


def batch_features(bundle: Any, **values: object) -> list[float]:
    row = {**BASE, **values}
    table = pa.table({name: pa.array([row[name]], type_) for name, type_ in TYPES.items()})
    return transform(bundle, table)[0].tolist()


def same(got: list[float], expected: list[float]) -> bool:
    return np.array(got, np.float32).tobytes() == np.array(expected, np.float32).tobytes()


def test_predict_row_of_every_row_gives_the_bits_of_the_batch(
    bundle: Any, three_classes: Any, table: pa.Table
) -> None:
    raw, features = predict(bundle, table), transform(bundle, table)
    proba = predict(three_classes, table, "proba")
    for number, row in enumerate(table.to_pylist()):
        assert bundle.predict_row(row, "raw") == raw[number]
        if number % 10 == 0:
            assert same(bundle.transform_row(row), features[number].tolist())
            assert three_classes.predict_row(row, "proba") == proba[number].tolist()


def test_predict_rows_of_a_list_gives_the_bits_of_the_batch(bundle: Any, table: pa.Table) -> None:
    out = np.empty(table.num_rows)
    bundle.predict_rows(table.to_pylist(), "raw", out)
    np.testing.assert_array_equal(out, predict(bundle, table))
    with pytest.raises(errors.ParameterError, match="out has 3"):
        bundle.predict_rows([BASE, BASE], "raw", np.empty(3))


@pytest.mark.parametrize(
    ("name", "spelled", "value"),
    [
        ("distance", None, None),
        ("distance", math.nan, None),
        ("distance", pd.NA, None),
        ("distance", 700, 700.0),
        ("distance", True, 1.0),
        ("distance", 2**70, float(2**70)),
        ("distance", 2**53 + 1, float(2**53)),
        ("distance", np.float32(0.1), float(np.float32(0.1))),
        ("distance", np.float64(0.1), 0.1),
        ("distance", np.int16(-3), -3.0),
        ("distance", np.bool_(True), 1.0),
        ("distance", Decimal("1.5"), 1.5),
        ("distance", np.float32("nan"), None),
        ("flight", None, None),
        ("flight", math.nan, None),
        ("flight", np.float32("nan"), None),
        ("flight", pd.NA, None),
        ("flight", 3.0, 3),
        ("flight", 3.5, 77),
        ("flight", True, 1),
        ("flight", np.bool_(True), 1),
        ("flight", np.uint8(40), 40),
        ("flight", np.float64(40), 40),
        ("flight", 2**63, 77),
        ("flight", 2**64 - 1, 77),
        ("carrier", None, None),
        ("carrier", math.nan, None),
        ("carrier", pd.NA, None),
        ("carrier", b"AA", "AA"),
        ("carrier", np.str_("AA"), "AA"),
        ("carrier", np.bytes_(b"AA"), "AA"),
        ("carrier", "", ""),
        ("carrier", CARRIERS[3], CARRIERS[3]),
        ("departure", None, None),
        ("departure", math.nan, None),
        ("departure", pd.NaT, None),
        ("departure", np.datetime64("NaT"), None),
        ("departure", datetime(2013, 7, 4, 1, 2, 3, 999_999), datetime(2013, 7, 4, 1, 2, 3)),
        ("departure", datetime(1, 1, 1), datetime(1, 1, 1)),
        ("departure", datetime(9999, 12, 31, 23, 59, 59), datetime(9999, 12, 31, 23, 59, 59)),
        ("departure", datetime(2013, 7, 4, tzinfo=timezone.utc), datetime(2013, 7, 4)),
        (
            "departure",
            datetime(2013, 7, 4, 22, tzinfo=ZoneInfo("America/New_York")),
            datetime(2013, 7, 5, 2),
        ),
        (
            "departure",
            datetime(2013, 7, 4, tzinfo=timezone(timedelta(hours=5, minutes=45))),
            datetime(2013, 7, 3, 18, 15),
        ),
        ("departure", date(1969, 7, 20), datetime(1969, 7, 20)),
        ("departure", -1, datetime(1969, 12, 31, 23, 59, 59, 999_999)),
        ("departure", np.int64(1_364_752_000_000_000), datetime(2013, 3, 31, 17, 46, 40)),
        ("departure", pd.Timestamp("2013-07-04 12:00:01"), datetime(2013, 7, 4, 12, 0, 1)),
        (
            "departure",
            pd.Timestamp("2013-07-04 12:00", tz="Asia/Kolkata"),
            datetime(2013, 7, 4, 6, 30),
        ),
        ("departure", np.datetime64("2013-07-04T12:00:01", "ns"), datetime(2013, 7, 4, 12, 0, 1)),
        ("departure", np.datetime64("2013-07-04", "D"), datetime(2013, 7, 4)),
        ("departure", "2013-07-04", datetime(2013, 7, 4)),
        ("departure", "2013-07-04T12:00:01Z", datetime(2013, 7, 4, 12, 0, 1)),
        ("departure", "2013-07-04 12:00", datetime(2013, 7, 4, 12)),
        ("departure", "2013-07-04t12:00:01.1234567891+02:30", datetime(2013, 7, 4, 9, 30, 1)),
        ("departure", "2013-07-04T23:30:00-01:00", datetime(2013, 7, 5, 0, 30)),
        ("departure", "2016-12-31T23:59:60Z", datetime(2017, 1, 1)),
        ("departure", "0001-01-01T00:00:00Z", datetime(1, 1, 1)),
        ("departure", "9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59)),
        ("departure", "2000-02-29", datetime(2000, 2, 29)),
    ],
)
def test_transform_row_of_any_spelling_gives_the_bits_of_the_batch(
    bundle: Any, name: str, spelled: object, value: object
) -> None:
    got = bundle.transform_row({**BASE, name: spelled})
    assert same(got, batch_features(bundle, **{name: value}))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("distance", "n/a", "a number"),
        ("distance", np.str_("3.5"), "a number"),
        ("distance", b"3", "a number"),
        ("distance", [1.0], "a number"),
        ("distance", 10**400, "a number"),
        ("distance", 1j, "a number"),
        ("flight", "7", "an integer or bool"),
        ("flight", 2**64, "an integer or bool"),
        ("flight", -(2**63) - 1, "an integer or bool"),
        ("carrier", 5, "text"),
        ("carrier", True, "text"),
        ("carrier", "\ud800", "text"),
        ("carrier", ["UA"], "text"),
        ("departure", 1.5, "a timestamp or date"),
        ("departure", True, "a timestamp or date"),
        ("departure", 2**63, "a timestamp or date"),
        ("departure", b"2013-07-04", "a timestamp or date"),
        ("departure", timedelta(1), "a timestamp or date"),
        *(
            ("departure", text, "a timestamp or date")
            for text in [
                "",
                "now",
                "2013",
                "2013-7-4",
                "2013-02-29",
                "2013-13-01",
                "2013-00-01",
                "2013-01-00",
                "2013-07-04T",
                "2013-07-04T24:00:00",
                "2013-07-04T12:60:00",
                "2013-07-04T12:00:61",
                "2013-07-04T12:00:00.",
                "2013-07-04T12:00:00+0100",
                "2013-07-04T12:00:00+24:00",
                "2013-07-04T12:00:00Zx",
                "2013-07-04x12:00:00",
                "2013/07/04",
                " 2013-07-04",
                "2013-07-04 ",
                "+013-07-04",
                "2013-07-04\0",
            ]
        ),
    ],
)
def test_predict_row_of_a_wrong_value_names_column_value_and_fix(
    bundle: Any, name: str, value: object, expected: str
) -> None:
    with pytest.raises(errors.DataError, match=f"Column '{name}' has the value") as caught:
        bundle.predict_row({**BASE, name: value}, "raw")
    assert (caught.value.column, caught.value.expected, caught.value.row) == (name, expected, None)
    assert type(value).__name__ in str(caught.value.got)
    assert "None for a missing value" in str(caught.value)
    with pytest.raises(errors.DataError, match="at row 1") as caught:
        bundle.predict_rows([BASE, {**BASE, name: value}], "raw", np.empty(2))
    assert caught.value.row == 1


def test_predict_row_of_a_wrong_value_when_redacted_shows_only_its_type(
    bundle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {**BASE, "distance": "secret"}
    with pytest.raises(errors.DataError, match="secret"):
        bundle.predict_row(row, "raw")
    monkeypatch.setenv("MAINSPRING_REDACT", "1")
    with pytest.raises(errors.DataError, match="has the value str, expected") as caught:
        bundle.predict_row(row, "raw")
    assert "secret" not in str(caught.value)
    with pytest.raises(errors.DataError) as caught:
        bundle.predict_row({**BASE, "distance": "é" * 100}, "raw")
    assert len(str(caught.value)) < 200


def test_predict_row_without_a_column_names_it_and_the_close_one(bundle: Any) -> None:
    row = {name: value for name, value in BASE.items() if name != "carrier"}
    with pytest.raises(errors.SchemaError, match="lacks the column 'carrier'") as caught:
        bundle.predict_row({**row, "Carrier": "UA"}, "raw")
    assert caught.value.column == "carrier"
    assert "'Carrier'" in str(caught.value)
    assert "Pass None for a missing value" in str(caught.value)
    with pytest.raises(errors.SchemaError, match="'distance', 'flight', 'carrier', 'departure'"):
        bundle.predict_row({}, "raw")


@pytest.mark.parametrize("row", [None, 5, "text", [1, 2], (BASE,), {1, 2}])
def test_predict_row_of_something_else_is_refused(bundle: Any, row: object) -> None:
    with pytest.raises(errors.DataError, match="expected a dict"):
        bundle.predict_row(row, "raw")


def test_predict_row_of_other_mappings_gives_the_same_bits(bundle: Any) -> None:
    expected = bundle.predict_row(BASE, "raw")
    assert bundle.predict_row({**BASE, "unknown": object(), 3: 4}, "raw") == expected
    assert bundle.predict_row(UserDict(BASE), "raw") == expected
    assert bundle.predict_row(pd.Series(BASE, dtype=object), "raw") == expected


def test_predict_row_of_errors_in_a_value_passes_them_on(bundle: Any) -> None:
    class Rude(UserDict[str, object]):
        def __getitem__(self, key: str) -> object:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        bundle.predict_row(Rude(BASE), "raw")


def test_predict_row_from_inside_a_value_leaves_the_outer_row_alone(bundle: Any) -> None:
    other = {**BASE, "carrier": "B6", "flight": 40, "distance": -1e6}

    class Nested:
        def __float__(self) -> float:
            bundle.predict_row(other, "raw")
            return 700.5

    row = {**BASE, "distance": Nested()}
    assert bundle.predict_row(row, "raw") == bundle.predict_row(BASE, "raw")

    class Clearing:
        def __float__(self) -> float:
            emptied.pop("carrier", None)
            return 700.5

    # The text was read before the dict let go of it; departure comes after.
    emptied: dict[str, object] = {"carrier": "".join(["U", "A"]), **BASE}
    emptied["distance"] = Clearing()
    with pytest.raises(errors.SchemaError, match="carrier"):
        bundle.predict_row(emptied, "raw")


def test_predict_row_from_many_threads_gives_the_same_bits(bundle: Any, table: pa.Table) -> None:
    rows, expected = table.to_pylist()[:200], predict(bundle, table)[:200].tolist()
    wrong: list[int] = []

    def work() -> None:
        for _ in range(5):
            got = [bundle.predict_row(row, "raw") for row in rows]
            if got != expected:
                wrong.append(1)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_inspection_of_a_bundle_names_inputs_steps_and_features(bundle: Any) -> None:
    assert bundle.input_names == ["distance", "flight", "carrier", "departure"]
    assert bundle.input_kinds == ["float", "integer", "bytes", "timestamp"]
    assert bundle.inputs[3] == {
        "name": "departure",
        "kind": "timestamp",
        "type": "timestamp[us]",
        "unit": "us",
        "time_zone": "",
    }
    assert bundle.feature_names == [f"f{i}" for i in range(13)]
    assert bundle.categorical_indices == []
    steps = bundle.steps
    assert [step["step"] for step in steps][:6] == [
        "load",
        "affine",
        "store",
        "load",
        "lookup",
        "store",
    ]
    assert steps[0]["column"] == "distance"
    assert steps[1]["numbers"][:2] == [500.0, 250.0]
    assert steps[5]["feature"] == "f1"
    assert steps[5]["reads"] == [(3, "int32")]
    assert bundle.has_model
    assert (bundle.model_kind, bundle.link) == ("forest", "sigmoid")
    assert (bundle.num_outputs, bundle.num_classes) == (1, 2)
    assert json.loads(bundle.meta)["name"] == "mixed"
    assert bundle.profile == b""
