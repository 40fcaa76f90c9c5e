"""Labels of a classifier as the engine takes them: plain bool, int, float or str."""

from __future__ import annotations

from typing import Any

from mainspring import errors

__all__ = ["class_labels"]


def class_labels(classes: Any, name: str) -> list[Any]:
    """Return a classifier's labels as plain values of one type.

    Parameters
    ----------
    classes : ndarray
        The estimator's ``classes_``.
    name : str
        Name of the estimator, for messages.

    Returns
    -------
    list of bool, int, float or str
        In the order of the classes.

    Raises
    ------
    UnsupportedError
        When there is an array for each of several targets, or a label is of another type.
    """
    if isinstance(classes, (list, tuple)):
        raise errors.UnsupportedError(
            f"The {name} predicts {len(classes)} targets; expected one. Fit one model for each.",
            expected="one target",
            got=f"{len(classes)} targets",
        )
    labels = [label.item() if hasattr(label, "item") else label for label in classes.tolist()]
    types = {type(label) for label in labels}
    if len(types) != 1 or not types <= {bool, int, float, str}:
        got = ", ".join(sorted(kind.__name__ for kind in types))
        raise errors.UnsupportedError(
            f"The classes of the {name} are of type {got}; expected bool, int, float or str, the "
            "same for all. Fit it on such labels.",
            expected="bool, int, float or str",
            got=got,
        )
    return labels
