"""The four files of docs/adding/operator.md, as the page says them, in a copy of a tree."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

PAGE = "docs/adding/operator.md"
NAME = "per_max"
CPP = f"csrc/fit/transforms/{NAME}.cpp"
LIST = "csrc/fit/transforms/transform_list.cpp"
CLASS = "python/mainspring/transforms/numeric.py"
ORACLE = f"tests/reference/{NAME}.py"
FILES = (CPP, LIST, CLASS, ORACLE)
COPIED = ("csrc", "edge", "python", "tests", "docs", "kernels", "bench", "CMakeLists.txt")


def blocks(root: Path) -> dict[str, str]:
    """Return the code of the page by the file it belongs in."""
    page = (root / PAGE).read_text(encoding="utf-8")
    found = re.findall(r"```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)\n```", page, re.DOTALL)
    return {path: code + "\n" for path, code in found}


def copy_tree(root: Path, place: Path) -> Path:
    """Copy what a build and the completeness checks need."""
    ignored = shutil.ignore_patterns("__pycache__", "*.so", "build", "results", "*.spring")
    for name in (*COPIED, "pyproject.toml", "README.md", "LICENSE"):
        source = root / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=ignored)
        elif source.is_file():
            shutil.copy(source, place / name)
    return place


def add(root: Path, place: Path, *, without: str = "") -> None:
    """Write the operator's files into the copy, all but one."""
    code = blocks(root)
    for path in (CPP, ORACLE):
        if path != without:
            (place / path).write_text(code[path], encoding="utf-8")
    if without != LIST:
        edit(place / LIST, "extern const Transform ", "extern const Transform kPerMax, ")
        edit(place / LIST, "kTransforms{", "kTransforms{&kPerMax, ")
    if without != CLASS:
        edit(place / CLASS, '"MinMax",', '"PerMax", "MinMax",')
        text = (place / CLASS).read_text(encoding="utf-8")
        (place / CLASS).write_text(f"{text}\n\n{code[CLASS]}", encoding="utf-8")


def edit(path: Path, before: str, after: str) -> None:
    """Replace a text that is there exactly once."""
    text = path.read_text(encoding="utf-8")
    if text.count(before) != 1:
        message = f"{path} has {before!r} {text.count(before)} times, expected once"
        raise ValueError(message)
    path.write_text(text.replace(before, after), encoding="utf-8")
