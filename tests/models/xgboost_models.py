"""Small XGBoost models of every kind, and rows that are hard on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost
from hypothesis import strategies as st

OBJECTIVES = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:quantileerror",
    "reg:logistic",
    "reg:gamma",
    "reg:tweedie",
    "count:poisson",
    "survival:cox",
    "survival:aft",
    "rank:ndcg",
    "rank:map",
    "rank:pairwise",
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "multi:softprob",
    "multi:softmax",
)
NUM_FEATURES = 6
CATEGORICAL = 3
NUM_CATEGORIES = 40


@dataclass(frozen=True)
class XgboostRecipe:
    """What a model is trained with."""

    objective: str = "reg:squarederror"
    dart: bool = False
    categorical: bool = False
    max_cat_to_onehot: int = 4
    num_targets: int = 1
    vector_leaves: bool = False
    num_parallel_tree: int = 1
    tree_method: str = "hist"
    gamma: float = 0.0
    num_rounds: int = 6
    seed: int = 0

    @property
    def takes_targets(self) -> bool:
        """Whether the objective can have several targets here."""
        return self.objective in ("reg:squarederror", "reg:pseudohubererror", "binary:logistic")


def is_possible(recipe: XgboostRecipe) -> bool:
    if recipe.num_targets > 1 and (not recipe.takes_targets or recipe.dart):
        return False
    if recipe.vector_leaves and (recipe.num_targets == 1 or recipe.tree_method != "hist"):
        return False
    return not (recipe.categorical and (recipe.tree_method == "exact" or recipe.vector_leaves))


XGBOOST_RECIPES = st.builds(
    XgboostRecipe,
    objective=st.sampled_from(OBJECTIVES),
    dart=st.booleans(),
    categorical=st.booleans(),
    max_cat_to_onehot=st.sampled_from([1, 100]),
    num_targets=st.sampled_from([1, 1, 3]),
    vector_leaves=st.booleans(),
    num_parallel_tree=st.sampled_from([1, 3]),
    tree_method=st.sampled_from(["hist", "exact", "approx"]),
    gamma=st.sampled_from([0.0, 0.5]),
    num_rounds=st.integers(1, 8),
    seed=st.integers(0, 1000),
).filter(is_possible)


def training_data(recipe: XgboostRecipe, num_rows: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Return a feature matrix with NaN, ties and categories, and a label that fits."""
    draw = np.random.default_rng(recipe.seed)
    matrix = draw.normal(size=(num_rows, NUM_FEATURES))
    matrix[:, 1] = np.round(matrix[:, 1], 1)
    matrix[:, CATEGORICAL] = draw.integers(0, NUM_CATEGORIES, num_rows)
    matrix[draw.random(matrix.shape) < 0.1] = 0.0
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    filled = np.nan_to_num(matrix)
    score = filled[:, 0] + filled[:, 1] * filled[:, 2] + (filled[:, CATEGORICAL] % 3) - 1
    score += draw.normal(size=num_rows)
    name = recipe.objective
    if name.startswith("multi"):
        return matrix, np.digitize(score, [-0.5, 0.8])
    if name.startswith(("binary", "rank")) or name == "reg:logistic":
        score = (score > 0).astype(np.float64)
    elif name.startswith(("count", "survival")) or name in ("reg:gamma", "reg:tweedie"):
        score = np.abs(score) + 0.1
    elif name == "reg:squaredlogerror":
        score = np.abs(score)
    if recipe.num_targets > 1:
        return matrix, np.column_stack([np.roll(score, k) for k in range(recipe.num_targets)])
    return matrix, score


def matrix_of(matrix: np.ndarray, categorical: bool, **fields: Any) -> xgboost.DMatrix:
    """Return the library's own matrix."""
    types = ["c" if categorical and i == CATEGORICAL else "q" for i in range(NUM_FEATURES)]
    return xgboost.DMatrix(
        matrix, feature_types=types, enable_categorical=categorical, nthread=1, **fields
    )


def train_xgboost(recipe: XgboostRecipe) -> xgboost.Booster:
    """Train a small model."""
    matrix, label = training_data(recipe)
    params: dict[str, Any] = {
        "objective": recipe.objective,
        "max_depth": 4,
        "seed": recipe.seed,
        "nthread": 1,
        "verbosity": 0,
        "tree_method": recipe.tree_method,
        "num_parallel_tree": recipe.num_parallel_tree,
        "gamma": recipe.gamma,
        "max_cat_to_onehot": recipe.max_cat_to_onehot,
        "subsample": 0.8,
    }
    if recipe.dart:
        params |= {"booster": "dart", "rate_drop": 0.4}
    if recipe.vector_leaves:
        params["multi_strategy"] = "multi_output_tree"
    if recipe.objective.startswith("multi"):
        params["num_class"] = 3
    if recipe.objective == "reg:quantileerror":
        params["quantile_alpha"] = [0.25, 0.5]
    fields: dict[str, Any] = {"label": label}
    if recipe.objective.startswith("rank"):
        fields["group"] = [100, 100, 100]
    if recipe.objective == "survival:aft":
        fields = {"label_lower_bound": label, "label_upper_bound": label}
    data = matrix_of(matrix, recipe.categorical, **fields)
    return xgboost.train(params, data, num_boost_round=recipe.num_rounds)


def json_of(booster: xgboost.Booster) -> str:
    """Return the model as JSON."""
    return bytes(booster.save_raw("json")).decode()


def xgboost_thresholds(text: str) -> np.ndarray:
    """Return all numeric thresholds: rows that hold them exactly are the ones that flip."""
    booster = json.loads(text)["learner"]["gradient_booster"]
    trees = booster.get("gbtree", booster)["model"]["trees"]
    values = [
        value
        for tree in trees
        for value, left in zip(tree["split_conditions"], tree["left_children"], strict=True)
        if left != -1
    ]
    return np.array([value for value in values if np.isfinite(value)] or [0.0], np.float64)


def hard_xgboost_rows(text: str, seed: int, num_rows: int = 300) -> np.ndarray:
    """Return rows with thresholds and their neighbours, special values and odd categories."""
    draw = np.random.default_rng(seed + 1)
    shape = (num_rows, NUM_FEATURES)
    exact = draw.choice(xgboost_thresholds(text), shape)
    narrow = exact.astype(np.float32)
    with np.errstate(all="ignore"):
        choices = [
            draw.normal(size=shape),
            exact,
            np.nextafter(narrow, np.float32(np.inf)).astype(np.float64),
            np.nextafter(narrow, np.float32(-np.inf)).astype(np.float64),
            np.nextafter(exact, np.inf),  # rounds to the threshold itself
            draw.choice([np.nan, 0.0, -0.0, 1e-45, -1e-45, 3e38, -3e38, -1.0], shape),
            draw.integers(-2, NUM_CATEGORIES + 30, shape) + draw.choice([0.0, 0.5, 0.999], shape),
            draw.choice([2.0**24 - 1, 2.0**24, 2.0**31, -0.5, np.nan], shape),
        ]
    kind = draw.integers(0, len(choices), shape)
    return np.choose(kind, choices)
