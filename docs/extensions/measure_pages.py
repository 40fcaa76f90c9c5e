"""The pages of drift statistics, quality metrics and checks: the engine's lists as tables."""

from __future__ import annotations

from typing import Any

import rst

from mainspring import _engine
from mainspring.checks.model_checks import MODEL_CHECKS, MODEL_LIMITS

__all__ = ["checks_page", "drift_page", "quality_page"]

KINDS = {
    "numeric": "numbers, timestamps",
    "categorical": "strings, booleans",
    "two categories": "strings, booleans with two values at most",
    "any": "every column",
}

STATISTIC_TERMS = ("formula", "missing", "infinity", "sketch", "test", "chance", "source")
METRIC_TERMS = ("formula", "range", "source")
CHECK_TERMS = ("formula", "missing", "source", "why", "remedy")


def drift_page() -> str:
    """Return the page of drift statistics."""
    statistics = _engine.drift_statistics()
    rows = [(_link(row), KINDS[row["kind"]], rst.escape(row["summary"])) for row in statistics]
    return "\n".join(
        [
            rst.heading("Drift statistics"),
            "What :func:`mainspring.detect_drift` measures of each column; n and m are the rows of "
            "the reference and of the current data. Which of them decide, and how categories are "
            "folded, is told in :doc:`/concepts/drift`. All are computed from two profiles, so "
            "they need no rows, and what :doc:`profiles </concepts/profile>` promise about "
            "merging and memory holds for them. Null and NaN are missing.\n",
            rst.table(("statistic", "of", "what it is"), rows),
            *(_section(row, STATISTIC_TERMS) for row in statistics),
            rst.heading("Limits", 2),
            'Each is an argument: ``detect_drift(..., limits={"ks": 0.1})``.\n',
            _limits(_engine.drift_limits()),
        ]
    )


def quality_page() -> str:
    """Return the page of quality metrics."""
    metrics = _engine.quality_metrics()
    rows = [
        (_link(row, "metric"), ", ".join(row["tasks"]), rst.escape(row["summary"]))
        for row in metrics
    ]
    return "\n".join(
        [
            rst.heading("Quality metrics"),
            "What :func:`mainspring.evaluate` measures. How values are averaged, weighted and "
            "merged is told in :doc:`/concepts/quality`. Rows without a label or a prediction are "
            "left out.\n",
            rst.table(("metric", "of", "what it is"), rows),
            *(_section(row, METRIC_TERMS, "metric") for row in metrics),
            rst.heading("Options", 2),
            'Each is an argument: ``evaluate(..., options={"top_share": 0.05})``.\n',
            _limits(_engine.quality_options(), "option"),
        ]
    )


def checks_page() -> str:
    """Return the page of checks."""
    checks = [*_engine.checks(), *map(vars, MODEL_CHECKS)]
    rows = [(_link(row), rst.escape(row["summary"])) for row in checks]
    return "\n".join(
        [
            rst.heading("Checks"),
            "What :func:`mainspring.check` looks for. How a label's kind is found and features are "
            "cut into bins is told in :doc:`/concepts/checks`. Null and NaN are missing. The rows "
            "must be in memory: eight bytes for each row and column.\n",
            rst.table(("check", "what it looks for"), rows),
            *(_section(row, CHECK_TERMS) for row in checks),
            rst.heading("Limits", 2),
            'Each is an argument: ``check(..., limits={"label_power_warn": 0.5})``.\n',
            _limits([*_engine.check_limits(), *MODEL_LIMITS]),
        ]
    )


def _link(row: dict[str, Any], kind: str = "measure") -> str:
    return f":ref:`{row['name']} <{kind}-{row['name']}>`"


def _section(row: dict[str, Any], names: tuple[str, ...], kind: str = "measure") -> str:
    entries = [(name.capitalize(), rst.link_dois(rst.escape(row[name]))) for name in names]
    return "\n".join(
        [f".. _{kind}-{row['name']}:\n", rst.heading(row["name"], 2), rst.terms(entries)]
    )


def _limits(rows: list[dict[str, Any]], what: str = "limit") -> str:
    cells = [
        (
            rst.literal(row["name"]),
            f"{row['default']:g}",
            f"{_number(row['smallest'])} to {_number(row['largest'])}",
            rst.escape(row["summary"]),
        )
        for row in rows
    ]
    return rst.table((what, "default", "range", "of what"), cells)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and value < 1e6 else f"{value:g}"
