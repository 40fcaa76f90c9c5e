"""A profile as an HTML page: a line for each column, and what is behind it on demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainspring import __version__
from mainspring.html.axis import Axis
from mainspring.html.bars import bars
from mainspring.html.budget import Budget
from mainspring.html.facts import facts, pairs
from mainspring.html.fragment import fragment
from mainspring.html.histogram import histogram, mini
from mainspring.html.markup import Markup, element, join, name, redacting
from mainspring.html.page import MAX_BYTES, page
from mainspring.html.plot import percent
from mainspring.html.strip import strip
from mainspring.html.table import Column, row, table
from mainspring.profiles.column_profile import ColumnProfile
from mainspring.profiles.text_table import format_count, format_number, format_time

if TYPE_CHECKING:
    from mainspring.profiles.table_profile import Profile

__all__ = ["profile_fragment", "profile_page"]

_HIDDEN = "hidden"
_LINK = '<a href="#c1234"></a>'
_FRAGMENT_ROWS = 20
_COLUMNS = (
    Column("column"),
    Column("type"),
    Column("distribution", sortable=False),
    Column("missing", number=True),
    Column("distinct", number=True),
    Column("min", number=True),
    Column("mean or top", number=True),
    Column("max", number=True),
)


def profile_page(profile: Profile, *, title: str | None = None) -> str:
    """Write a profile as a page.

    Parameters
    ----------
    profile : Profile
        What to show.
    title : str, optional
        What the data is.

    Returns
    -------
    str
        HTML of at most 300 kB.
    """
    columns = profile._column_profiles()
    headline = f"{profile.num_rows:,} rows, {_counted(len(columns), 'column')}"
    start = join(_overview(profile, columns), _worth_a_look(columns))
    columns = [line for column in columns for line in column._with_elements()]
    footer = f"Written by mainspring {__version__} from column statistics alone; no row was kept."
    shell = page("Profile", headline, start, title=title, footer=footer)
    budget = Budget(MAX_BYTES - len(shell.encode()) - 2_000)

    lines = budget.part(0.8)
    shown = columns[: len(lines.fill(columns, lambda c: _row(c, plotted=False, link="")))]
    budget.give_back(lines)
    plots = budget.part(0.6)
    num_plotted = len(plots.fill(shown, lambda column: join(_mini(column), _LINK)))
    budget.give_back(plots)
    cards = budget.fill(enumerate(shown), lambda item: _card(item[1], f"c{item[0]}"))
    rows = [
        _row(column, plotted=i < num_plotted, link=f"c{i}" if i < len(cards) else "")
        for i, column in enumerate(shown)
    ]
    return page(
        "Profile",
        headline,
        start,
        element("h2", "Columns"),
        table("Every column; a name leads to its details.", _COLUMNS, rows, sortable=True),
        _left_out(len(columns), len(rows), num_plotted, len(cards)),
        element("h2", "Details") if cards else None,
        *cards,
        title=title,
        footer=footer,
    )


def profile_fragment(profile: Profile) -> str:
    """Write a profile's first columns for a notebook.

    Parameters
    ----------
    profile : Profile
        What to show.

    Returns
    -------
    str
        Markup that brings its style.
    """
    columns = profile._column_profiles()
    lines = [line for column in columns for line in column._with_elements()]
    rows = [_row(line, plotted=True, link="") for line in lines[:_FRAGMENT_ROWS]]
    more = len(lines) - len(rows)
    note = f"{more:,} more columns: .to_html(path) has them." if more else None
    return fragment(
        table(
            f"Profile: {profile.num_rows:,} rows, {_counted(len(columns), 'column')}",
            _COLUMNS,
            rows,
        ),
        element("p", note, class_="quiet") if note else None,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _overview(profile: Profile, columns: Sequence[ColumnProfile]) -> Markup:
    cells = sum(column.num_rows for column in columns if column.kind != "skipped")
    missing = sum(column.missing for column in columns if column.kind != "skipped")
    skipped = sum(column.kind == "skipped" for column in columns)
    return facts(
        [
            ("rows", f"{profile.num_rows:,}"),
            ("columns", f"{len(columns):,}"),
            ("missing cells", percent(missing / cells if cells else 0.0)),
            ("with missing", f"{sum(column.missing > 0 for column in columns):,}"),
            ("counted exactly", f"{sum(c.exact for c in columns if c.kind != 'skipped'):,}"),
            *([("not read", f"{skipped:,}")] if skipped else []),
            ("profile size", _bytes(len(profile.to_bytes()))),
        ]
    )


def _bytes(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def _worth_a_look(columns: Sequence[ColumnProfile]) -> Markup | None:
    """Name the columns that are of little use as they are."""
    kinds = {
        "Constant": [
            c for c in columns if c.kind != "list" and c.num_rows > c.missing and c.distinct == 1
        ],
        "Only missing rows": [c for c in columns if 0 < c.num_rows == c.missing],
        "More than half missing": [c for c in columns if 0.5 < c.missing_rate < 1],
        "Every value different": [
            c
            for c in columns
            if c.kind != "list" and c.exact and 1 < c.distinct == c.num_rows - c.missing
        ],
        "With infinities": [c for c in columns if c.positive_infinities + c.negative_infinities],
        "Of a type that is not read": [c for c in columns if c.kind == "skipped"],
    }
    items = [
        element("li", element("b", f"{label}: "), _names(found))
        for label, found in kinds.items()
        if found
    ]
    if not items:
        return None
    return element(
        "section", element("h2", "Worth a look"), element("ul", *items), aria_label="Worth a look"
    )


def _names(columns: Sequence[ColumnProfile]) -> Markup:
    parts: list[str] = []
    for column in columns[:8]:
        parts += [name(column.name), ", "]
    more = f" and {len(columns) - 8:,} more" if len(columns) > 8 else ""
    return join(*parts[:-1], f"{more}.")


def _row(column: ColumnProfile, *, plotted: bool, link: str) -> Markup:
    shown = name(column.name)
    label = element("a", shown, href=f"#{link}") if link else shown
    if column.kind == "skipped":
        return row(_COLUMNS, [label, column.type, "", "", "not read", "", "", ""])
    low, middle, high = _extremes(column)
    return row(
        _COLUMNS,
        [
            label,
            name(column.type),
            _mini(column) if plotted else "",
            percent(column.missing_rate),
            format_count(column.distinct),
            low,
            middle,
            high,
        ],
    )


def _extremes(column: ColumnProfile) -> tuple[str, str, str]:
    if column.kind == "timestamp":
        return _value(column, column.min), "", _value(column, column.max)
    if column.kind in ("number", "list"):
        return _value(column, column.min), format_number(column.mean), _value(column, column.max)
    if column.kind == "boolean":
        true = "-" if column.mean is None else f"{percent(column.mean)} true"
        return "", true, ""
    return "", _HIDDEN if redacting() and column.top else _top(column), ""


def _top(column: ColumnProfile) -> Markup:
    return name(column.top[0][0], longest=24) if column.top else Markup("")


def _value(column: ColumnProfile, value: float | None) -> str:
    """Write a value that some row has."""
    if redacting():
        return _HIDDEN
    return format_time(value) if column.kind == "timestamp" else format_number(value)


def _mini(column: ColumnProfile) -> Markup:
    counts = [count for _, count in column.top]
    if column.histogram is not None:
        counts = list(column.histogram.counts)
    apart = column.histogram is None
    return mini(counts, "Distribution", apart=apart) if sum(counts) else Markup("")


def _card(column: ColumnProfile, link: str) -> Markup:
    summary = element(
        "summary",
        element("h3", name(column.name)),
        element("span", f"{column.type}, {percent(column.missing_rate)} missing", class_="quiet"),
    )
    return element(
        "details",
        summary,
        element("div", _plots(column), _numbers(column), _exactness(column), id=link),
        class_="card",
    )


def _plots(column: ColumnProfile) -> Markup | None:
    present = column.num_rows - column.missing
    if column.histogram is not None:
        spread = column.histogram
        axis = Axis(spread.edges, spread.logarithmic, column.kind == "timestamp")
        beyond = [
            f"{percent(count / spread.total)} {side}"
            for count, side in ((spread.below, "below"), (spread.above, "above"))
            if count
        ]
        outside = f"Beyond the axis: {', '.join(beyond)}." if beyond else ""
        return histogram(axis, spread.counts, outside, strip(axis, column.quantiles))
    if not column.top:
        return None
    categories = [
        (Markup(f"value {i + 1}") if redacting() else name(value), count)
        for i, (value, count) in enumerate(column.top)
    ]
    rest = present - sum(count for _, count in column.top)
    caption = f"Most frequent of {format_count(column.distinct)} values"
    return bars(caption, categories, rest, present)


def _numbers(column: ColumnProfile) -> Markup:
    found: list[tuple[str, str]] = [
        ("missing", f"{column.missing:,}"),
        ("distinct", format_count(column.distinct)),
    ]
    if column.nans:
        found.append(("of them NaN", f"{column.nans:,}"))
    if column.kind in ("number", "timestamp", "list"):
        if column.kind == "list":
            found += [("mean length", format_number(column.mean)), ("empty", f"{column.zeros:,}")]
        elif column.kind == "number":
            found += [("mean", format_number(column.mean)), ("std", format_number(column.std))]
            found += [("zeros", f"{column.zeros:,}"), ("negative", f"{column.negatives:,}")]
            infinities = column.positive_infinities + column.negative_infinities
            found += [("infinite", f"{infinities:,}")] if infinities else []
        found.append(("min", _value(column, column.min)))
        found += [
            ("median" if q == 0.5 else f"{100 * q:.0f}%", _value(column, value))
            for q, value in column.quantiles.items()
        ]
        found.append(("max", _value(column, column.max)))
    elif column.kind == "text" and column.top:
        found += [
            ("shortest", f"{column.min_bytes:,} bytes"),
            ("mean length", f"{column.mean_bytes:.1f} bytes"),
            ("longest", f"{column.max_bytes:,} bytes"),
        ]
    return pairs(found)


def _exactness(column: ColumnProfile) -> Markup:
    if column.exact:
        text = "Every distinct value was counted: all of this is exact."
    elif column.rank_error:
        text = (
            "Counts, extremes, mean and std are exact. Ranks of quantiles are off by at most "
            f"{100 * column.rank_error:.2g}% of the rows, which bounds the plot too; distinct is "
            "an estimate."
        )
    else:
        text = (
            f"Counts of values may be too low by {column.count_error:,}; distinct is an estimate."
        )
    return element("p", text, class_="quiet")


def _left_out(num_columns: int, num_rows: int, num_plotted: int, num_cards: int) -> Markup | None:
    parts = [
        f"{what} of {num_columns - kept:,} columns"
        for what, kept in (("lines", num_rows), ("plots", num_plotted), ("details", num_cards))
        if kept < num_columns
    ]
    if not parts:
        return None
    text = f"Left out to keep this page within 300 kB: {', '.join(parts)}."
    return element("p", text, " ", element("code", "profile.column(name)"), " has everything.")
