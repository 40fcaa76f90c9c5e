"""Environments are pinned and lead somewhere; extras are small, and errors name those there are."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests import ecosystem
from tests.ecosystem import Environment, environments

tomllib = pytest.importorskip("tomllib", reason="tomllib comes with Python 3.11")

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[A-Za-z0-9.+!]+")
NAMED = re.compile(r"mainspring\[([a-z0-9,-]+)\]")
PLACE = "name"  # stands for any of them
# What asks for releases that do not go together, or fills a disk, never shares an environment.
APART = (
    "apache-airflow",
    "prefect",
    "dagster",
    "tensorflow-cpu",
    "mlflow-skinny",
    "pyspark",
    "ray",
)


def extras() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: dict[str, list[str]] = project["optional-dependencies"]
    return found


def distribution(requirement: str) -> str:
    name = re.split(r"[\[=<>!~;]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def complaints(environment: Environment) -> list[str]:
    found = []
    pins = environment.pins.splitlines()
    found += [f"{line!r} is no pin" for line in pins if not PIN.fullmatch(line)]
    names = [distribution(line) for line in pins]
    found += [f"{name} stands twice" for name in sorted({n for n in names if names.count(n) > 1})]
    for asked in environment.asks:
        name, _, version = asked.partition("==")
        pinned = [line for line in pins if distribution(line) == distribution(name)]
        if not pinned or (version and not pinned[0].endswith(f"=={version}")):
            found.append(f"it asks for {asked} and pins {pinned}: run .ci/ecosystem --pin")
    found += [f"{path} is not there" for path in environment.tests if not (ROOT / path).exists()]
    if len(large := [name for name in names if name in APART]) > 1:
        found.append(f"{' and '.join(large)} each need an environment of their own")
    return found


@pytest.mark.parametrize("name", environments())
def test_environment_is_pinned_and_has_tests(name: str) -> None:
    assert complaints(environments()[name]) == []


@pytest.mark.parametrize(
    ("asks", "tests", "pins", "complaint"),
    [
        ("ray", "tests", "ray>=2\n", "'ray>=2' is no pin"),
        ("ray", "tests", "ray==2\nRay==3\n", "ray stands twice"),
        ("ray==2", "tests", "ray==3\n", "it asks for ray==2"),
        ("ray", "tests", "numpy==2\n", "it asks for ray and pins"),
        ("ray", "tests/nowhere", "ray==2\n", "tests/nowhere is not there"),
        ("ray", "tests", "ray==2\nprefect==3\n", "ray and prefect each need"),
    ],
)
def test_rule_when_environment_is_wrong_complains(
    asks: str, tests: str, pins: str, complaint: str
) -> None:
    wrong = Environment("sample", "A sample.", (asks,), (tests,), (), pins)
    assert any(found.startswith(complaint) for found in complaints(wrong))


def test_digest_when_pins_change_is_another() -> None:
    one, other = (Environment("a", "A.", (), (), (), pins) for pins in ("ray==1\n", "ray==2\n"))
    assert one.digest != other.digest


def test_environment_when_a_program_is_missing_says_so() -> None:
    lacks = Environment("a", "A.", (), (), ("no-such-program",), "").lacks
    assert lacks is not None
    assert "no-such-program" in lacks or "pinned for Python" in lacks


def test_settings_of_pip_are_those_of_uv() -> None:
    lines = (
        ":env:.find-links='/wheels /more'",
        "global.find-links='/others'",
        "global.index-url='https://own.example/simple'",
        "global.extra-index-url='file:///disk/simple https://cpu.example/whl'",
        "global.timeout='60'",
    )
    assert ecosystem.index_settings("\n".join(lines)) == {
        "UV_DEFAULT_INDEX": "https://own.example/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INDEX": "https://cpu.example/whl",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    assert ecosystem.index_settings("") == {}


def test_extras_are_small_and_there_is_none_of_all() -> None:
    found = extras()
    assert "all" not in found
    for name in sorted(set(found) - {"test", "bench", "docs"}):
        assert len(found[name]) <= 5, f"{name} asks for more than one thing"
        nested = [one for one in found[name] if one.startswith("mainspring[")]
        assert nested == [], f"{name} is made of other extras"


def test_errors_and_pages_name_extras_that_there_are() -> None:
    known = set(extras())
    paths = [*(ROOT / "python").rglob("*.py"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    named = [
        (path.relative_to(ROOT).as_posix(), extra)
        for path in paths
        for names in NAMED.findall(path.read_text(encoding="utf-8"))
        for extra in names.split(",")
    ]
    assert len(named) > 20
    assert [(path, extra) for path, extra in named if extra not in {*known, PLACE}] == []


class Workshop:
    """Makes no environment: what is said of each stands in its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, environment: Environment, wheel: Path) -> Path:
        if "broken" in environment.name:
            raise RuntimeError("no such package")
        return self.folder / "python"

    def test(self, environment: Environment, python: Path) -> str:
        return (
            "1 skipped: a skipped test proves nothing here" if "skips" in environment.name else ""
        )


def test_outcomes_when_something_is_missing_are_loud(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ecosystem, "_Workshop", Workshop)
    names = ("good", "broken", "skips", "elsewhere")
    chosen = [
        Environment(name, "A.", (), (), ("no-such-program",) if name == "elsewhere" else (), "")
        for name in names
    ]
    monkeypatch.setattr(ecosystem, "PYTHON", sys.version_info[:2])
    outcomes = ecosystem.run_all(chosen, tmp_path, tmp_path / "a.whl", 2)
    states = {one.name: one.state for one in outcomes}
    assert states == dict(zip(names, ("ok", "FAILED", "FAILED", "SKIPPED"), strict=True))
    reasons = [one.reason for one in outcomes]
    wanted = ("", "no such package", "proves nothing", "needs no-such-program")
    assert [part for part, text in zip(wanted, reasons, strict=True) if part not in text] == []
