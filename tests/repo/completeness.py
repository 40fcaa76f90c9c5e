"""What belongs to each thing that the engine lists: read from the sources of a tree, not built.

``complaints(root)`` names everything that is missing, with the file to write. A thing is known when
any of its pieces is there: take one away, and the others ask for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_DEFINED = re.compile(
    r"^struct (?P<struct>\w+)[^;{]*\{"
    r'|\bkName = "(?P<name>\w+)"'
    r"|^(?:extern )?constinit const (?P<type>\w+) (?P<symbol>k\w+) = \w+_of<(?P<of>\w+)>\(\);",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Kind:
    """Things of one kind: where the engine defines and lists them, and what else each must have."""

    noun: str
    type: str  # of the engine's list
    folder: str
    list_file: str
    pieces: tuple[Callable[[Path, str], str | None], ...]
    others: Callable[[Path], set[str]]  # names that pieces outside csrc know


def definitions(root: Path, kind: Kind) -> dict[str, tuple[str, str]]:
    """Return the name and the file of each symbol that the engine defines."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted((root / kind.folder).rglob("*.cpp")):
        names: dict[str, str] = {}
        struct = ""
        for match in _DEFINED.finditer(path.read_text(encoding="utf-8")):
            struct = match["struct"] or struct
            if match["name"]:
                names[struct] = match["name"]
            if match["type"] == kind.type and match["of"] in names:
                file = path.relative_to(root).as_posix()
                found[match["symbol"]] = (names[match["of"]], file)
    return found


def listed_symbols(root: Path, kind: Kind) -> list[str]:
    """Return the symbols of the engine's list, in its order."""
    path = root / kind.folder / kind.list_file
    return re.findall(r"&(k\w+)", path.read_text(encoding="utf-8")) if path.is_file() else []


def engine_names(root: Path, kind: Kind) -> list[str]:
    """Return the names of what is listed and defined, in the order of the list."""
    known = definitions(root, kind)
    return [known[symbol][0] for symbol in listed_symbols(root, kind) if symbol in known]


def engine_complaints(root: Path, kind: Kind) -> Iterator[str]:
    """Compare definitions and list with each other, and with the names that others know."""
    known, listed = definitions(root, kind), listed_symbols(root, kind)
    list_file = f"{kind.folder}/{kind.list_file}"
    for symbol in listed:
        if symbol not in known:
            yield f"{kind.folder} has no file that defines {symbol}, which {list_file} lists"
    for symbol, (name, file) in known.items():
        if symbol not in listed:
            yield f"{list_file} does not list {symbol}, the {kind.noun} '{name}' of {file}"
    names = {name for name, _ in known.values()}
    for name in sorted(kind.others(root) - names):
        yield f"{kind.folder}/{name}.cpp is missing: no file there defines the {kind.noun} '{name}'"


def complaints(root: Path) -> list[str]:
    """Name every piece that is missing in a tree, of whatever kind."""
    found: list[str] = []
    for kind in KINDS:
        found += engine_complaints(root, kind)
        known = {name for name, _ in definitions(root, kind).values()} | kind.others(root)
        for name in sorted(known):
            for piece in kind.pieces:
                missing = piece(root, name)
                if missing is not None:
                    found.append(f"the {kind.noun} '{name}' lacks {missing}")
    return found


