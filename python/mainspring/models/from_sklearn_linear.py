"""scikit-learn's linear models and multi-layer perceptrons, alone or behind scalers in a Pipeline.

Everything is computed in float64, as scikit-learn does for float64 data. Its own order of sums is
free (a BLAS), so raw scores agree to a few roundings of the terms, not bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.models.class_labels import class_labels
from mainspring.models.layers import LayerChain, default_names
from mainspring.models.sklearn_names import sklearn_name

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["add_scaler", "is_scaler", "read", "recognises"]

_REGRESSORS = frozenset(
    "ARDRegression BayesianRidge ElasticNet ElasticNetCV GammaRegressor HuberRegressor Lars LarsCV "
    "Lasso LassoCV LassoLars LassoLarsCV LassoLarsIC LinearRegression LinearSVR "
    "OrthogonalMatchingPursuit PoissonRegressor QuantileRegressor Ridge RidgeCV SGDRegressor "
    "TheilSenRegressor".split()
)
# Whose predict is exp of the linear predictor.
_LOG_LINKS = frozenset(("GammaRegressor", "PoissonRegressor"))
_CLASSIFIERS = frozenset(
    "LinearDiscriminantAnalysis LinearSVC LogisticRegression LogisticRegressionCV "
    "PassiveAggressiveClassifier Perceptron RidgeClassifier RidgeClassifierCV "
    "SGDClassifier".split()
)
_SOFTMAX = frozenset(("LinearDiscriminantAnalysis", "LogisticRegression", "LogisticRegressionCV"))
_NETWORKS = frozenset(("MLPClassifier", "MLPRegressor"))
_SCALERS = frozenset(("MaxAbsScaler", "MinMaxScaler", "RobustScaler", "StandardScaler"))
_ACTIVATIONS = {"identity": "identity", "logistic": "sigmoid", "relu": "relu", "tanh": "tanh"}


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing scikit-learn.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for the linear models and perceptrons, and for a Pipeline that ends in one.
    """
    if sklearn_name(model) == "Pipeline":
        return recognises(model.steps[-1][1])  # type: ignore[attr-defined]
    return sklearn_name(model) in _REGRESSORS | _CLASSIFIERS | _NETWORKS


