"""Trees of scikit-learn: single ones, forests, gradient boosting and HistGradientBoosting.

What the estimators hold as arrays goes to the engine as arrays, all trees at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine, errors
from mainspring.models.class_labels import class_labels
from mainspring.models.feature_names import estimator_names
from mainspring.models.hist_boosting import read_hist_boosting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mainspring._engine import ModelImage

__all__ = ["read", "read_each_tree", "recognises"]

# ForestTreatment of the engine: where a missing value goes.
_NAN_LEFT, _NAN_RIGHT = 1, 2
# scikit-learn takes a score of 0 for the second class; the engine what is above the threshold.
_BELOW_ZERO = -5e-324


def _sklearn_name(model: object) -> str:
    """Return the name of the first of its classes that is scikit-learn's own, or nothing."""
    for base in type(model).__mro__:
        if base.__module__.partition(".")[0] == "sklearn":
            return base.__name__
    return ""


def recognises(model: object) -> bool:
    """Say whether ``read`` takes this object, without importing scikit-learn.

    Parameters
    ----------
    model : object
        Anything.

    Returns
    -------
    bool
        True for scikit-learn's estimators of trees.
    """
    return _sklearn_name(model) in _READERS


def read(model: Any) -> ModelImage:
    """Read an estimator made of trees.

    Parameters
    ----------
    model : estimator
        A fitted one that ``recognises`` knows.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    name = type(model).__name__
    if not hasattr(model, "n_features_in_"):
        raise errors.NotFittedError(
            f"The {name} has not been fitted; expected a fitted one. Call fit first.",
            expected="a fitted estimator",
            got=name,
            hint="Call fit first.",
        )
    return _READERS[_sklearn_name(model)](model)


@dataclass
class _Shape:
    """What a model does with its leaves."""

    num_outputs: int = 1
    num_classes: int = 0
    link: str = "identity"
    link_scale: float = 1.0
    link_divisor: float = 1.0
    bases: list[float] = field(default_factory=list)
    has_vectors: bool = False
    rounds_input: bool = True


def _tree_arrays(
    trees: Sequence[Any], leaves: Callable[[Any], Any], *, has_direction: bool = True
) -> dict[str, Any]:
    """Put the nodes of ``sklearn.tree._tree.Tree`` objects one after the other."""
    directions = [
        tree.missing_go_to_left if has_direction else np.zeros(tree.node_count, np.uint8)
        for tree in trees
    ]

    def joined(name: str, dtype: type) -> Any:
        return np.concatenate([np.asarray(getattr(tree, name), dtype) for tree in trees])

    covers = joined("weighted_n_node_samples", np.float64)
    return {
        "tree_sizes": np.array([tree.node_count for tree in trees], np.int64),
        "outputs": np.zeros(len(trees), np.int64),
        "left": joined("children_left", np.int64),
        "right": joined("children_right", np.int64),
        "features": joined("feature", np.int64),
        "thresholds": joined("threshold", np.float64),
        "treatments": np.where(np.concatenate(directions), _NAN_LEFT, _NAN_RIGHT).astype(np.uint8),
        "leaves": np.concatenate([np.ravel(leaves(tree)) for tree in trees]),
        "covers": covers,
    }


def _description(model: Any, num_trees: int) -> str:
    return f"scikit-learn {type(model).__name__}, {num_trees} tree{'' if num_trees == 1 else 's'}"


def _read_forest(model: Any) -> ModelImage:
    """Read a tree or an average of trees: numbers, or a probability for each class."""
    estimators = getattr(model, "estimators_", None)
    trees = [model.tree_] if estimators is None else [tree.tree_ for tree in estimators]
    shape = _Shape(link_divisor=float(len(trees)))
    labels = None
    if hasattr(model, "classes_"):
        labels = class_labels(model.classes_, type(model).__name__)
        _check_classes(model, labels)
        shape.num_outputs = shape.num_classes = len(labels)
        width = len(labels)
    else:
        shape.num_outputs = width = int(model.n_outputs_)
    shape.has_vectors = width > 1

    def leaves(tree: Any) -> Any:
        # Classes: (nodes, 1, classes). Targets: (nodes, targets, 1).
        return tree.value.reshape(tree.node_count, width)

    image = _engine.read_trees(
        _tree_arrays(trees, leaves),
        vars(shape),
        estimator_names(model),
        _description(model, len(trees)),
    )
    return image if labels is None else image.with_labels(labels, "probability", 0.0)


def read_each_tree(estimators: Sequence[Any], names: list[str]) -> ModelImage:
    """Read trees of numbers as a model with an output for each of them.

    Parameters
    ----------
    estimators : sequence of DecisionTreeRegressor
        Fitted, of one target.
    names : list of str
        The features.

    Returns
    -------
    ModelImage
        What each tree predicts.
    """
    trees = [estimator.tree_ for estimator in estimators]
    arrays = _tree_arrays(trees, lambda tree: tree.value)
    arrays["outputs"] = np.arange(len(trees), dtype=np.int64)
    shape = _Shape(num_outputs=len(trees))
    return _engine.read_trees(arrays, vars(shape), names, f"{len(trees)} trees")


def _check_classes(model: Any, labels: list[Any]) -> None:
    if len(labels) < 2:
        name = type(model).__name__
        raise errors.UnsupportedError(
            f"The {name} was fitted on one class, {labels[0]!r}; expected two or more.",
            expected="two or more classes",
            got="one class",
        )


def _read_gradient_boosting(model: Any) -> ModelImage:
    """Read sums of leaves times the learning rate, from what the init estimator predicts on."""
    name = type(model).__name__
    init = model.init_
    if not isinstance(init, str) and type(init).__name__ not in (
        "DummyClassifier",
        "DummyRegressor",
    ):
        raise errors.UnsupportedError(
            f"The {name} begins with a model of its own, {type(init).__name__}, which is not "
            "supported; expected init=None or 'zero'.",
            expected="init=None or init='zero'",
            got=type(init).__name__,
        )
    rounds, width = model.estimators_.shape
    trees = [tree.tree_ for tree in model.estimators_.ravel()]
    row = np.zeros((1, model.n_features_in_), np.float32)
    shape = _Shape(num_outputs=width, bases=model._raw_predict_init(row).ravel().tolist())
    labels = None
    if hasattr(model, "classes_"):
        labels = class_labels(model.classes_, name)
        shape.num_classes = len(labels)
        shape.link = "sigmoid" if width == 1 else "softmax"
        shape.link_scale = 2.0 if model.loss == "exponential" else 1.0
    rate = float(model.learning_rate)
    # The library's boosting compares alone: what is missing is below no threshold.
    arrays = _tree_arrays(trees, lambda tree: rate * tree.value, has_direction=False)
    arrays["outputs"] = np.tile(np.arange(width, dtype=np.int64), rounds)
    image = _engine.read_trees(
        arrays, vars(shape), estimator_names(model), _description(model, len(trees))
    )
    return image if labels is None else image.with_labels(labels, "raw", _BELOW_ZERO)


def _read_ada_boost(model: Any) -> ModelImage:
    """Read votes of trees: each adds its weight to its class, and takes from the others."""
    name = type(model).__name__
    labels = class_labels(model.classes_, name)
    _check_classes(model, labels)
    for estimator in model.estimators_:
        if _sklearn_name(estimator) != "DecisionTreeClassifier" or not np.array_equal(
            estimator.classes_, model.classes_
        ):
            raise errors.UnsupportedError(
                f"The {name} boosts a {type(estimator).__name__}, or one that saw other classes; "
                "expected a DecisionTreeClassifier for all classes.",
                expected="a DecisionTreeClassifier",
                got=type(estimator).__name__,
            )
    count = len(labels)
    weights = model.estimator_weights_[: len(model.estimators_)]
    trees = [estimator.tree_ for estimator in model.estimators_]
    weight_of = dict(zip(map(id, trees), weights.tolist(), strict=True))

    def leaves(tree: Any) -> Any:
        weight = weight_of[id(tree)]
        chosen = np.argmax(tree.value.reshape(tree.node_count, count), axis=1)
        if count == 2:
            return np.where(chosen == 1, weight, -weight)
        votes = np.full((tree.node_count, count), -1 / (count - 1) * weight)
        votes[np.arange(tree.node_count), chosen] = weight
        return votes

    total = float(weights.sum())
    shape = _Shape(num_classes=count, link="sigmoid", link_scale=2.0, link_divisor=total)
    if count > 2:
        shape.num_outputs, shape.has_vectors = count, True
        shape.link, shape.link_scale, shape.link_divisor = "softmax", 1.0, total * (count - 1)
    image = _engine.read_trees(
        _tree_arrays(trees, leaves),
        vars(shape),
        estimator_names(model),
        _description(model, len(trees)),
    )
    return image.with_labels(labels, "raw", 0.0)


def _read_isolation_forest(model: Any) -> ModelImage:
    """Read sums of path lengths; 1 where they are long enough for decision_function to be >= 0."""
    estimators, features = model.estimators_, model.estimators_features_
    trees = [estimator.tree_ for estimator in estimators]
    lengths = {
        id(tree): path + average - 1.0
        for tree, path, average in zip(
            trees, model._decision_path_lengths, model._average_path_length_per_tree, strict=True
        )
    }
    arrays = _tree_arrays(trees, lambda tree: lengths[id(tree)])
    first = 0
    for tree, columns in zip(trees, features, strict=True):
        own = arrays["features"][first : first + tree.node_count]
        own[own >= 0] = np.asarray(columns)[own[own >= 0]]
        first += tree.node_count
    shape = _Shape(num_classes=2)
    image = _engine.read_trees(
        arrays, vars(shape), estimator_names(model), _description(model, len(trees))
    )
    return image.with_labels([-1, 1], "raw", float(_longest_outlier(model, len(trees))))


def _longest_outlier(model: Any, num_trees: int) -> Any:
    """Return the largest sum of path lengths that the library calls an outlier.

    decision_function grows with the sum, so that a search over all doubles finds where it turns.
    """
    from sklearn.ensemble._iforest import _average_path_length

    denominator = num_trees * _average_path_length([model._max_samples])

    def is_outlier(bits: int) -> bool:
        length = np.array([bits], np.int64).view(np.float64)
        ratio = np.divide(length, denominator, out=np.ones_like(length), where=denominator != 0)
        return bool((-(2.0**-ratio) - model.offset_ < 0)[0])

    low, high = 0, int(np.array([1e300]).view(np.int64)[0])
    if not is_outlier(low):
        return _BELOW_ZERO
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_outlier(middle) else (low, middle)
    return np.array([low], np.int64).view(np.float64)[0]


_READERS: dict[str, Callable[[Any], ModelImage]] = {
    "AdaBoostClassifier": _read_ada_boost,
    "IsolationForest": _read_isolation_forest,
    "DecisionTreeClassifier": _read_forest,
    "DecisionTreeRegressor": _read_forest,
    "ExtraTreeClassifier": _read_forest,
    "ExtraTreeRegressor": _read_forest,
    "ExtraTreesClassifier": _read_forest,
    "ExtraTreesRegressor": _read_forest,
    "RandomForestClassifier": _read_forest,
    "RandomForestRegressor": _read_forest,
    "GradientBoostingClassifier": _read_gradient_boosting,
    "GradientBoostingRegressor": _read_gradient_boosting,
    "HistGradientBoostingClassifier": read_hist_boosting,
    "HistGradientBoostingRegressor": read_hist_boosting,
}
