"""What a compiled plan says of its source: names of columns and features."""

from __future__ import annotations

from dataclasses import dataclass

from mainspring import _engine

__all__ = ["Source", "described"]


@dataclass(frozen=True)
class Source:
    """What requests need to know of a source.

    Attributes
    ----------
    name : str
        Where events are handed over.
    at : str
        The requests' column of times.
    keys : tuple of str
        The requests' columns of keys.
    features : tuple of str
        Names of the features, in their order.
    event_columns, event_times : tuple of str
        Columns of events that are read; those of them that hold times.
    skew : int
        Microseconds that an event may lie in the future when it is taken.
    """

    name: str
    at: str
    keys: tuple[str, ...]
    features: tuple[str, ...]
    event_columns: tuple[str, ...] = ()
    event_times: tuple[str, ...] = ()
    skew: int = 0


def described(plan: _engine.HistoryPlan) -> Source:
    """Ask a plan.

    Parameters
    ----------
    plan : HistoryPlan
        Which.

    Returns
    -------
    Source
        Its names.
    """
    told = plan.description
    values = [*told["keys"], *told["numbers"], *told["categories"], *told["conditions"]]
    times = dict.fromkeys([told["time"], *told["available"]])
    columns = dict.fromkeys([*times, *values, *([told["id"]] if told["id"] else [])])
    return Source(
        told["source"],
        told["at"],
        tuple(told["request_keys"]),
        tuple(told["features"]),
        tuple(columns),
        tuple(times),
        told["skew_us"],
    )
