"""A drift report as JUnit XML: a test for each column, in a suite for each window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mainspring._xml import xml_attribute, xml_text

if TYPE_CHECKING:
    from mainspring.drift.column_drift import ColumnDrift
    from mainspring.drift.report import DriftReport

__all__ = ["report_junit"]


def report_junit(report: DriftReport) -> str:
    """Write a report as JUnit XML.

    Parameters
    ----------
    report : DriftReport
        What to show.

    Returns
    -------
    str
        A document.
    """
    suites = [_suite("drift", report.columns)]
    suites += [_suite(f"drift, {window.name}", window.columns) for window in report.windows]
    body = "".join(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{body}</testsuites>\n'


def _suite(name: str, columns: Sequence[ColumnDrift]) -> str:
    drifted = sum(column.drifted for column in columns)
    skipped = sum(column.p_value is None and not column.drifted for column in columns)
    cases = "".join(_case(column) for column in columns)
    return (
        f'  <testsuite name={xml_attribute(name)} tests="{len(columns)}" failures="{drifted}" '
        f'skipped="{skipped}" errors="0">\n{cases}  </testsuite>\n'
    )


def _case(column: ColumnDrift) -> str:
    start = f'    <testcase classname="drift" name={xml_attribute(column.name)}'
    end = "    </testcase>\n"
    if column.drifted:
        text = xml_text(column.reason)
        failure = f"<failure message={xml_attribute(column.reason)}>{text}</failure>"
        return f"{start}>\n      {failure}\n{end}"
    if column.p_value is None:
        return f"{start}>\n      <skipped message={xml_attribute(column.reason)}/>\n{end}"
    return f"{start}/>\n"
