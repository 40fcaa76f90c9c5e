"""Segments of one or two features in which a model loses far more than on the whole."""

from __future__ import annotations

import math
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from mainspring._columns import codes_of
from mainspring.checks.model_check import ModelCheck, ModelData, judged
from mainspring.errors import SchemaError

if TYPE_CHECKING:
    from mainspring.checks.report import Finding

__all__ = ["WEAK_SEGMENTS", "WEAK_SEGMENTS_LIMITS"]

_SUPPORT = 0.05
_PARTS = 4  # equally filled parts of a number
_PAIRED = 6  # features whose pairs are looked at, too
_LEVEL = 0.05

WEAK_SEGMENTS_LIMITS: list[dict[str, Any]] = [
    {
        "name": "weak_segments_warn",
        "summary": "how much more a segment loses than the whole, its lower bound",
        "default": 0.2,
        "smallest": 0.0,
        "largest": 1e6,
    }
]


def _parts(data: ModelData, which: str) -> dict[str, tuple[Any, list[str]]]:
    """Return the part of each row by every feature, and what the parts are called."""
    import numpy as np
    import pyarrow as pa

    from mainspring._columns import numbers_of

    table = data.table(which)
    found: dict[str, tuple[Any, list[str]]] = {}
    for name in table.column_names:
        if name == data.target:
            continue
        column = table.column(name)
        try:
            if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
                numbers = numbers_of(column, name)
                present = numbers[~np.isnan(numbers)]
                if not len(present):
                    continue
                edges = np.unique(np.quantile(present, np.arange(1, _PARTS) / _PARTS))
                codes = np.where(np.isnan(numbers), 0, 1 + np.searchsorted(edges, numbers))
                ends = ["", *(f"{edge:.4g}" for edge in edges), ""]
                named = [f"{name} in ({a}, {b}]" for a, b in pairwise(ends)]
                found[name] = (codes, [f"{name} missing", *named])
            else:
                codes, values = codes_of(column, name)
                named = [f"{name} = {value}" for value in values.to_pylist()]
                found[name] = (codes + 1, [f"{name} missing", *named])
        except SchemaError:
            continue  # lists and the like are not cut into parts
    return found


def _weak_segments(data: ModelData, limits: dict[str, float]) -> list[Finding]:
    import numpy as np

    which = data.held_out
    losses = data.losses(which)
    mean = float(losses.mean()) if len(losses) else 0.0
    if not mean > 0:
        return [judged("weak_segments", data.target, 0, (0, math.inf), "Nothing is lost.")]
    parts = _parts(data, which)
    segments: list[tuple[float, float, int, str]] = []  # p, lower bound of the excess, rows, name

    def look(codes: Any, size: int, named: Any) -> float:
        rows = np.bincount(codes, minlength=size)
        sums = np.bincount(codes, losses, minlength=size)
        squares = np.bincount(codes, losses**2, minlength=size)
        spread = 0.0
        for code in np.flatnonzero(rows >= max(_SUPPORT * len(losses), 20)):
            inside = sums[code] / rows[code]
            error = math.sqrt(max(squares[code] / rows[code] - inside**2, 0) / rows[code])
            z = (inside - mean) / error if error > 0 else 0.0
            lower = (inside - 1.645 * error) / mean - 1
            segments.append((math.erfc(z / math.sqrt(2)) / 2, lower, int(rows[code]), named(code)))
            spread = max(spread, lower)
        return spread

    spreads = {}
    for name, (codes, named) in parts.items():
        spreads[name] = look(codes, len(named), lambda code, named=named: named[code])
    first = sorted(spreads, key=lambda name: -spreads[name])[:_PAIRED]
    for a, b in combinations([name for name in first if len(parts[name][1]) <= 200], 2):
        (codes_a, named_a), (codes_b, named_b) = parts[a], parts[b]
        width = len(named_b)
        look(
            codes_a * width + codes_b,
            len(named_a) * width,
            lambda code, x=named_a, y=named_b, w=width: f"{x[code // w]} and {y[code % w]}",
        )
    return [_finding(data, which, segments, limits["weak_segments_warn"])]


def _finding(
    data: ModelData, which: str, segments: list[tuple[float, float, int, str]], limit: float
) -> Finding:
    # Benjamini and Hochberg over all segments that were looked at.
    ordered = sorted(segments)
    last = 0
    for place, (p, *_) in enumerate(ordered, 1):
        if p <= _LEVEL * place / len(ordered):
            last = place
    weak = sorted(ordered[:last], key=lambda segment: -segment[1])
    weak = [segment for segment in weak if segment[1] > limit]
    named = "; ".join(
        f"{name} ({rows:,} rows, {100 * lower:.3g} %)" for _, lower, rows, name in weak[:3]
    )
    worst = weak[0][1] if weak else max((s[1] for s in segments), default=0.0)
    return judged(
        "weak_segments",
        data.target,
        max(worst, 0.0) if weak else 0.0,
        (limit, math.inf),
        f"Of {len(segments)} segments {len(weak)} lose far more than the whole, at least: {named}."
        if weak
        else f"None of {len(segments)} segments loses far more than the whole.",
        num_rows=weak[0][2] if weak else 0,
        table=which,
    )


WEAK_SEGMENTS = ModelCheck(
    "weak_segments",
    "How much more than on the whole a model loses in a segment of one or two features.",
    "of each part of a feature (quarters of numbers, values of strings), and of pairs of the six "
    "features with the largest, that has 5 % of the rows: lower bound (1.645 standard errors) of "
    "the mean loss / that of all rows, - 1; among those that Benjamini and Hochberg's rule keeps "
    "at 5 %",
    "rows without a label are left out; of a feature, missing is a part",
    "Y. Chung, T. Kraska, N. Polyzotis, K. Tae and S. Whang 2019, doi:10.1109/ICDE.2019.00139; Y. "
    "Benjamini and Y. Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x",
    "A good mean can hide customers whom the model serves badly.",
    "Add features that tell the segment apart, or rows of it.",
    _weak_segments,
)
