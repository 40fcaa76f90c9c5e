"""Two cumulative distributions and the largest gap between them, which is what ks measures."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from mainspring.html.axis import Axis
from mainspring.html.markup import Markup, element
from mainspring.html.plot import HEIGHT, figure, percent, svg

__all__ = ["cumulative"]


def cumulative(
    axis: Axis,
    reference: Sequence[int],
    current: Sequence[int],
    below: tuple[int, int],
    totals: tuple[int, int],
) -> Markup:
    """Show which share of the rows lies below each value.

    Parameters
    ----------
    axis : Axis
        The bins of both.
    reference, current : sequence of int
        In each bin.
    below, totals : tuple of int
        Values of either side below the axis, and in all.

    Returns
    -------
    Markup
        The figure.
    """
    before = _rising(reference, below[0], totals[0])
    now = _rising(current, below[1], totals[1])
    gaps = [abs(a - b) for a, b in zip(before, now, strict=True)]
    at = gaps.index(max(gaps))
    shapes = [_line(before, "d"), _line(now, "c")]
    if gaps[at] > 0:
        ends = sorted((before[at], now[at]))
        shapes.append(
            element("path", d=f"M{at} {_height(ends[0])}V{_height(ends[1])}", class_="gap")
        )
    image = svg(
        len(reference),
        HEIGHT,
        *shapes,
        element("path", d=f"M0 {HEIGHT}H{len(reference)}", class_="e"),
        class_="plot",
        title="Cumulative distributions of the reference and of the current data",
        desc=f"Largest gap between bins {percent(gaps[at])}: {percent(before[at])} of the "
        f"reference and {percent(now[at])} of the current rows lie below that value.",
    )
    return figure(
        f"Share of rows below a value; largest gap between bins {percent(gaps[at])}.", image, axis
    )


def _rising(counts: Sequence[int], below: int, total: int) -> list[float]:
    return [sofar / total if total else 0.0 for sofar in accumulate(counts, initial=below)]


def _height(share: float) -> str:
    return f"{HEIGHT * (1 - share):.1f}"


def _line(shares: Sequence[float], class_: str) -> Markup:
    points = " ".join(f"{i} {_height(share)}" for i, share in enumerate(shares))
    return element("path", d=f"M{points}", class_=class_)
