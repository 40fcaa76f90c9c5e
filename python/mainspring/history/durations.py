"""Lengths of time as users write them: "7d", "30min", timedelta."""

from __future__ import annotations

import re
from datetime import timedelta

from mainspring import errors

__all__ = ["duration_in", "duration_text", "duration_us"]

_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
    "w": 604_800_000_000,
}
_TEXT = re.compile(r"(\d+)(us|ms|s|min|h|d|w)")
_WANTED = "a timedelta, or text such as '7d', '3h', '30min', '10s'"
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 2**61


def duration_us(value: object, what: str) -> int:
    """Return a length of time in microseconds.

    Parameters
    ----------
    value : str or timedelta
        Numbers with ``us``, ``ms``, ``s``, ``min``, ``h``, ``d`` (24 hours) or ``w`` (7 times 24
        hours), one after another: ``"1d12h"``.
    what : str
        The argument, for error messages.

    Returns
    -------
    int
        Microseconds, at least 0.

    Raises
    ------
    ParameterError
        When it is another thing, negative, or longer than 73,000 years.
    """
    if isinstance(value, timedelta):
        length = value // _MICROSECOND
    elif isinstance(value, str) and value and not _TEXT.sub("", value):
        length = sum(int(count) * _UNITS[unit] for count, unit in _TEXT.findall(value))
    else:
        raise errors.ParameterError(
            f"{what} must be {_WANTED}, got {value!r}.", expected=_WANTED, got=repr(value)
        )
    if not 0 <= length < _LONGEST:
        raise errors.ParameterError(
            f"{what} must be at least 0 and below 73,000 years, got {value!r}.",
            expected="at least 0 and below 73,000 years",
            got=repr(value),
        )
    return length


def duration_in(value: object, unit: str, what: str) -> int:
    """Return a length of time in the unit of a column, exactly.

    Parameters
    ----------
    value : str, timedelta or int
        An int where the times are integers.
    unit : str
        "s", "ms", "us" or "ns"; "" of integers.
    what : str
        The argument, for error messages.

    Returns
    -------
    int
        Rounded down: ages are whole numbers of the unit, so nothing changes.

    Raises
    ------
    ParameterError
        When it does not fit the unit.
    """
    if unit == "":
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
            return value
        raise errors.ParameterError(
            f"{what} must be an int that is at least 0, as the times are integers, got {value!r}.",
            expected="an int that is at least 0",
            got=repr(value),
        )
    return min(duration_us(value, what) * _PER_SECOND[unit] // 1_000_000, 2**63 - 1)


def duration_text(length_us: int) -> str:
    """Write a length in its largest whole unit.

    Parameters
    ----------
    length_us : int
        Microseconds.

    Returns
    -------
    str
        Such as ``"7d"``; :func:`duration_us` reads it.
    """
    for unit, size in reversed(_UNITS.items()):
        if unit != "w" and length_us and length_us % size == 0:
            return f"{length_us // size}{unit}"
    return "0s"
