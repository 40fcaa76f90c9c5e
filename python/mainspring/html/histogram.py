"""Histograms: of one column, of two sides over each other, and tiny ones for the rows of tables."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.html.axis import Axis
from mainspring.html.markup import Markup, element
from mainspring.html.plot import HEIGHT, area, figure, percent, steps, svg

__all__ = ["histogram", "mini", "mini_pair", "overlay"]

_MINI_BINS = 16


def histogram(axis: Axis, counts: Sequence[int], outside: str, strip: Markup | None) -> Markup:
    """Show how one column is spread.

    Parameters
    ----------
    axis : Axis
        The bins.
    counts : sequence of int
        In each bin.
    outside : str
        What lies beyond the axis, or nothing.
    strip : Markup, optional
        Quantiles on the same axis.

    Returns
    -------
    Markup
        The figure.
    """
    shares, heights = _scaled(counts)
    bars = "".join(
        f"M{i + 0.04:.2f} {HEIGHT}v-{height:.1f}h.92V{HEIGHT}z"
        for i, height in enumerate(heights)
        if height > 0
    )
    image = svg(
        len(counts),
        HEIGHT,
        element("path", d=bars, class_="a"),
        element("path", d=f"M0 {HEIGHT}H{len(counts)}", class_="e"),
        class_="plot",
        title="Histogram",
        desc=_words(shares),
    )
    caption = f"Distribution; highest bin {percent(max(shares))}. {outside}"
    return figure(caption.rstrip(), image, axis, strip)


def overlay(
    axis: Axis, reference: Sequence[int], current: Sequence[int], totals: tuple[int, int]
) -> Markup:
    """Show two sides over each other: the reference filled, the current data as a line.

    Parameters
    ----------
    axis : Axis
        The bins of both.
    reference, current : sequence of int
        In each bin.
    totals : tuple of int
        Values of either side, those beyond the axis included: heights are shares of them.

    Returns
    -------
    Markup
        The figure.
    """
    before, now = _shares(reference, totals[0]), _shares(current, totals[1])
    top = max(*before, *now) or 1.0
    image = svg(
        len(reference),
        HEIGHT,
        area([HEIGHT * share / top for share in before], "a"),
        steps([HEIGHT * share / top for share in now], "c"),
        element("path", d=f"M0 {HEIGHT}H{len(reference)}", class_="e"),
        class_="plot",
        title="Histograms of the reference and of the current data",
        desc=f"Reference: {_words(before)} Current: {_words(now)}",
    )
    beyond = [1 - sum(before), 1 - sum(now)]
    outside = ""
    if max(beyond) > 0.0001:
        first, second = (percent(max(0.0, share)) for share in beyond)
        outside = f" Beyond the axis: {first} of the reference, {second} now."
    return figure(f"Share of rows in each bin, up to {percent(top)}.{outside}", image, axis)


def mini(counts: Sequence[int], title: str, *, apart: bool = False) -> Markup:
    """Draw a tiny histogram.

    Parameters
    ----------
    counts : sequence of int
        Neighbouring bins are put together until there are few.
    title : str
        Whose it is.
    apart : bool, default False
        One bar for each, with room between: what is counted has no order.

    Returns
    -------
    Markup
        The image.
    """
    if apart:
        _, heights = _scaled(counts)
        bars = _bars(heights, 0.0, 0.8, "a")
        return svg(len(counts), HEIGHT, bars, class_="mini", title=title)
    _, heights = _scaled(_fewer(counts))
    return svg(len(heights), HEIGHT, area(_rounded(heights), "a"), class_="mini", title=title)


def mini_pair(
    reference: Sequence[int],
    current: Sequence[int],
    totals: tuple[int, int],
    title: str,
    *,
    apart: bool = False,
) -> Markup:
    """Draw two tiny histograms over each other.

    Parameters
    ----------
    reference, current : sequence of int
        In equal bins.
    totals : tuple of int
        Values of either side.
    title : str
        Whose they are.
    apart : bool, default False
        Two bars for each, side by side: what is counted has no order.

    Returns
    -------
    Markup
        The image.
    """
    if not apart:
        reference, current = _fewer(reference), _fewer(current)
    before, now = _shares(reference, totals[0]), _shares(current, totals[1])
    top = max(*before, *now) or 1.0
    if apart:
        return svg(
            len(before),
            HEIGHT,
            _bars([HEIGHT * share / top for share in before], 0.05, 0.4, "a"),
            _bars([HEIGHT * share / top for share in now], 0.5, 0.4, "b"),
            class_="mini",
            title=title,
        )
    return svg(
        len(before),
        HEIGHT,
        area(_rounded([HEIGHT * share / top for share in before]), "a"),
        steps(_rounded([HEIGHT * share / top for share in now]), "c"),
        class_="mini",
        title=title,
    )


def _shares(counts: Sequence[int], total: int) -> list[float]:
    return [count / total if total else 0.0 for count in counts]


def _scaled(counts: Sequence[int]) -> tuple[list[float], list[float]]:
    shares = _shares(counts, sum(counts))
    top = max(shares) or 1.0
    return shares, [HEIGHT * share / top for share in shares]


def _bars(heights: Sequence[float], left: float, width: float, class_: str) -> Markup:
    path = "".join(
        f"M{i + left:g} {HEIGHT}v-{max(2.0, height):.0f}h{width:g}V{HEIGHT}z"
        for i, height in enumerate(heights)
        if height > 0
    )
    return element("path", d=path, class_=class_)


def _rounded(heights: Sequence[float]) -> list[float]:
    # What is more than nothing stays visible.
    return [0.0 if height == 0 else max(2.0, round(height)) for height in heights]


def _fewer(counts: Sequence[int]) -> list[int]:
    together = -(-len(counts) // _MINI_BINS)
    return [sum(counts[i : i + together]) for i in range(0, len(counts), together)]


def _words(shares: Sequence[float]) -> str:
    """Say where the mass lies, in thirds of the axis and by its highest bin."""
    third = len(shares) / 3
    parts = [0.0, 0.0, 0.0]
    for i, share in enumerate(shares):
        parts[min(2, int((i + 0.5) / third))] += share
    peak = shares.index(max(shares)) + 1
    lower, middle, upper = (percent(part) for part in parts)
    return (
        f"{lower} of rows in the lower third of the axis, {middle} in the middle, {upper} in the "
        f"upper; highest in bin {peak} of {len(shares)}."
    )
