"""The tree says what it is: names, lengths, first comments, versions, public names."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest

from tests.repo import cpp_rules, python_rules, tree_rules

ROOT = Path(__file__).resolve().parents[2]
FILES = tuple(tree_rules.tracked_files(ROOT))
TEXTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in FILES
    if tree_rules.SOURCE.search(name) or name.endswith((".md", ".toml", ".txt", ".yaml"))
}

# Files over 400 lines, each with the reason why it is not two files.
LONG_FILES: dict[str, str] = {
    "edge/python/mainspring_edge.py": "one file, so that it is copied beside a library and works",
    "python/mainspring/pipeline/pipeline.py": "one public class, more than half of it docstrings",
    "python/mainspring/predictor.py": "one public class, more than half of it docstrings",
    "python/mainspring/transforms/preprocessor.py": "one public class, half of it docstrings",
    "tests/cpp/test_arrow_decode.cpp": "one table of every Arrow type, run on every level",
}


def test_top_folder_holds_exactly_what_the_flow_needs() -> None:
    assert [c for name in FILES for c in tree_rules.top_complaints(name)] == []


def test_folders_of_sources_are_all_told_of_to_contributors() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    source = re.compile(r"^(csrc/\w+/|(?:python/mainspring/)(\w+/))")
    found = {match[2] or match[1] for name in FILES if (match := source.match(name))}
    assert len(found) > 20
    assert (
        sorted(folder for folder in found if not re.search(rf"(^|  ){folder} ", page, re.M)) == []
    )


def test_file_names_say_something() -> None:
    assert [c for name in FILES for c in tree_rules.name_complaints(name)] == []


def test_source_files_are_short() -> None:
    complaints = [
        c
        for name, text in TEXTS.items()
        for c in tree_rules.length_complaints(name, text, LONG_FILES)
    ]
    assert complaints == [], "\n".join(complaints)
    assert [name for name in LONG_FILES if name not in TEXTS] == []


def test_tracked_files_are_small() -> None:
    sizes = {name: (ROOT / name).stat().st_size for name in FILES}
    assert [c for name, size in sizes.items() for c in tree_rules.size_complaints(name, size)] == []


def test_texts_name_no_machine_and_leave_nothing_open() -> None:
    assert [
        c for name, text in TEXTS.items() for c in tree_rules.trace_complaints(name, text)
    ] == []


def test_cpp_files_begin_with_their_purpose() -> None:
    complaints = [
        c
        for name, text in TEXTS.items()
        if name.endswith((".cpp", ".hpp", ".h", ".c", ".inc", ".cu"))
        for c in cpp_rules.comment_complaints(name, text)
    ]
    assert complaints == [], "\n".join(complaints)


def test_cpp_files_define_no_macros() -> None:
    complaints = [
        c
        for name, text in TEXTS.items()
        if name.startswith(("csrc/", "edge/"))
        and name.endswith((".cpp", ".hpp", ".h", ".c", ".inc"))
        for c in cpp_rules.macro_complaints(name, text)
    ]
    assert complaints == [], "\n".join(complaints)


def test_python_files_list_and_document_their_public_names() -> None:
    complaints = [
        c
        for name, text in TEXTS.items()
        if name.startswith("python/mainspring/") and name.endswith(".py")
        for c in python_rules.public_complaints(name.removeprefix("python/mainspring/"), text)
    ]
    assert complaints == [], "\n".join(complaints)


def test_version_stands_in_the_package_and_nowhere_else_but_for_readers() -> None:
    package = TEXTS["python/mainspring/__init__.py"]
    version = re.search(r'^__version__ = "(.+)"$', package, re.MULTILINE)
    assert version is not None
    number = version[1]
    others = TEXTS["pyproject.toml"] + TEXTS["CMakeLists.txt"]
    assert not re.search(rf"(?<![\d.]){re.escape(number)}\b", others)
    assert metadata.version("mainspring") == number
    assert f"## [{number}]" in TEXTS["CHANGELOG.md"]
    assert f"version {number}" in TEXTS["README.md"].lower()


@pytest.mark.parametrize("path", ["src/a.py", "notes.txt", "setup.py"])
def test_top_rule_when_folder_is_new_complains(path: str) -> None:
    assert tree_rules.top_complaints(path)


@pytest.mark.parametrize(
    "path", ["csrc/host/utils.hpp", "python/mainspring/common/a.py", "a_misc.py"]
)
def test_name_rule_when_name_is_vague_complains(path: str) -> None:
    assert tree_rules.name_complaints(path)


def test_length_rule_when_file_is_long_wants_a_reason_and_keeps_it_honest() -> None:
    long_text, short_text = "x\n" * 401, "x\n"
    assert tree_rules.length_complaints("a.py", long_text, {})
    assert tree_rules.length_complaints("a.py", long_text, {"a.py": "because"}) == []
    assert tree_rules.length_complaints("a.py", short_text, {"a.py": "because"})
    assert tree_rules.length_complaints("a.md", long_text, {}) == []


def test_size_rule_when_file_is_large_complains() -> None:
    assert tree_rules.size_complaints("a.bin", 1_000_001)
    assert tree_rules.size_complaints("a.bin", 1_000_000) == []


@pytest.mark.parametrize("text", ["see /home/me/a", "# TODO later", "/Users/me/x"])
def test_trace_rule_when_text_speaks_of_one_machine_complains(text: str) -> None:
    assert tree_rules.trace_complaints("docs/a.md", text)


@pytest.mark.parametrize("text", ["#pragma once\n", "", "\n// late"])
def test_comment_rule_when_file_begins_with_code_complains(text: str) -> None:
    assert cpp_rules.comment_complaints("a.hpp", text)


def test_macro_rule_when_macro_is_defined_complains() -> None:
    assert cpp_rules.macro_complaints("a.hpp", "#define MIN(a, b) a")
    assert cpp_rules.macro_complaints("a.h", "#define MAINSPRING_API extern") == []


@pytest.mark.parametrize(
    "text",
    [
        "def shown() -> None:\n    pass\n",
        '"""Doc."""\n__all__ = ["b", "a"]\n',
        '"""Doc."""\n__all__: list[str] = []\n\n\ndef shown():\n    """Doc."""\n',
        '"""Doc."""\n__all__ = ["shown"]\n\n\ndef shown():\n    pass\n',
    ],
)
def test_public_rule_when_name_is_unlisted_or_undocumented_complains(text: str) -> None:
    assert python_rules.public_complaints("a.py", text)
