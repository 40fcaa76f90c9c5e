"""CatBoost models: objects, and its binary files through the catboost package; JSON is from_file's.

The library writes JSON to files only, so that a model is written to a temporary one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["open_binary", "read", "recognises"]


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing catboost.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for CatBoost's own classes.
    """
    return any(
        base.__name__ == "CatBoost" and base.__module__.partition(".")[0] == "catboost"
        for base in type(model).__mro__
    )


def read(model: Any) -> ModelImage:
    """Read a CatBoost model.

    Parameters
    ----------
    model : CatBoost
        A fitted one.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    name = type(model).__name__
    if not model.is_fitted():
        raise errors.NotFittedError(
            f"The {name} has not been fitted; expected a fitted one. Call fit first.",
            expected="a fitted estimator",
            got=name,
            hint="Call fit first.",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        return _engine.read_catboost(path.read_bytes(), f"The {name}")


def open_binary(contents: bytes, subject: str) -> Any:
    """Open a file in CatBoost's binary form.

    Parameters
    ----------
    contents : bytes
        What is in the file.
    subject : str
        What messages call it.

    Returns
    -------
    CatBoost
        The model.

    Raises
    ------
    MissingExtraError
        When catboost is not installed.
    DataError
        When catboost cannot read it.
    """
    try:
        import catboost
    except ImportError as error:
        raise errors.MissingExtraError(
            f"{subject} is in CatBoost's binary form, which needs catboost. Run: pip install "
            "catboost, or save the model with format='json'.",
            expected="catboost",
            hint="pip install catboost",
        ) from error
    try:
        return catboost.CatBoost().load_model(blob=contents)
    except catboost.CatBoostError as error:
        raise errors.DataError(
            f"{subject} cannot be read by catboost ({error}). Save the model again.",
            expected="a CatBoost model",
        ) from error
