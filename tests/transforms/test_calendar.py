"""Distances of times, holidays and business days, beside NumPy, pandas and polars."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mainspring import ParameterError, Preprocessor, SchemaError, col
from mainspring.transforms import BusinessDays, Elapsed, Expression, Holidays, IsBusinessDay

NEW_YEAR = datetime(2024, 1, 1, tzinfo=timezone.utc)


def column(values: list[datetime | None], kind: pa.DataType) -> pa.Array:
    return pa.array(values, pa.timestamp("us", "UTC")).cast(kind)


def test_elapsed_of_other_units_and_zones_is_the_time_between_the_moments() -> None:
    ends = [NEW_YEAR + timedelta(hours=5, milliseconds=1), None, NEW_YEAR]
    begins = [NEW_YEAR, NEW_YEAR, NEW_YEAR + timedelta(days=1)]
    table = pa.table(
        {
            "end": column(ends, pa.timestamp("ns", "America/New_York")),
            "begin": column(begins, pa.timestamp("s", "Asia/Tokyo")),
        }
    )
    prep = Preprocessor(col("end").elapsed(since="begin", unit="hours"))
    got = prep.fit_transform(table)[:, 0]
    np.testing.assert_array_equal(got, np.float32([5 + 1 / 3.6e6, math.nan, -24]))
    assert prep.feature_names_out_ == ["end_hours_since_begin"]
    frame = table.to_pandas()
    expected = (frame["end"] - frame["begin"].dt.tz_convert("UTC")).dt.total_seconds()
    seconds = Preprocessor(col("end").elapsed("begin")).fit_transform(table)[:, 0]
    np.testing.assert_array_equal(seconds, expected.to_numpy(np.float32))
    assert prep.profile is not None
    assert list(prep.profile.columns) == ["end", "begin"]


def test_elapsed_across_a_change_of_the_clock_counts_hours_that_passed() -> None:
    zone = "Europe/Paris"
    night = pd.DatetimeIndex(["2024-03-31 01:00", "2024-03-31 04:00"]).tz_localize(zone)
    frame = pd.DataFrame({"begin": night[:1], "end": night[1:]})
    got = Preprocessor(col("end").elapsed("begin", "hours")).fit_transform(frame)
    assert got.tolist() == [[2.0]]
    local = frame.apply(lambda times: times.dt.tz_localize(None))
    got = Preprocessor(col("end").elapsed("begin", "hours")).fit_transform(local)
    assert got.tolist() == [[3.0]]


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        ("2024-01-01T01:00:00+01:00", pa.timestamp("ms", "Asia/Tokyo")),
        (NEW_YEAR, pa.timestamp("us", "UTC")),
        ("2024-01-01", pa.timestamp("ns")),
        (date(2024, 1, 1), pa.date32()),
        (datetime(2024, 1, 1), pa.date64()),
    ],
)
def test_elapsed_since_a_moment_counts_from_it(moment: Any, kind: pa.DataType) -> None:
    table = pa.table({"at": column([NEW_YEAR + timedelta(days=14), NEW_YEAR, None], kind)})
    prep = Preprocessor(col("at").elapsed(moment=moment, unit="weeks").alias("weeks"))
    got = prep.fit_transform(table)[:, 0]
    np.testing.assert_array_equal(got, np.float32([2, 0, math.nan]))
    again = Preprocessor.from_state_bytes(prep.state_bytes())
    assert again.expressions == prep.expressions


def test_elapsed_that_leaves_the_ticks_is_missing() -> None:
    far = pa.array([2**63 - 1, 0], pa.int64()).cast(pa.timestamp("ns"))
    table = pa.table({"end": far, "begin": pa.array([-1, -1], pa.int32()).cast(pa.date32())})
    got = Preprocessor(col("end").elapsed("begin", "days")).fit_transform(table)[:, 0]
    np.testing.assert_array_equal(got, np.float32([math.nan, 1]))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "'since' of elapsed must be the name of a column, or moment a time"),
        ({"since": "b", "moment": "2024-01-01"}, "one of the two"),
        ({"since": "b", "unit": "months"}, "'unit' of elapsed must be 'seconds'"),
        ({"moment": "yesterday"}, "'moment' of elapsed must be a time such as"),
        ({"moment": "2024-02-30"}, "'moment' of elapsed must be a time such as"),
        ({"moment": "9999-01-01T00:00:00.000000001"}, "'moment' of elapsed must be a time"),
        ({"since": 3}, "'since' of elapsed must be string"),
    ],
)
def test_elapsed_with_wrong_parameters_is_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        Elapsed(**parameters)


def test_elapsed_of_columns_that_do_not_fit_is_refused_by_name() -> None:
    table = pa.table(
        {
            "local": column([NEW_YEAR], pa.timestamp("us")),
            "utc": column([NEW_YEAR], pa.timestamp("us", "UTC")),
            "x": [1.0],
        }
    )
    with pytest.raises(SchemaError, match="Column 'utc' has times with a zone, but column 'local'"):
        Preprocessor(col("utc").elapsed("local")).fit(table)
    with pytest.raises(SchemaError, match="'local' has times with no zone, but the moment '2024-"):
        Preprocessor(col("local").elapsed(moment="2024-01-01T00:00:00Z")).fit(table)
    with pytest.raises(SchemaError, match="Column 'x', since of elapsed, has no times"):
        Preprocessor(col("utc").elapsed("x")).fit(table)
    with pytest.raises(SchemaError, match="Column 'x' has type float64, expected a date or time"):
        Preprocessor(col("x").elapsed("utc")).fit(table)
    with pytest.raises(SchemaError, match="'nowhere'"):
        Preprocessor(col("utc").elapsed("nowhere")).fit(table)
    with pytest.raises(SchemaError, match="Column 'x', since of business_days, has no times"):
        Preprocessor(col("utc").business_days("x")).fit(table)


def test_holidays_are_those_of_the_local_day() -> None:
    moments = [datetime(2024, 12, 24, 14, tzinfo=timezone.utc), NEW_YEAR, None]
    dates = ["2024-12-25", date(2023, 12, 31), np.datetime64("2024-01-02")]
    parts = ("is_holiday", "days_to_holiday", "days_since_holiday")
    expression = col("at").holidays(dates, parts)
    for zone, expected in [
        ("Asia/Tokyo", [[0, 1, 357], [0, 1, 1]]),
        ("Pacific/Auckland", [[1, 0, 0], [0, 1, 1]]),
        ("America/New_York", [[0, 1, 357], [1, 0, 0]]),
    ]:
        prep = Preprocessor(expression)
        got = prep.fit_transform(pa.table({"at": column(moments, pa.timestamp("ms", zone))}))
        assert got[:2].tolist() == expected, zone
        assert np.isnan(got[2]).all()
        assert prep.feature_names_out_ == [f"at_{part}" for part in parts]
    assert Preprocessor.from_state_bytes(prep.state_bytes()).expressions == (expression,)
    assert eval(repr(expression), {"col": col}) == expression
    # The list lies in the bundle, and is all that a row is asked about.
    bundle = Preprocessor.from_state_bytes(prep.state_bytes()).bundle
    days = sorted((np.array(dates, "M8[D]") - np.datetime64("1970-01-01")).astype(int))
    assert np.array(days, "<i8").tobytes() in bundle.to_bytes()


def test_distance_to_a_holiday_that_is_not_there_is_missing() -> None:
    table = pa.table({"day": pa.array([date(2023, 12, 31), date(2024, 1, 2)])})
    parts = ("days_to_holiday", "days_since_holiday")
    got = Preprocessor(col("day").holidays("2024-01-01", parts)).fit_transform(table)
    np.testing.assert_array_equal(got, np.float32([[1, math.nan], [math.nan, 1]]))


def test_business_days_equal_numpys_for_any_week_and_list() -> None:
    random = np.random.default_rng(0)
    days = random.integers(-40_000, 40_000, (2, 5_000)).astype("datetime64[D]")
    days[1, :2_000] = days[0, :2_000] + random.integers(-20, 20, 2_000)
    near = np.unique(days[0, random.integers(0, 5_000, 300)])
    table = pa.table({"end": days[0], "begin": days[1]})
    for weekmask in ("1111100", "0000011", "1010101", "1111111", "1000000"):
        for holidays in ((), near):
            prep = Preprocessor(
                col("end").business_days("begin", weekmask, holidays),
                col("end").is_business_day(weekmask, holidays),
                profile=False,
            )
            got = prep.fit_transform(table)
            counts = np.busday_count(days[1], days[0], weekmask=weekmask, holidays=holidays)
            np.testing.assert_array_equal(got[:, 0], counts.astype(np.float32))
            flags = np.is_busday(days[0], weekmask=weekmask, holidays=holidays)
            np.testing.assert_array_equal(got[:, 1], flags.astype(np.float32))
    assert prep.feature_names_out_ == ["end_business_days_since_begin", "end_is_business_day"]


def test_business_days_count_local_days_of_either_zone() -> None:
    # Friday evening in Paris is Saturday morning in Tokyo.
    friday = datetime(2024, 1, 5, 20, tzinfo=timezone.utc)
    table = pa.table(
        {
            "paris": column([friday], pa.timestamp("us", "Europe/Paris")),
            "tokyo": column([friday], pa.timestamp("s", "Asia/Tokyo")),
            "day": pa.array([date(2024, 1, 8)]),
        }
    )
    prep = Preprocessor(
        col("day").business_days("paris"),
        col("day").business_days("tokyo"),
        col("tokyo").business_days("paris"),
        col("paris").is_business_day(),
        col("tokyo").is_business_day(),
    )
    assert prep.fit_transform(table).tolist() == [[1, 0, 1, 1, 0]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Holidays(), "'dates' of holidays must be one date or more"),
        (lambda: Holidays(("2024-12-25", "25.12.2024")), "'dates' of holidays must be dates"),
        (lambda: Holidays((datetime(2024, 1, 1, 5),)), "'dates' of holidays must be dates"),
        (lambda: Holidays((3,)), "'dates' of holidays must be list of strings"),
        (lambda: Holidays("2024-12-25", ()), "'parts' of holidays must be one or more"),
        (lambda: Holidays("2024-12-25", "is_day"), "'parts' of holidays must be one or more"),
        (lambda: Holidays("2024-12-25", ("is_holiday",) * 2), "each once"),
        (lambda: IsBusinessDay("11111"), "'weekmask' of is_business_day must be seven digits"),
        (lambda: IsBusinessDay("0000000"), "not all 0"),
        (lambda: IsBusinessDay("111110x"), "seven digits 0 or 1"),
        (lambda: IsBusinessDay(holidays="2024-13-01"), "'holidays' of is_business_day must be"),
        (lambda: BusinessDays(), "'since' of business_days must be the name of a column"),
        (lambda: BusinessDays("a", "2222222"), "'weekmask' of business_days must be"),
    ],
)
def test_lists_and_weeks_that_cannot_be_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        make()


def test_datetime_has_the_parts_of_pandas_and_polars() -> None:
    ticks = np.random.default_rng(1).integers(-(2**61), 2**61, 20_000)
    edges = pd.date_range("1999-12-25", "2001-01-07", freq="D").as_unit("ns").asi8
    stamps = pd.DatetimeIndex(np.concatenate([ticks, edges, edges - 1]))
    frame = pd.DataFrame({"at": stamps})
    of_pandas = {
        "year": stamps.year,
        "iso_year": stamps.isocalendar().year,
        "quarter": stamps.quarter,
        "month": stamps.month,
        "week": stamps.isocalendar().week,
        "day": stamps.day,
        "weekday": stamps.day_of_week,
        "day_of_year": stamps.day_of_year,
        "hour": stamps.hour,
        "minute": stamps.minute,
        "second": stamps.second,
        "microsecond": stamps.microsecond,
        "days_in_month": stamps.days_in_month,
        "is_month_start": stamps.is_month_start,
        "is_month_end": stamps.is_month_end,
        "is_quarter_start": stamps.is_quarter_start,
        "is_quarter_end": stamps.is_quarter_end,
        "is_year_start": stamps.is_year_start,
        "is_year_end": stamps.is_year_end,
        "is_leap_year": stamps.is_leap_year,
    }
    got = Preprocessor(col("at").datetime(*of_pandas), profile=False).fit_transform(frame)
    for index, (part, expected) in enumerate(of_pandas.items()):
        np.testing.assert_array_equal(got[:, index], np.asarray(expected, np.float32), part)
    times = pl.Series(stamps.to_numpy()).dt
    of_polars = {
        "iso_year": times.iso_year(),
        "week": times.week(),
        "weekday": times.weekday() - 1,
        "microsecond": times.microsecond(),
        "is_leap_year": times.is_leap_year(),
        "days_in_month": times.days_in_month(),
    }
    for part, values in of_polars.items():
        index = list(of_pandas).index(part)
        np.testing.assert_array_equal(got[:, index], values.cast(pl.Float32).to_numpy(), part)


def test_week_when_cyclical_comes_round_and_flags_do_not() -> None:
    table = pa.table({"day": pa.array([date(2020, 12, 31), date(2021, 1, 4)])})
    got = Preprocessor(col("day").datetime("week", cyclical=True)).fit_transform(table)
    angles = 2 * math.pi * np.array([52, 0]) / 53
    np.testing.assert_allclose(got, np.stack([np.sin(angles), np.cos(angles)], 1), atol=1e-6)
    for part in ("iso_year", "is_month_end", "days_in_month", "microsecond", "is_leap_year"):
        with pytest.raises(ParameterError, match="parts that come round again"):
            col("day").datetime(part, cyclical=True)
    with pytest.raises(SchemaError, match="has no 'microsecond'"):
        Preprocessor(col("day").datetime("microsecond")).fit(table)


@pytest.mark.parametrize(
    "expression",
    [
        col("at").elapsed("since", "days"),
        col("at").business_days("since"),
        col("at").holidays(["2024-01-01"], ("is_holiday", "days_to_holiday")),
        col("at").is_business_day() * col("at").elapsed(moment="2024-01-01", unit="days"),
    ],
)
def test_features_of_rows_and_dicts_are_those_of_the_table(expression: Expression) -> None:
    days = [date(2023, 12, 29) + timedelta(days=day) for day in range(6)]
    table = pa.table({"at": days, "since": days[::-1]})
    prep = Preprocessor(expression)
    got = prep.fit_transform(table)
    rows = prep.transform(table.to_pylist())
    assert rows.tobytes() == got.tobytes()
    assert np.isnan(prep.transform_row({"at": None, "since": None})).all()
