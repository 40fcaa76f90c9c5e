"""docs/reference/models.md from the tests that passed: ``python -m tests.models.model_table``.

A test that compares with another library says what it shows in a mark::

    @pytest.mark.shows("LightGBM", "gbdt", "categories", "bits")

The page has a row for each mark, and is written after a run in which every one of these tests
passed. tests/docs holds the page to the marks, and the suite runs the tests.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
PAGE = ROOT / "docs" / "reference" / "models.md"

# How near: the word in a mark, what the table says, and what it means.
NEARNESS = {
    "bits": ("the same bits", "raw scores, or what `predict` gives, are the library's bit for bit"),
    "ulp": (
        "the same bits, links of exps within 1 ulp",
        "raw scores are the library's bit for bit; behind a link the exps of both are within 1 "
        "unit in the last place of a float64: exp and logistic differ by 2 units at most, softmax "
        "by what quotients of such exps may",
    ),
    "link": (
        "the same bits, links to 12 digits",
        "raw scores, or averages, are the library's bit for bit; predictions behind a link agree "
        "to one part in 10^12",
    ),
    "float32 link": (
        "the same bits, links to float32",
        "raw scores are the library's bit for bit; its own link is computed in float32, ours in "
        "float64: predictions agree to one part in a million",
    ),
    "rounding": (
        "roundings",
        "sums are the library's but for the order in which its BLAS adds up: within a few "
        "roundings of the sum of the absolute terms, and labels are the same unless scores are "
        "that close to each other",
    ),
    "float32": (
        "roundings of float32",
        "sums of float32 in another order: four digits of the largest number, less behind an "
        "exponential, and the same labels",
    ),
    "calibration": (
        "roundings, isotonic steps to 6 digits",
        "as roundings; the steep steps of an isotonic calibration make more of the last bits of a "
        "score, one part in a million at most",
    ),
    "labels": ("the same labels", "`predict` gives the labels that the library gives"),
}
DISTRIBUTIONS = {
    "LightGBM": "lightgbm",
    "XGBoost": "xgboost-cpu",
    "CatBoost": "catboost",
    "scikit-learn": "scikit-learn",
    "torch": "torch",
    "ONNX": "onnxruntime",
    "Keras": "keras",
}


@dataclass(frozen=True)
class Claim:
    """One mark: what a test shows."""

    library: str
    kind: str
    feature: str
    nearness: str
    test: str


def claims_of(text: str, module: str) -> list[Claim]:
    """Return the marks of a module's tests, in their order.

    Raises
    ------
    ValueError
        When a mark does not consist of four known words.
    """
    claims = []
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if not (isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.shows"):
                continue
            words = [ast.literal_eval(argument) for argument in mark.args]
            known = len(words) == 4 and words[0] in DISTRIBUTIONS and words[3] in NEARNESS
            if not known or not node.name.startswith("test_"):
                raise ValueError(f"{module}, {node.name}: shows{tuple(words)} is no claim")
            claims.append(Claim(*words, f"{module}::{node.name}"))
    return claims


def claims() -> list[Claim]:
    """Return the marks of all tests, library by library."""
    found = [
        claim
        for path in sorted(FOLDER.glob("test_*.py"))
        for claim in claims_of(path.read_text(encoding="utf-8"), path.name)
    ]
    order = list(DISTRIBUTIONS)
    return sorted(found, key=lambda claim: (order.index(claim.library), claim.kind))


def page(rows: list[Claim], versions: str) -> str:
    """Return the page's text."""
    lines = [
        "# Which models, and how near",
        "",
        "<!-- Written by python -m tests.models.model_table from the tests that passed. -->",
        "",
        "Each row is a test that passed: our predictions beside the library's own, on trained",
        "models, most of them drawn at random, and on rows that hold thresholds and their",
        "neighbours, missing and infinite values, zeros of both signs and unseen categories.",
        f"Versions: {versions}.",
        "",
        "| how near | what it means |",
        "|---|---|",
        *(f"| {words} | {meaning} |" for words, meaning in NEARNESS.values()),
    ]
    for library in dict.fromkeys(claim.library for claim in rows):
        lines += [
            "",
            f"## {library}",
            "",
            "| kind | feature | how near | test |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| {claim.kind} | {claim.feature} | {NEARNESS[claim.nearness][0]} | "
            f"`{claim.test.partition('::')[2].removeprefix('test_')}` |"
            for claim in rows
            if claim.library == library
        ]
    lines += ["", "Tests stand in `tests/models`; their names begin with `test_`.", ""]
    return "\n".join(lines)


def versions_on(text: str) -> str:
    """Return the versions that a page names."""
    found = re.search(r"^Versions: (.+)\.$", text, re.MULTILINE)
    return found[1] if found is not None else ""


class Outcomes:
    """A pytest plugin: how each test went, by its module and function."""

    def __init__(self) -> None:
        self.of: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test."""
        if report.when != "call" and report.outcome == "passed":
            return
        name = Path(report.nodeid.partition("[")[0]).name
        self.of.setdefault(name, set()).add(report.outcome)


def main() -> int:
    """Run the tests that claim something and write the page when all of them passed."""
    rows = claims()
    outcomes = Outcomes()
    names = sorted({claim.test for claim in rows})
    pytest.main(["-q", *(str(FOLDER / name) for name in names)], plugins=[outcomes])
    open_ones = [name for name in names if outcomes.of.get(name) != {"passed"}]
    if open_ones:
        sys.stderr.write(f"the page stays as it is; not passed: {', '.join(open_ones)}\n")
        return 1
    used = dict.fromkeys(claim.library for claim in rows)
    versions = ", ".join(f"{name} {metadata.version(DISTRIBUTIONS[name])}" for name in used)
    PAGE.write_text(page(rows, versions), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
