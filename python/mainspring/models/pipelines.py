"""Pipelines of scikit-learn whose first steps are more than a model can hold: they become two."""

from __future__ import annotations

from typing import Any

from mainspring.models.from_sklearn_linear import is_scaler
from mainspring.models.sklearn_names import sklearn_name

__all__ = ["split_pipeline"]


def split_pipeline(model: Any) -> tuple[Any, Any]:
    """Split a Pipeline before its last step where encoders, imputers and the like stand there.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    tuple of Pipeline or None, object
        The steps before the model, and the model. A Pipeline of scalers alone stays whole: they
        are part of the model, in float64. So does everything else.
    """
    if sklearn_name(model) != "Pipeline":
        return None, model
    if all(is_scaler(step) for _, step in model.steps[:-1]):
        return None, model
    return model[:-1], model.steps[-1][1]
