"""Markup that cannot be forged: every text becomes markup through here, escaped.

Names and values come from anybody's data. Characters that could close a tag are escaped; control
characters and those that turn the direction of writing are shown as a replacement mark.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

__all__ = ["Markup", "element", "escape", "join", "name", "names", "redacting", "sentence"]

_SPECIAL = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    "\ufeff\ufffe\uffff]"
)
# A line may break behind the hyphens of exponents and times, and before the number of "p 1e-9".
_WHOLE = re.compile(
    r"(?<![\w.])(?:(?:p )?[-+]?\d[\d.]*e[-+]\d+|\d{4}-\d\d-\d\d(?:T\d\d(?::\d\d){1,2})?)\b"
)
_VOID = frozenset(["br", "hr", "meta"])


class Markup(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


def escape(text: str) -> Markup:
    """Make text safe, inside elements and inside quoted attributes.

    Parameters
    ----------
    text : str
        Any text; markup is returned as it is.

    Returns
    -------
    Markup
        The escaped text.

    Examples
    --------
    >>> escape("a < b & 'c'")
    'a &lt; b &amp; &#39;c&#39;'
    """
    if isinstance(text, Markup):
        return text
    shown = _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)
    return Markup("".join(_SPECIAL.get(letter, letter) for letter in shown))


def element(tag: str, *children: str | None, **attributes: str | float | bool | None) -> Markup:
    """Write one element.

    Parameters
    ----------
    tag : str
        The element's name.
    *children : str or None
        Text is escaped, markup is not, None is left out.
    **attributes
        ``class_`` is written ``class`` and ``aria_label`` ``aria-label``; True stands alone, None
        and False are left out.

    Returns
    -------
    Markup
        The element with its end tag.

    Examples
    --------
    >>> element("a", "x < y", href="#c1", class_="quiet")
    '<a href="#c1" class="quiet">x &lt; y</a>'
    """
    start = tag
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        start += f" {key}" if value is True else f' {key}="{escape(_attribute(value))}"'
    if tag in _VOID:
        return Markup(f"<{start}>")
    return Markup(f"<{start}>{join(*children)}</{tag}>")


def _attribute(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def join(*children: str | None) -> Markup:
    """Put pieces one after the other.

    Parameters
    ----------
    *children : str or None
        Text is escaped, markup is not, None is left out.

    Returns
    -------
    Markup
        All of them.
    """
    return Markup("".join(escape(child) for child in children if child is not None))


def name(text: str, *, longest: int = 64) -> Markup:
    """Show the name of a column or a category, whatever it is made of.

    Parameters
    ----------
    text : str
        Long ones lose their middle, so that both ends can still tell them apart.
    longest : int, default 64
        Characters that are shown.

    Returns
    -------
    Markup
        Isolated where it may run from right to left, so that its direction does not reach what
        stands beside it.
    """
    if len(text) > longest:
        text = f"{text[: longest * 2 // 3]}…{text[-longest // 3 + 1 :]}"
    if not text.strip():
        text = f"“{text}”"
    return escape(text) if text.isascii() else element("bdi", text)


def names(texts: Sequence[str], most: int = 40) -> Markup:
    """Show names one behind the other.

    Parameters
    ----------
    texts : sequence of str
        Names of columns or categories, whatever they are made of.
    most : int, default 40
        How many are shown.

    Returns
    -------
    Markup
        Them, and how many more there are.
    """
    parts: list[str] = []
    for text in texts[:most]:
        parts += [", ", name(text)]
    more = len(texts) - most
    return join(*parts[1:], f" and {more:,} more" if more > 0 else None)


def sentence(text: str) -> Markup:
    """Show a sentence with numbers or times in it.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    Markup
        It; numbers with an exponent stay in one line, and times do.

    Examples
    --------
    >>> sentence("ks 0.1, p 4.5e-101.")
    'ks 0.1, <span class="whole">p 4.5e-101</span>.'
    """
    return Markup(_WHOLE.sub(r'<span class="whole">\g<0></span>', escape(text)))


def redacting() -> bool:
    """Say whether values of the data must not be shown.

    Returns
    -------
    bool
        Whether ``MAINSPRING_REDACT`` is set to anything but 0.
    """
    return os.environ.get("MAINSPRING_REDACT", "") not in ("", "0")
