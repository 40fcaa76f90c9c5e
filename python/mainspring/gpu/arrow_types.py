"""Types of Arrow by their formats, for the columns that a GPU reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["arrow_type", "is_categorical"]

_ALIASES = {
    "b": "bool", "c": "int8", "s": "int16", "i": "int32", "l": "int64", "C": "uint8",
    "S": "uint16", "I": "uint32", "L": "uint64", "f": "float32", "g": "float64", "u": "string",
    "U": "large_string", "z": "binary", "Z": "large_binary", "tdD": "date32", "tdm": "date64",
}  # fmt: skip
_UNITS = {"s": "s", "m": "ms", "u": "us", "n": "ns"}


def arrow_type(format: str) -> pa.DataType:
    """Return the type that pyarrow has for a format.

    Examples
    --------
    >>> str(arrow_type("tsm:UTC")), str(arrow_type("u"))
    ('timestamp[ms, tz=UTC]', 'string')
    """
    import pyarrow as pa

    if format.startswith("ts"):
        unit, _, zone = format[2:].partition(":")
        return pa.timestamp(_UNITS[unit], zone or None)
    return pa.type_for_alias(_ALIASES[format])


def is_categorical(format: str) -> bool:
    """Whether values are compared as categories: strings, bytes and booleans."""
    return format in ("b", "u", "U", "z", "Z")