def operator_classes(root: Path) -> dict[str, tuple[str, str]]:
    """Return class and file of every operator's Python half, by the operator's name."""
    found = {}
    for path in sorted((root / "python/mainspring/transforms").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        for name, op in re.findall(r'^class (\w+)\(Transform, op="(\w+)"\)', text, re.MULTILINE):
            found[op] = (name, path.relative_to(root).as_posix())
    return found


def _class_of(root: Path, name: str) -> str | None:
    found = operator_classes(root).get(name)
    wanted = camel_case(name)
    if found is None:
        return (
            "its Python half: a class in python/mainspring/transforms, "
            f'class {wanted}(Transform, op="{name}")'
        )
    cls, file = found
    if cls not in _all_of(root / file):
        return f"its place in __all__ of {file}: '{cls}'"
    return None


def _all_of(path: Path) -> list[str]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


def _names_in(path: Path) -> set[str]:
    """Return functions and assigned names at the top of a Python file."""
    if not path.is_file():
        return set()
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        if isinstance(node, ast.Assign):
            names.update(ast.unparse(target) for target in node.targets)
        if isinstance(node, ast.ImportFrom):
            names.update(alias.asname for alias in node.names if alias.asname)
    return names


def _module_with(*wanted: str) -> Callable[[Path, str], str | None]:
    """Ask for an oracle of its own, with everything that the generic suite takes from it."""

    def piece(root: Path, name: str) -> str | None:
        file = f"tests/reference/{name}.py"
        if not (root / file).is_file():
            return f"its oracle: {file} with {' and '.join(wanted)}"
        there = _names_in(root / file)
        missing = [word for word in wanted if word not in there]
        return f"{' and '.join(missing)} in {file}" if missing else None

    return piece


def _function_in(file: str) -> Callable[[Path, str], str | None]:
    """Ask for a function of the thing's name."""

    def piece(root: Path, name: str) -> str | None:
        there = name in _names_in(root / file)
        return None if there else f"its oracle: the function {name} in {file}"

    return piece


def _mentioned(where: str, form: str, what: str) -> Callable[[Path, str], str | None]:
    """Ask for the thing's name in a file, or in any module of a folder, in a given form.

    Names are {name}, or {code}, its enumerator.
    """

    def piece(root: Path, name: str) -> str | None:
        path, wanted = root / where, form.format(name=name, code="k" + camel_case(name))
        files = sorted(path.glob("*.py")) if path.is_dir() else [path]
        texts = [file.read_text(encoding="utf-8") for file in files if file.is_file()]
        there = any(wanted in text for text in texts)
        return None if there else f"{what}: {wanted} in {where}"

    return piece


def camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _nobody(root: Path) -> set[str]:
    return set()


def _operators_elsewhere(root: Path) -> set[str]:
    oracles = (root / "tests/reference").glob("*.py")
    with_cases = {path.stem for path in oracles if {"features", "CASES"} <= _names_in(path)}
    return set(operator_classes(root)) | with_cases


def _public_functions(file: str) -> Callable[[Path], set[str]]:
    def names(root: Path) -> set[str]:
        """Functions that take what an oracle of this kind takes first."""
        path = root / file
        if not path.is_file():
            return set()
        return {
            node.name
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
            and not node.name.startswith("_")
            and [argument.arg for argument in node.args.args] in ORACLE_ARGUMENTS
            and ast.unparse(node.returns or ast.Constant(None)) in ("Measured", "float")
        }

    return names


ORACLE_ARGUMENTS = (
    ["before", "now"],
    ["feature", "label", "due", "known"],
    ["train", "test"],
    ["rows"],
)
TOLERANCES, FORMAT = "tests/tolerances.py", "docs/format.md"
METRICS = "tests/reference/quality_metrics.py"
STATISTICS, CHECKS = "tests/reference/drift_statistics.py", "tests/reference/check_values.py"

OPERATOR = Kind(
    "operator",
    "Transform",
    "csrc/fit/transforms",
    "transform_list.cpp",
    (
        _class_of,
        _module_with("features", "CASES"),
        _mentioned("bench/operator_cases", '"{name}": Case(', "its benchmark"),
    ),
    _operators_elsewhere,
)
STATISTIC = Kind(
    "drift statistic",
    "Statistic",
    "csrc/measure/drift",
    "statistic_list.cpp",
    (
        _function_in(STATISTICS),
        _mentioned(TOLERANCES, '"{name}": (', "its tolerance"),
        _mentioned("docs/concepts/drift.md", "| `{name}` |", "its definition"),
    ),
    _public_functions(STATISTICS),
)
CHECK = Kind(
    "check",
    "CheckEntry",
    "csrc/measure/checks",
    "check_list.cpp",
    (_function_in(CHECKS), _mentioned("docs/concepts/checks.md", "| `{name}` |", "its definition")),
    _public_functions(CHECKS),
)
METRIC = Kind(
    "metric",
    "MetricEntry",
    "csrc/measure/quality",
    "metric_list.cpp",
    (
        _function_in(METRICS),
        _mentioned("docs/concepts/quality.md", "| `{name}` |", "its definition"),
    ),
    _public_functions(METRICS),
)
STEP = Kind(
    "step",
    "Step",
    "csrc/runtime/steps",
    "step_list.cpp",
    (
        _function_in("tests/reference/steps.py"),
        _mentioned(FORMAT, "| {code} |", "its record"),
        _mentioned("tests/reference/bundle_steps.py", "def _{name}(", "the rules of its record"),
    ),
    _nobody,
)
MODEL = Kind(
    "model kind",
    "Model",
    "csrc/runtime/models",
    "model_list.cpp",
    (
        _module_with("raw_scores", "drawn", "MODELS", "FIXED"),
        _mentioned(FORMAT, ": {name}", "its bytes"),
    ),
    _nobody,
)
KINDS = (OPERATOR, STATISTIC, CHECK, METRIC, STEP, MODEL)
