"""How messages call the type of a value: as code would, so that Python's own need no module."""

from __future__ import annotations

__all__ = ["type_name"]


def type_name(value: object) -> str:
    """Return the name of a value's type.

    Parameters
    ----------
    value : object
        Any.

    Returns
    -------
    str
        Module and name; of Python's own types the name alone.

    Examples
    --------
    >>> type_name(object()), type_name(__import__("datetime").time())
    ('object', 'datetime.time')
    """
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
