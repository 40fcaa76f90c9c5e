"""The key of a step's result: one digest of everything that the result depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from pathlib import Path, PurePath
from types import FunctionType
from typing import TYPE_CHECKING, Any

import mainspring
from mainspring.errors import FileError, ParameterError
from mainspring.pipeline.step_source import function_source, plain
from mainspring.pipeline.type_name import type_name

if TYPE_CHECKING:
    from mainspring.pipeline.input_files import InputFiles
    from mainspring.pipeline.step import Step

__all__ = ["KEY_FORMAT", "declared_files", "key_of", "material_of"]

KEY_FORMAT = 1


def material_of(
    step: Step,
    upstream: Mapping[str, str],
    values: Mapping[str, Any],
    inputs: InputFiles,
    find: Callable[[str], Path],
) -> dict[str, Any]:
    """Collect what the result of a step depends on.

    Parameters
    ----------
    step : Step
        The step.
    upstream : mapping of str to str
        Key of each step that it depends on.
    values : mapping of str to object
        Values of all parameters; those that it takes count.
    inputs : InputFiles
        Digests of files.
    find : callable
        Turns the path of a declared file into one that can be opened.

    Returns
    -------
    dict
        Plain values, the same in every process and on every machine.
    """
    what = f"Step {step.name!r}"
    source = {"version": step.version} if step.version is not None else {}
    if step.version is None:
        source = function_source(step.function, what)
    settings = {
        name: _described(at["setting"], f"{what}, setting {name}")
        for name, at in step.arguments.items()
        if "setting" in at
    }
    wiring = {
        name: at.get("step") or at.get("steps") or at.get("parameter")
        for name, at in step.arguments.items()
        if "setting" not in at and "scratch" not in at
    }
    files = {name: inputs.digest(path) for name, path in declared_files(step, values, find)}
    return {
        "format": KEY_FORMAT,
        "step": step.name,
        "source": source,
        "arguments": wiring,
        "settings": settings,
        "parameters": {name: values[name] for name in sorted(step.parameters)},
        "files": files,
        "upstream": {name: upstream[name] for name in sorted(step.dependencies)},
        "store": step.store,
        "mainspring": mainspring.__version__,
    }


def key_of(material: Mapping[str, Any]) -> str:
    """Return the key of what a step depends on.

    Parameters
    ----------
    material : mapping
        What :func:`material_of` returned.

    Returns
    -------
    str
        SHA-256 of its canonical JSON, 64 hexadecimal digits.

    Examples
    --------
    >>> key_of({"step": "read", "format": 1}) == key_of({"format": 1, "step": "read"})
    True
    """
    text = json.dumps(material, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def declared_files(
    step: Step, values: Mapping[str, Any], find: Callable[[str], Path]
) -> list[tuple[str, Path]]:
    """Return the files that a step declares, patterns written out.

    Parameters
    ----------
    step : Step
        The step; ``{name}`` in a file's name is the value of a parameter.
    values : mapping of str to object
        Values of all parameters.
    find : callable
        Turns a path into one that can be opened.

    Returns
    -------
    list of (str, Path)
        What each is called in the key, and where it is.

    Raises
    ------
    FileError
        When a pattern fits no file.
    ParameterError
        When a name in braces is no parameter.
    """
    found: list[tuple[str, Path]] = []
    settings = [at["setting"] for name, at in step.arguments.items() if name in _inputs_of(step)]
    for spelled in (*step.files, *(one for value in settings for one in _paths_in(value))):
        try:
            text = str(spelled).format_map(dict(values))
        except (KeyError, IndexError, ValueError) as error:
            raise ParameterError(
                f"Step {step.name!r}: {spelled!r} has a name in braces that is no parameter.",
                expected=", ".join(values),
                got=str(spelled),
            ) from error
        path = find(text)
        if not set("*?[").intersection(text):
            found.append((_name_of(text), path))
            continue
        fitting = sorted(Path(path.anchor or ".").glob(str(path.relative_to(path.anchor))))
        if not fitting:
            raise FileError(f"Step {step.name!r}: no file fits {text!r}, which it declares.")
        folder = path.parent
        while set("*?[").intersection(str(folder)):
            folder = folder.parent
        start = _name_of(text) if Path(text).is_absolute() else text
        found += [(f"{start}:{one.relative_to(folder).as_posix()}", one) for one in fitting]
    return found


def _inputs_of(step: Step) -> tuple[str, ...]:
    """Return the arguments of a ready step that name files which it reads."""
    return tuple(
        name
        for name in getattr(step.function, "__input_files__", ())
        if "setting" in step.arguments.get(name, {})
    )


def _paths_in(value: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    return [str(item) for item in items if isinstance(item, str | PurePath)]


def _name_of(text: str) -> str:
    """Name a file: of absolute paths the last part, since where a checkout lies does not count."""
    return Path(text).name if Path(text).is_absolute() else Path(text).as_posix()


def _described(value: Any, what: str) -> Any:
    """Write a setting as plain values."""
    try:
        return plain(value)
    except TypeError:
        pass
    if isinstance(value, list | tuple):
        return [_described(item, what) for item in value]
    if isinstance(value, dict):
        return {str(name): _described(item, what) for name, item in value.items()}
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, date | time | timedelta):
        return repr(value)
    if isinstance(value, FunctionType):
        return function_source(value, what)
    name = type_name(value)
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if name.startswith("mainspring."):
        return {name: _of_ours(value, what)}
    if hasattr(value, "get_params"):
        _refuse_fitted(value, what)
        return {name: _described(value.get_params(deep=False), what)}
    raise ParameterError(
        f"{what}: {name} cannot be part of a key, because nobody can tell whether two of them are "
        "the same. Make it inside the step's function.",
        expected="a plain value, a function, an estimator or an object of mainspring",
        got=name,
    )


def _of_ours(value: Any, what: str) -> Any:
    """Describe an object of mainspring by its bytes, by its fields, or as it writes itself."""
    if hasattr(value, "to_bytes"):
        return hashlib.sha256(value.to_bytes()).hexdigest()
    if is_dataclass(value):
        return _described({one.name: getattr(value, one.name) for one in fields(value)}, what)
    learnt = getattr(value, "__sklearn_is_fitted__", None)
    if learnt is not None and learnt():
        return hashlib.sha256(value.bundle.to_bytes()).hexdigest()
    return repr(value)


def _refuse_fitted(value: Any, what: str) -> None:
    learnt = [one for one in vars(value) if one.endswith("_") and not one.startswith("_")]
    if learnt:
        raise ParameterError(
            f"{what}: this {type(value).__name__} is fitted ({learnt[0]}), and what it has learnt "
            "cannot be part of a key. Fit it inside a step, or give one that is not fitted.",
            expected="an estimator that is not fitted",
            got=learnt[0],
        )
