"""Arguments of declarations, checked."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mainspring import errors
from mainspring.history.column import Frame
from mainspring.transforms._zones import is_known_zone

__all__ = ["UNITS", "calendar_frame", "check_rows", "edges_of", "edges_text", "names_of"]

# As the engine numbers them.
UNITS = {"day": 1, "week": 2, "month": 3, "year": 4}
_MOST_PERIODS = 100_000
_MOST_EDGES = 1024
_WRITTEN_EDGES = 8


def calendar_frame(unit: object, count: object, zone: object, lag: object) -> tuple[Frame, str]:
    """Make a frame of the calendar, and say how it is written.

    Parameters
    ----------
    unit : str
        A key of ``UNITS``.
    count, lag : int
        Numbers of periods.
    zone : str
        A time zone.

    Returns
    -------
    tuple of (Frame, str)

    Raises
    ------
    ParameterError
        When one of them cannot be.
    """
    if not isinstance(unit, str) or unit not in UNITS:
        wanted = ", ".join(UNITS)
        raise errors.ParameterError(
            f"calendar: unit must be one of {wanted}, got {unit!r}.",
            expected=wanted,
            got=repr(unit),
        )
    numbers = []
    for name, value, least in (("count", count, 1), ("lag", lag, 0)):
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not least <= value <= _MOST_PERIODS:  # type: ignore[operator]
            raise errors.ParameterError(
                f"calendar: {name} must be an integer from {least} to {_MOST_PERIODS}, "
                f"got {value!r}.",
                expected=f"an integer from {least} to {_MOST_PERIODS}",
                got=repr(value),
            )
        numbers.append(int(value))  # type: ignore[call-overload]
    if not isinstance(zone, str) or not is_known_zone(zone):
        raise errors.ParameterError(
            f"calendar: zone must be a time zone such as 'Europe/Paris' or 'UTC', got {zone!r}.",
            expected="a time zone",
            got=repr(zone),
        )
    periods, behind = numbers
    text = f"calendar({periods}{unit};zone={zone})"
    if behind:
        text = f"calendar({periods}{unit};lag={behind};zone={zone})"
    return Frame("calendar", periods, UNITS[unit], behind, zone), text


def names_of(names: object, what: str) -> tuple[str, ...]:
    """Return names of columns as a tuple.

    Parameters
    ----------
    names : str, sequence of str or None
        What was given.
    what : str
        The argument, for error messages.

    Returns
    -------
    tuple of str
        None: empty.

    Raises
    ------
    ParameterError
        When it is another thing.
    """
    if names is None:
        return ()
    listed = (names,) if isinstance(names, str) else names
    if isinstance(listed, Sequence) and all(isinstance(n, str) and n for n in listed):
        return tuple(listed)
    raise errors.ParameterError(
        f"events: {what} must be column names, got {names!r}.",
        expected="column names",
        got=repr(names),
    )


def check_rows(rows: object, what: str) -> None:
    """Check a number of events.

    Parameters
    ----------
    rows : int
        What was given.
    what : str
        The argument, for error messages.

    Raises
    ------
    ParameterError
        When it is no integer from 1 on.
    """
    if isinstance(rows, int) and not isinstance(rows, bool) and 1 <= rows < 2**31:
        return
    raise errors.ParameterError(
        f"{what} must be an integer from 1 on, got {rows!r}.",
        expected="an integer from 1 on",
        got=repr(rows),
    )


def edges_of(edges: object) -> tuple[float, ...]:
    """Check the edges of a quantile.

    Parameters
    ----------
    edges : iterable of float
        What was given.

    Returns
    -------
    tuple of float
        Ascending.

    Raises
    ------
    ParameterError
        When they are not 2 to 1,024 finite numbers, each above the one before.
    """
    try:
        found = tuple(map(float, edges)) if isinstance(edges, Iterable) else ()
    except (TypeError, ValueError):
        found = ()
    is_sound = 2 <= len(found) <= _MOST_EDGES and all(map(math.isfinite, found))
    if is_sound and all(low < high for low, high in pairwise(found)):
        return tuple(edge + 0.0 for edge in found)
    expected = f"2 to {_MOST_EDGES} finite numbers, ascending"
    got = repr(edges)
    got = got if len(got) <= 60 else got[:57] + "..."
    raise errors.ParameterError(
        f"quantile: edges must be {expected}, got {got}.", expected=expected, got=got
    )


def edges_text(edges: tuple[float, ...]) -> str:
    """Write edges as names of features have them: many by their ends and a checksum.

    Parameters
    ----------
    edges : tuple of float
        As :func:`edges_of` returns them.

    Returns
    -------
    str
        Without any mark that a name must not have.
    """
    if len(edges) <= _WRITTEN_EDGES:
        return "|".join(map(repr, edges))
    checksum = zlib.crc32(" ".join(map(repr, edges)).encode())
    return f"{edges[0]!r}|{len(edges) - 2} more {checksum:08x}|{edges[-1]!r}"
