"""A check report as an HTML page: what failed, what warns, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainspring import __version__, _engine
from mainspring.checks.model_checks import MODEL_CHECKS
from mainspring.html.bars import value_and_limit
from mainspring.html.budget import Budget
from mainspring.html.facts import facts
from mainspring.html.fragment import fragment
from mainspring.html.markup import Markup, element, join, name, redacting, sentence
from mainspring.html.page import MAX_BYTES, page
from mainspring.html.table import Column, row, table
from mainspring.profiles.text_table import format_number

if TYPE_CHECKING:
    from mainspring.checks.report import CheckReport, Finding

__all__ = ["check_fragment", "check_page"]

_FRAGMENT_ROWS = 20
_CAPTIONS = {
    "Failed": "Act on these before training; largest value first.",
    "Warned": "Look at these before training; largest value first.",
    "Passed": "Nothing to do here.",
}
_MARKS = {"fail": "✕ fail", "warn": "▲ warn", "pass": "✓ pass"}


def check_page(report: CheckReport, *, title: str | None = None) -> str:
    """Write a check report as a page.

    Parameters
    ----------
    report : CheckReport
        What to show.
    title : str, optional
        What was checked.

    Returns
    -------
    str
        HTML of at most 300 kB.
    """
    passed = [finding for finding in report.findings if finding.severity == "pass"]
    groups = {
        "Failed": report._worst_first("fail"),
        "Warned": report._worst_first("warn"),
        "Passed": passed,
    }
    footer = f"Written by mainspring {__version__}."
    start, end = _overview(report, len(passed)), _words()
    shell = page("Checks", _headline(report), start, end, title=title, footer=footer)
    budget = Budget(MAX_BYTES - len(shell.encode()) - 4_000)
    columns = _columns(report)
    parts: list[Markup] = []
    for label, findings in groups.items():
        if not findings:
            continue
        rows = budget.fill(findings, lambda finding: _row(columns, finding))
        left_out = len(findings) - len(rows)
        shown = join(
            table(_CAPTIONS[label], columns, rows, sortable=True),
            element("p", f"{left_out:,} more are left out to keep this page within 300 kB.")
            if left_out
            else None,
        )
        if label == "Passed":
            summary = element("summary", f"{len(findings):,} passed")
            shown = element("details", summary, shown, class_="more")
        parts += [element("h2", label), shown]
    return page("Checks", _headline(report), start, *parts, end, title=title, footer=footer)


def check_fragment(report: CheckReport) -> str:
    """Write what failed and warns for a notebook.

    Parameters
    ----------
    report : CheckReport
        What to show.

    Returns
    -------
    str
        Markup that brings its style.
    """
    columns = _columns(report)
    findings = report._worst_first("fail", "warn")
    rows = [_row(columns, finding) for finding in findings[:_FRAGMENT_ROWS]]
    more = len(findings) - len(rows)
    caption = join(f"{_counts(report)}; target ", name(report.target))
    return fragment(
        table(caption, columns, rows) if rows else element("p", caption),
        element("p", f"{more:,} more findings: .to_html(path) has them.", class_="quiet")
        if more
        else None,
    )


def _headline(report: CheckReport) -> str:
    if report.failed or report.warned:
        return _counts(report)
    count = len(report.findings)
    return f"All {count:,} checks passed" if count else "Nothing was checked"


def _counts(report: CheckReport) -> str:
    passed = len(report.findings) - len(report.failed) - len(report.warned)
    return f"{len(report.failed):,} failed, {len(report.warned):,} warned, {passed:,} passed"


def _overview(report: CheckReport, num_passed: int) -> Markup:
    return facts(
        [
            ("target", name(report.target)),
            ("failed", f"{len(report.failed):,}"),
            ("warned", f"{len(report.warned):,}"),
            ("passed", f"{num_passed:,}"),
            ("columns", f"{len({finding.column for finding in report.findings}):,}"),
        ]
    )


def _columns(report: CheckReport) -> tuple[Column, ...]:
    two = any(finding.table == "test" for finding in report.findings)
    return (
        Column("column"),
        *((Column("table"),) if two else ()),
        Column("check"),
        Column("verdict"),
        Column("value", number=True),
        Column("limit", number=True),
        Column("value and limit", sortable=False),
        Column("what it means, what to do", sortable=False),
    )


def _row(columns: Sequence[Column], finding: Finding) -> Markup:
    two = columns[1].label == "table"
    return row(
        columns,
        [
            name(finding.column),
            *([finding.table] if two else []),
            finding.check,
            element("span", _MARKS[finding.severity], class_=finding.severity),
            format_number(finding.value),
            format_number(finding.limit),
            value_and_limit(finding.value, finding.limit, finding.severity),
            _sentence(finding),
        ],
    )


def _sentence(finding: Finding) -> Markup:
    if redacting() and finding.check == "constant_label":  # its sentence names a label
        return Markup("The share of the most frequent label; which one that is, is hidden.")
    if finding.rows:
        rows = ", ".join(map(str, finding.rows))
        rows = f"{'First rows' if len(finding.rows) > 1 else 'Row'}: {rows}."
    else:
        rows = ""
    advice = (finding.why, finding.remedy) if finding.severity != "pass" else ()
    return sentence(" ".join(text for text in (finding.sentence, rows, *advice) if text))


def _words() -> Markup:
    entries = [
        join(element("dt", str(entry["name"])), element("dd", str(entry["summary"])))
        for entry in [*_engine.checks(), *map(vars, MODEL_CHECKS)]
    ]
    return join(
        element("h2", "What was looked for"),
        element(
            "details",
            element("summary", "What the checks are"),
            element("dl", *entries, class_="words"),
            class_="more",
        ),
    )
