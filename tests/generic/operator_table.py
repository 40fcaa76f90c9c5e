"""docs/reference/operator_tests.md, from tests: ``python -m tests.generic.operator_table``.

Runs the generic suite over every case of every operator, on all instruction sets of the machine
too, and writes the page when all of it passed. tests/docs holds the page to operators and cases.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.operator_cases import CASES as BESIDE
from mainspring import _engine
from tests.generic.operators import CASES
from tests.tolerances import ROUNDINGS

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parents[1] / "docs" / "reference" / "operator_tests.md"

# What the suite asserts of every case of every operator: the words of the page, and the tests.
PROPERTIES = {
    "features are the oracle's: of rows learnt from and of others, of one row, of none, of rows "
    "that are all missing, of special values (infinite, extreme, empty, long)": (
        "test_operators.py",
        (
            "test_features_when_fitted_equal_the_oracle",
            "test_fit_when_all_rows_are_missing",
            "test_fit_when_there_is_one_row_equals_the_oracle",
            "test_fit_when_table_is_empty_is_an_error_but_an_empty_shard_is_not",
            "test_values_when_special_equal_the_oracle_or_are_refused_with_their_column",
        ),
    ),
    "what is learnt has the same bytes for any batches, order of rows, shards, tree of merges and "
    "number of threads": (
        "test_operators.py",
        (
            "test_fit_when_batches_threads_and_order_change_gives_the_same_bits",
            "test_fit_when_tables_are_long_does_not_depend_on_threads",
        ),
    ),
    "features have the same bits for slices at any offset, chunks, dictionaries (there are "
    "none of lists), one row as a table or a dict, and rows of a batch": (
        "test_operator_layouts.py",
        (
            "test_features_when_sliced_at_any_offset_are_the_same_bits",
            "test_plan_when_fitted_on_a_slice_has_the_same_bytes",
            "test_features_when_chunked_are_the_same_bits",
            "test_features_when_dictionary_encoded_are_the_same_bits",
            "test_rows_when_alone_equal_rows_of_the_batch",
            "test_rows_when_dicts_equal_rows_of_the_batch",
        ),
    ),
    "a bundle that is written and read has the same bytes and gives the same bits; so does one "
    "object that many threads use; nothing around `out=` is written": (
        "test_operator_layouts.py",
        (
            "test_bundle_when_written_and_read_has_the_same_bytes_and_bits",
            "test_out_when_guarded_is_filled_and_nothing_around_it",
            "test_object_when_used_by_many_threads_gives_the_same_bits",
        ),
    ),
    "the C interface gives the bits of Python": (
        "test_edge.py",
        ("test_operator_through_the_c_interface_gives_the_bits_of_python",),
    ),
}
LEVELS = (
    "test_levels.py",
    "test_everything_when_the_level_is_forced_gives_the_same_bits",
)


@dataclass(frozen=True)
class Row:
    """What the page says of one operator."""

    name: str
    cases: int
    types: tuple[str, ...]
    within: int  # roundings of float64 from the oracle; 0: the same bits
    beside: tuple[str, ...]


def rows() -> list[Row]:
    """Return a row for each operator, in the order of the engine's list."""
    found = []
    for name in (str(row["name"]) for row in _engine.operators()):
        cases = [case for case in CASES if case.op == name]
        types = {str(kind): None for case in cases for kind in case.types}
        peers = {peer.name: None for peer in BESIDE[name].peers if BESIDE[name].same_values}
        found.append(Row(name, len(cases), tuple(types), ROUNDINGS.get(name, 0), tuple(peers)))
    return found


def page(table: list[Row]) -> str:
    """Return the page's text."""
    lines = [
        "# How operators are tested",
        "",
        "<!-- Written by python -m tests.generic.operator_table from the tests that passed. -->",
        "",
        "Each operator has an oracle in `tests/reference`, plain Python from its definition,",
        "without a line of the engine, and cases: parameters, types of columns, values. For every",
        "case of the table below these passed, most of them on drawn tables:",
        "",
        *(f"* {words};" for words in PROPERTIES),
        "* plans and features have the same bits on every instruction set: baseline, AVX2, AVX512.",
        "",
        "**Oracle**: *the same bits*, or how many roundings of a float64 may lie between, before",
        "both are rounded to float32; `tests/tolerances.py` says why. **Beside**: libraries whose",
        "numbers the [benchmarks](../performance.md) compare with the operator's before they time",
        "them. Agreement with the transformers of scikit-learn is in `tests/from_sklearn` and",
        "`tests/transforms/test_sklearn_agreement.py`.",
        "",
        "| operator | cases | types of columns | oracle | beside |",
        "|---|---|---|---|---|",
        *(
            f"| [{row.name}](operators/{row.name}.rst) | {row.cases} | {', '.join(row.types)} | "
            f"{_oracle(row.within)} | {', '.join(row.beside)} |"
            for row in table
        ),
    ]
    return "\n".join([*lines, ""])


def _oracle(within: int) -> str:
    if within == 0:
        return "the same bits"
    power = within.bit_length() - 1
    return f"{within} roundings" if within < 1024 else f"2^{power} roundings"


class Outcomes:
    """A pytest plugin: how often each test went well with an operator, and what did not."""

    def __init__(self) -> None:
        self.well: dict[tuple[str, str], int] = {}
        self.others: list[str] = []
        self._operators: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note whose case each test is."""
        for item in items:
            case = getattr(item, "callspec", None) and item.callspec.params.get("case")
            self._operators[item.nodeid] = case.op if case else ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test; what is left out says why, such as dictionaries of lists."""
        if report.failed:
            self.others.append(report.nodeid)
        elif report.when == "call" or report.skipped:
            test = report.nodeid.partition("[")[0].rpartition("::")[2]
            key = (test, self._operators[report.nodeid])
            self.well[key] = self.well.get(key, 0) + 1


def open_ones(outcomes: Outcomes, table: list[Row]) -> list[str]:
    """Name what did not go well: a test itself, or one that did not run over all cases."""
    found = list(outcomes.others)
    for module, tests in PROPERTIES.values():
        for test in tests:
            found += [
                f"{module}::{test} of {row.name}"
                for row in table
                if outcomes.well.get((test, row.name), 0) < row.cases
            ]
    if not any(test == LEVELS[1] for test, _ in outcomes.well):
        found.append("::".join(LEVELS))
    return found


def main() -> int:
    """Run the generic suite and write the page when all of it passed."""
    table = rows()
    outcomes = Outcomes()
    modules = dict.fromkeys([module for module, _ in PROPERTIES.values()] + [LEVELS[0]])
    # Hypothesis is imported before pytest could rewrite its asserts.
    quiet = ["-q", "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"]
    pytest.main([*quiet, *(str(FOLDER / name) for name in modules)], plugins=[outcomes])
    missing = open_ones(outcomes, table)
    if missing:
        sys.stderr.write(f"the page stays as it is; not passed: {', '.join(missing[:20])}\n")
        return 1
    PAGE.write_text(page(table), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