def read(model: Any) -> ModelImage:
    """Read a linear model, a perceptron, or a Pipeline of scalers and one of them.

    Parameters
    ----------
    model : estimator
        Fitted.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    chain = LayerChain("float64")
    steps = [step for _, step in model.steps] if sklearn_name(model) == "Pipeline" else [model]
    for step in steps[:-1]:
        add_scaler(chain, step)
    names = _feature_names(model, steps)
    return (_read_network if sklearn_name(steps[-1]) in _NETWORKS else _read_linear)(
        chain, steps[-1], names
    )


def _fitted(model: Any, attribute: str) -> Any:
    if not hasattr(model, attribute):
        name = type(model).__name__
        raise errors.NotFittedError(
            f"The {name} has not been fitted; expected a fitted one. Call fit first.",
            expected="a fitted estimator",
            got=name,
            hint="Call fit first.",
        )
    return getattr(model, attribute)


def _refused(what: str, reason: str, hint: str) -> errors.UnsupportedError:
    return errors.UnsupportedError(f"{what} cannot be read: {reason}. {hint}", got=what, hint=hint)


def _feature_names(model: Any, steps: list[Any]) -> list[str]:
    names = getattr(model, "feature_names_in_", None)
    if names is not None:
        return [str(name) for name in names]
    for step in steps:
        if hasattr(step, "n_features_in_"):
            return default_names(int(step.n_features_in_))
    return default_names(np.atleast_2d(_fitted(steps[-1], "coef_")).shape[1])


def is_scaler(step: Any) -> bool:
    """Say whether ``add_scaler`` takes this step of a Pipeline.

    Parameters
    ----------
    step : object
        A transformer, None or "passthrough".

    Returns
    -------
    bool
        True for the scalers that are one subtraction or product for each feature, and for none.
    """
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return True
    name = sklearn_name(step)
    return name in _SCALERS and not (name == "MinMaxScaler" and step.clip)


def add_scaler(chain: LayerChain, scaler: Any) -> None:
    """Append a step of a Pipeline that stands before its model.

    Parameters
    ----------
    chain : LayerChain
        Grows by a layer, or by none.
    scaler : estimator or "passthrough"
        A fitted scaler.
    """
    if scaler is None or (isinstance(scaler, str) and scaler == "passthrough"):
        return
    name = sklearn_name(scaler)
    if not is_scaler(scaler):
        what = "MinMaxScaler(clip=True)" if name == "MinMaxScaler" else type(scaler).__name__
        raise _refused(
            f"A Pipeline with {what}",
            "only StandardScaler, MinMaxScaler, MaxAbsScaler and RobustScaler may stand before a "
            "model that is part of another, or has a preprocessor",
            "Pass the parts: ms.Predictor(pipeline[-1], ms.from_sklearn(pipeline[:-1])).",
        )
    count = int(_fitted(scaler, "n_features_in_"))
    zeros, ones = np.zeros(count), np.ones(count)
    if name == "MinMaxScaler":
        chain.add("scale", scaler.scale_, scaler.min_)
        return
    center = {"StandardScaler": "mean_", "RobustScaler": "center_"}.get(name, "")
    wanted = {"StandardScaler": "with_mean", "RobustScaler": "with_centering"}.get(name, "")
    shift = getattr(scaler, center) if center and getattr(scaler, wanted) else None
    divisor = scaler.scale_
    chain.add("center", zeros if shift is None else shift, ones if divisor is None else divisor)


def _dense_array(values: Any) -> Any:
    return values.toarray() if hasattr(values, "toarray") else values


def _read_linear(chain: LayerChain, model: Any, names: list[str]) -> ModelImage:
    name = sklearn_name(model)
    weights = np.atleast_2d(_dense_array(_fitted(model, "coef_"))).astype(np.float64)
    bias = np.broadcast_to(np.asarray(model.intercept_, np.float64).ravel(), len(weights))
    chain.add("dense", weights, bias)
    description = f"scikit-learn {name}, {len(names)} features"
    if name in _REGRESSORS:
        link = "exp" if name in _LOG_LINKS else "identity"
        return chain.image(names, description, link=link)
    binarizer = getattr(model, "_label_binarizer", None)
    if binarizer is not None and binarizer.y_type_.startswith("multilabel"):
        raise _refused(
            f"{name} of several labels a row", "its predict gives a matrix", "Fit one each."
        )
    labels = class_labels(model.classes_, name)
    expected = 1 if len(labels) == 2 else len(labels)
    if len(weights) != expected:
        raise _refused(
            name,
            f"it has {len(labels)} classes and {len(weights)} rows of coefficients",
            "Fit one classifier for each target.",
        )
    link = _classifier_link(model, name, len(labels))
    image = chain.image(names, description, link=link, num_classes=len(labels))
    return image.with_labels(labels, "raw", 0.0)


def _classifier_link(model: Any, name: str, num_classes: int) -> str:
    if name in _SOFTMAX:
        if getattr(model, "multi_class", "auto") in ("ovr", "warn") and num_classes > 2:
            return "sigmoid_share"
        if getattr(model, "multi_class", "auto") == "multinomial" and num_classes == 2:
            raise _refused(
                f"{name}(multi_class='multinomial') of two classes",
                "its probabilities are a softmax of both signs of the score",
                "Fit it without multi_class.",
            )
        old_ovr = getattr(model, "solver", "") == "liblinear" and num_classes > 2
        if old_ovr:
            return "sigmoid_share"
        return "sigmoid" if num_classes == 2 else "softmax"
    if name == "SGDClassifier" and model.loss == "log_loss":
        return "sigmoid" if num_classes == 2 else "sigmoid_share"
    if name == "SGDClassifier" and model.loss == "modified_huber":
        raise _refused(
            "SGDClassifier(loss='modified_huber')",
            "its probabilities are clipped scores, which no link here gives",
            "Fit it with loss='log_loss'.",
        )
    return "identity"


def _read_network(chain: LayerChain, model: Any, names: list[str]) -> ModelImage:
    name = sklearn_name(model)
    activation = _ACTIVATIONS[model.activation]
    weights = _fitted(model, "coefs_")
    for number, (layer, bias) in enumerate(zip(weights, model.intercepts_, strict=True)):
        chain.add("dense", np.asarray(layer, np.float64).T, bias)
        if number < len(weights) - 1 and activation != "identity":
            chain.activate(activation)
    sizes = "-".join(str(size) for size in (len(names), *(len(b) for b in model.intercepts_)))
    description = f"scikit-learn {name}, {sizes}, {model.activation}"
    out = model.out_activation_
    if name == "MLPRegressor":
        if out not in ("identity", "exp"):  # "exp": loss="poisson"
            raise _refused(f"MLPRegressor with an output of {out}", "it is not known", "")
        return chain.image(names, description, link=out)
    if model._label_binarizer.y_type_.startswith("multilabel"):
        raise _refused(
            "MLPClassifier of several labels a row", "its predict gives a matrix", "Fit one each."
        )
    labels = class_labels(model.classes_, name)
    link = "sigmoid" if out == "logistic" else "softmax"
    image = chain.image(names, description, link=link, num_classes=len(labels))
    return image.with_labels(labels, "probability", 0.5)
