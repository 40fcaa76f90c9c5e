"""scikit-learn's estimators that are made of others: votes, stacks, medians, calibration.

Scalers before any model are among them. The parts are read by whatever reads them alone; what
stands between them becomes nodes of a composition.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.models import from_sklearn_linear
from mainspring.models.class_labels import class_labels
from mainspring.models.composition import Columns, Composition, MixedScores, PartScores, Scores
from mainspring.models.feature_names import estimator_names
from mainspring.models.from_sklearn_trees import read_each_tree
from mainspring.models.layers import LayerChain, default_names
from mainspring.models.sklearn_names import sklearn_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from mainspring._engine import ModelImage

__all__ = ["read", "recognises"]


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing scikit-learn.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for estimators made of others, and for every Pipeline.
    """
    return sklearn_name(model) in _ADDERS


def read(model: Any) -> ModelImage:
    """Read an estimator that is made of others.

    Parameters
    ----------
    model : estimator
        Fitted.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    name = type(model).__name__
    _check_fitted(model)
    names = estimator_names(model)
    composition = Composition(len(names))
    scores = _add(composition, model, composition.features)
    labels = _labels(model) if hasattr(model, "classes_") else scores.labels
    count = len(composition.parts)
    description = f"scikit-learn {name} of {count} model{'' if count == 1 else 's'}"
    return scores.finish(names, description, labels)


def _check_fitted(model: Any) -> None:
    if hasattr(model, "n_features_in_"):
        return
    name = type(model).__name__
    raise errors.NotFittedError(
        f"The {name} has not been fitted; expected a fitted one. Call fit first.",
        expected="a fitted estimator",
        got=name,
        hint="Call fit first.",
    )


def _refused(what: str, reason: str, hint: str) -> errors.UnsupportedError:
    return errors.UnsupportedError(f"{what} cannot be read: {reason}. {hint}", got=what, hint=hint)


def _labels(model: Any) -> list[Any]:
    labels = class_labels(model.classes_, type(model).__name__)
    if len(labels) < 2:
        raise _refused(
            f"A {type(model).__name__} of one class", "it chooses nothing", "Fit it on two or more."
        )
    return labels


def _add(composition: Composition, model: Any, columns: Columns) -> Scores:
    """Append a model, whatever it is made of."""
    from mainspring.models import read_model

    while sklearn_name(model) == "FrozenEstimator":
        model = model.estimator
    adder = _ADDERS.get(sklearn_name(model))
    if adder is None or (
        sklearn_name(model) == "Pipeline" and from_sklearn_linear.recognises(model)
    ):
        return PartScores(composition, read_model(model), columns)
    _check_fitted(model)
    return adder(composition, model, columns)


def _add_pipeline(composition: Composition, model: Any, columns: Columns) -> Scores:
    """Append scalers, and the model behind them."""
    chain = LayerChain("float64")
    for _, step in model.steps[:-1]:
        from_sklearn_linear.add_scaler(chain, step)
    if chain.layers:
        image = chain.image(default_names(columns.count), "scalers")
        columns = PartScores(composition, image, columns).raw()
    return _add(composition, model.steps[-1][1], columns)


def _number_parts(parts: list[Scores], labels: list[Any], name: str) -> None:
    """Check that labels of the parts are numbers of the whole's classes, as fit makes them."""
    expected = list(range(len(labels)))
    for part in parts:
        if part.labels != expected or any(isinstance(label, bool) for label in part.labels):
            raise _refused(
                f"A {name} over a model of other classes",
                f"that one knows {part.labels!r}, expected {expected!r}",
                "Let it fit its estimators itself.",
            )


def _vote_weights(model: Any, count: int) -> tuple[list[float], float]:
    """Return the weight of each part, and NumPy's own sum of them."""
    weights = model._weights_not_none
    if weights is None:
        return [1.0] * count, float(count)
    if min(weights) < 0:
        raise _refused(
            f"A {type(model).__name__} with negative weights",
            "its votes are no sums",
            "Fit it again.",
        )
    shape = np.ones((count, 2, 2))
    _, total = np.average(shape, axis=0, weights=weights, returned=True)
    return [float(weight) for weight in weights], float(total.flat[0])


def _add_voting_classifier(composition: Composition, model: Any, columns: Columns) -> Scores:
    labels = _labels(model)
    parts = [_add(composition, part, columns) for part in model.estimators_]
    _number_parts(parts, labels, "VotingClassifier")
    weights, total = _vote_weights(model, len(parts))
    if model.voting == "hard":
        votes = [part.predictions() for part in parts]
        made = composition.add("votes", len(labels), votes, weights)
        return MixedScores(composition, made, labels, are_probabilities=False)
    shares = [part.probabilities() for part in parts]
    made = composition.add("average", len(labels), shares, [*weights, total])
    return MixedScores(composition, made, labels)


def _add_voting_regressor(composition: Composition, model: Any, columns: Columns) -> Scores:
    parts = [_add(composition, part, columns).predictions() for part in model.estimators_]
    weights, total = _vote_weights(model, len(parts))
    return MixedScores(composition, composition.add("average", 1, parts, [*weights, total]), [])


def _decision(composition: Composition, part: Scores, model: Any) -> Columns:
    """Return the columns of a classifier's decision_function."""
    while sklearn_name(model) in ("FrozenEstimator", "Pipeline"):
        model = model.estimator if sklearn_name(model) == "FrozenEstimator" else model.steps[-1][1]
    raw = part.raw()
    if sklearn_name(model) != "AdaBoostClassifier":
        return raw
    # The sum of votes as it is; the engine's raw score of two classes is half of the library's.
    factor = 2.0 if len(part.labels) == 2 else 1.0
    total = float(model.estimator_weights_.sum())
    return composition.add("average", raw.count, [raw], [factor, total])


