"""Names that are not known: which one was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean"]


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
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
