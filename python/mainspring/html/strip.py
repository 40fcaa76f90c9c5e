"""Quantiles as a strip below a histogram: a line, a box, and the median."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.html.axis import Axis
from mainspring.html.markup import Markup, element
from mainspring.html.plot import svg

__all__ = ["strip"]

_WIDTH = 400


def strip(axis: Axis, quantiles: Mapping[float, float]) -> Markup:
    """Draw quantiles on the axis of a plot.

    Parameters
    ----------
    axis : Axis
        The plot's.
    quantiles : mapping of float to float
        Of 0.01, 0.05, 0.25, 0.5, 0.75, 0.95 and 0.99.

    Returns
    -------
    Markup
        The line reaches from 1 % to 99 %, the box from 25 % to 75 %.
    """
    at = {q: f"{_WIDTH * axis.position(value):.1f}" for q, value in quantiles.items()}
    middle = _WIDTH * (axis.position(quantiles[0.75]) - axis.position(quantiles[0.25]))
    return svg(
        _WIDTH,
        20,
        element("path", d=f"M{at[0.01]} 10H{at[0.99]}", class_="e"),
        element("path", d=f"M{at[0.05]} 6V14M{at[0.95]} 6V14", class_="e"),
        element("rect", x=at[0.25], y=5, width=f"{max(1.0, middle):.1f}", height=10, class_="a"),
        element("path", d=f"M{at[0.5]} 2V18", class_="c"),
        class_="strip",
        title="Quantiles",
        desc="A line from the 1st to the 99th percentile with marks at the 5th and the 95th, a box "
        "over the middle half, and the median as a bar.",
    )
