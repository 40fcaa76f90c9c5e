"""Readers of other libraries' models: any object or file that one of them knows becomes bytes.

The engine does the reading; this package only recognises what it was given, without importing the
library that made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mainspring import _engine, errors
from mainspring.models import from_catboost, from_file, from_lightgbm, from_onnx, from_xgboost
from mainspring.models.weights import WeightsReport, weights_report

if TYPE_CHECKING:
    from types import ModuleType

    from mainspring._engine import ModelImage

__all__ = ["WeightsReport", "read_model", "weights_report"]


def _importers() -> tuple[ModuleType, ...]:
    """Return every reader; those that need NumPy come when a model does."""
    from mainspring.models import (
        from_keras,
        from_sklearn_composite,
        from_sklearn_distances,
        from_sklearn_linear,
        from_sklearn_trees,
        from_torch,
    )

    files = (from_file, from_onnx)
    trees = (from_lightgbm, from_xgboost, from_catboost, from_sklearn_trees)
    # A Pipeline of scalers and a linear model folds into layers; any other is a composite.
    # Keras on torch makes modules of torch.
    layers = (from_sklearn_linear, from_sklearn_distances, from_keras, from_torch)
    return (*files, *trees, *layers, from_sklearn_composite)


def read_model(model: object) -> ModelImage:
    """Read a model of another library, exactly.

    Parameters
    ----------
    model : object
        A Booster or an estimator of LightGBM, XGBoost or CatBoost; the path of a file that
        ``save_model`` of one of them wrote, or what is in it, as ``str`` or ``bytes``. Of a
        model with a best iteration, the trees up to it are read where its own ``predict`` does so:
        all of LightGBM's, and XGBoost's estimators. A tree, forest, extra trees,
        ``GradientBoosting`` or ``HistGradientBoosting`` estimator of scikit-learn; a linear model,
        multi-layer perceptron, ``GaussianNB`` or ``KMeans`` of scikit-learn; a ``Pipeline`` of
        scalers and one of all these; votes, stacks, calibrated classifiers and an
        ``AdaBoostRegressor`` of them. A ``torch.nn.Module`` of layers that are known, or a Keras
        model of dense layers.
        An ONNX model, object, bytes or file, and a ``.keras`` file. A fitted model of
        ``mainspring.train``. What this function returned.

    Returns
    -------
    ModelImage
        The bytes of the model's section and what is known about it: ``section``,
        ``feature_names``, ``kind``, ``link``, ``num_outputs``, ``num_classes``, ``num_trees``,
        ``description``, ``pandas_categorical``, ``labels`` (empty where ``predict`` gives numbers).

    Raises
    ------
    UnsupportedError
        When nothing here reads such an object, or it holds what cannot be predicted exactly
        (``linear_tree``, ``gblinear``, an unknown objective or field); the message names it.
    DataError
        When a text is truncated or contradicts itself; the message names the line or byte.
    FileError
        When a file cannot be read.
    NotFittedError
        When an estimator has not been fitted.

    Examples
    --------
    >>> import lightgbm, numpy as np
    >>> data = lightgbm.Dataset(np.arange(100.0).reshape(50, 2), label=np.arange(50.0))
    >>> booster = lightgbm.train({"verbose": -1}, data, num_boost_round=3)
    >>> read_model(booster).num_trees
    3
    """
    if isinstance(model, _engine.ModelImage):
        return model
    if hasattr(type(model), "__mainspring_model__"):  # of mainspring.train
        own: ModelImage = model.__mainspring_model__()  # type: ignore[attr-defined]
        return own
    for importer in _importers():
        if importer.recognises(model):
            image: ModelImage = importer.read(model)
            return image
    got = f"{type(model).__module__}.{type(model).__qualname__}"
    raise errors.UnsupportedError(
        f"A model of type {got} cannot be read; expected a Booster or estimator of LightGBM, "
        "XGBoost or CatBoost, the path of a file that save_model wrote or of an ONNX or Keras "
        "file, trees, a linear model or a perceptron of scikit-learn, a module of torch, or a "
        "chain of dense layers of Keras.",
        expected="a model of a kind that the documentation lists",
        got=got,
    )
