"""XGBoost's trees in plain Python: JSON parsed, one row walked at a time, sums in float32.

Written from the library's documentation of its JSON format and of categorical splits (Chen and
Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016), as slow and clear as possible.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import math
from typing import Any

import numpy as np

LOGISTIC = ("binary:logistic", "reg:logistic")
LOG = ("reg:gamma", "reg:tweedie", "count:poisson", "survival:cox", "survival:aft")
_libm = ctypes.CDLL(ctypes.util.find_library("m"))
_libm.logf.argtypes = [ctypes.c_float]
_libm.logf.restype = ctypes.c_float


def margin_of(score: np.float32, objective: str) -> np.float32:
    """Return what base_score is before the link."""
    one, least = np.float32(1), np.float32(1e-6)
    if objective in LOGISTIC:
        score = min(max(score, least), one - least)
        return np.float32(-_libm.logf(one / score - one))
    return np.float32(_libm.logf(score)) if objective in LOG else score


def goes_left(tree: dict[str, Any], node: int, value: np.float32) -> bool:
    """Decide one split: categories of the set go right, numbers below the threshold left."""
    if math.isnan(value):
        return bool(tree["default_left"][node])
    if tree["split_type"][node] == 0:
        return bool(value < np.float32(tree["split_conditions"][node]))
    at = tree["categories_nodes"].index(node)
    first = tree["categories_segments"][at]
    members = tree["categories"][first : first + tree["categories_sizes"][at]]
    return value < 0 or value >= 2**24 or int(value) not in members


def leaf_of(tree: dict[str, Any], row: list[np.float32]) -> int:
    """Return the number of the leaf that a row falls into."""
    node = 0
    while tree["left_children"][node] != -1:
        left = goes_left(tree, node, row[tree["split_indices"][node]])
        node = tree["left_children" if left else "right_children"][node]
    return node


def raw_scores(text: str, rows: list[list[float]]) -> list[list[float]]:
    """Return the sum of leaf values for every row and output, added in the order of the trees."""
    learner = json.loads(text)["learner"]
    shape = learner["learner_model_param"]
    num_outputs = max(1, int(shape["num_class"]), int(shape["num_target"]))
    stated = json.loads(shape["base_score"])
    stated = stated if isinstance(stated, list) else [stated]
    bases = [margin_of(np.float32(score), learner["objective"]["name"]) for score in stated]
    booster = learner["gradient_booster"]
    weights = booster.get("weight_drop")
    model = booster.get("gbtree", booster)["model"]
    scores = []
    for row in rows:
        with np.errstate(over="ignore"):
            narrow = [np.float32(value) for value in row]
        sums = [bases[i if len(bases) > 1 else 0] for i in range(num_outputs)]
        for number, tree in enumerate(model["trees"]):
            weight = np.float32(weights[number] if weights else 1)
            leaf = leaf_of(tree, narrow)
            if int(tree["tree_param"]["size_leaf_vector"]) > 1:
                first = tree["right_children"][leaf] * num_outputs
                for i, value in enumerate(tree["leaf_weights"][first : first + num_outputs]):
                    sums[i] += np.float32(value) * weight
            else:
                value = np.float32(tree["split_conditions"][leaf])
                sums[model["tree_info"][number]] += value * weight
        scores.append([float(value) for value in sums])
    return scores
