"""Tables as text, for terminals: numbers to the right, words to the left, never too wide."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

__all__ = ["number", "shorten", "text_table", "width"]


def text_table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, max_width: int | None = None
) -> str:
    """Lay out rows under a header.

    Parameters
    ----------
    header : sequence of str
        A name for each column.
    rows : sequence of sequences
        The cells; floats are shown with up to six digits, ``None`` as an empty cell.
    max_width : int, optional
        Columns of the terminal that may be used; by default those it has, 80 in a pipe. Lines that
        would be longer are cut.

    Returns
    -------
    str
        Lines without trailing spaces, joined by newlines.
    """
    limit = width() if max_width is None else max_width
    cells = [[_cell(value) for value in row] for row in rows]
    sizes = [
        max([len(name), *(len(row[index]) for row in cells)]) for index, name in enumerate(header)
    ]
    right = [
        bool(rows) and all(row[index] is None or _is_number(row[index]) for row in rows)
        for index in range(len(header))
    ]
    lines = []
    for row in [list(header), *cells]:
        pieces = [
            text.rjust(size) if to_right else text.ljust(size)
            for text, size, to_right in zip(row, sizes, right, strict=True)
        ]
        lines.append(shorten("  ".join(pieces).rstrip(), limit))
    return "\n".join(lines)


def shorten(text: str, size: int) -> str:
    """Cut a text to a number of characters, three dots at its end.

    Parameters
    ----------
    text : str
        Any text without newlines.
    size : int
        The most characters it may have.

    Returns
    -------
    str
        The text itself where it fits.
    """
    if len(text) <= size:
        return text
    return text[: max(size - 3, 0)].rstrip() + "..."[: max(size, 0)]


def number(value: float) -> str:
    """Show a number with up to six significant digits, integers in full.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        For people; not for reading back.
    """
    if isinstance(value, int) or (value == value and abs(value) < 1e15 and value == int(value)):
        return f"{int(value):,}"
    return f"{value:.6g}"


def width() -> int:
    """Return how many columns the terminal has; 80 where there is none.

    Returns
    -------
    int
        At least 1.
    """
    return max(shutil.get_terminal_size((80, 24)).columns, 1)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return " ".join(str(value).split())
