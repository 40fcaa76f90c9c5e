"""The pages of drift statistics and of checks: the engine's lists and limits as tables."""

from __future__ import annotations

from typing import Any

import rst

from mainspring import _engine

__all__ = ["checks_page", "drift_page"]

KINDS = {"numeric": "numbers", "categorical": "strings, booleans", "any": "every column"}


def drift_page() -> str:
    """Return the page of drift statistics."""
    rows = [
        (rst.literal(row["name"]), KINDS[row["kind"]], rst.escape(row["summary"]))
        for row in _engine.drift_statistics()
    ]
    return "\n".join(
        [
            rst.heading("Drift statistics"),
            "What :func:`mainspring.detect_drift` measures of each column. Definitions, tests and "
            "the rule that decides are told in :doc:`/concepts/drift`.\n",
            rst.table(("statistic", "of", "what it is"), rows),
            rst.heading("Limits", 2),
            'Each is an argument: ``detect_drift(..., limits={"ks": 0.1})``.\n',
            _limits(_engine.drift_limits()),
        ]
    )


def checks_page() -> str:
    """Return the page of checks."""
    rows = [(rst.literal(row["name"]), rst.escape(row["summary"])) for row in _engine.checks()]
    return "\n".join(
        [
            rst.heading("Checks"),
            "What :func:`mainspring.check` looks for. How each is measured is told in "
            ":doc:`/concepts/checks`.\n",
            rst.table(("check", "what it looks for"), rows),
            rst.heading("Limits", 2),
            'Each is an argument: ``check(..., limits={"label_power_warn": 0.5})``.\n',
            _limits(_engine.check_limits()),
        ]
    )


def _limits(rows: list[dict[str, Any]]) -> str:
    cells = [
        (
            rst.literal(row["name"]),
            f"{row['default']:g}",
            f"{_number(row['smallest'])} to {_number(row['largest'])}",
            rst.escape(row["summary"]),
        )
        for row in rows
    ]
    return rst.table(("limit", "default", "range", "of what"), cells)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and value < 1e6 else f"{value:g}"
