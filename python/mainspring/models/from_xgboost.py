"""XGBoost models: Booster objects and estimators; files are read by from_file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mainspring import _engine, errors

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]

# The least raw score whose probability the library takes for more than a half: 1 / (1 + e^-x), in
# float32, rounds to 0.5 up to here.
_ABOVE_HALF = 1.5 * 2.0**-24


def _is_a(model: object, name: str) -> bool:
    return any(
        base.__name__ == name and base.__module__.partition(".")[0] == "xgboost"
        for base in type(model).__mro__
    )


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing xgboost.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for XGBoost's own classes.
    """
    return _is_a(model, "Booster") or _is_a(model, "XGBModel")


def read(model: Any) -> ModelImage:
    """Read an XGBoost model.

    Parameters
    ----------
    model : Booster or XGBModel
        Of a Booster all trees are read, as its own ``predict`` does; of an estimator with a best
        iteration, those up to it.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    if _is_a(model, "Booster"):
        return _engine.read_xgboost(bytes(model.save_raw("ubj")), "The Booster")
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
    if not math.isnan(model.missing):
        raise errors.UnsupportedError(
            f"The {name} was fitted with missing={model.missing!r}, which a Predictor does not "
            "know; expected NaN. Replace the value by NaN in the data, and fit with missing=nan.",
            expected="missing=nan",
            got=f"missing={model.missing!r}",
            hint="Fit with missing=nan.",
        )
    booster = model.get_booster()
    best = booster.attr("best_iteration")
    if best is not None:
        booster = booster[: int(best) + 1]
    image = read(booster)
    if not _is_a(model, "XGBClassifier"):
        return image
    if image.num_classes == 0:
        raise errors.UnsupportedError(
            f"The {name} has several targets, or an objective that is not for classes; expected "
            "binary:logistic, binary:hinge, multi:softprob or multi:softmax. Pass "
            "model.get_booster().",
            expected="an objective for classes",
            got=image.description,
            hint="Pass model.get_booster().",
        )
    threshold = 0.0 if image.labels else _ABOVE_HALF
    return image.with_labels(list(range(image.num_classes)), "raw", threshold)
