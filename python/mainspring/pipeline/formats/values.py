"""Plain values: JSON inside the manifest; bytes in a file; moments as ISO text."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

__all__ = ["READERS", "write"]

_FIXED_ZONES = (type(None), datetime.timezone)  # the rules of a named zone are no plain value
_SCALARS = (type(None), bool, int, float, str)


def write(value: Any, folder: Path) -> dict[str, Any] | None:
    """Write a value that JSON keeps as it is.

    Parameters
    ----------
    value : object
        Anything.
    folder : Path
        Where files go.

    Returns
    -------
    dict or None
        None when it is nothing of that.
    """
    if _is_exact(value):
        return {"kind": "json", "value": value}
    if type(value) is bytes:
        (folder / "value.bin").write_bytes(value)
        return {"kind": "bytes"}
    if type(value) is datetime.date:
        return {"kind": "date", "value": value.isoformat()}
    if type(value) is datetime.datetime and type(value.tzinfo) in _FIXED_ZONES:
        return {"kind": "datetime", "value": value.isoformat(), "fold": value.fold}
    if type(value) is datetime.timedelta:
        return {"kind": "timedelta", "value": [value.days, value.seconds, value.microseconds]}
    return None


def _is_exact(value: Any) -> bool:
    """Say whether JSON gives the same object back: a tuple would become a list."""
    if type(value) in _SCALARS:
        return True
    if type(value) is list:
        return all(_is_exact(item) for item in value)
    if type(value) is dict:
        return all(type(name) is str and _is_exact(item) for name, item in value.items())
    return False


def _read_datetime(result: dict[str, Any], _: Path) -> datetime.datetime:
    return datetime.datetime.fromisoformat(result["value"]).replace(fold=result["fold"])


READERS = {
    "json": lambda result, _: result["value"],
    "bytes": lambda _, folder: (folder / "value.bin").read_bytes(),
    "date": lambda result, _: datetime.date.fromisoformat(result["value"]),
    "datetime": _read_datetime,
    "timedelta": lambda result, _: datetime.timedelta(*result["value"]),
}
