"""HistGradientBoosting of scikit-learn: trees in records, and splits by sets of categories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine, errors
from mainspring.models.class_labels import class_labels
from mainspring.models.feature_names import estimator_names

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["read_hist_boosting"]

# ForestTreatment of the engine.
_NAN_LEFT, _NAN_RIGHT, _WHOLE_CATEGORY = 1, 2, 8
_MOST_CATEGORIES = 2**24
_LINKS = {
    "squared_error": "identity",
    "absolute_error": "identity",
    "quantile": "identity",
    "poisson": "exp",
    "gamma": "exp",
    "log_loss": "softmax",
}


def read_hist_boosting(model: Any) -> ModelImage:
    """Read a HistGradientBoostingClassifier or HistGradientBoostingRegressor.

    Parameters
    ----------
    model : estimator
        A fitted one.

    Returns
    -------
    ModelImage
        See :func:`mainspring.models.read_model`, which also lists the errors.
    """
    name = type(model).__name__
    columns, categories = _columns(model, name)
    width = int(model.n_trees_per_iteration_)
    predictors = [tree for iteration in model._predictors for tree in iteration]
    nodes = np.concatenate([tree.nodes for tree in predictors])
    arrays = {
        "tree_sizes": np.array([len(tree.nodes) for tree in predictors], np.int64),
        "outputs": np.tile(np.arange(width, dtype=np.int64), len(model._predictors)),
        "left": np.where(nodes["is_leaf"], -1, nodes["left"].astype(np.int64)),
        "right": nodes["right"].astype(np.int64),
        "features": columns[nodes["feature_idx"]].astype(np.int64),
        "thresholds": np.ascontiguousarray(nodes["num_threshold"]),
        "treatments": np.where(nodes["missing_go_to_left"], _NAN_LEFT, _NAN_RIGHT).astype(np.uint8),
        "leaves": np.ascontiguousarray(nodes["value"], np.float64),
        "covers": nodes["count"].astype(np.float64),
        "gains": nodes["gain"].astype(np.float64),
    }
    if categories:
        _add_sets(arrays, nodes, predictors, categories)
    labels = class_labels(model.classes_, name) if hasattr(model, "classes_") else None
    link = _link(model, name)
    shape = {
        "num_outputs": width,
        "num_classes": 0 if labels is None else len(labels),
        "link": "sigmoid" if link == "softmax" and width == 1 else link,
        "link_scale": 1.0,
        "link_divisor": 1.0,
        "bases": np.ravel(model._baseline_prediction).astype(np.float64).tolist(),
        "has_vectors": False,
        "rounds_input": False,
    }
    count = len(predictors)
    description = f"scikit-learn {name}, {count} tree{'' if count == 1 else 's'}"
    image = _engine.read_trees(arrays, shape, estimator_names(model), description)
    return image if labels is None else image.with_labels(labels, "raw", 0.0)


def _link(model: Any, name: str) -> str:
    link = _LINKS.get(model.loss if isinstance(model.loss, str) else "")
    if link is None:
        raise errors.UnsupportedError(
            f"The {name} has the loss {model.loss!r}, which is not supported; expected one of "
            f"{', '.join(_LINKS)}.",
            expected=", ".join(_LINKS),
            got=repr(model.loss),
        )
    return link


def _columns(model: Any, name: str) -> tuple[Any, dict[int, Any]]:
    """Return the column of each feature of the trees, and the categories of those that have some.

    The library puts categorical columns first and turns their values into codes.
    """
    is_categorical = model.is_categorical_
    if is_categorical is None or not is_categorical.any():
        return np.arange(model.n_features_in_), {}
    first = np.flatnonzero(is_categorical)
    columns = np.concatenate([first, np.flatnonzero(~is_categorical)])
    known = model._preprocessor.named_transformers_["encoder"].categories_
    return columns, {
        number: _whole_numbers(values, name, int(first[number]))
        for number, values in enumerate(known)
    }


def _whole_numbers(values: Any, name: str, column: int) -> Any:
    """Return a column's categories as integers, in the order of their codes."""
    wrong = None
    if values.dtype.kind not in "iufb":
        wrong = next(iter(values.tolist()), None)
    else:
        values = values.astype(np.float64)
        values = values[~np.isnan(values)]
        outside = (values < 0) | (values >= _MOST_CATEGORIES) | (values != np.floor(values))
        if outside.any():
            wrong = values[outside].tolist()[0]
    if wrong is not None:
        raise errors.UnsupportedError(
            f"The {name} has the category {wrong!r} in column {column}; expected whole numbers "
            "from 0 to 2^24 - 1. Give it the ids of an ordinal() preprocessor.",
            expected="categories that are whole numbers from 0 to 2^24 - 1",
            got=repr(wrong),
            hint="Use an ordinal() preprocessor.",
        )
    return values.astype(np.int64)


def _add_sets(
    arrays: dict[str, Any], nodes: Any, predictors: list[Any], categories: dict[int, Any]
) -> None:
    """Give each split by categories the set of values that go left.

    What is missing, negative or unknown goes one way. Where that is left, the children change
    places and the set holds the known values that went right.
    """
    tests_set = nodes["is_categorical"].astype(bool) & ~nodes["is_leaf"].astype(bool)
    begins = np.zeros(len(nodes), np.int64)
    lengths = np.zeros(len(nodes), np.int64)
    words: list[Any] = []
    num_words = 0
    first = 0
    for tree in predictors:
        size = len(tree.nodes)
        for at in (first + np.flatnonzero(tests_set[first : first + size])).tolist():
            node = nodes[at]
            known = categories[int(node["feature_idx"])]
            codes = np.arange(len(known))
            bitset = tree.raw_left_cat_bitsets[node["bitset_idx"]]
            is_left = (bitset[codes // 32] >> (codes % 32).astype(np.uint32) & 1).astype(bool)
            if node["missing_go_to_left"]:
                is_left = ~is_left
                arrays["left"][at], arrays["right"][at] = node["right"], node["left"]
            members = known[is_left]
            bits = np.zeros(int(members.max(initial=-1)) // 32 * 32 + 32, np.uint8)
            bits[members] = 1
            packed = np.packbits(bits, bitorder="little").view("<u4")
            begins[at], lengths[at] = num_words, len(packed)
            words.append(packed)
            num_words += len(packed)
        first += size
    arrays["treatments"][tests_set] = _WHOLE_CATEGORY
    arrays["set_begins"], arrays["set_lengths"] = begins, lengths
    arrays["set_words"] = np.concatenate([*words, np.zeros(0, np.uint32)]).astype(np.uint32)
