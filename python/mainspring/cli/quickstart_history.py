"""What the past adds to the quickstart's model: earlier flights of plane, airport and carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mainspring as ms

if TYPE_CHECKING:
    import pyarrow as pa

    from mainspring.transforms.expression import Expression

__all__ = ["events_of", "history_features"]

_SOURCES = {"planes": "tailnum", "airports": "origin", "carriers": "carrier"}


def history_features() -> list[Expression]:
    """Declare features about flights that have left or landed by the scheduled departure.

    A delay at departure is known when the plane has left, one at arrival when it has landed.

    Returns
    -------
    list of Expression
        Of the previous leg of the plane, the last 3 hours at the airport and with the carrier, and
        the day before.
    """
    planes, airports, carriers = (
        ms.events(name, key=key, time="sched_dep", lateness="2d") for name, key in _SOURCES.items()
    )
    at_airport = airports.window("3h", available="departed")
    with_carrier = carriers.window("3h", available="departed")
    return [
        planes.lag("arr_delay", available="landed"),
        planes.since_last(available="landed"),
        planes.last("arr_delay", 5, available="landed").mean(),
        at_airport.mean("dep_delay"),
        at_airport.count(),
        with_carrier.mean("dep_delay"),
        airports.window("24h", lag="3h", available="landed").mean("arr_delay"),
    ]


def events_of(flights: pa.Table) -> dict[str, pa.Table]:
    """Hand the same flights over as the past of planes, airports and carriers.

    Parameters
    ----------
    flights : pyarrow.Table
        All flights.

    Returns
    -------
    dict
        The table of each source.
    """
    columns = [*_SOURCES.values(), "sched_dep", "departed", "landed", "dep_delay", "arr_delay"]
    return dict.fromkeys(_SOURCES, flights.select(columns))
