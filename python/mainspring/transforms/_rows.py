"""Rows of Python values: which data they are. They go to the engine without Arrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mainspring import errors

__all__ = ["as_rows", "checked_row"]

_SINGLE = (str, int, float, bytes)


def as_rows(data: Any) -> list[Any] | None:
    """Return data as a list of rows; None when it is columns, or anything else.

    A dict is one row when it has a single value somewhere; columns have none.
    """
    if isinstance(data, list):
        return data if not data or _is_mapping(data[0]) else None
    if isinstance(data, tuple):
        return list(data) if data and _is_mapping(data[0]) else None
    if not _is_mapping(data) or hasattr(data, "__arrow_c_stream__"):
        return None
    return [data] if any(map(_is_single, data.values())) else None


def checked_row(row: Any) -> Any:
    """Return the row, or raise ParameterError when it is no mapping."""
    if _is_mapping(row):
        return row
    got = type(row).__name__
    raise errors.ParameterError(
        f"transform_row takes a mapping of column names to values, got {got}. Pass a dict, or call "
        "transform for a table.",
        expected="a mapping",
        got=got,
    )


def _is_mapping(value: Any) -> bool:
    return isinstance(value, (dict, Mapping))


def _is_single(value: Any) -> bool:
    if value is None or isinstance(value, _SINGLE):
        return True
    return not isinstance(value, Iterable) and not hasattr(value, "__arrow_c_array__")