def _add_stacking(composition: Composition, model: Any, columns: Columns) -> Scores:
    """Append the parts, and the final model on what they give."""
    is_classifier = hasattr(model, "classes_")
    labels = _labels(model) if is_classifier else []
    inputs = []
    for source, method in zip(model.estimators_, model.stack_method_, strict=True):
        part = _add(composition, source, columns)
        if method == "predict":
            if is_classifier:
                _number_parts([part], labels, "StackingClassifier that stacks labels")
            inputs.append(part.predictions())
        elif method == "decision_function":
            inputs.append(_decision(composition, part, source))
        else:
            shares = part.probabilities()
            inputs.append(shares.rest() if len(labels) == 2 else shares)
    if model.passthrough:
        inputs.append(columns)
    width = sum(made.count for made in inputs)
    made = inputs[0] if len(inputs) == 1 else composition.add("gather", width, inputs)
    final = _add(composition, model.final_estimator_, made)
    if is_classifier:
        _number_parts([final], labels, "StackingClassifier")
    final.labels = labels
    return final


def _add_calibrated(composition: Composition, model: Any, columns: Columns) -> Scores:
    """Append each pair of a classifier and its calibrators, and their mean."""
    labels = _labels(model)
    parts = [
        _add_calibrated_pair(composition, pair, columns, labels)
        for pair in model.calibrated_classifiers_
    ]
    count = len(parts)
    made = composition.add("average", len(labels), parts, [*[1.0] * count, float(count)])
    return MixedScores(composition, made, labels)


def _add_calibrated_pair(
    composition: Composition, pair: Any, columns: Columns, labels: list[Any]
) -> Columns:
    if pair.method not in ("sigmoid", "isotonic", "temperature"):
        raise _refused(
            f"CalibratedClassifierCV(method={pair.method!r})",
            "only sigmoid, isotonic and temperature calibration are known",
            "Fit it with one of these.",
        )
    part = _add(composition, pair.estimator, columns)
    numbers = list(range(len(labels)))
    # scikit-learn trains the one classifier of a temperature on the numbers of classes.
    if part.labels != labels and (pair.method != "temperature" or part.labels != numbers):
        raise _refused(
            "A CalibratedClassifierCV over a model of other classes",
            f"that one knows {part.labels!r}, expected {labels!r}",
            "Use folds that hold every class.",
        )
    if pair.method == "temperature":
        return _add_temperature(composition, pair, part)
    if hasattr(pair.estimator, "decision_function"):
        scores = _decision(composition, part, pair.estimator)
    else:
        scores = part.probabilities()
        scores = scores.rest() if len(labels) == 2 else scores
    if pair.method == "sigmoid":
        factors = [calibrator.a_ for calibrator in pair.calibrators]
        shifts = [calibrator.b_ for calibrator in pair.calibrators]
        made = composition.add("logistic", scores.count, [scores], [*factors, *shifts])
    else:
        lines = [
            composition.add(
                "interpolate",
                1,
                [scores.one(number)],
                [*calibrator.X_thresholds_.tolist(), *calibrator.y_thresholds_.tolist()],
            )
            for number, calibrator in enumerate(pair.calibrators)
        ]
        made = lines[0] if len(lines) == 1 else composition.add("gather", len(lines), lines)
    if len(labels) == 2:
        return composition.add("complement", 2, [made])
    return composition.add("share", len(labels), [made])


def _add_temperature(composition: Composition, pair: Any, part: Scores) -> Columns:
    """Append the softmax of logits times the calibrator's beta."""
    beta, count = float(pair.calibrators[0].beta_), len(part.labels)
    if hasattr(pair.estimator, "decision_function"):
        logits = _decision(composition, part, pair.estimator)
        if count == 2:  # the softmax of (-x, x)
            made = composition.add("logistic", 1, [logits], [-2.0 * beta, 0.0])
            return composition.add("complement", 2, [made])
    else:
        shares = part.probabilities()
        if count == 2:  # scikit-learn keeps that of the second class alone
            shares = composition.add("complement", 2, [shares.rest()])
        logits = composition.add("log", count, [shares], [1e-12])
    chain = LayerChain("float64")
    chain.add("scale", np.full(count, beta), np.zeros(count))
    image = chain.image(default_names(count), "softmax", link="softmax", num_classes=count)
    return PartScores(composition, image, logits).predictions()


def _add_ada_boost_regressor(composition: Composition, model: Any, columns: Columns) -> Scores:
    """Append the weighted median of what the estimators predict."""
    estimators = model.estimators_
    weights = model.estimator_weights_[: len(estimators)].tolist()
    if all(sklearn_name(estimator) == "DecisionTreeRegressor" for estimator in estimators):
        image = read_each_tree(estimators, default_names(columns.count))
        made = PartScores(composition, image, columns).raw()
    else:
        parts = [_add(composition, part, columns).predictions() for part in estimators]
        made = composition.add("gather", len(parts), parts)
    return MixedScores(composition, composition.add("median", 1, [made], weights), [])


_ADDERS: dict[str, Callable[[Composition, Any, Columns], Scores]] = {
    "AdaBoostRegressor": _add_ada_boost_regressor,
    "CalibratedClassifierCV": _add_calibrated,
    "Pipeline": _add_pipeline,
    "StackingClassifier": _add_stacking,
    "StackingRegressor": _add_stacking,
    "VotingClassifier": _add_voting_classifier,
    "VotingRegressor": _add_voting_regressor,
}
