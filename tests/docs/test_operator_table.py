"""The page of tested operators says what the cases are, and names tests that there are."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.generic import operator_table


def test_page_of_operators_is_that_of_the_cases() -> None:
    text = operator_table.PAGE.read_text(encoding="utf-8")
    assert text == operator_table.page(operator_table.rows()), (
        "make it again: python -m tests.generic.operator_table"
    )


def test_every_property_names_tests_over_all_cases() -> None:
    for module, tests in (*operator_table.PROPERTIES.values(), ("test_levels.py", ())):
        path = operator_table.FOLDER / module
        functions = {
            node.name: [ast.unparse(mark) for mark in node.decorator_list]
            for node in ast.parse(Path(path).read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
        for test in tests:
            assert any("by_case" in mark or "CASES" in mark for mark in functions[test]), test


def test_operator_when_a_case_did_not_pass_keeps_the_page() -> None:
    table = operator_table.rows()
    outcomes = operator_table.Outcomes()
    for _, tests in operator_table.PROPERTIES.values():
        for test in tests:
            outcomes.well |= {(test, row.name): row.cases for row in table}
    outcomes.well[operator_table.LEVELS[1], ""] = 3
    assert operator_table.open_ones(outcomes, table) == []
    first = operator_table.PROPERTIES[next(iter(operator_table.PROPERTIES))][1][0]
    outcomes.well[first, "impute"] -= 1
    assert operator_table.open_ones(outcomes, table) == [f"test_operators.py::{first} of impute"]
