"""Shapley values by their definition: every order of the features, every set of known ones.

Exponential in the features of a tree, so for small trees. Written from Lundberg et al., "From local
explanations to global understanding with explainable AI for trees" (2020), without its algorithm:
a tree's value for a set of known features follows the row where the feature is known, and else
takes both sides, weighted by the training rows of each (path-dependent), or follows a row of the
background (interventional).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations


@dataclass(frozen=True)
class Leaf:
    """What a leaf adds."""

    value: float
    cover: float


@dataclass(frozen=True)
class Split:
    """An inner node."""

    feature: int
    goes_left: Callable[[float], bool]
    left: Leaf | Split
    right: Leaf | Split
    cover: float


Node = Leaf | Split
Row = Sequence[float]


def features_of(node: Node) -> set[int]:
    """Return the features that a tree tests."""
    if isinstance(node, Leaf):
        return set()
    return {node.feature} | features_of(node.left) | features_of(node.right)


def expected(node: Node, row: Row, known: frozenset[int]) -> float:
    """Return the mean over the training rows that the known features leave."""
    if isinstance(node, Leaf):
        return node.value
    if node.feature in known:
        side = node.left if node.goes_left(row[node.feature]) else node.right
        return expected(side, row, known)
    left = expected(node.left, row, known) * node.left.cover
    right = expected(node.right, row, known) * node.right.cover
    return (left + right) / (node.left.cover + node.right.cover)


def follow(node: Node, row: Row) -> float:
    """Return the value of the row's leaf."""
    while isinstance(node, Split):
        node = node.left if node.goes_left(row[node.feature]) else node.right
    return node.value


def intervened(node: Node, row: Row, known: frozenset[int], background: Sequence[Row]) -> float:
    """Return the mean over the background with the known features replaced by the row's."""
    mixed = [[row[i] if i in known else b[i] for i in range(len(row))] for b in background]
    return math.fsum(follow(node, one) for one in mixed) / len(mixed)


def shapley(
    players: Sequence[int], game: Callable[[frozenset[int]], float], num_features: int
) -> list[float]:
    """Return the Shapley value of every feature."""
    values = [0.0] * num_features
    count = len(players)
    for player in players:
        others = [other for other in players if other != player]
        terms = []
        for size in range(count):
            weight = math.factorial(size) * math.factorial(count - size - 1)
            for chosen in combinations(others, size):
                known = frozenset(chosen)
                gain = game(known | {player}) - game(known)
                terms.append(weight / math.factorial(count) * gain)
        values[player] = math.fsum(terms)
    return values


def interactions(
    players: Sequence[int], game: Callable[[frozenset[int]], float], num_features: int
) -> list[list[float]]:
    """Return the Shapley interaction values: half of each pair's in both places."""
    table = [[0.0] * num_features for _ in range(num_features)]
    count = len(players)
    for first, second in combinations(players, 2):
        others = [other for other in players if other not in (first, second)]
        terms = []
        for size in range(count - 1):
            weight = math.factorial(size) * math.factorial(count - size - 2)
            weight /= 2 * math.factorial(count - 1)
            for chosen in combinations(others, size):
                known = frozenset(chosen)
                gain = game(known | {first, second}) - game(known | {first})
                terms.append(weight * (gain - game(known | {second}) + game(known)))
        table[first][second] = table[second][first] = math.fsum(terms)
    for player, value in enumerate(shapley(players, game, num_features)):
        table[player][player] = value - math.fsum(table[player])
    return table
