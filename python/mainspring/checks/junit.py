"""A check report as JUnit XML: one test case for each finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from mainspring.checks.report import CheckReport, Finding

__all__ = ["junit_text"]

_FORBIDDEN = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")


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
    name = _attribute(f"{finding.column} ({finding.table})")
    start = f'  <testcase classname="mainspring.check.{finding.check}" name={name}'
    if finding.severity == "pass":
        return f"{start}/>\n"
    told = (
        f"{finding.sentence} {finding.why} {finding.remedy} "
        f"(value {finding.value:.6g}, limit {finding.limit:.6g})"
    )
    message = _attribute(" ".join(told.split()))
    if finding.severity == "fail":
        return f'{start}>\n    <failure type="fail" message={message}/>\n  </testcase>\n'
    # JUnit has no warnings: the case passes, and says so.
    return f"{start}>\n    <system-out>{message[1:-1]}</system-out>\n  </testcase>\n"


def _attribute(text: str) -> str:
    """Quote text; characters that XML has no form for become a mark."""
    return quoteattr(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text))
