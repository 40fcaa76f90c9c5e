"""Names that are not known: which one was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["close_name", "did_you_mean"]


def close_name(name: object, known: Iterable[str]) -> str | None:
    """Find the name that was meant.

    Parameters
    ----------
    name : object
        What came.
    known : iterable of str
        The names there are.

    Returns
    -------
    str or None
        The closest; none where no name is close.
    """
    return next(iter(difflib.get_close_matches(str(name), list(known), n=1)), None)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Suggest the name that was meant, as the end of a message.

    Parameters
    ----------
    name : object
        What came.
    known : iterable of str
        The names there are.

    Returns
    -------
    str
        A sentence behind a space; empty where no name is close.
    """
    close = close_name(name, known)
    return f" Did you mean {close!r}?" if close else ""
