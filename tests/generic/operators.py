"""The cases of every operator that the engine lists, and what runs a test over them."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from mainspring import _engine
from tests.generic.case import Case


def cases_of(op: str) -> list[Case]:
    """Return the cases that the oracle of an operator lists; without an oracle there are none."""
    try:
        oracle = importlib.import_module(f"tests.reference.{op}")
    except ModuleNotFoundError:  # tests/repo/test_completeness.py asks for it by name
        return []
    return [replace(case, op=op) for case in getattr(oracle, "CASES", [])]


OPERATORS = tuple(str(row["name"]) for row in _engine.operators())
CASES = [case for op in OPERATORS for case in cases_of(op)]
by_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
