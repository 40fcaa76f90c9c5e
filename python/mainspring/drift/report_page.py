"""A drift report as an HTML page: the verdict, a line for each column, and both distributions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainspring import __version__, _engine
from mainspring.drift.column_card import card, column_mini, p_text
from mainspring.html.budget import Budget
from mainspring.html.facts import facts
from mainspring.html.fragment import fragment
from mainspring.html.markup import Markup, element, join, name, sentence
from mainspring.html.page import MAX_BYTES, page
from mainspring.html.plot import key
from mainspring.html.table import Column, row, table

if TYPE_CHECKING:
    from mainspring.drift.column_drift import ColumnDrift
    from mainspring.drift.report import DriftReport

__all__ = ["drift_fragment", "drift_page"]

_FRAGMENT_ROWS = 20
_NAMED = 12
_SHOWN_WINDOWS = 100
_WINDOWS = (
    Column("window"),
    Column("rows", number=True),
    Column("drifted", number=True),
    Column("which"),
)
_LINK = '<a href="#c1234"></a>'
_COLUMNS = (
    Column("column"),
    Column("kind"),
    Column("verdict"),
    Column("reference and current", sortable=False),
    Column("ks or js", number=True),
    Column("w1/std", number=True),
    Column("psi", number=True),
    Column("missing", number=True),
    Column("unseen", number=True),
    Column("p", number=True),
)


def drift_page(report: DriftReport, *, title: str | None = None) -> str:
    """Write a drift report as a page.

    Parameters
    ----------
    report : DriftReport
        What to show.
    title : str, optional
        What was compared, or when.

    Returns
    -------
    str
        HTML of at most 300 kB.
    """
    columns = report._by_effect()
    start = join(_rows_compared(report), _alerts(report), _reasons(columns), _not_compared(report))
    end = join(_windows(report), _rule(report), _words())
    footer = f"Written by mainspring {__version__} from column statistics alone; no row was kept."
    shell = page("Drift report", _headline(report), start, end, title=title, footer=footer)
    budget = Budget(MAX_BYTES - len(shell.encode()) - 3_000)

    lines = budget.part(0.8)
    shown = columns[: len(lines.fill(columns, lambda c: _row(c, plotted=False, link="")))]
    budget.give_back(lines)
    plots = budget.part(0.6)
    num_plotted = len(plots.fill(shown, lambda column: join(column_mini(column), _LINK)))
    budget.give_back(plots)
    cards = budget.fill(enumerate(shown), lambda item: card(item[1], report, f"c{item[0]}"))
    rows = [
        _row(column, plotted=i < num_plotted, link=f"c{i}" if i < len(cards) else "")
        for i, column in enumerate(shown)
    ]
    num_drifted = sum(column.drifted for column in shown[: len(cards)])
    return page(
        "Drift report",
        _headline(report),
        start,
        element("h2", "Columns"),
        element("p", key()),
        table("Every column, largest effect first.", _COLUMNS, rows, sortable=True),
        _left_out(len(columns), len(rows), num_plotted, len(cards)),
        element("h2", "What drifted") if num_drifted else None,
        *cards[:num_drifted],
        element("h2", "What did not") if len(cards) > num_drifted else None,
        *cards[num_drifted:],
        end,
        title=title,
        footer=footer,
    )


def drift_fragment(report: DriftReport) -> str:
    """Write a report's first columns for a notebook.

    Parameters
    ----------
    report : DriftReport
        What to show.

    Returns
    -------
    str
        Markup that brings its style.
    """
    columns = report._by_effect()
    rows = [_row(column, plotted=True, link="") for column in columns[:_FRAGMENT_ROWS]]
    more = len(columns) - len(rows)
    caption = f"{_headline(report)}: {report.num_rows:,} rows against {report.reference_rows:,}"
    return fragment(
        table(caption, _COLUMNS, rows),
        element("p", f"{more:,} more columns: .to_html(path) has them.", class_="quiet")
        if more
        else None,
    )


def _headline(report: DriftReport) -> str:
    drifted, compared = len(report.drifted), len(report.columns)
    of = f"{compared:,} column{'' if compared == 1 else 's'}"
    return f"{drifted:,} of {of} drifted" if drifted else f"None of {of} drifted"


def _rows_compared(report: DriftReport) -> Markup:
    tested = sum(column.p_value is not None for column in report.columns)
    exact = sum(column.exact for column in report.columns)
    return facts(
        [
            ("current rows", f"{report.num_rows:,}"),
            ("reference rows", f"{report.reference_rows:,}"),
            ("columns compared", f"{len(report.columns):,}"),
            ("with enough rows to test", f"{tested:,}"),
            ("measured exactly", f"{exact:,}"),
        ]
    )


def _reasons(columns: Sequence[ColumnDrift]) -> Markup | None:
    drifted = [column for column in columns if column.drifted]
    if not drifted:
        return None
    items = [
        element("li", element("b", name(column.name)), ": ", sentence(column.reason))
        for column in drifted[:_NAMED]
    ]
    more = len(drifted) - len(items)
    return join(
        element("h2", "Why"),
        element("ol", *items, class_="why"),
        element("p", f"And {more:,} more, in the table below.") if more else None,
    )


def _alerts(report: DriftReport) -> Markup | None:
    if not report.windows:
        return None
    if not report.alerts:
        return element("p", "No column drifted in enough windows in a row to raise an alert.")
    items = [
        element(
            "li",
            element("b", name(alert.column)),
            f": in {alert.times:,} of {len(report.windows):,} windows, alert at ",
            sentence(name(alert.window)),
        )
        for alert in report.alerts[:_NAMED]
    ]
    more = len(report.alerts) - len(items)
    return join(
        element("h2", "Alerts"),
        element("ol", *items, class_="why"),
        element("p", f"And {more:,} more.") if more else None,
    )


def _windows(report: DriftReport) -> Markup | None:
    if not report.windows:
        return None
    shown = report.windows[-_SHOWN_WINDOWS:]
    left_out = len(report.windows) - len(shown)
    caption = "Each judged by itself, p-values corrected over all of them." + (
        f" The last {len(shown):,} of {len(report.windows):,}." if left_out else ""
    )
    rows = [
        row(
            _WINDOWS,
            [
                sentence(name(window.name)),
                f"{window.num_rows:,}",
                f"{len(window.drifted):,}",
                _names(window.drifted) if window.drifted else "",
            ],
        )
        for window in shown
    ]
    return join(element("h2", "Windows"), table(caption, _WINDOWS, rows))


def _not_compared(report: DriftReport) -> Markup | None:
    parts = [
        element("p", text, _names(names), ".")
        for text, names in (
            ("New columns, which the reference does not have: ", report.new_columns),
            ("Columns of a type that is not read: ", report.skipped),
        )
        if names
    ]
    return join(*parts) if parts else None


def _names(names: Sequence[str]) -> Markup:
    parts: list[str] = []
    for text in names[:_NAMED]:
        parts += [name(text), ", "]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return join(*parts[:-1], more)


def _row(column: ColumnDrift, *, plotted: bool, link: str) -> Markup:
    shown = name(column.name)
    distance = column.value("ks") if "ks" in column.statistics else column.value("js_debiased")
    return row(
        _COLUMNS,
        [
            element("a", shown, href=f"#{link}") if link else shown,
            column.kind,
            _verdict(column),
            column_mini(column) if plotted else "",
            _short(distance),
            _short(column.value("wasserstein_std")),
            _short(column.value("psi")),
            _points(column.value("missing_rate")),
            _points(column.value("unseen_rate")),
            p_text(column.p_value),
        ],
    )


def _verdict(column: ColumnDrift) -> Markup:
    """Say whether a column drifted, in a word and a sign."""
    if column.drifted:
        return element("span", "● drifted", class_="fail")
    if column.p_value is None:
        return element("span", "· not tested", class_="quiet whole")
    return element("span", "○ steady", class_="quiet whole")


def _short(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:.3f}" if value < 1000 else f"{value:.3g}"


def _points(share: float | None) -> str:
    if share is None or math.isnan(share) or abs(share) < 0.0005:
        return ""
    return f"{100 * share:+.1f}%"


def _rule(report: DriftReport) -> Markup:
    correction = {
        "benjamini-hochberg": "after correction by Benjamini and Hochberg over all tests",
        "bonferroni": "after Bonferroni's correction over all tests",
        "none": "without correction",
    }[report.correction]
    rows = [
        row(_LIMITS, [str(limit["name"]), str(limit["summary"]), f"{report.limits[name_]:g}"])
        for limit in _engine.drift_limits()
        if (name_ := str(limit["name"])) in report.limits
    ]
    return join(
        element("h2", "How it was decided"),
        element(
            "p",
            "A column has drifted when an effect reaches its limit, the test of that effect "
            f"rejects at {report.level:g} {correction}, and both sides have enough rows. Neither "
            "a small p-value nor a large effect alone is enough. psi and the plain distances are "
            "shown and never decide.",
        ),
        element(
            "details",
            element("summary", "Limits in force"),
            table("Limits", _LIMITS, rows),
            class_="more",
        ),
    )


_LIMITS = (Column("limit"), Column("of what"), Column("value", number=True))


def _words() -> Markup:
    entries = [
        join(element("dt", str(row_["name"])), element("dd", str(row_["summary"])))
        for row_ in _engine.drift_statistics()
    ]
    return element(
        "details",
        element("summary", "What the statistics are"),
        element("dl", *entries, class_="words"),
        class_="more",
    )


def _left_out(num_columns: int, num_rows: int, num_plotted: int, num_cards: int) -> Markup | None:
    parts = [
        f"{what} of {num_columns - kept:,} columns"
        for what, kept in (("lines", num_rows), ("plots", num_plotted), ("details", num_cards))
        if kept < num_columns
    ]
    if not parts:
        return None
    text = f"Left out to keep this page within 300 kB, smallest effects first: {', '.join(parts)}."
    return element("p", text, " ", element("code", "report.column(name)"), " has everything.")
