"""Transformers that bend numbers: quantiles, powers, bins and the logarithm."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.transforms.importers.refusals import fitted, refused, same_count
from mainspring.transforms.importers.sklearn_scalers import centered
from mainspring.transforms.importers.streams import Hot, Numbers, Plan, Stream

__all__ = [
    "function_transformer",
    "k_bins_discretizer",
    "power_transformer",
    "quantile_transformer",
]

Floats = npt.NDArray[np.float64]
_Point = tuple[float, float, float, float]  # x, and the rank below, at and above it

# What QuantileTransformer takes for the distance to a bound, with a normal output.
_BOUND = 1e-7
# The normal quantile of _BOUND - 2^-52, to which it clips.
_LARGEST_NORMAL = 5.199337582605575


def function_transformer(
    plan: Plan, function: Any, streams: list[Stream], where: str
) -> list[Stream]:
    """Convert the identity and ``log1p``."""
    if function.kw_args:
        raise refused(where, f"its func takes kw_args={function.kw_args!r}")
    if function.func is None:
        return streams
    if function.func is not np.log1p:
        name = getattr(function.func, "__name__", repr(function.func))
        raise refused(where, f"func is {name!r}, expected numpy.log1p or None")
    return [
        Numbers(stream.name, where, plan.draft.log1p(plan.number(stream, where)))
        for stream in streams
    ]


def power_transformer(plan: Plan, power: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert the power of each column, and the scaler behind it."""
    exponents = [float(exponent) for exponent in fitted(power, "lambdas_", where)]
    same_count(where, len(exponents), len(streams))
    powered: list[Stream] = []
    for place, (stream, exponent) in enumerate(zip(streams, exponents, strict=True)):
        value = plan.number(stream, where)
        if math.isfinite(exponent):
            value = plan.draft.power(value, power.method, exponent)
        else:
            value = plan.missing(value)
        if power.standardize:
            scaler = power._scaler
            value = centered(plan, value, float(scaler.mean_[place]), float(scaler.scale_[place]))
        powered.append(Numbers(stream.name, where, value))
    return powered


def k_bins_discretizer(plan: Plan, bins: Any, streams: list[Stream], where: str) -> list[Stream]:
    """Convert the edges of each column, with the number of the bin or a feature for each."""
    edges_of = fitted(bins, "bin_edges_", where)
    same_count(where, len(edges_of), len(streams))
    if bins.dtype is not None and np.dtype(bins.dtype) != np.float64:
        raise refused(
            where, f"dtype={np.dtype(bins.dtype).name} rounds values before they are binned"
        )
    binned: list[Stream] = []
    for stream, all_edges, count in zip(streams, edges_of, bins.n_bins_, strict=True):
        edges, counts = np.unique(np.asarray(all_edges[1:-1], np.float64), return_counts=True)
        ids = plan.draft.count_edges(plan.number(stream, where), edges.tolist())
        numbers = [0, *np.cumsum(counts).tolist()]  # the bin, by edges at or below
        if bins.encode == "ordinal":
            value = plan.draft.gather(ids, [math.nan, *map(float, numbers)])
            binned.append(Numbers(stream.name, where, value))
            continue
        places = (0, *(number + 1 for number in numbers))
        binned += [
            Hot(f"{stream.name}_{float(index)}", where, ids, places, index)
            for index in range(int(count))
        ]
    return binned


def quantile_transformer(
    plan: Plan, quantile: Any, streams: list[Stream], where: str
) -> list[Stream]:
    """Convert the ranks among the quantiles, and the normal distribution's quantiles of them."""
    quantiles: Floats = np.asarray(fitted(quantile, "quantiles_", where), np.float64)
    same_count(where, quantiles.shape[1], len(streams))
    normal = quantile.output_distribution == "normal"
    references: Floats = np.asarray(quantile.references_, np.float64)
    ranked: list[Stream] = []
    for stream, column in zip(streams, quantiles.T, strict=True):
        value = plan.number(stream, where)
        if not np.isfinite(column).all():
            ranked.append(Numbers(stream.name, where, plan.missing(value)))
            continue
        ranks = _Ranks(column, references)
        points = ranks.normal() if normal else ranks.uniform()
        value = plan.draft.interpolate(value, *map(list, zip(*points, strict=True)))
        if normal:
            value = plan.draft.normal_quantile(value)
            value = plan.draft.clip(value, -_LARGEST_NORMAL, _LARGEST_NORMAL)
        ranked.append(Numbers(stream.name, where, value))
    return ranked


class _Ranks:
    """Ranks among quantiles: of one that several references share the middle of these."""

    def __init__(self, quantiles: Floats, references: Floats) -> None:
        self.x, first = np.unique(quantiles, return_index=True)
        self.below = references[first]
        self.above = references[np.r_[first[1:], len(quantiles)] - 1]

    def point(self, value: float) -> _Point:
        """Return a point on the line at ``value``, which lies between the ends."""
        place = int(np.searchsorted(self.x, value))
        if self.x[place] == value:
            below, above = float(self.below[place]), float(self.above[place])
            return value, below, 0.5 * (below + above), above
        share = (value - self.x[place - 1]) / (self.x[place] - self.x[place - 1])
        left, right = self.above[place - 1], self.below[place]
        rank = float(left + (right - left) * share)
        return value, rank, rank, rank

    def uniform(self) -> list[_Point]:
        """Return the points of the line; at the lowest quantile 0, else at the highest 1."""
        points = [self.point(float(value)) for value in self.x]
        points[-1] = (*points[-1][:2], 1.0, points[-1][3])
        points[0] = (*points[0][:2], 0.0, points[0][3])
        return points

    def normal(self) -> list[_Point]:
        """Return the same where all within ``_BOUND`` of an end is the end.

        The line begins and ends at the first number beyond the bound, as floating point has it.
        """
        lowest, highest = float(self.x[0]), float(self.x[-1])
        low = _outermost(lowest + _BOUND, -math.inf, lambda value: not value - _BOUND < lowest)
        high = _outermost(highest - _BOUND, math.inf, lambda value: not value + _BOUND > highest)
        points = [] if low <= lowest else [(lowest, 0.0, 0.0, 0.0)]
        if low > high:  # no number is far enough from both ends, and the lower one comes first
            return [*points, (low, 0.0, 1.0, 1.0)]
        inside = self.x[(self.x > low) & (self.x < high)].tolist()
        points += [self.point(value) for value in dict.fromkeys([low, *inside, high])]
        first = len(points) - len(inside) - (2 if low < high else 1)
        points[first] = (low, 0.0, *points[first][2:])
        return [*points, (math.nextafter(high, math.inf), 1.0, 1.0, 1.0)]


def _outermost(start: float, outwards: float, holds: Callable[[float], bool]) -> float:
    """Return the last double from ``start`` towards ``outwards`` for which ``holds`` is true."""
    value = start
    while not holds(value):
        value = math.nextafter(value, -outwards)
    while holds(math.nextafter(value, outwards)):
        value = math.nextafter(value, outwards)
    return value
