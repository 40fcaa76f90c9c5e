"""What the checks found: typed findings, plain dicts and a table for a terminal."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

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
        shown = sorted(self.failed + self.warned, key=lambda f: (_ORDER[f.severity], -f.value))
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
            sentence = f"{finding.column}: {finding.sentence}"
            if sentence not in said:
                lines += textwrap.wrap(sentence, _WIDTH, subsequent_indent="  ")
            said.add(sentence)
        return "\n".join(lines)
