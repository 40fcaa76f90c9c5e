"""A bundle of large trees takes at most twice what their nodes need."""

from __future__ import annotations

import lightgbm
import numpy as np

import mainspring as ms

# A threshold or leaf, a feature and a child; the source's number, the cover and the gain.
NODE_BYTES = 8 + 4 + 4 + 4 + 8 + 8


def test_bundle_of_large_trees_takes_at_most_twice_their_nodes() -> None:
    draw = np.random.default_rng(1)
    matrix = draw.normal(size=(4000, 20))
    label = matrix[:, :5].sum(axis=1) + draw.normal(size=4000)
    options = {"num_leaves": 255, "min_data_in_leaf": 2, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(matrix, label=label), 40)
    num_leaves = sum(tree["num_leaves"] for tree in booster.dump_model()["tree_info"])
    num_nodes = 2 * num_leaves - booster.num_trees()
    num_bytes = len(ms.Predictor(booster).to_bytes())
    assert num_leaves == 40 * 255
    assert NODE_BYTES * num_nodes < num_bytes <= 2 * NODE_BYTES * num_nodes
