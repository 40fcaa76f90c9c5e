"""One column of a drift report: both distributions, and every statistic with its limit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mainspring.html.axis import Axis
from mainspring.html.bars import paired_bars
from mainspring.html.cumulative import cumulative
from mainspring.html.histogram import mini_pair, overlay
from mainspring.html.markup import Markup, element, join, name, redacting, sentence
from mainspring.html.plot import key, percent
from mainspring.html.table import Column, row, table
from mainspring.profiles.text_table import format_number

if TYPE_CHECKING:
    from mainspring.drift.column_drift import ColumnDrift, DriftStatistic
    from mainspring.drift.report import DriftReport

__all__ = ["card", "column_mini", "p_text"]

_SIGNED = ("missing_rate", "unseen_rate", "out_of_range_rate")
_DECIDING = {
    "number": ("ks", "wasserstein_std", "missing_rate"),
    "list": ("ks", "wasserstein_std", "missing_rate"),
    "boolean": ("js_debiased", "unseen_rate", "missing_rate"),
    "text": ("js_debiased", "unseen_rate", "missing_rate"),
    "timestamp": ("missing_rate",),
    "unknown": ("missing_rate",),
}
_STATISTICS = (
    Column("statistic"),
    Column("value", number=True),
    Column("interval", number=True),
    Column("limit", number=True),
    Column("p, uncorrected", number=True),
)


def column_mini(column: ColumnDrift) -> Markup:
    """Draw both distributions in the size of a line.

    Parameters
    ----------
    column : ColumnDrift
        What was compared.

    Returns
    -------
    Markup
        The image, or nothing where there is nothing to draw.
    """
    title = "Reference and current distribution"
    before, now = column.reference_histogram, column.current_histogram
    if before is not None and now is not None:
        return mini_pair(before.counts, now.counts, (before.total, now.total), title)
    if not column.categories:
        return Markup("")
    return mini_pair(
        [share.reference for share in column.categories],
        [share.current for share in column.categories],
        _present(column),
        title,
        apart=True,
    )


def card(column: ColumnDrift, report: DriftReport, link: str) -> Markup:
    """Show everything about a column: open where it drifted, closed where it did not.

    Parameters
    ----------
    column : ColumnDrift
        What was compared.
    report : DriftReport
        The report, for its limits.
    link : str
        The id that the table's line leads to.

    Returns
    -------
    Markup
        A card.
    """
    body = [
        element("p", sentence(column.reason)),
        _plots(column),
        _statistics(column, report),
        element("p", _exactness(column), class_="quiet"),
    ]
    about = element("span", _about(column), class_="quiet")
    if column.drifted:
        title = join(element("h3", name(column.name)), element("span", "● drifted", class_="fail"))
        return element("section", title, element("p", about), *body, class_="card", id=link)
    return element(
        "details",
        element("summary", element("h3", name(column.name)), about),
        element("div", *body, id=link),
        class_="card",
    )


def p_text(p_value: float | None) -> str:
    """Write a p-value.

    Parameters
    ----------
    p_value : float or None
        None: nothing was tested.

    Returns
    -------
    str
        Two digits; nothing for none.
    """
    if p_value is None:
        return ""
    return f"{p_value:.2g}" if p_value > 0 else "<1e-300"


def _about(column: ColumnDrift) -> str:
    missing = [
        percent(missing / rows) if rows else "-"
        for missing, rows in (
            (column.reference_missing, column.reference_rows),
            (column.current_missing, column.current_rows),
        )
    ]
    if column.reference_missing + column.current_missing == 0:
        return f"{column.kind}, none missing"
    return f"{column.kind}, missing {missing[0]} before and {missing[1]} now"


def _present(column: ColumnDrift) -> tuple[int, int]:
    return (
        column.reference_rows - column.reference_missing,
        column.current_rows - column.current_missing,
    )


def _plots(column: ColumnDrift) -> Markup | None:
    before, now = column.reference_histogram, column.current_histogram
    if before is not None and now is not None:
        axis = Axis(before.edges, before.logarithmic, column.kind == "timestamp")
        totals = (before.total, now.total)
        return join(
            element("p", key()),
            element(
                "div",
                overlay(axis, before.counts, now.counts, totals),
                cumulative(axis, before.counts, now.counts, (before.below, now.below), totals),
                class_="plots",
            ),
        )
    if not column.categories:
        return None
    others = [("all others", *column.rest)] if any(column.rest) else []
    if column.unseen:
        others.append(("all others, unseen in the reference", 0, column.unseen))
    return paired_bars(
        "Share of the present rows: above the reference, below the current data",
        _categories(column),
        others,
        _present(column),
    )


def _categories(column: ColumnDrift) -> list[tuple[Markup, int, int]]:
    found = [
        (Markup(f"value {i + 1}") if redacting() else name(share.value), share)
        for i, share in enumerate(column.categories)
    ]
    return [(label, share.reference, share.current) for label, share in found]


def _statistics(column: ColumnDrift, report: DriftReport) -> Markup | None:
    if not column.statistics:
        return None
    rows = []
    for key_, found in column.statistics.items():
        limit = report.limits.get(key_) if key_ in _DECIDING[column.kind] else None
        rows.append(
            row(
                _STATISTICS,
                [
                    key_,
                    _value(key_, found.value),
                    _interval(key_, found),
                    "" if limit is None else _limit(key_, limit, found.value),
                    p_text(found.p_value),
                ],
            )
        )
    return element(
        "details",
        element("summary", "Every statistic"),
        table("Those with a limit decide.", _STATISTICS, rows),
        class_="more",
    )


def _value(statistic: str, value: float) -> str:
    if math.isnan(value):
        return "not known"
    if statistic in _SIGNED:
        return f"{round(100 * value, 2) + 0.0:+.2f}%"  # no -0.00
    return format_number(value)


def _interval(statistic: str, found: DriftStatistic) -> str:
    if found.low == found.high or math.isnan(found.value):
        return ""
    if math.isnan(found.high):
        return "estimated" if math.isnan(found.low) else "at least"
    return f"{_value(statistic, found.low)} to {_value(statistic, found.high)}"


def _limit(statistic: str, limit: float, value: float) -> Markup:
    text = f"{100 * limit:g}%" if statistic in _SIGNED else f"{limit:g}"
    size = abs(value) if statistic == "missing_rate" else value
    reached = element("span", " reached", class_="fail") if size >= limit and size > 0 else None
    return join(text, reached)


def _exactness(column: ColumnDrift) -> str:
    rows = f"{column.current_rows:,} rows against {column.reference_rows:,}"
    if column.exact:
        return f"{rows}; nothing was approximated."
    if column.rank_error:
        return (
            f"{rows}; ranks are certain up to {100 * column.rank_error:.2g}% of them, intervals "
            "hold the exact values, and nothing bounds what is estimated."
        )
    return f"{rows}; rare categories are not all counted, and what drifted did so for certain."
