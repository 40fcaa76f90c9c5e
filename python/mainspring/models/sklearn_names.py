"""The class of scikit-learn that an object is of: readers choose by it."""

from __future__ import annotations

__all__ = ["sklearn_name"]


def sklearn_name(model: object) -> str:
    """Name scikit-learn's own class of an object.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    str
        The name of its class; empty where that is not one of scikit-learn's, as a subclass, which
        may do anything, is not.
    """
    kind = type(model)
    return kind.__name__ if kind.__module__.partition(".")[0] == "sklearn" else ""
