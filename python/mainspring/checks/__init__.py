"""Checks before training: labels that cannot be learnt, and features that know too much."""

from __future__ import annotations

from mainspring.checks.report import CheckReport, Finding
from mainspring.checks.run import check

__all__ = ["CheckReport", "Finding", "check"]
