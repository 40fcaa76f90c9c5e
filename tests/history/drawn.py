"""Drawn events, and every feature that tests ask of them, for the engine and for the oracle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

import mainspring as ms
from mainspring import col
from tests.reference.history import Event, Feature, feature_value, grid_exponent

__all__ = ["Drawn", "asked_of", "drawn_events", "expected", "source", "tables"]

MINUTE = 60_000_000
VALUES = st.one_of(
    st.none(),
    st.integers(-50, 50).map(float),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([1e-300, -1e300, 1e300, 5e-324, -0.0, 0.1, 1e16]),
)
EDGES = (-10.0, -0.1, 0.0, 0.5, 7.0, 1e16)
SMALL = st.one_of(st.none(), st.integers(-1000, 1000).map(lambda n: n / 100))


@dataclass(frozen=True)
class Drawn:
    """Events as (minute, key, value, kind, delay) and requests as (minute, key)."""

    events: list[tuple[int | None, Any, float | None, str | None, int | None]]
    requests: list[tuple[int | None, Any]]


def drawn_events(values: Any = VALUES, max_size: int = 25) -> Any:
    """Return a strategy; minutes tie often."""
    event = st.tuples(
        st.one_of(st.none(), st.integers(0, 40)),
        st.sampled_from(["a", "b", None]),
        values,
        st.sampled_from(["x", "y", "z", None]),
        st.one_of(st.none(), st.integers(-3, 20)),
    )
    request = st.tuples(
        st.one_of(st.none(), st.integers(0, 45)), st.sampled_from(["a", "b", "c", None])
    )
    return st.builds(
        Drawn, st.lists(event, max_size=max_size), st.lists(request, min_size=1, max_size=12)
    )


def source(**arguments: Any) -> Any:
    """Return the declaration that the drawn tables fit."""
    return ms.events("drawn", key="key", time="at", **arguments)


# Name, window of the declaration, what the oracle is asked for, condition.
_WINDOWS: list[tuple[Any, dict[str, Any]]] = [
    (lambda s, **k: s.window("10min", **k), {"kind": "time", "width": 10 * MINUTE}),
    (
        lambda s, **k: s.window("7min", lag="4min", **k),
        {"kind": "time", "width": 7 * MINUTE, "lag": 4 * MINUTE},
    ),
    (lambda s, **k: s.expanding(**k), {"kind": "expanding"}),
    (lambda s, **k: s.expanding(lag="3min", **k), {"kind": "expanding", "lag": 3 * MINUTE}),
    (lambda s, **k: s.last("value", 3, **k), {"kind": "rows", "rows": 3}),
    (lambda s, **k: s.session("5min", **k), {"kind": "session", "width": 5 * MINUTE}),
]
_AGGREGATES: list[tuple[Any, dict[str, Any]]] = [
    (lambda w: w.count(), {"aggregate": "count"}),
    *(
        (lambda w, name=name: getattr(w, name)("value"), {"aggregate": name, "value": "value"})
        for name in ("count", "sum", "mean", "std", "min", "max", "first", "last")
    ),
    (lambda w: w.nunique("kind"), {"aggregate": "nunique", "value": "kind"}),
    (
        lambda w: w.quantile(0.3, "value"),
        {"aggregate": "quantile", "value": "value", "parameter": 0.3},
    ),
    *(
        (
            lambda w, share=share: w.quantile(share, "value", edges=EDGES),
            {"aggregate": "quantile", "value": "value", "parameter": share, "edges": EDGES},
        )
        for share in (0.0, 0.7)
    ),
]


def asked_of(s: Any) -> list[tuple[Any, Feature, bool, bool]]:
    """Return (expression, feature, has availability, has condition) of every combination."""
    asked = []
    for available in (None, "known"):
        for where in (None, col("kind") == "x"):
            more = {"available": available, "where": where}
            flags = (available is not None, where is not None)
            for window, frame in _WINDOWS:
                for make, what in _AGGREGATES:
                    asked.append((make(window(s, **more)), Feature(**frame, **what), *flags))
            asked += [
                (s.since_last(**more), Feature("since_last", "expanding"), *flags),
                (s.lag("value", 2, **more), Feature("lag", "rows", rows=2, value="value"), *flags),
                (
                    s.ewm("value", half_life="6min", **more),
                    Feature("ewm", "expanding", value="value", parameter=6.0 * MINUTE),
                    *flags,
                ),
            ]
    return asked


def tables(drawn: Drawn) -> tuple[pa.Table, pa.Table]:
    """Return the tables of events and requests."""
    stamp = pa.timestamp("us", "UTC")

    def times(minutes: list[int | None]) -> Any:
        return pa.array([None if m is None else m * MINUTE for m in minutes], stamp)

    rows = drawn.events
    known = [None if row[0] is None or row[4] is None else row[0] + row[4] for row in rows]
    events = pa.table(
        {
            "at": times([row[0] for row in rows]),
            "key": pa.array([row[1] for row in rows], pa.string()),
            "value": pa.array([row[2] for row in rows], pa.float64()),
            "kind": pa.array([row[3] for row in rows], pa.string()),
            "known": times(known),
        }
    )
    requests = pa.table(
        {
            "at": times([row[0] for row in drawn.requests]),
            "key": pa.array([row[1] for row in drawn.requests], pa.string()),
        }
    )
    return events, requests


def expected(
    drawn: Drawn,
    feature: Feature,
    *,
    available: bool,
    where: bool,
    all_available: bool = False,
    ttl: int | None = None,
    lateness: int | None = None,
) -> np.ndarray[Any, Any]:
    """Return the oracle's column. ``all_available``: every feature of the plan is."""
    values = [row[2] for row in drawn.events if row[2] is not None]
    exponent = grid_exponent(values)
    feature = Feature(**{**vars(feature), "exponent": exponent, "ttl": ttl})
    by_key: dict[str, list[Event]] = {}
    for place, (minute, key, value, kind, delay) in enumerate(drawn.events):
        if minute is None or key is None:
            continue
        time = minute * MINUTE
        known = None if delay is None else time + delay * MINUTE
        if known is not None and lateness is not None and known - time > lateness:
            known = None
        if where and kind != "x":
            continue
        first = (None if known is None else max(known, time)) if all_available else time
        by_key.setdefault(key, []).append(
            Event(time, place, {"value": value, "kind": kind}, known if available else time, first)
        )
    out = []
    for minute, key in drawn.requests:
        if minute is None or key is None:
            empty = Feature(**{**vars(feature)})
            out.append(feature_value([], 0, empty))
        else:
            out.append(feature_value(by_key.get(key, []), minute * MINUTE, feature))
    return np.array(out)
