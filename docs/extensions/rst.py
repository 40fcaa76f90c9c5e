"""The few forms of reStructuredText that generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import indent
from urllib.parse import quote

__all__ = ["code", "escape", "heading", "link_dois", "literal", "prose", "table", "terms"]


def escape(text: str) -> str:
    """Keep plain text from being read as markup."""
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def literal(text: str) -> str:
    """Write a name or a value as code."""
    return f"``{text}``" if text else ""


def prose(text: str) -> str:
    """Keep initials at the start of a text from being read as the number of a list."""
    return re.sub(r"^(?=\w\. )", r"\\", text)


def link_dois(text: str) -> str:
    """Make links of what is written as doi:..., in escaped text or markup."""
    return re.sub(
        r"doi:(10\.[^\s,]*[^\s,.;])",
        lambda found: f"`{found[0]} <https://doi.org/{quote(found[1], safe='/.()')}>`__",
        text,
    )


def heading(text: str, level: int = 1) -> str:
    """Write a heading of level 1, 2 or 3."""
    return f"{text}\n{'=-~'[level - 1] * len(text)}\n"


def code(text: str, language: str = "python") -> str:
    """Write a block of code."""
    return f".. code-block:: {language}\n\n{indent(text, '   ')}\n"


def terms(entries: Iterable[tuple[str, str]]) -> str:
    """Write terms and what they mean here; those that mean nothing are left out."""
    lines = [f"{name}\n{indent(prose(text), '    ')}" for name, text in entries if text]
    return ".. rst-class:: terms\n\n" + "\n".join(lines) + "\n"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], name: str = "") -> str:
    """Write a table; without headers its first column is the heading of each row."""
    lines = [".. list-table::"]
    lines.append("   :header-rows: 1" if headers else "   :stub-columns: 1")
    lines.append(f"   :class: {name or 'reference'}")
    lines.append("")
    for row in [headers, *rows] if headers else rows:
        for position, cell in enumerate(row):
            mark = "   * - " if position == 0 else "     - "
            lines.append(mark + indent(cell, " " * 7).strip())
    return "\n".join(lines) + "\n"
