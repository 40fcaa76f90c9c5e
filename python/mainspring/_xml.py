"""Text inside XML: whatever XML 1.0 has no form for becomes a mark."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

__all__ = ["xml_attribute", "xml_text"]

_FORBIDDEN = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_MARK = "\N{REPLACEMENT CHARACTER}"


def xml_text(text: str) -> str:
    r"""Escape what stands between two tags.

    Parameters
    ----------
    text : str
        Any characters.

    Returns
    -------
    str
        Well-formed.

    Examples
    --------
    >>> xml_text("a < b\x00") == "a &lt; b\ufffd"
    True
    """
    return escape(_FORBIDDEN.sub(_MARK, text))


def xml_attribute(text: str) -> str:
    """Quote the value of an attribute.

    Parameters
    ----------
    text : str
        Any characters.

    Returns
    -------
    str
        With its quotes; line breaks and tabs are kept as references.

    Examples
    --------
    >>> xml_attribute("a & b")
    '"a &amp; b"'
    """
    return quoteattr(_FORBIDDEN.sub(_MARK, text))
