"""A check report as JUnit XML: one test case for each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring._xml import xml_attribute

if TYPE_CHECKING:
    from mainspring.checks.report import CheckReport, Finding

__all__ = ["junit_text"]


def junit_text(report: CheckReport) -> str:
    """Write a check report as JUnit XML.

    Parameters
    ----------
    report : CheckReport
        What was found.

    Returns
    -------
    str
        The whole document.
    """
    cases = "".join(_case(finding) for finding in report.findings)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="mainspring check" tests="{len(report.findings)}" '
        f'failures="{len(report.failed)}" errors="0" skipped="0">\n{cases}</testsuite>\n'
    )


def _case(finding: Finding) -> str:
    name = xml_attribute(f"{finding.column} ({finding.table})")
    start = f'  <testcase classname="mainspring.check.{finding.check}" name={name}'
    if finding.severity == "pass":
        return f"{start}/>\n"
    told = (
        f"{finding.sentence} {finding.why} {finding.remedy} "
        f"(value {finding.value:.6g}, limit {finding.limit:.6g})"
    )
    message = xml_attribute(" ".join(told.split()))
    if finding.severity == "fail":
        return f'{start}>\n    <failure type="fail" message={message}/>\n  </testcase>\n'
    # JUnit has no warnings: the case passes, and says so.
    return f"{start}>\n    <system-out>{message[1:-1]}</system-out>\n  </testcase>\n"
