"""What a step's code is: its function and what it uses of its own project, as normal text.

The rule, which docs/concepts/pipelines.md states for users: the function counts without comments,
layout, decorators and docstrings. A name that it uses counts, too, and what that uses in turn:
functions and classes of its own module by their code, plain values (numbers, texts, lists, dicts)
by what they are, modules and members of modules that lie in the folder of its file or below by the
text of their file. Everything else (installed packages, open files, objects) counts by name alone.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from mainspring.errors import ParameterError

__all__ = ["function_source", "plain"]

# Python 3.11's parser counts its depth for all threads together and fails when two parse at once.
_PARSING = threading.Lock()
_LIBRARY = Path(__file__).resolve().parent.parent  # covered by the library's version


def function_source(function: Callable[..., Any], what: str) -> dict[str, str]:
    """Return the digests of a function's code and of all that it uses of its project.

    Parameters
    ----------
    function : callable
        Made with ``def``.
    what : str
        What it is called in errors.

    Returns
    -------
    dict of str to str
        Digest of each piece by its name; ``"def"`` is the function itself. A function of mainspring
        has one piece, its name.

    Raises
    ------
    ParameterError
        When it has no source that can be read.
    """
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        raise ParameterError(
            f"{what}: expected a function made with def, got {type(function).__name__} "
            f"{getattr(function, '__name__', '')!r}.",
            expected="a function made with def",
            got=type(function).__name__,
        )
    if (function.__module__ or "").partition(".")[0] == "mainspring" and _is_ours(
        function.__code__.co_filename
    ):
        return {"def": f"{function.__module__}.{function.__qualname__}"}
    found: dict[str, str] = {}
    with _PARSING:
        _add_function(found, "def", function, _folder_of(function.__code__.co_filename), what)
    return dict(sorted(found.items()))


def plain(value: Any) -> Any:
    """Return a value as JSON has it, or raise ``TypeError`` where it is no plain value.

    Parameters
    ----------
    value : object
        None, booleans, numbers, texts, bytes, and lists, tuples, sets and dicts of them.

    Returns
    -------
    object
        Of None, bool, int, float, str, list and dict.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=repr)
    if isinstance(value, bytes):
        return {"bytes": hashlib.sha256(value).hexdigest()}
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    raise TypeError(type(value).__name__)


@lru_cache(maxsize=1024)
def _is_ours(filename: str) -> bool:
    return Path(filename).resolve().is_relative_to(_LIBRARY)


def _add_function(
    found: dict[str, str], name: str, function: FunctionType, folder: Path | None, what: str
) -> None:
    node = _node_of(function.__code__, what)
    found[name] = _digest_of(node)
    values = dict(function.__globals__)
    for free, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # empty: the name gets its value later
            values[free] = cell.cell_contents
    names = _loaded(node) & _outside(function.__code__)
    _add_names(found, node, names, values, folder, what)


def _outside(code: CodeType) -> set[str]:
    """Return the names that a function takes from outside: none that an argument covers."""
    inner = [part for part in code.co_consts if isinstance(part, CodeType)]
    found = {*code.co_names, *code.co_freevars}
    return found.union(*(_outside(part) for part in inner))


