"""Columns that options name: ``a b`` or ``a,b``."""

from __future__ import annotations

from collections.abc import Sequence

from mainspring._names import close_name
from mainspring.errors import SchemaError

__all__ = ["part_names", "require_columns"]


def part_names(arguments: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the columns that an option names: ``a b`` or ``a,b``.

    Parameters
    ----------
    arguments : sequence of str
        What stands behind the option.
    known : sequence of str
        The columns there are: one with a comma in its name is not parted.

    Returns
    -------
    list of str
        Each once, in their order, whether or not it is known.
    """
    names = [
        name
        for argument in arguments
        for name in ([argument] if argument in known else argument.split(","))
        if name
    ]
    return list(dict.fromkeys(names))


def require_columns(known: Sequence[str], names: Sequence[str], option: str) -> None:
    """Check that the columns an option names are there.

    Parameters
    ----------
    known : sequence of str
        The columns there are.
    names : sequence of str
        What the option names.
    option : str
        The option, for the message.

    Raises
    ------
    SchemaError
        Naming the first column that is missing, and close matches.
    """
    for name in names:
        if name not in known:
            close = close_name(name, known)
            hint = f"did you mean '{close}'?" if close else _some(known)
            raise SchemaError(
                f"{option}: there is no column '{name}' in the data; {hint}",
                column=name,
                hint=hint,
            )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"its columns are {', '.join(names[:5])}{more}."
