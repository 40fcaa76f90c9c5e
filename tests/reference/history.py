"""Features about the past by looking at every event for every request, with fractions for sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

__all__ = ["GRID_BITS", "Event", "Feature", "feature_value", "grid_exponent", "on_grid"]

GRID_BITS = 100


@dataclass(frozen=True)
class Event:
    """One event: times in microseconds, None is missing; ``row`` is its place among arrivals."""

    time: int
    row: int
    values: dict[str, Any]
    known: int | None
    first_known: int | None


@dataclass(frozen=True)
class Feature:
    """What is asked for; lengths in microseconds."""

    aggregate: str
    kind: str
    rows: int = 0
    width: int = 0
    lag: int = 0
    value: str | None = None
    parameter: float = 0.0
    ttl: int | None = None
    exponent: int = 0
    edges: tuple[float, ...] | None = None


def grid_exponent(values: Sequence[float]) -> int:
    """Return the exponent that training on these values chooses."""
    lows, highs = [], []
    for value in values:
        if not math.isfinite(value) or value == 0:
            continue
        fraction = Fraction(abs(value))
        highs.append(fraction.numerator.bit_length() - (fraction.denominator.bit_length() - 1))
        power = (fraction.numerator & -fraction.numerator).bit_length() - 1
        lows.append(power - (fraction.denominator.bit_length() - 1))
    if not lows:
        lows, highs = [0], [0]
    span = max(highs) - min(lows)
    if span <= GRID_BITS:
        exponent = min(lows) - (GRID_BITS - span) // 2
    else:
        exponent = max(highs) + 8 - GRID_BITS
    return min(max(exponent, -1074), 1024 - GRID_BITS)


def on_grid(value: float, exponent: int) -> int | None:
    """Return the value as an integer on its grid, None where it is refused."""
    if not math.isfinite(value):
        return None
    scaled = Fraction(value) / Fraction(2) ** exponent
    if scaled.denominator == 1 and abs(scaled) >= 2**GRID_BITS:
        return None
    whole = round(scaled)  # half to even
    return whole


def _scaled(number: float, exponent: int) -> float:
    try:
        return math.ldexp(number, exponent)
    except OverflowError:
        return math.copysign(math.inf, number)


def _chosen(events: Sequence[Event], at: int, feature: Feature) -> list[Event]:
    end = at - feature.lag
    first = end - feature.width if feature.kind == "time" else -(2**100)
    if feature.ttl is not None:
        first = max(first, at - feature.ttl)
    seen = [e for e in events if first <= e.time < end and e.known is not None and e.known <= at]
    seen.sort(key=lambda e: (e.time, 2**100 if e.first_known is None else e.first_known, e.row))
    if feature.kind == "rows":
        return seen[-feature.rows :]
    if feature.kind == "session":
        session: list[Event] = []
        newer = end
        for event in reversed(seen):
            if event.time < newer - feature.width:
                break
            newer = event.time
            session.insert(0, event)
        return session
    return seen


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def feature_value(events: Sequence[Event], at: int, feature: Feature) -> float:
    """Return one feature of one key at one moment; NaN is null.

    Parameters
    ----------
    events : sequence of Event
        All events of the key, in any order.
    at : int
        The moment, in microseconds.
    feature : Feature
        What is asked for.

    Returns
    -------
    float
        The value.
    """
    seen = _chosen(events, at, feature)
    name = feature.value
    values = [] if name is None else [event.values[name] for event in seen]
    there = [value for value in values if not _is_missing(value)]
    match feature.aggregate:
        case "count":
            return float(len(seen) if name is None else len(there))
        case "nunique":
            return float(len(set(there)))
        case "since_last":
            return (at - seen[-1].time) / 1e6 if seen else math.nan
        case "lag":
            short = len(seen) < feature.rows or _is_missing(values[0])
            return math.nan if short else float(values[0])
        case "ewm":
            return _ewm(seen, at, feature)
        case "sum" | "mean" | "std":
            return _moment(there, feature)
        case _:
            return _picked(there, feature) if there else math.nan


def _binned(values: Sequence[float], share: float, edges: Sequence[float]) -> float:
    """As histogram_quantile of Prometheus: bins (edge, next edge], the outer ones at an edge."""
    at_most = [sum(value <= edge for value in values) for edge in edges] + [len(values)]
    rank = share * len(values)
    below = [0, *at_most]
    place = next(i for i, n in enumerate(at_most) if n > below[i] and n >= rank)
    if place == 0 or place == len(edges):
        return edges[max(place - 1, 0)] + 0.0
    part = (rank - below[place]) / (at_most[place] - below[place])
    low, high = edges[place - 1], edges[place]
    return min(max(low * (1 - part) + high * part, low), high) + 0.0


def _picked(values: Sequence[float], feature: Feature) -> float:
    if feature.edges is not None:
        return _binned(values, feature.parameter, feature.edges)
    ordered = sorted(values)
    if feature.aggregate == "quantile":
        rank = feature.parameter * (len(ordered) - 1)
        low, share = int(rank), rank - int(rank)
        if share == 0 or ordered[low] == ordered[low + 1]:
            return ordered[low] + 0.0
        return ordered[low] * (1 - share) + ordered[low + 1] * share
    picked = {"min": ordered[0] + 0.0, "max": ordered[-1] + 0.0}
    return {**picked, "first": values[0], "last": values[-1]}[feature.aggregate]


def _moment(values: Sequence[float], feature: Feature) -> float:
    numbers = [n for n in (on_grid(value, feature.exponent) for value in values) if n is not None]
    total, count = sum(numbers), len(numbers)
    if feature.aggregate == "sum":
        return _scaled(float(total), feature.exponent)
    if feature.aggregate == "mean":
        return _scaled(float(total) / count, feature.exponent) if count else math.nan
    if count < 2:
        return math.nan
    spread = count * sum(n * n for n in numbers) - total * total
    pairs = float(count) * float(count - 1)
    return _scaled(math.sqrt(float(spread) / pairs), feature.exponent)


def _ewm(seen: Sequence[Event], at: int, feature: Feature) -> float:
    """Weights of whole half-lives are exact powers of two; within one, integers of 31 bits."""
    half = int(feature.parameter)
    oldest = (at - feature.lag) // half - 63
    buckets: dict[int, list[int]] = {}
    for event in seen:
        value = event.values[str(feature.value)]
        number = None if _is_missing(value) else on_grid(value, feature.exponent)
        bucket = event.time // half
        if number is None or bucket < oldest:
            continue
        share = (event.time - bucket * half) / half
        weight = int(math.exp(share * math.log(2)) * 2**30 + 0.5)
        held = buckets.setdefault(bucket, [0, 0, 0])
        high = number >> 50
        held[0] += (number - (high << 50)) * weight
        held[1] += high * weight
        held[2] += weight
    if not buckets:
        return math.nan
    newest = max(buckets)
    total, weights = np.float64(0.0), np.float64(0.0)
    for bucket in sorted(buckets, reverse=True):
        low, high, weight = buckets[bucket]
        scale = 2.0 ** (bucket - newest)
        total = total + (float(high) * 2.0**50 + float(low)) * scale
        weights = weights + float(weight) * scale
    return _scaled(float(total / weights), feature.exponent)
