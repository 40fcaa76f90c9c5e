"""A key changes with the code that a step uses, and with nothing else of its file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mainspring as ms
from mainspring.pipeline import load_pipeline

FILE = """
import mainspring as ms
from sibling import outer

pipeline = ms.Pipeline("p")
LIMITS = {"low": 1}
UNUSED = 1


class Shape:
    def area(self):
        return LIMITS["low"]


def inner(x):
    return x + 1


def used(x):
    return inner(x) + outer(x)


def unused():
    return 1


@pipeline.step
def made():
    return used(Shape().area())
"""
SIBLING = "import cousin\n\n\ndef outer(x):\n    return cousin.far(x)\n"
COUSIN = "def far(x):\n    return 0 * x\n"


def key(folder: Path, text: str = FILE, sibling: str = SIBLING, cousin: str = COUSIN) -> str:
    """Return the key that a fresh process makes."""
    folder.mkdir(exist_ok=True)
    (folder / "flow.py").write_text(text)
    (folder / "sibling.py").write_text(sibling)
    (folder / "cousin.py").write_text(cousin)
    code = (
        "import sys; sys.dont_write_bytecode = True; import mainspring.pipeline as mp;"
        "print(mp.load_pipeline(sys.argv[1]).plan()['made'].key)"
    )
    command = [sys.executable, "-c", code, str(folder / "flow.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> str:
    return key(tmp_path_factory.mktemp("first") / "a")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x + 1", "return x + 2"),
        ('{"low": 1}', '{"low": 2}'),
        ("inner(x) + outer", "inner(x) - outer"),
        ('return LIMITS["low"]', 'return LIMITS["low"] + 0'),
        ("def made():\n    return", "def made():\n    return 1 +"),
    ],
)
def test_key_when_used_code_changes_is_another(
    first: str, tmp_path: Path, old: str, new: str
) -> None:
    assert FILE.count(old) == 1
    assert key(tmp_path, FILE.replace(old, new)) != first


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("UNUSED = 1", "UNUSED = 2"),
        ("def unused():\n    return 1", "def unused():\n    return 2"),
        ("    return x + 1", "    # why\n    return (x\n            + 1)"),
        ("def made():\n", 'def made():\n    """Make it."""\n'),
        ("@pipeline.step\n", "@pipeline.step(retries=2, timeout_seconds=9)\n"),
    ],
)
def test_key_when_something_else_changes_is_the_same(
    first: str, tmp_path: Path, old: str, new: str
) -> None:
    assert FILE.count(old) == 1
    assert key(tmp_path, FILE.replace(old, new)) == first


def test_key_follows_imports_within_the_project(first: str, tmp_path: Path) -> None:
    assert key(tmp_path / "a", sibling=SIBLING.replace("far(x)", "far(-x)")) != first
    assert key(tmp_path / "b", cousin=COUSIN.replace("0 * x", "1 * x")) != first
    assert key(tmp_path / "c", cousin=COUSIN + "# a comment\n") == first


def test_key_when_import_is_inside_the_function_follows_it(tmp_path: Path) -> None:
    text = FILE.replace("from sibling import outer\n", "").replace(
        "    return inner(x) + outer(x)",
        "    from sibling import outer\n\n    return inner(x) + outer(x)",
    )
    before = key(tmp_path, text)
    assert key(tmp_path, text, sibling=SIBLING.replace("far(x)", "far(-x)")) != before


def test_names_that_arguments_cover_do_not_count(tmp_path: Path) -> None:
    text = FILE + "\n\n@pipeline.step\ndef later(made, inner=1):\n    return made + inner\n"
    path = tmp_path / "flow.py"
    (tmp_path / "sibling.py").write_text(SIBLING)
    (tmp_path / "cousin.py").write_text(COUSIN)
    path.write_text(text)
    source = load_pipeline(str(path)).plan()["later"].material["source"]  # type: ignore[index]
    assert list(source) == ["def"]


def test_functions_that_call_each_other_and_closures_have_keys(tmp_path: Path) -> None:
    def pipeline_with(number: int) -> ms.Pipeline:
        pipeline = ms.Pipeline("p", folder=tmp_path)

        @pipeline.step
        def step() -> int:
            return number

        return pipeline

    def even(n: int) -> bool:
        return n == 0 or odd(n - 1)

    def odd(n: int) -> bool:
        return n != 0 and even(n - 1)

    one, same, two = (pipeline_with(n).plan()["step"].key for n in (1, 1, 2))
    assert one == same
    assert one != two
    mutual = ms.Pipeline("p", folder=tmp_path)
    mutual.add("even", even, settings={"n": 4})
    assert mutual.run()["even"] is True


def test_source_that_cannot_be_read_needs_a_version(tmp_path: Path) -> None:
    space: dict[str, object] = {}
    exec("def hidden():\n    return 1\n", space)
    pipeline = ms.Pipeline("p", folder=tmp_path)
    pipeline.add("hidden", space["hidden"])  # type: ignore[arg-type]
    with pytest.raises(
        ms.ParameterError, match=r"source of hidden\(\) cannot be read.*version='1'"
    ):
        pipeline.run()
    versioned = ms.Pipeline("p", folder=tmp_path)
    versioned.add("hidden", space["hidden"], version=1)  # type: ignore[arg-type]
    assert versioned.run()["hidden"] == 1
    other = ms.Pipeline("p", folder=tmp_path)
    other.add("hidden", space["hidden"], version=2)  # type: ignore[arg-type]
    assert other.run().reasons["hidden"] == ("its code changed",)


def test_reasons_name_what_changed_in_the_code(tmp_path: Path) -> None:
    (tmp_path / "sibling.py").write_text(SIBLING)
    (tmp_path / "cousin.py").write_text(COUSIN)
    path = tmp_path / "flow.py"
    path.write_text(FILE)
    load_pipeline(str(path)).run()
    path.write_text(FILE.replace("return x + 1", "return x + 3"))
    run = load_pipeline(str(path)).run()
    assert run.reasons["made"] == ("inner, which its code uses, changed",)
    assert run["made"] == 4


def test_loading_refuses_what_makes_no_single_pipeline(tmp_path: Path) -> None:
    path = tmp_path / "two.py"
    path.write_text("import mainspring as ms\na = ms.Pipeline('a')\nb = ms.Pipeline('b')\n")
    with pytest.raises(ms.ParameterError, match=r"found 'a', 'b'\. Say which"):
        load_pipeline(str(path))
    assert load_pipeline(str(path), "b").name == "b"
    with pytest.raises(ms.ParameterError, match="expected one pipeline 'c'"):
        load_pipeline(str(path), "c")
    with pytest.raises(ms.FileError, match="no such file"):
        load_pipeline(str(tmp_path / "none.py"))
