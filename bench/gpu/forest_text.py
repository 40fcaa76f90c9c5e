"""Forests as LightGBM writes them, of any size, without LightGBM: splits and leaves at random."""

from __future__ import annotations

import numpy as np

__all__ = ["forest_text"]

_DEFAULT_RIGHT_NAN = 8  # decision type: missing values are NaN and go right


def _tree(
    rng: np.random.Generator,
    num_leaves: int,
    num_features: int,
    *,
    balanced: bool,
    symmetric: bool,
) -> str:
    left, right = [], []
    open_ends: list[tuple[list[int], int]] = []  # places that still point to a leaf
    for node in range(num_leaves - 1):
        if open_ends:
            place = 0 if balanced else int(rng.integers(len(open_ends)))
            side, at = open_ends.pop(place)
            side[at] = node
        left.append(0)
        right.append(0)
        open_ends += [(left, node), (right, node)]
    for leaf, (side, at) in enumerate(open_ends):
        side[at] = -leaf - 1
    inner = num_leaves - 1
    features, thresholds = rng.integers(0, num_features, inner), rng.choice(_THRESHOLDS, inner)
    if symmetric:  # nodes stand level by level, and the first of each is as good as any
        firsts = [(1 << (node + 1).bit_length() - 1) - 1 for node in range(inner)]
        features, thresholds = features[firsts], thresholds[firsts]
    fields = {
        "num_leaves": [num_leaves],
        "num_cat": [0],
        "split_feature": features,
        "split_gain": np.ones(inner, int),
        "threshold": [repr(float(value)) for value in thresholds],
        "decision_type": np.full(inner, _DEFAULT_RIGHT_NAN),
        "left_child": left,
        "right_child": right,
        "leaf_value": [repr(float(value)) for value in rng.normal(size=num_leaves)],
        "leaf_weight": np.ones(num_leaves, int),
        "leaf_count": np.ones(num_leaves, int),
        "internal_value": np.zeros(inner, int),
        "internal_weight": np.ones(inner, int),
        "internal_count": np.ones(inner, int),
        "is_linear": [0],
        "shrinkage": [1],
    }
    return "".join(f"{name}={' '.join(map(str, values))}\n" for name, values in fields.items())


_THRESHOLDS = np.random.default_rng(1).normal(size=250)  # as many as LightGBM's bins


def forest_text(
    num_trees: int,
    num_leaves: int,
    num_features: int,
    *,
    balanced: bool,
    symmetric: bool = False,
    seed: int = 0,
) -> str:
    """Return a regression model as LightGBM's text.

    Parameters
    ----------
    num_trees, num_leaves, num_features : int
        Sizes; with 250 thresholds to choose from for all features.
    balanced : bool
        Whether leaves of a tree have the same depth, as far as can be, or grow anywhere.
    symmetric : bool
        Whether all nodes of a level of a balanced tree ask the same, as CatBoost's do.
    seed : int
        Of the splits and leaves.

    Returns
    -------
    str
        The text of a model file.
    """
    rng = np.random.default_rng(seed)
    shape = {"balanced": balanced, "symmetric": symmetric}
    trees = [_tree(rng, num_leaves, num_features, **shape) for _ in range(num_trees)]
    names = " ".join(f"f{i}" for i in range(num_features))
    blocks = [f"Tree={number}\n{text}\n" for number, text in enumerate(trees)]
    head = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={num_features - 1}\nobjective=regression\nfeature_names={names}\n"
        f"feature_infos={' '.join(['none'] * num_features)}\n"
        f"tree_sizes={' '.join(str(len(block)) for block in blocks)}\n\n"
    )
    return head + "".join(blocks) + "end of trees\n"
