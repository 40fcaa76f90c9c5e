"""A compact piece of markup for a notebook's cell: styled by its own class, and nothing else."""

from __future__ import annotations

from mainspring.html.markup import Markup, element
from mainspring.html.style import fragment_style

__all__ = ["fragment"]


def fragment(*parts: str | None) -> str:
    """Wrap parts for a notebook.

    Parameters
    ----------
    *parts : str or None
        Markup without ids, since a notebook may show the same one twice.

    Returns
    -------
    str
        A ``div`` that brings its style.
    """
    return element("div", element("style", Markup(fragment_style())), *parts, class_="ms")
