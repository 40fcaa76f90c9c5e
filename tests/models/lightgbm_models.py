"""Small LightGBM models of every kind, and rows that are hard on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from hypothesis import strategies as st

OBJECTIVES = (
    "regression",
    "regression_sqrt",
    "regression_l1",
    "huber",
    "fair",
    "quantile",
    "mape",
    "poisson",
    "gamma",
    "tweedie",
    "binary",
    "binary_scaled",
    "multiclass",
    "multiclassova",
    "cross_entropy",
    "cross_entropy_lambda",
    "lambdarank",
    "rank_xendcg",
    "custom",
)
NUM_FEATURES = 6
CATEGORICAL = 3


@dataclass(frozen=True)
class Recipe:
    """What a model is trained with."""

    objective: str = "regression"
    boosting: str = "gbdt"
    use_missing: bool = True
    zero_as_missing: bool = False
    categorical: bool = False
    num_leaves: int = 12
    num_rounds: int = 8
    seed: int = 0


RECIPES = st.builds(
    Recipe,
    objective=st.sampled_from(OBJECTIVES),
    boosting=st.sampled_from(("gbdt", "dart", "rf")),
    use_missing=st.booleans(),
    zero_as_missing=st.booleans(),
    categorical=st.booleans(),
    num_leaves=st.integers(2, 40),
    num_rounds=st.integers(1, 12),
    seed=st.integers(0, 1000),
).filter(lambda recipe: (recipe.objective, recipe.boosting) != ("custom", "rf"))


def training_data(recipe: Recipe, num_rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return a feature matrix with NaN, zeros, ties and categories, and a label that fits."""
    draw = np.random.default_rng(recipe.seed)
    matrix = draw.normal(size=(num_rows, NUM_FEATURES))
    matrix[:, 1] = np.round(matrix[:, 1], 1)
    matrix[:, CATEGORICAL] = draw.integers(0, 70, num_rows)
    matrix[draw.random(matrix.shape) < 0.1] = 0.0
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    filled = np.nan_to_num(matrix)
    score = filled[:, 0] + filled[:, 1] * filled[:, 2] + (filled[:, CATEGORICAL] % 3) - 1
    score += draw.normal(size=num_rows)
    name = recipe.objective
    if name.startswith("multi"):
        return matrix, np.digitize(score, [-0.5, 0.8])
    if name.startswith("binary") or "entropy" in name or "rank" in name:
        return matrix, (score > 0).astype(np.int64)
    if name in ("poisson", "gamma", "tweedie", "mape"):
        return matrix, np.abs(score) + 0.1
    return matrix, score


def train(recipe: Recipe) -> lightgbm.Booster:
    """Train a small model."""
    matrix, label = training_data(recipe)
    params: dict[str, Any] = {
        "objective": recipe.objective,
        "boosting": recipe.boosting,
        "use_missing": recipe.use_missing,
        "zero_as_missing": recipe.zero_as_missing,
        "num_leaves": recipe.num_leaves,
        "min_data_in_leaf": 3,
        "min_data_per_group": 2,
        "cat_smooth": 1.0,
        "max_cat_to_onehot": 2,
        "seed": recipe.seed,
        "num_threads": 1,
        "verbose": -1,
    }
    if recipe.boosting == "rf":
        params |= {"bagging_fraction": 0.6, "bagging_freq": 1}
    if recipe.objective == "regression_sqrt":
        params |= {"objective": "regression", "reg_sqrt": True}
    if recipe.objective == "binary_scaled":
        params |= {"objective": "binary", "sigmoid": 1.7}
    if recipe.objective == "custom":
        params["objective"] = lambda raw, data: (raw - data.get_label(), np.ones_like(raw))
    if recipe.objective.startswith("multi"):
        params["num_class"] = 3
    dataset = lightgbm.Dataset(
        matrix,
        label=label,
        group=[100] * 4 if "rank" in recipe.objective else None,
        categorical_feature=[CATEGORICAL] if recipe.categorical else [],
    )
    return lightgbm.train(params, dataset, num_boost_round=recipe.num_rounds)


def thresholds_of(booster: lightgbm.Booster) -> np.ndarray:
    """Return all numeric thresholds: rows that hold them exactly are the ones that flip."""
    lines = booster.model_to_string().splitlines()
    values = [
        float(t) for line in lines if line.startswith("threshold=") for t in line[10:].split()
    ]
    return np.array([value for value in values if np.isfinite(value)] or [0.0])


def hard_rows(booster: lightgbm.Booster, seed: int, num_rows: int = 300) -> np.ndarray:
    """Return rows with thresholds and their neighbours, special values and odd categories."""
    draw = np.random.default_rng(seed + 1)
    exact = draw.choice(thresholds_of(booster), (num_rows, NUM_FEATURES))
    special = draw.choice(
        [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-35, 5e-324, 1e300, -1.0, 2.0**31],
        (num_rows, NUM_FEATURES),
    )
    category = draw.integers(-2, 120, (num_rows, NUM_FEATURES)) + draw.choice(
        [0.0, 0.5, 0.999], (num_rows, NUM_FEATURES)
    )
    choices = [
        draw.normal(size=(num_rows, NUM_FEATURES)),
        exact,
        np.nextafter(exact, np.inf),
        np.nextafter(exact, -np.inf),
        special,
        category,
    ]
    kind = draw.integers(0, len(choices), (num_rows, NUM_FEATURES))
    return np.choose(kind, choices)


def ulps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how many float64 values lie between two arrays of the same sign."""
    return np.abs(first.view(np.int64) - second.view(np.int64))
