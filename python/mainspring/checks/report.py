"""What the checks found: typed findings, plain dicts and a table for a terminal."""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass
from typing import Any, overload

from mainspring._json import to_json
from mainspring.profiles.text_table import format_number, text_table

__all__ = ["CheckReport", "Finding"]

_WIDTH = 80
_ORDER = {"fail": 0, "warn": 1, "pass": 2}


@dataclass(frozen=True)
class Finding:
    """One check of one column.

    Attributes
    ----------
    check, column : str
        The check's name, and the column it looked at.
    severity : str
        "fail", "warn" or "pass".
    value, limit : float
        What was measured, and what it was held against.
    sentence : str
        What it means and what to do.
    num_rows : int
        Rows the finding speaks of.
    rows : tuple of int
        The first five of them, from 0, where single rows are at fault.
    table : str
        "train" or "test".
    why : str
        Why it matters.
    remedy : str
        What to do about it.
    """

    check: str
    column: str
    severity: str
    value: float
    limit: float
    sentence: str
    num_rows: int
    rows: tuple[int, ...]
    table: str
    why: str = ""
    remedy: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain values.

        Returns
        -------
        dict
            Ready for JSON.
        """
        return {**vars(self), "rows": list(self.rows)}


@dataclass(frozen=True)
class CheckReport:
    """What :func:`mainspring.check` found.

    Attributes
    ----------
    findings : list of Finding
        Of every check on every column, passed ones too.
    target : str
        The label's column.
    """

    findings: list[Finding]
    target: str

    @property
    def failed(self) -> list[Finding]:
        """The findings that failed."""
        return [finding for finding in self.findings if finding.severity == "fail"]

    @property
    def warned(self) -> list[Finding]:
        """The findings that warn."""
        return [finding for finding in self.findings if finding.severity == "warn"]

    @property
    def ok(self) -> bool:
        """Whether nothing failed; warnings are allowed."""
        return not self.failed

    def to_dict(self) -> dict[str, Any]:
        """Return the whole report as plain values.

        Returns
        -------
        dict
            Ready for JSON.
        """
        return {
            "target": self.target,
            "ok": self.ok,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the report as JSON.

        Parameters
        ----------
        indent : int, optional
            Spaces of indentation; one line without.

        Returns
        -------
        str
            Valid JSON: NaN is null, infinities are the strings "Infinity" and "-Infinity".
        """
        return to_json(self.to_dict(), indent)

    def to_junit(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Write the report as JUnit XML, which continuous integration shows as tests.

        Parameters
        ----------
        path : path, optional
            The file to write, whole or not at all; by default the text is returned.

        Returns
        -------
        str or None
            A test case for each finding, where no path was given: failed ones are failures,
            warnings pass with their text as output.

        Raises
        ------
        FileError
            When the file cannot be written.
        """
        from mainspring.checks.junit import junit_text
        from mainspring.html.page import write_page

        return write_page(junit_text(self), path)

    def _worst_first(self, *severities: str) -> list[Finding]:
        found = [finding for finding in self.findings if finding.severity in severities]
        return sorted(found, key=lambda f: (_ORDER[f.severity], -f.value))

    @overload
    def to_html(self, path: None = None, *, title: str | None = None) -> str: ...

    @overload
    def to_html(self, path: str | os.PathLike[str], *, title: str | None = None) -> None: ...

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *, title: str | None = None
    ) -> str | None:
        """Write the report as an HTML page.

        Parameters
        ----------
        path : path, optional
            The file to write, whole or not at all; by default the page is returned.
        title : str, optional
            What was checked.

        Returns
        -------
        str or None
            The page, where no path was given: one file of at most 300 kB that asks for no other,
            light or dark as its reader's system is. Equal reports give equal pages.

        Raises
        ------
        FileError
            When the file cannot be written.

        Notes
        -----
        The label that is most frequent may be named. With the environment variable
        ``MAINSPRING_REDACT`` it is not.
        """
        from mainspring.checks.report_page import check_page
        from mainspring.html.page import write_page

        return write_page(check_page(self, title=title), path)

    def _repr_html_(self) -> str:
        from mainspring.checks.report_page import check_fragment

        return check_fragment(self)

    def __repr__(self) -> str:
        return (
            f"<CheckReport: {len(self.failed)} failed, {len(self.warned)} warned, "
            f"{len(self.findings) - len(self.failed) - len(self.warned)} passed>"
        )

    def __str__(self) -> str:
        passed = len(self.findings) - len(self.failed) - len(self.warned)
        lines = [
            f"{len(self.failed)} failed, {len(self.warned)} warned, {passed} passed; "
            f"target '{self.target}'"
        ]
        shown = self._worst_first("fail", "warn")
        if not shown:
            return lines[0]
        two = any(finding.table == "test" for finding in self.findings)
        headers = ["", *(["table"] if two else []), "check", "column", "value", "limit"]
        rows = [
            [
                finding.severity,
                *([finding.table] if two else []),
                finding.check,
                finding.column,
                format_number(finding.value),
                format_number(finding.limit),
            ]
            for finding in shown
        ]
        lines.append(text_table(headers, rows, left=len(headers) - 2))
        said = set()
        for finding in shown:
            sentence = f"{finding.column}: {finding.sentence} {finding.remedy}".rstrip()
            if sentence not in said:
                lines += textwrap.wrap(sentence, _WIDTH, subsequent_indent="  ")
            said.add(sentence)
        return "\n".join(lines)
