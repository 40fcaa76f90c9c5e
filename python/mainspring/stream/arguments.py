"""Checks of arguments that several classes have."""

from __future__ import annotations

import math

from mainspring.errors import ParameterError

__all__ = ["check_choice", "check_count", "check_seconds"]


def check_count(value: object, what: str) -> None:
    """Check that an argument is an integer of at least 1.

    Parameters
    ----------
    value : object
        What was given.
    what : str
        The argument.

    Raises
    ------
    ParameterError
        When it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ParameterError(
            f"{what} must be an integer of at least 1, got {value!r}.",
            expected="an integer of at least 1",
            got=repr(value),
        )


def check_seconds(value: object, what: str) -> None:
    """Check a length of time.

    Parameters
    ----------
    value : object
        What came.
    what : str
        The argument's name.

    Raises
    ------
    ParameterError
        When it is no finite number of at least 0.
    """
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 <= value < math.inf:  # type: ignore[operator]
        raise ParameterError(
            f"{what} must be a number of at least 0, got {value!r}.",
            expected="a number of at least 0",
            got=repr(value),
        )


def check_choice(value: object, known: tuple[str, ...], what: str) -> None:
    """Check that an argument is one of several words.

    Parameters
    ----------
    value : object
        What was given.
    known : tuple of str
        The words.
    what : str
        The argument.

    Raises
    ------
    ParameterError
        When it is not.
    """
    if value not in known:
        raise ParameterError(
            f"{what} is {value!r}, expected one of {', '.join(known)}.",
            expected=" or ".join(known),
            got=repr(value),
        )
