"""Time zones as tables of transitions: the engine has no tzdata of its own."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from mainspring import errors

__all__ = ["is_known_zone", "zone_transitions"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST = int((datetime(1900, 1, 1, tzinfo=timezone.utc) - _EPOCH).total_seconds())
_LAST = int((datetime(2100, 1, 1, tzinfo=timezone.utc) - _EPOCH).total_seconds())
_DAY = 86_400
_FIXED = re.compile(r"([+-])(\d{2}):?(\d{2})(?::?(\d{2}))?")


@lru_cache(maxsize=128)
def zone_transitions(name: str) -> tuple[int, list[int], list[int]]:
    """Find when a zone's offset from UTC changes, between 1900 and 2100.

    Parameters
    ----------
    name : str
        An IANA name, a fixed offset (``"+02:00"``), or ``"UTC"``.

    Returns
    -------
    first_offset : int
        Seconds east of UTC before the first transition.
    transitions : list of int
        UTC seconds since 1970, ascending.
    offsets : list of int
        Seconds east of UTC from each transition on.

    Raises
    ------
    SchemaError
        When this machine does not know the zone.
    """
    fixed = _FIXED.fullmatch(name)
    if fixed is not None:
        hours, minutes, seconds = (int(part or 0) for part in fixed.groups()[1:])
        offset = hours * 3600 + minutes * 60 + seconds
        return (-offset if fixed[1] == "-" else offset), [], []
    if name in ("UTC", "Z"):
        return 0, [], []
    zone = _find_zone(name)

    def offset_at(seconds: int) -> int:
        offset = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds())

    first = before = offset_at(_FIRST)
    transitions: list[int] = []
    offsets: list[int] = []
    for day in range(_FIRST + _DAY, _LAST, _DAY):
        after = offset_at(day)
        if after == before:
            continue
        low, high = day - _DAY, day  # the offset is still `before` at low, `after` at high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_at(middle) == before else (low, middle)
        transitions.append(high)
        offsets.append(after)
        before = after
    return first, transitions, offsets


def is_known_zone(name: str) -> bool:
    """Say whether :func:`zone_transitions` finds the zone."""
    if _FIXED.fullmatch(name) is not None or name in ("UTC", "Z"):
        return True
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _find_zone(name: str) -> ZoneInfo:
    if not is_known_zone(name):
        raise errors.SchemaError(
            f"The time zone {name!r} is not known on this machine, expected a name of the IANA "
            "database or an offset such as '+02:00'. Convert the column to UTC, or install the "
            "package tzdata.",
            expected="an IANA time zone",
            got=name,
            hint="install tzdata",
        )
    return ZoneInfo(name)
