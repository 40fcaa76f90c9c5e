"""A whole page in one file that asks for nothing else, and its way to the disk."""

from __future__ import annotations

import os

from mainspring._files import write_file
from mainspring.html.markup import Markup, element, join
from mainspring.html.script import SORT_TABLES
from mainspring.html.style import page_style

__all__ = ["MAX_BYTES", "page", "write_page"]

MAX_BYTES = 300_000

# No address can be asked for, whatever a browser makes of the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(kind: str, headline: str, *parts: str | None, title: str | None, footer: str) -> str:
    """Put a page together. The same parts give the same bytes: no time of day is in it.

    Parameters
    ----------
    kind : str
        What the page is, such as "Drift report".
    headline : str
        The one sentence that matters most.
    *parts : str or None
        What follows, as markup.
    title : str, optional
        What the report is about; shown above the headline and by the browser.
    footer : str
        What made the page.

    Returns
    -------
    str
        HTML.
    """
    above = kind if title is None else f"{kind} · {title}"
    head = join(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width,initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"{headline} · {above}"),
        element("style", Markup(page_style())),
    )
    main = element(
        "main", element("p", above, class_="over"), element("h1", headline), join(*parts)
    )
    body = element(
        "body",
        main,
        element("footer", element("p", footer)),
        element("script", Markup(SORT_TABLES)),
        class_="ms",
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>{body}</html>\n'


def write_page(text: str, path: str | os.PathLike[str] | None) -> str | None:
    """Write a page; a failed write leaves what was there before.

    Parameters
    ----------
    text : str
        The page.
    path : path or None
        Where to; None: to nowhere.

    Returns
    -------
    str or None
        The page, where it was not written: what ``to_html`` and ``to_junit`` of reports return.

    Raises
    ------
    FileError
        When the folder is not there or the file cannot be written.
    """
    if path is None:
        return text
    write_file(os.fspath(path), text.encode("utf-8"))
    return None
