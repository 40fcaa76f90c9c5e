"""Plain text tables that fit a terminal: what profiles, drift and check reports print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

__all__ = ["format_count", "format_number", "format_time", "text_table"]

_WIDTH = 80
_NARROWEST = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def text_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    width: int = _WIDTH,
) -> str:
    """Lay out rows under headers, at most ``width`` characters wide.

    Parameters
    ----------
    headers : sequence of str
        One for each column.
    rows : sequence of sequence of str
        Cells; a cell that does not fit is cut and ends in "…".
    left : int, default 1
        The first so many columns are flush left, the others flush right.
    width : int, default 80
        Characters a line may have.

    Returns
    -------
    str
        Lines joined by newlines, without trailing spaces.
    """
    table = [list(headers), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(headers))]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for row in table:
        cells = [
            cell.ljust(size) if i < left else cell.rjust(size)
            for i, (cell, size) in enumerate(
                (_cut(cell, size), size) for cell, size in zip(row, widths, strict=True)
            )
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cut(cell: str, size: int) -> str:
    printable = "".join(letter if letter.isprintable() else "�" for letter in cell)
    return printable if len(printable) <= size else printable[: size - 1] + "…"


def format_number(value: float | None) -> str:
    """Write a number in at most ten characters or so; "-" for none.

    Parameters
    ----------
    value : float or None
        Any number, infinities and NaN too.

    Returns
    -------
    str
        Four significant digits; whole numbers below ten million in full.
    """
    if value is None:
        return "-"
    if value == int(value) if abs(value) < 1e7 else False:
        return str(int(value))
    return f"{value:.4g}"


def format_count(value: float) -> str:
    """Write a count with thousands separated; an estimate with "~" before it.

    Parameters
    ----------
    value : int or float
        A float is an estimate.

    Returns
    -------
    str
        Such as "12,345" or "~12,345".
    """
    return f"~{value:,.0f}" if isinstance(value, float) else f"{value:,}"


def format_time(microseconds: float | None) -> str:
    """Write a timestamp as its day; "-" for none.

    Parameters
    ----------
    microseconds : float or None
        Since 1970-01-01T00:00.

    Returns
    -------
    str
        Such as "2013-07-04"; the number itself where no calendar reaches.
    """
    if microseconds is None:
        return "-"
    try:
        return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%Y-%m-%d")
    except OverflowError:
        return format_number(microseconds)
