"""The horizontal axis of a plot: where a value stands, and which values are written below."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from mainspring.html.markup import Markup, element, join, redacting

__all__ = ["Axis"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MOST_TICKS = 6


@dataclass(frozen=True)
class Axis:
    """Bins side by side, all equally wide on the screen.

    Attributes
    ----------
    edges : sequence of float
        Ascending; equally spaced, or so in the logarithm.
    logarithmic : bool
        The latter.
    is_time : bool
        Values are microseconds since 1970-01-01T00:00.
    """

    edges: Sequence[float]
    logarithmic: bool = False
    is_time: bool = False

    def position(self, value: float) -> float:
        """Return where a value stands, from 0 to 1.

        Parameters
        ----------
        value : float
            Values beyond the ends stand on them.

        Returns
        -------
        float
            The share of the width that lies left of it.
        """
        edges = self.edges
        if value <= edges[0]:
            return 0.0
        if value >= edges[-1]:
            return 1.0
        at = min(bisect_right(edges, value), len(edges) - 1) - 1
        low, high = edges[at], edges[at + 1]
        inside = (value / 2 - low / 2) / (high / 2 - low / 2)
        return (at + inside) / (len(edges) - 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return positions and what is written there.

        Returns
        -------
        list of (float, str)
            From left to right; none where values are not to be shown.
        """
        if redacting():
            return []
        if self.is_time:
            return self._time_ticks()
        low, high = self.edges[0], self.edges[-1]
        if self.logarithmic:
            values = _powers(low, high)
            return [(self.position(value), f"{value:.3g}") for value in values]
        step = _nice_step(high / 2 - low / 2)
        first = math.ceil(low / step)
        values = [i * step for i in range(first, first + 3 * _MOST_TICKS) if i * step <= high]
        return [(self.position(value), _short(value, step)) for value in values]

    def _time_ticks(self) -> list[tuple[float, str]]:
        low, high = self.edges[0], self.edges[-1]
        days = (high - low) / 86_400e6
        form = "%Y-%m-%d" if days >= 3 else "%m-%d %H:%M" if days > 0.003 else "%H:%M:%S"
        ticks = []
        for share in (0, 0.5, 1):
            try:
                time = _EPOCH + timedelta(microseconds=low + share * (high - low))
            except OverflowError:
                return []
            ticks.append((share, time.strftime(form)))
        return ticks

    def labels(self) -> Markup:
        """Write the ticks.

        Returns
        -------
        Markup
            They keep the size of text however wide the plot is.
        """
        spans = []
        for at, text in self.ticks():
            side = "first" if at < 0.04 else "last" if at > 0.96 else None
            spans.append(element("span", text, style=f"left:{100 * at:.4g}%", class_=side))
        return element("div", join(*spans), class_="axis", aria_hidden="true")


def _nice_step(half_width: float) -> float:
    """Return 1, 2 or 5 times a power of ten: the smallest that gives few enough ticks."""
    rough = 2 * (half_width / _MOST_TICKS)
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough)


def _powers(low: float, high: float) -> list[float]:
    """Return powers of ten, every so many that there are few; the ends where there are none."""
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    every = max(1, math.ceil((last - first + 1) / _MOST_TICKS))
    powers = [10.0**exponent for exponent in range(first, last + 1, every)]
    return powers if len(powers) > 1 else [low, high]


def _short(value: float, step: float) -> str:
    largest = max(abs(value), step)
    if step >= 1e-4 and largest < 1e6:
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return f"{value:,.{decimals}f}" if value else "0"
    if step >= 1 and largest < 1e15:
        for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
            if largest >= size:
                return f"{value / size:.6g}{letter}" if value else "0"
    return f"{value:.4g}"
