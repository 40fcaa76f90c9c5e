"""Bars of categories: of one column, or of two sides under each other, beside their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring.html.markup import Markup, element
from mainspring.html.plot import percent, svg
from mainspring.html.table import Column, row, table

__all__ = ["bars", "paired_bars", "value_and_limit"]

_OTHERS = element("i", "all others")


def bars(caption: str, categories: Sequence[tuple[Markup, int]], others: int, total: int) -> Markup:
    """Show how often each category occurs.

    Parameters
    ----------
    caption : str
        What is counted.
    categories : sequence of (Markup, int)
        Names and rows.
    others : int
        Rows of all other categories; a line without a bar, which would dwarf the rest.
    total : int
        Rows that shares are of.

    Returns
    -------
    Markup
        A table with bars.
    """
    columns = [
        Column("value"),
        Column("share"),
        Column("of rows", number=True),
        Column("rows", number=True),
    ]
    shares = [count / total if total else 0.0 for _, count in categories]
    top = max(shares, default=0.0) or 1.0
    rows = [
        row(
            columns,
            [
                category,
                svg(100, 10, _bar(share / top, 0, 10, "a"), class_="bar", title=""),
                percent(share),
                f"{count:,}",
            ],
        )
        for (category, count), share in zip(categories, shares, strict=True)
    ]
    if others:
        rows.append(row(columns, [_OTHERS, "", percent(others / total), f"{others:,}"]))
    return table(caption, columns, rows)


def paired_bars(
    caption: str,
    categories: Sequence[tuple[Markup, int, int]],
    others: Sequence[tuple[str, int, int]],
    totals: tuple[int, int],
) -> Markup:
    """Show how often each category occurs on both sides.

    Parameters
    ----------
    caption : str
        What is counted.
    categories : sequence of (Markup, int, int)
        Names, rows of the reference, rows of the current data.
    others : sequence of (str, int, int)
        The same of all other categories, without bars, which would dwarf the rest.
    totals : tuple of int
        Rows that shares are of.

    Returns
    -------
    Markup
        A table with bars: the reference above, the current data below.
    """
    columns = [
        Column("value"),
        Column("share"),
        Column("reference", number=True),
        Column("current", number=True),
        Column("change", number=True),
    ]
    shares = [_shares(before, now, totals) for _, before, now in categories]
    top = max((max(pair) for pair in shares), default=0.0) or 1.0
    rows = [
        row(
            columns,
            [
                category,
                svg(
                    100,
                    10,
                    _bar(before / top, 0, 4.4, "a"),
                    _bar(now / top, 5.6, 4.4, "b"),
                    class_="bar",
                    title="",
                ),
                *_numbers(before, now),
            ],
        )
        for (category, _, _), (before, now) in zip(categories, shares, strict=True)
    ]
    for label, in_reference, in_current in others:
        numbers = _numbers(*_shares(in_reference, in_current, totals))
        rows.append(row(columns, [element("i", label), "", *numbers]))
    return table(caption, columns, rows)


def _shares(before: int, now: int, totals: tuple[int, int]) -> tuple[float, float]:
    return (before / totals[0] if totals[0] else 0.0, now / totals[1] if totals[1] else 0.0)


def value_and_limit(value: float, limit: float, class_: str) -> Markup:
    """Draw a value as a bar and its limit as a line.

    Parameters
    ----------
    value, limit : float
        Not negative.
    class_ : str
        The bar's colour.

    Returns
    -------
    Markup
        An empty element; the numbers stand beside it.
    """
    # Two numbers for a style sheet, not a drawing: a long report has hundreds of these.
    top = max(value, limit, 1e-300) * (1.0 if max(value, limit) == 1 else 1.1)
    width = _width(value / top)
    at = min(99.5, 100 * limit / top)
    return element("div", class_=f"limit {class_}", style=f"--value:{width:.3g}%;--limit:{at:.3g}%")


def _numbers(before: float, now: float) -> tuple[str, str, str]:
    change = round(100 * (now - before), 1) + 0.0  # no -0.0
    return percent(before), percent(now), f"{change:+.1f}"


def _bar(share: float, y: float, height: float, class_: str) -> Markup:
    return element("rect", y=y, width=f"{_width(share):.1f}", height=height, class_=class_)


def _width(share: float) -> float:
    # What is more than nothing stays visible.
    return max(0.6, 100 * share) if share > 0 else 0
