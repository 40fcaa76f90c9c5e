"""What ``import mainspring`` loads: nothing; what each name loads: its module."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mainspring as ms

HEAVY = ("numpy", "pyarrow", "asyncio", "json", "re", "inspect", "dataclasses", "argparse")


def modules_loaded_by(statement: str) -> set[str]:
    code = (
        "import sys; before = set(sys.modules); "
        f"{statement}; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_heavy_and_few_modules() -> None:
    loaded = modules_loaded_by("import mainspring")
    assert [name for name in HEAVY if name in loaded] == []
    # typing and importlib bring what they bring; of ours there is one module.
    assert {name for name in loaded if name.startswith("mainspring")} == {"mainspring"}
    assert len(loaded) <= 25


def test_errors_when_imported_load_no_engine() -> None:
    loaded = modules_loaded_by("import mainspring; mainspring.DataError")
    assert {name for name in loaded if name.startswith("mainspring")} == {
        "mainspring",
        "mainspring.errors",
    }


def test_runtime_loads_without_numpy_pyarrow_asyncio_starlette() -> None:
    loaded = modules_loaded_by("import mainspring.runtime")
    assert {"numpy", "pyarrow", "asyncio", "starlette", "pandas"} & loaded == set()
    assert "mainspring.runtime" in loaded


def test_names_are_sorted_complete_and_resolve() -> None:
    assert list(ms.__all__) == sorted(ms.__all__)
    assert dir(ms) == ms.__all__
    for name in ms.__all__:
        assert getattr(ms, name) is not None


def test_homes_when_compared_with_type_checking_imports_agree() -> None:
    source = Path(str(ms.__file__)).read_text(encoding="utf-8")
    typed = {
        alias.name: node.module
        for branch in ast.parse(source).body
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert typed == ms._HOMES
    functions = {"__version__", "build_info", "release_memory", "set_num_threads"}
    assert set(typed) | functions == set(ms.__all__)


def test_package_when_tested_is_the_installed_one_and_complete() -> None:
    assert Path(str(ms.__file__)).with_name("py.typed").is_file()
    assert ms.build_info()["version"] == ms.__version__


def test_attribute_when_unknown_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="'mainspring' has no attribute 'predictor_of'"):
        ms.predictor_of  # noqa: B018


@pytest.mark.parametrize("count", [0, -1, 1025, True, 1.5, "2"])
def test_set_num_threads_when_count_is_wrong_is_a_parameter_error(count: object) -> None:
    with pytest.raises(ms.ParameterError, match=re.escape(repr(count))):
        ms.set_num_threads(count)  # type: ignore[arg-type]


def test_set_num_threads_when_set_shows_in_build_info() -> None:
    before = ms.build_info()["num_threads"]
    try:
        ms.set_num_threads(3)
        assert ms.build_info()["num_threads"] == 3
    finally:
        ms.set_num_threads(before)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [name for name in ms.__all__ if not name.startswith("__")])
def test_public_name_documents_every_parameter(name: str) -> None:
    value = getattr(ms, name)
    if inspect.isclass(value) and issubclass(value, Exception):
        assert value.__doc__
        return
    assert value.__doc__
    shown = value.__init__ if inspect.isclass(value) else value
    text = inspect.getdoc(value) or ""
    documented = {
        word.strip().lstrip("*")
        for line in re.findall(r"^([\w*, ]+?) :", text, re.MULTILINE)
        for word in line.split(",")
    }
    missing = [
        parameter
        for parameter in inspect.signature(shown).parameters
        if parameter != "self" and parameter not in documented
    ]
    assert missing == []


def test_submodules_when_imported_each_have_a_docstring() -> None:
    package = Path(str(ms.__file__)).parent
    for path in sorted(set(package.glob("*.py")) - {package / "__main__.py"}):
        module = importlib.import_module(
            "mainspring" if path.stem == "__init__" else f"mainspring.{path.stem}"
        )
        assert module.__doc__, path
