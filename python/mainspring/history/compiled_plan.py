"""From declared features of one source to the plan that the engine computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mainspring import _engine
from mainspring.transforms._zones import zone_transitions
from mainspring.transforms.condition import COMPARISONS

if TYPE_CHECKING:
    from mainspring.history.column import HistoryColumn
    from mainspring.history.source import EventSource

__all__ = ["compiled_plan"]

# As the engine numbers them.
_AGGREGATES = {
    "count": 1,
    "sum": 2,
    "mean": 3,
    "min": 4,
    "max": 5,
    "std": 6,
    "first": 7,
    "last": 8,
    "nunique": 9,
    "since_last": 10,
    "ewm": 11,
    "lag": 12,
    "quantile": 13,
}
_FRAMES = {"time": 1, "rows": 2, "expanding": 3, "session": 4, "calendar": 5}


def compiled_plan(source: EventSource, columns: Sequence[HistoryColumn]) -> _engine.HistoryPlan:
    """Return the engine's plan of a source's features: columns, conditions and zones by number."""
    numbers: dict[str, int] = {}
    categories: dict[str, int] = {}
    available: dict[str, int] = {}
    conditions: dict[Any, int] = {}
    zones: dict[str, int] = {}
    edges: dict[tuple[float, ...], int] = {}
    rows = []
    for column in columns:
        asked = column.definition
        values = categories if asked.aggregate == "nunique" else numbers
        rows.append(
            (
                str(column),
                _AGGREGATES[asked.aggregate],
                _FRAMES[asked.frame.kind],
                asked.frame.rows,
                asked.frame.width,
                asked.frame.lag,
                _place(zones, asked.frame.zone),
                _place(values, asked.value),
                _place(available, asked.available),
                _place(conditions, asked.where),
                asked.parameter,
                _place(edges, asked.edges),
            )
        )
    return _engine.HistoryPlan(
        source.name,
        list(source.keys),
        source.time,
        source.at,
        list(source.request_keys),
        source.id or "",
        source.zone or "",
        source.lateness,
        source.skew,
        source.ttl,
        list(numbers),
        list(categories),
        list(available),
        [(one.column, COMPARISONS[one.symbol], one.value) for one in conditions],
        [(name, *zone_transitions(name)) for name in zones],
        [list(one) for one in edges],
        rows,
    )


def _place(places: dict[Any, int], thing: Any) -> int:
    return -1 if thing is None else places.setdefault(thing, len(places))
