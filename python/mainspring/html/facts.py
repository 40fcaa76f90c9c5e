"""Names with their values: a few large ones on top of a page, or many small ones in a card."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.html.markup import Markup, element

__all__ = ["facts", "pairs"]


def facts(values: Sequence[tuple[str, str]]) -> Markup:
    """Show what matters first.

    Parameters
    ----------
    values : sequence of (str, str)
        Names and values.

    Returns
    -------
    Markup
        A list of definitions.
    """
    return _list(values, "facts")


def pairs(values: Sequence[tuple[str, str]]) -> Markup:
    """Show what belongs to one column.

    Parameters
    ----------
    values : sequence of (str, str)
        Names and values.

    Returns
    -------
    Markup
        A list of definitions.
    """
    return _list(values, "pairs")


def _list(values: Sequence[tuple[str, str]], class_: str) -> Markup:
    entries = [
        element("div", element("dt", label), element("dd", value)) for label, value in values
    ]
    return element("dl", *entries, class_=class_)