def _loaded(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _add_names(
    found: dict[str, str],
    node: ast.AST,
    names: set[str],
    values: dict[str, Any],
    folder: Path | None,
    what: str,
) -> None:
    """Add what the names in a piece of code stand for, where that belongs to the project."""
    home = values.get("__name__")
    for name in sorted(names):
        if name not in values or name in found:
            continue
        value = values[name]
        own = getattr(value, "__module__", None) == home
        if isinstance(value, FunctionType) and own:
            found[name] = ""  # known before it is walked: functions may call each other
            _add_function(found, name, value, folder, what)
        elif isinstance(value, type) and own:
            found[name] = ""
            _add_class(found, name, value, values, folder)
        elif isinstance(value, ModuleType):
            _add_file(found, getattr(value, "__file__", None), folder)
        elif not own and hasattr(value, "__module__"):
            module = sys.modules.get(str(value.__module__))
            _add_file(found, getattr(module, "__file__", None), folder)
        else:
            try:
                found[name] = _digest(repr(plain(value)))
            except TypeError:
                kind = type(value)  # the module of a file has as many names as ways to run it
                where = "" if kind.__module__ == home else f"{kind.__module__}."
                found[name] = f"{where}{kind.__qualname__}"
    for module_name in _imports(node):
        _add_import(found, module_name, folder)


def _add_class(
    found: dict[str, str], name: str, cls: type, values: dict[str, Any], folder: Path | None
) -> None:
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        found[name] = cls.__qualname__
        return
    found[name] = _digest(_normal(node))
    _add_names(found, node, _loaded(node), values, folder, name)


def _add_import(found: dict[str, str], module: str, folder: Path | None) -> None:
    if folder is not None:
        path = folder.joinpath(*module.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                _add_file(found, str(file), folder)


def _add_file(found: dict[str, str], file: str | None, folder: Path | None) -> None:
    """Add a Python file of the project, and those that it imports."""
    if file is None or folder is None or not file.endswith(".py"):
        return
    path = Path(file).resolve()
    if not path.is_relative_to(folder) or path.is_relative_to(_LIBRARY):
        return
    name = path.relative_to(folder).as_posix()
    if name in found or any(part in ("site-packages", "dist-packages") for part in path.parts):
        return
    try:
        node = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return
    found[name] = _digest(_normal(node))
    for module in _imports(node):
        _add_import(found, module, folder)


def _imports(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            yield from (alias.name for alias in part.names)
        elif isinstance(part, ast.ImportFrom) and part.module:
            yield part.module
            yield from (f"{part.module}.{alias.name}" for alias in part.names)


@lru_cache(maxsize=1024)
def _folder_of(filename: str) -> Path | None:
    path = Path(filename)
    return path.resolve().parent if path.is_file() else None


def _node_of(code: CodeType, what: str) -> ast.AST:
    """Find the function in its file; where that is no Python file, cut it out by its lines."""
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename)
    node = _functions(code.co_filename, "".join(lines)).get((code.co_name, code.co_firstlineno))
    if node is not None:
        return node
    try:
        block = inspect.getblock(lines[code.co_firstlineno - 1 :]) if lines else []
        tree = ast.parse(textwrap.dedent("".join(block)))
    except (SyntaxError, IndexError, inspect.EndOfBlock):
        tree = ast.Module([], [])
    for part in ast.walk(tree):
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part.name == code.co_name:
            return part
    raise ParameterError(
        f"{what}: the source of {code.co_name}() cannot be read, so nobody can tell when it "
        "changes. Put it into a file, or say which version it is: version='1'.",
        expected="a function whose source can be read",
        got=code.co_filename,
        hint="version='1'",
    )


@lru_cache(maxsize=64)
def _functions(filename: str, text: str) -> dict[tuple[str, int], ast.AST]:
    """Return every function of a file by its name and its first line, decorators included."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}  # a page with code in it
    return {
        (node.name, min([node.lineno, *(part.lineno for part in node.decorator_list)])): node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


class _Plain(ast.NodeTransformer):
    """Takes docstrings and decorators out of a copy."""

    def _visit(self, node: Any) -> Any:
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if hasattr(node, "decorator_list"):
            node.decorator_list = []
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Module = _visit

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """Keep a class's decorators: they change what it is."""
        kept = node.decorator_list
        self._visit(node)
        node.decorator_list = kept
        return node


def _digest_of(node: ast.AST) -> str:
    """Return the digest of a function's code; the tree of its file is kept, and this with it."""
    known = getattr(node, "mainspring_digest", None)
    if known is None:
        known = _digest(_normal(node))
        node.mainspring_digest = known  # type: ignore[attr-defined]
    return str(known)


def _normal(node: ast.AST) -> str:
    """Write code in one way, whatever its layout was."""
    copy = ast.parse(ast.unparse(node))
    return ast.unparse(_Plain().visit(copy))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
