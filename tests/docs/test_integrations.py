"""The table of other systems: pages, examples and tests are there, versions are those tested."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ecosystem import environments

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "integrations"
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
CODE = re.compile(r"`([^`]+)`")
# What is named has to stay, whatever the table is sorted by.
SYSTEMS = (
    *("Airflow", "Prefect", "Dagster"),
    *("scikit-learn", "LightGBM", "XGBoost", "CatBoost", "PyTorch", "TensorFlow"),
    *("Kafka", "Pulsar (experimental)", "Dask", "Spark, Spark Connect", "Ray", "Ray Tune"),
    *("MLflow", "Optuna", "Prometheus", "Grafana", "FastAPI", "Flask"),
    *("AWS Lambda", "Google Cloud Functions", "Azure Functions", "edge devices"),
)
# What no list pins: it comes from a distribution, or is many things.
WITHOUT_PIN = ("Prometheus", "Grafana", "edge devices")


@dataclass(frozen=True)
class Row:
    """One system of the table; pages and examples are paths, versions are pins."""

    system: str
    versions: tuple[str, ...]
    pages: tuple[Path, ...]
    examples: tuple[Path, ...]
    tests: tuple[Path, ...]


def rows(text: str) -> list[Row]:
    """Read the table below the heading."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("| ") or len(cells) != 5 or cells[0] == "system":
            continue
        pages, examples = (
            tuple((FOLDER / path).resolve() for path in LINK.findall(cell)) for cell in cells[2:4]
        )
        tests = tuple(ROOT / path for path in CODE.findall(cells[4]))
        found.append(Row(cells[0], tuple(CODE.findall(cells[1])), pages, examples, tests))
    return found


def pins() -> dict[str, set[str]]:
    """Return all pinned versions, by where they are pinned."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    neighbours = (ROOT / ".ci" / "neighbours.txt").read_text(encoding="utf-8")
    found = {
        "test": set(re.findall(r"[\w-]+==[\w.]+", project)),
        "neighbours": {line.replace("[http]", "") for line in neighbours.splitlines()},
    }
    found |= {name: set(one.pins.splitlines()) for name, one in environments().items()}
    return found


def complaints(row: Row) -> list[str]:
    """Say what of a row is not so."""
    named = (*row.pages, *row.examples, *row.tests)
    found = [f"{path} is not there" for path in named if not path.exists()]
    kinds = (("page", row.pages), ("example", row.examples), ("test", row.tests))
    found += [f"it has no {kind}" for kind, paths in kinds if not paths]
    known = pins()
    tested = {
        place
        for place in ("test", "neighbours", *known)
        if place not in environments()
        or all(_runs(environments()[place].tests, test) for test in row.tests)
    }
    for version in row.versions:
        if not any(version in known[place] for place in tested):
            found.append(f"{version} is not what {row.tests} run with")
    if not row.versions and row.system not in WITHOUT_PIN:
        found.append("it names no version")
    for path in row.examples:
        runs = path.suffix == ".py" or "```" in path.read_text(encoding="utf-8")
        if not runs:
            found.append(f"{path} has no example")
    return found


def _runs(asked: tuple[str, ...], test: Path) -> bool:
    """Say whether a path that pytest is asked for holds a test."""
    return any(test.is_relative_to(ROOT / path) for path in asked)


@pytest.fixture(scope="module")
def table() -> list[Row]:
    return rows((FOLDER / "index.md").read_text(encoding="utf-8"))


def test_table_when_read_has_each_system_once(table: list[Row]) -> None:
    names = [row.system for row in table]
    assert len(set(names)) == len(names)
    assert [name for name in SYSTEMS if name not in names] == []


def test_rows_when_checked_lead_to_what_is_there(table: list[Row]) -> None:
    wrong = [f"{row.system}: {text}" for row in table for text in complaints(row)]
    assert wrong == []


def test_pages_and_environments_when_listed_are_all_in_the_table(table: list[Row]) -> None:
    named = {path for row in table for path in row.pages}
    pages = {path.resolve() for path in FOLDER.glob("*.md")} - {(FOLDER / "index.md").resolve()}
    assert pages - named == set()
    tested = [test for row in table for test in row.tests]
    left_out = [
        name
        for name, one in environments().items()
        if not any(_runs(one.tests, test) for test in tested)
    ]
    assert left_out == []


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("| X | `lightgbm==0.1` | [a](index.md) | [a](index.md) | `tests/models` |", "lightgbm==0"),
        (
            "| X | `lightgbm==4.7.0` | [a](no.md) | [a](tensorflow.md) | `tests/models` |",
            "no.md is",
        ),
        ("| X | `lightgbm==4.7.0` | [a](index.md) | [a](tensorflow.md) | |", "it has no test"),
        (
            "| X | none | [a](index.md) | [a](tensorflow.md) | `tests/models` |",
            "it names no version",
        ),
        (
            "| X | `keras==3.15.1` | [a](index.md) | [a](tensorflow.md) | `tests/none` |",
            "none is not there",
        ),
        (
            "| X | `flask==3.1.3` | [a](index.md) | [a](index.md) | `tests/models` |",
            "has no example",
        ),
    ],
)
def test_rule_when_row_is_wrong_complains(line: str, complaint: str) -> None:
    (row,) = rows(line)
    assert any(complaint in text for text in complaints(row))
