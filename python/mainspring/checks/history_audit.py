"""Features about the past held against a look at every event: what was known then, and no more.

Nothing of the engine is in it: events are read row by row, and each feature is what its definition
says. So it is slow, and looks at a sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mainspring._columns import arrow_table
from mainspring.checks.report import Finding
from mainspring.errors import ParameterError, SchemaError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["HistoryAudit", "audit_history"]

_ROWS = 100
# Sums of the engine are exact and round once; here they are added up as fractions.
_TOLERANCE = 1e-9
_AGGREGATES = (
    *("count", "sum", "mean", "min", "max", "std", "first", "last", "nunique", "since_last"),
    *("ewm", "lag", "quantile"),
)
_ROUNDED = frozenset({"sum", "mean", "std", "ewm", "quantile"})
_COMPARISONS: tuple[Callable[[Any, Any], bool], ...] = (
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
)
_HALF_LIVES = 64


@dataclass(frozen=True)
class HistoryAudit:
    """What is looked at.

    Attributes
    ----------
    plans : HistoryPlans
        Fitted.
    events : mapping
        The table of each source.
    """

    plans: Any
    events: Mapping[str, object]


@dataclass(frozen=True)
class _Event:
    time: int
    row: int
    known: tuple[int | None, ...]
    first_known: int
    values: dict[str, Any]


@dataclass(frozen=True)
class _Asked:
    aggregate: str
    kind: str
    rows: int
    width: int
    lag: int
    value: str | None
    available: int | None
    condition: tuple[str, Callable[[Any, Any], bool], Any] | None
    parameter: float
    zone: str | None
    edges: list[float] | None


def audit_history(audit: HistoryAudit, requests: object, table: str = "train") -> list[Finding]:
    """Recompute the features of a sample of rows.

    A column of the table that is called like a feature is what is checked; where there is none, the
    feature as the plans compute it.

    Parameters
    ----------
    audit : HistoryAudit
        Plans and events.
    requests : table
        With the columns of request times and keys.
    table : str, default "train"
        What findings call it.

    Returns
    -------
    list of Finding
        One of each feature: the share of the sample that differs.

    Raises
    ------
    ParameterError
        When a source has no table.
    SchemaError
        When a column is missing or of a wrong type.
    """
    rows = arrow_table(requests, "check")
    count = min(_ROWS, rows.num_rows)
    # As far apart as can be: the late ones know most.
    numbers = [(2 * place + 1) * rows.num_rows // (2 * count) for place in range(count)]
    sample = rows.take(numbers)
    findings = []
    for name, source in audit.plans.sources.items():
        if name not in audit.events:
            raise ParameterError(f"The features read events('{name}'): pass its table in events.")
        told = audit.plans.plan(name).description
        events = arrow_table(audit.events[name], "check")
        own = [one for one in source.features if one in rows.column_names]
        computed = {}
        if len(own) < len(source.features):
            bare = sample.select(list(dict.fromkeys([source.at, *source.keys])))
            found = audit.plans.extend(bare, audit.events)
            computed = {feature: found[feature] for feature in source.features}
        histories = _histories(told, events, _keys(sample, told["request_keys"]))
        moments = _microseconds(sample, told["at"])
        keys = _keys(sample, told["request_keys"])
        for number, feature in enumerate(source.features):
            given = sample[feature] if feature in own else computed[feature]
            asked = _asked(told, number)
            wrong = []
            for place, value in enumerate(given.to_pylist()):
                moment = moments[place]
                seen = histories.get(keys[place], []) if moment is not None else []
                want = _value(seen, moment or 0, asked, told["ttl_us"])
                if not _same(value, want, asked.aggregate):
                    wrong.append((numbers[place], value, want))
            findings.append(_finding(feature, wrong, count, table))
    return findings


def _finding(feature: str, wrong: list[Any], count: int, table: str) -> Finding:
    sentence = f"{count} rows were computed again from the events that were known: none differs."
    if wrong:
        row, value, want = wrong[0]
        sentence = (
            f"{len(wrong)} of {count} rows that were computed again differ from what was known, "
            f"first row {row}: {_text(value)}, but the events say {_text(want)}."
        )
    return Finding(
        check="time_travel",
        column=feature,
        severity="fail" if wrong else "pass",
        value=len(wrong) / count if count else 0.0,
        limit=0.0,
        sentence=sentence,
        num_rows=len(wrong),
        rows=tuple(row for row, _, _ in wrong[:5]),
        table=table,
    )


def _text(value: float | None) -> str:
    return "null" if value is None or value != value else f"{value:.6g}"


def _same(value: Any, want: float | None, aggregate: str) -> bool:
    value = None if value is None or value != value else float(value)
    if value is None or want is None:
        return value is want
    if aggregate in _ROUNDED:
        return math.isclose(value, want, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(value == want)


def _microseconds(table: pa.Table, name: str) -> list[int | None]:
    import pyarrow as pa

    if name not in table.column_names:
        raise SchemaError(f"The table lacks column '{name}'.", column=name)
    column = table[name]
    zone = getattr(column.type, "tz", None)
    cast = column.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    found: list[int | None] = cast.to_pylist()
    return found


def _keys(table: pa.Table, names: list[str]) -> list[tuple[Any, ...]]:
    for name in names:
        if name not in table.column_names:
            raise SchemaError(f"The table lacks column '{name}'.", column=name)
    columns = [table[name].to_pylist() for name in names]
    return list(zip(*columns, strict=True)) if columns else [()] * table.num_rows


def _histories(told: Any, events: pa.Table, keys: list[Any]) -> dict[Any, list[_Event]]:
    """Read the events of some keys, each redelivery once, in their order."""
    import pyarrow as pa

    wanted = {key for key in keys if None not in key}
    own = [place for place, key in enumerate(_keys(events, told["keys"])) if key in wanted]
    chosen = events.take(pa.array(own, pa.int64()))
    times = _microseconds(chosen, told["time"])
    known = [_microseconds(chosen, name) for name in told["available"]]
    names = {*told["numbers"], *told["categories"], *told["conditions"]}
    columns = {name: chosen[name].to_pylist() for name in names}
    ids = chosen[told["id"]].to_pylist() if told["id"] else [None] * len(own)
    always = any(one[7] is None for one in told["asked"])
    found: dict[Any, list[_Event]] = {key: [] for key in wanted}
    delivered = set()
    for row, key in enumerate(_keys(chosen, told["keys"])):
        time = times[row]
        if time is None or (ids[row] is not None and (key, time, ids[row]) in delivered):
            continue
        delivered.add((key, time, ids[row]))
        late = told["lateness_us"]
        moments = tuple(
            None if at is None or (0 <= late < at - time) else at
            for at in (column[row] for column in known)
        )
        used = [at for at in moments if at is not None]
        first = 0 if always else max(min(used, default=2**63 - 1), time)
        values = {name: column[row] for name, column in columns.items()}
        found[key].append(_Event(time, row, moments, first, values))
    for history in found.values():
        history.sort(key=lambda event: (event.time, event.first_known, event.row))
    return found


def _asked(told: Any, number: int) -> _Asked:
    aggregate, kind, rows, width, lag, zone, *others = told["asked"][number]
    value, available, condition, parameter, edges = others
    name = _AGGREGATES[aggregate - 1]
    columns = told["categories"] if name == "nunique" else told["numbers"]
    compared = None
    if condition is not None:
        comparison, other = told["compared"][condition]
        compared = (told["conditions"][condition], _COMPARISONS[comparison - 1], other)
    kinds = ("time", "rows", "expanding", "session", "calendar")
    return _Asked(
        aggregate=name,
        kind=kinds[kind - 1],
        rows=rows,
        width=width,
        lag=lag,
        value=None if value is None else columns[value],
        available=available,
        condition=compared,
        parameter=parameter,
        zone=None if zone is None else told["zones"][zone],
        edges=None if edges is None else told["edges"][edges],
    )


def _is_seen(event: _Event, at: int, asked: _Asked, ttl: int) -> bool:
    end = at if asked.kind == "calendar" else at - asked.lag
    if asked.kind == "calendar" and not _in_calendar(event.time, at, asked):
        return False
    if not event.time < end or (ttl >= 0 and event.time < at - ttl):
        return False
    if asked.kind == "time" and event.time < end - asked.width:
        return False
    if asked.available is not None:
        known = event.known[asked.available]
        if known is None or known > at:
            return False
    if asked.condition is not None:
        name, holds, other = asked.condition
        value = event.values[name]
        return bool(value is not None and value == value and holds(value, other))
    return True


def _in_calendar(time: int, at: int, asked: _Asked) -> bool:
    """Say whether a time lies in the periods that are looked at, by its local date."""
    past = _period(at, asked) - _period(time, asked)
    return asked.lag <= past < asked.lag + asked.rows


def _period(time: int, asked: _Asked) -> int:
    from zoneinfo import ZoneInfo

    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=time)
    day = moment.astimezone(ZoneInfo(str(asked.zone))).date()
    numbers = (
        day.toordinal(),
        (day.toordinal() - 1) // 7,  # the first of January of the year 1 was a Monday
        day.year * 12 + day.month,
        day.year,
    )
    return numbers[asked.width - 1]


def _value(events: list[_Event], at: int, asked: _Asked, ttl: int) -> float | None:
    seen = [event for event in events if _is_seen(event, at, asked, ttl)]
    if asked.kind == "rows":
        seen = seen[-asked.rows :]
    if asked.kind == "session":
        newer, start = at, len(seen)
        while start and newer - seen[start - 1].time <= asked.width:
            start -= 1
            newer = seen[start].time
        seen = seen[start:]
    if asked.aggregate == "since_last":
        return (at - seen[-1].time) / 1e6 if seen else None
    if asked.value is None:
        return float(len(seen))
    pairs = [(event, event.values[asked.value]) for event in seen]
    if asked.aggregate == "lag":
        value = pairs[0][1] if len(pairs) == asked.rows else None
        return None if value is None or value != value else float(value)
    there = [(event, value) for event, value in pairs if value is not None and value == value]
    return _aggregate([value for _, value in there], [event.time for event, _ in there], at, asked)


def _aggregate(values: list[Any], times: list[int], at: int, asked: _Asked) -> float | None:
    match asked.aggregate:
        case "count":
            return float(len(values))
        case "nunique":
            return float(len(set(values)))
        case "first" | "last":
            return float(values[0 if asked.aggregate == "first" else -1]) if values else None
        case "min" | "max":
            ordered = sorted(values)
            return float(ordered[0 if asked.aggregate == "min" else -1]) if values else None
        case "quantile":
            ordered = sorted(map(float, values))
            if asked.edges is not None:
                return _binned_quantile(ordered, asked.parameter, asked.edges)
            return _quantile(ordered, asked.parameter)
        case "ewm":
            return _ewm(values, times, at, asked)
    exact = [Fraction(value) for value in map(float, values) if math.isfinite(value)]
    if asked.aggregate == "sum":
        return float(sum(exact))
    if not exact or (asked.aggregate == "std" and len(exact) < 2):
        return None
    mean = sum(exact) / len(exact)
    if asked.aggregate == "mean":
        return float(mean)
    return math.sqrt(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1))


def _quantile(values: list[float], share: float) -> float | None:
    if not values:
        return None
    rank = share * (len(values) - 1)
    low = int(rank)
    high = min(low + 1, len(values) - 1)
    if values[low] == values[high]:
        return values[low]
    return values[low] * (1 - (rank - low)) + values[high] * (rank - low)


def _binned_quantile(values: list[float], share: float, edges: list[float]) -> float | None:
    """Find the bin of the value of that rank, and go as far into it as its values do."""
    if not values:
        return None
    rank = share * len(values)
    found = values[max(math.ceil(rank) - 1, 0)]
    if found <= edges[0]:
        return edges[0]
    if found > edges[-1]:
        return edges[-1]
    low, high = next(pair for pair in pairwise(edges) if found <= pair[1])
    below = sum(value <= low for value in values)
    inside = sum(low < value <= high for value in values)
    part = (rank - below) / inside
    return low * (1 - part) + high * part


def _ewm(values: list[Any], times: list[int], at: int, asked: _Asked) -> float | None:
    half = int(asked.parameter)
    oldest = (at - asked.lag) // half - (_HALF_LIVES - 1)
    total = weights = 0.0
    for value, time in zip(map(float, values), times, strict=True):
        if time // half < oldest or not math.isfinite(value):
            continue
        weight = 2.0 ** ((time - at) / half)
        total += weight * value
        weights += weight
    return total / weights if weights else None
