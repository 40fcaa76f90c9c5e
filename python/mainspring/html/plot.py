"""What every plot is: an inline SVG that says in words what it shows, above its axis."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.html.axis import Axis
from mainspring.html.markup import Markup, element, join

__all__ = ["HEIGHT", "area", "figure", "key", "percent", "steps", "svg"]

HEIGHT = 100


def percent(share: float) -> str:
    """Write a share.

    Parameters
    ----------
    share : float
        From 0 to 1.

    Returns
    -------
    str
        With one decimal; "<0.1%" for what is more than nothing and would read 0.0%.
    """
    return "<0.1%" if 0 < share < 0.0005 else f"{100 * share:.1f}%"


def svg(
    width: float, height: float, *shapes: Markup, class_: str, title: str, desc: str | None = None
) -> Markup:
    """Write an image that is stretched to its place.

    Parameters
    ----------
    width, height : float
        Of the space that shapes are drawn in.
    *shapes : Markup
        What is drawn.
    class_ : str
        Its size on the page.
    title : str
        Its name; an empty one says that the text beside it holds all it shows.
    desc : str, optional
        What it shows, for those who do not see it.

    Returns
    -------
    Markup
        The image.
    """
    box = f"0 0 {width:g} {height:g}"
    if not title:
        return element(
            "svg",
            *shapes,
            viewBox=box,
            preserveAspectRatio="none",
            class_=class_,
            aria_hidden="true",
        )
    return element(
        "svg",
        element("title", title),
        element("desc", desc) if desc else None,
        *shapes,
        viewBox=box,
        preserveAspectRatio="none",
        class_=class_,
        role="img",
    )


def area(heights: Sequence[float], class_: str) -> Markup:
    """Fill what lies below steps one wide.

    Parameters
    ----------
    heights : sequence of float
        From 0 to ``HEIGHT``.
    class_ : str
        Its colour.

    Returns
    -------
    Markup
        A path.
    """
    path = f"M0 {HEIGHT}" + "".join(_step(height) for height in heights) + f"V{HEIGHT}z"
    return element("path", d=path, class_=class_)


def steps(heights: Sequence[float], class_: str) -> Markup:
    """Draw the outline of steps one wide.

    Parameters
    ----------
    heights : sequence of float
        From 0 to ``HEIGHT``.
    class_ : str
        Its colour.

    Returns
    -------
    Markup
        A path.
    """
    path = f"M0 {HEIGHT}" + "".join(_step(height) for height in heights) + f"V{HEIGHT}"
    return element("path", d=path, class_=class_)


def _step(height: float) -> str:
    return f"V{HEIGHT - height:.1f}h1".replace(".0h", "h")


def key() -> Markup:
    """Say what stands for the reference and what for the current data.

    Returns
    -------
    Markup
        A legend: a filled shape and a line, so that colour alone means nothing.
    """
    filled = element("path", d="M0 10V5h7V1h7v4h6v5z", class_="a")
    drawn = element("path", d="M0 8h7V2h7v6h6", class_="c")
    return element(
        "span",
        element("span", svg(20, 10, filled, class_="", title=""), "reference"),
        element("span", svg(20, 10, drawn, class_="", title=""), "current"),
        class_="key",
    )


def figure(caption: str, image: Markup, axis: Axis, *below: Markup | None) -> Markup:
    """Put a caption above an image, and its axis below.

    Parameters
    ----------
    caption : str
        One line.
    image : Markup
        The plot.
    axis : Axis
        Its horizontal axis.
    *below : Markup or None
        Drawn on the same axis.

    Returns
    -------
    Markup
        The figure.
    """
    return element("figure", element("figcaption", caption), image, join(*below), axis.labels())
