"""LightGBM's text as trees of the brute-force oracle, and sums over them."""

from __future__ import annotations

from collections.abc import Sequence

import lightgbm
import numpy as np

from tests.reference import forest, shapley


def trees_of(booster: lightgbm.Booster) -> list[shapley.Node]:
    """Return the trees of a model, with LightGBM's numbers of rows as covers."""
    _, trees = forest.parse(booster.model_to_string())
    return [_node(tree, 0 if int(tree["num_leaves"][0]) > 1 else -1) for tree in trees]


def _node(tree: dict[str, list[str]], number: int) -> shapley.Node:
    if number < 0:
        leaf = -1 - number
        return shapley.Leaf(float(tree["leaf_value"][leaf]), float(tree["leaf_count"][leaf]))
    threshold, decision = tree["threshold"][number], int(tree["decision_type"][number])
    return shapley.Split(
        int(tree["split_feature"][number]),
        lambda value: forest.goes_left(value, threshold, decision, tree),
        _node(tree, int(tree["left_child"][number])),
        _node(tree, int(tree["right_child"][number])),
        float(tree["internal_count"][number]),
    )


def brute_force(
    trees: Sequence[shapley.Node],
    row: Sequence[float],
    background: Sequence[Sequence[float]] | None,
    pairs: bool,
) -> np.ndarray:
    """Return the sum of the trees' Shapley values, or of their interactions."""
    width = len(row)
    total = np.zeros((width, width) if pairs else width)
    for tree in trees:

        def game(known: frozenset[int], tree: shapley.Node = tree) -> float:
            if background is None:
                return shapley.expected(tree, row, known)
            return shapley.intervened(tree, row, known, background)

        players = sorted(shapley.features_of(tree))
        values = shapley.interactions if pairs else shapley.shapley
        total += np.array(values(players, game, width))
    return total
