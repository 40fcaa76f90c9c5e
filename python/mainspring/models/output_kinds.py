"""The three kinds of output, by the one word that everything which asks for one takes."""

from __future__ import annotations

from mainspring import errors
from mainspring._names import did_you_mean

__all__ = ["KINDS", "check_kind", "method_of"]

KINDS = ("predict", "proba", "raw")


def check_kind(kind: object) -> None:
    """Check that there is such a kind.

    Parameters
    ----------
    kind : object
        What was given as ``kind=``.

    Raises
    ------
    ParameterError
        When it is no word of ``KINDS``; the message names the nearest.
    """
    if kind in KINDS:
        return
    words = ", ".join(map(repr, KINDS))
    hint = did_you_mean(str(kind).removeprefix("predict_"), KINDS)
    raise errors.ParameterError(
        f"kind is {kind!r}, expected one of {words}.{hint}",
        expected=f"one of {words}",
        got=repr(kind),
        hint=hint.strip() or None,
    )


def method_of(kind: str) -> str:
    """Name the method of a predictor that gives this output.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.

    Returns
    -------
    str
        "predict", "predict_proba" or "predict_raw".
    """
    return kind if kind == "predict" else f"predict_{kind}"
