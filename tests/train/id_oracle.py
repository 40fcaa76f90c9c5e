"""Logistic regression and factorization machines over ids, one row and one weight at a time.

Written from the papers: McMahan et al. 2013 (FTRL-proximal), Duchi et al. 2011 (Adagrad), Rendle
2010 (factorization machines). float64 throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Oracle:
    """State by key: (column, id) of ids, ("number", place), or "bias"."""

    rule: str = "ftrl"
    rate: float = 0.1
    smoothing: float = 1.0
    l1: float = 0.0
    l2: float = 0.0
    num_factors: int = 0
    factor_rate: float = 0.05
    factor_l2: float = 0.0
    first: dict[Any, float] = field(default_factory=dict)
    squares: dict[Any, float] = field(default_factory=dict)
    vectors: dict[Any, Any] = field(default_factory=dict)
    vector_squares: dict[Any, Any] = field(default_factory=dict)

    def weight(self, key: Any) -> float:
        first, squares = self.first.get(key, 0.0), self.squares.get(key, 0.0)
        if self.rule == "adagrad":
            return first
        l1, l2 = (0.0, 0.0) if key == "bias" else (self.l1, self.l2)
        if abs(first) <= l1:
            return 0.0
        kept = first - math.copysign(l1, first)
        return -kept / ((self.smoothing + math.sqrt(squares)) / self.rate + l2)

    def score(self, features: list[tuple[Any, float]]) -> float:
        total = self.weight("bias") + sum(x * self.weight(key) for key, x in features)
        if self.num_factors:
            for i, (one, x) in enumerate(features):
                for other, z in features[:i]:
                    total += x * z * float(self.vectors[one] @ self.vectors[other])
        return total

    def step(self, features: list[tuple[Any, float]], label: float, weight: float = 1.0) -> float:
        """Return the loss before the step."""
        score = self.score(features)
        chance = 1 / (1 + math.exp(-score))
        slope = weight * (chance - label)
        moved = {}
        paired = features if self.num_factors else []
        whole = sum((x * self.vectors[key] for key, x in paired), np.zeros(self.num_factors))
        for key, x in paired:
            own = self.vectors[key]
            if x == 0:
                continue
            moved[key] = slope * x * (whole - x * own) + self.factor_l2 * own
        for key, x in [*features, ("bias", 1.0)]:
            now = self.weight(key)
            gradient = slope * x
            if self.rule == "adagrad" and key != "bias" and x != 0:
                gradient += self.l2 * now
            before = self.squares.get(key, 0.0)
            after = before + gradient * gradient
            if self.rule == "ftrl":
                sigma = (math.sqrt(after) - math.sqrt(before)) / self.rate
                self.first[key] = self.first.get(key, 0.0) + gradient - sigma * now
            else:
                length = self.rate * gradient / (self.smoothing + math.sqrt(after))
                self.first[key] = now - length
            self.squares[key] = after
        for key, gradient in moved.items():
            self.vector_squares[key] = self.vector_squares.get(key, 0.0) + gradient**2
            root = self.smoothing + np.sqrt(self.vector_squares[key])
            self.vectors[key] = self.vectors[key] - self.factor_rate * gradient / root
        return -math.log(chance if label else 1 - chance)
