"""LightGBM models: Booster objects, estimators that behave like one, text files and text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring.models.class_labels import class_labels

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]

_BUNDLE_MAGIC = b"\x8fSPRING\n"


def _is_a(model: object, module: str, name: str) -> bool:
    return any(
        base.__name__ == name and base.__module__.partition(".")[0] == module
        for base in type(model).__mro__
    )


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing lightgbm.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for text, paths and LightGBM's own classes.
    """
    return (
        isinstance(model, str | bytes | os.PathLike)
        or _is_a(model, "lightgbm", "Booster")
        or _is_a(model, "lightgbm", "LGBMModel")
    )


def read(model: Any) -> ModelImage:
    """Read a LightGBM model.

    Parameters
    ----------
    model : Booster, LGBMModel, str, bytes or os.PathLike
        An object, the path of a model file, or the text of one.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    if isinstance(model, str | bytes | os.PathLike):
        return _read_text_or_file(model)
    if _is_a(model, "lightgbm", "Booster"):
        return _engine.read_lightgbm(model.model_to_string().encode(), "The Booster's text")
    return _read_estimator(model)


def _read_text_or_file(model: str | bytes | os.PathLike[str]) -> ModelImage:
    if isinstance(model, str) and model.startswith(("tree\n", "tree\r\n")):
        return _engine.read_lightgbm(model.encode(errors="surrogateescape"), "The model's text")
    if isinstance(model, bytes):
        text, subject = model, "The model's text"
    else:
        path = os.fspath(model)
        if "\n" in path:
            raise errors.DataError(
                "The model is a text of several lines that does not begin with the line 'tree'; "
                "expected the text of a LightGBM model or the path of one.",
                expected="a text that begins with 'tree'",
                hint="Pass what Booster.model_to_string() returned.",
            )
        text, subject = _engine.read_file(path), f"Model file {Path(path).name!r}"
    if text.startswith(_BUNDLE_MAGIC):
        raise errors.UnsupportedError(
            f"{subject} is a bundle, not a model; expected LightGBM's text. "
            "Open it with mainspring.load().",
            expected="LightGBM's text",
            got="a bundle",
            hint="mainspring.load(path)",
        )
    return _engine.read_lightgbm(text, subject)


def _read_estimator(model: Any) -> ModelImage:
    name = type(model).__name__
    if not model.__sklearn_is_fitted__():
        raise errors.NotFittedError(
            f"The {name} has not been fitted; expected a fitted one. Call fit first.",
            expected="a fitted estimator",
            got=name,
            hint="Call fit first.",
        )
    image = read(model.booster_)
    if not _is_a(model, "lightgbm", "LGBMClassifier"):
        return image
    if image.num_classes == 0:
        raise errors.UnsupportedError(
            f"The {name} has an objective of its own, whose raw scores its predict returns; "
            "expected one of LightGBM's for classes. Pass model.booster_.",
            expected="an objective for classes",
            got=image.description,
            hint="Pass model.booster_.",
        )
    return image.with_labels(class_labels(model.classes_, name), "probability", 0.5)
