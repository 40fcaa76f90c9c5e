"""Rules about what nobody uses: names that stand once in all texts, and tests that cannot fail."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

WORD = re.compile(r"[A-Za-z_]\w*")
# Classes of the standard library and of test tools are called by these names.
CALLED_BY_NAME = re.compile(r"__\w+__|test_\w+|pytest_\w+|(visit|handle|do)_\w+")
# What a test may call in place of an assertion: the name says that it finds out what is wrong.
CHECKING = re.compile(r"assert|check|expect|raises|warns|compare|same|close|equal|judge|compile")


def word_counts(texts: Iterable[str]) -> Counter[str]:
    """Count how often each word stands in the texts."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(WORD.findall(text))
    return counts


def unused_complaints(path: str, text: str, counts: Mapping[str, int]) -> list[str]:
    """Check that what a Python file defines is mentioned in some other place."""
    return [
        f"{path}: nobody mentions {name}"
        for name in _definitions(ast.parse(text))
        if counts[name] < 2 and not CALLED_BY_NAME.fullmatch(name)
    ]


def _definitions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def toothless_complaints(path: str, text: str) -> list[str]:
    """Check that every test looks at something: an exception alone says little."""
    complaints = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assert) and isinstance(node.test, (ast.Constant, ast.Tuple)):
            complaints.append(f"{path}: an assertion that always holds, line {node.lineno}")
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if is_function and node.name.startswith("test_") and not _looks(node):
            complaints.append(f"{path}: {node.name} checks nothing")
    return complaints


def _looks(test: ast.AST) -> bool:
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            if CHECKING.search(ast.unparse(node.func).lower()):
                return True
            if any(
                word.arg == "check" and ast.unparse(word.value) == "True" for word in node.keywords
            ):
                return True
    return False
