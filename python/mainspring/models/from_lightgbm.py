"""LightGBM models: Booster objects and estimators; files and text are read by from_file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors
from mainspring.models.class_labels import class_labels

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]


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
        True for LightGBM's own classes.
    """
    return _is_a(model, "lightgbm", "Booster") or _is_a(model, "lightgbm", "LGBMModel")


def read(model: Any) -> ModelImage:
    """Read a LightGBM model.

    Parameters
    ----------
    model : Booster or LGBMModel
        Of a model with a best iteration, the trees up to it are read.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    if _is_a(model, "lightgbm", "Booster"):
        return _engine.read_lightgbm(model.model_to_string().encode(), "The Booster's text")
    return _read_estimator(model)


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
