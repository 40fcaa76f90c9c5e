"""Limits and options by name, as the engine lists them: whatever has some reads them here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainspring._names import did_you_mean
from mainspring.errors import ParameterError

__all__ = ["checked_limits"]


def checked_limits(
    known: Sequence[Mapping[str, Any]],
    given: Mapping[str, float] | None,
    what: str = "limits",
) -> dict[str, float]:
    """Return every limit: as given, or its default.

    Parameters
    ----------
    known : sequence of mapping
        Rows of ``name``, ``default``, ``smallest`` and ``largest``.
    given : mapping of str to float, optional
        Limits that differ from their defaults.
    what : str, default "limits"
        The argument, for error messages.

    Returns
    -------
    dict of str to float
        In the order of ``known``.

    Raises
    ------
    ParameterError
        When a name is unknown or a number out of its range.
    """
    rows = {str(row["name"]): row for row in known}
    values = {name: float(row["default"]) for name, row in rows.items()}
    for name, value in (given or {}).items():
        if name not in rows:
            raise ParameterError(
                f"{what}: there is no {what.rstrip('s')} '{name}'; there are "
                f"{', '.join(rows)}.{did_you_mean(name, rows)}",
                expected=", ".join(rows),
                got=str(name),
            )
        smallest, largest = rows[name]["smallest"], rows[name]["largest"]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not smallest <= value <= largest:
            raise ParameterError(
                f"{what}: '{name}' must be a number from {smallest:g} to {largest:g}, "
                f"got {value!r}.",
                expected=f"{smallest:g} to {largest:g}",
                got=repr(value),
            )
        values[name] = float(value)
    return values
