"""What names, parameters and options of steps may be."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mainspring.errors import ParameterError
from mainspring.pipeline.step import Step
from mainspring.pipeline.step_source import plain

__all__ = [
    "check_options",
    "checked_name",
    "checked_value",
    "file_names",
    "like_default",
    "names_of",
]

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def checked_name(name: object, what: str) -> str:
    """Return a name that can be a file's, or refuse it.

    Parameters
    ----------
    name : object
        What was given.
    what : str
        What it names, for errors.

    Returns
    -------
    str
        The name.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ParameterError(
            f"{what}: {name!r} cannot be a name; expected up to 100 letters, digits, '_', '-' and "
            "'.', not beginning with '-' or '.'.",
            expected="letters, digits, '_', '-' and '.'",
            got=repr(name),
        )
    return name


def checked_value(name: str, value: Any) -> Any:
    """Return the value of a parameter as plain values, or refuse it.

    Parameters
    ----------
    name : str
        The parameter.
    value : object
        What was given.

    Returns
    -------
    object
        None, bool, int, float, str, list or dict.
    """
    try:
        if isinstance(value, bytes | set | frozenset):
            raise TypeError(type(value).__name__)
        return plain(value)
    except TypeError as error:
        raise ParameterError(
            f"Parameter {name!r}: expected a number, a text, a boolean, None, or a list or dict of "
            f"them, got {error}.",
            expected="plain values",
            got=str(error),
        ) from None


def like_default(name: str, value: Any, default: Any) -> Any:
    """Return a value in the type of a parameter's default, or refuse it.

    Parameters
    ----------
    name : str
        The parameter.
    value, default : object
        Plain values.

    Returns
    -------
    object
        A whole number is a float where the default is one; a default of None takes anything.
    """
    if type(default) is float and type(value) is int:
        return float(value)
    if default is None or value is None or type(value) is type(default):
        return value
    raise ParameterError(
        f"Parameter {name!r}: its default {default!r} is of type {type(default).__name__}, got "
        f"{value!r}.",
        expected=type(default).__name__,
        got=repr(value),
    )


def names_of(wanted: Any, known: Mapping[Any, str]) -> Any:
    """Return the name of a step, or a list of names, from names and functions.

    Parameters
    ----------
    wanted : str, callable, or list of them
        As given in ``needs``.
    known : mapping of callable to str
        The steps that functions have become.

    Returns
    -------
    str or list of str
        Names.
    """
    if isinstance(wanted, list | tuple):
        return [names_of(one, known) for one in wanted]
    if isinstance(wanted, str):
        return wanted
    if callable(wanted):
        return known.get(wanted, wanted.__name__)
    raise ParameterError(
        f"needs: expected names of steps, got {type(wanted).__name__}.",
        expected="names of steps",
        got=type(wanted).__name__,
    )


def file_names(files: Any) -> tuple[str, ...]:
    """Return the paths that a step declares as texts.

    Parameters
    ----------
    files : path or iterable of paths
        As given.

    Returns
    -------
    tuple of str
        In their order.
    """
    if isinstance(files, str | os.PathLike):
        return (os.fspath(files),)
    if isinstance(files, Iterable):
        return tuple(os.fspath(one) for one in files)
    raise ParameterError(
        f"files: expected paths, got {type(files).__name__}.", got=type(files).__name__
    )


def check_options(step: Step) -> None:
    """Refuse options that cannot be.

    Parameters
    ----------
    step : Step
        As declared.

    Raises
    ------
    ParameterError
        Naming the first that is wrong.
    """
    whole = isinstance(step.retries, int) and not isinstance(step.retries, bool)
    rules = (
        ("retries", step.retries, whole and 0 <= step.retries <= 100, "0 to 100"),
        ("backoff_seconds", step.backoff_seconds, _is_number(step.backoff_seconds, 0), "0 or more"),
        (
            "timeout_seconds",
            step.timeout_seconds,
            step.timeout_seconds is None
            or (_is_number(step.timeout_seconds, 0) and step.timeout_seconds > 0),
            "more than 0",
        ),
        ("store", step.store, step.store in ("auto", "pickle"), "'auto' or 'pickle'"),
    )
    for name, value, fits, expected in rules:
        if not fits:
            raise ParameterError(
                f"Step {step.name!r}: {name} must be {expected}, got {value!r}.",
                expected=expected,
                got=repr(value),
            )


def _is_number(value: Any, least: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and least <= value < float("inf")
