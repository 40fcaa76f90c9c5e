"""Forests in plain Python; LightGBM's here: text parsed line by line, one row walked at a time.

Those of XGBoost are in xgboost_trees.py. Written from the library's documented behaviour (Ke et
al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017, and the text
format's fields), as slow and clear as possible.
"""

from __future__ import annotations

import math
import struct

from hypothesis import strategies as st

from tests.generic.model import DrawnModel
from tests.models.lightgbm_models import RECIPES, Recipe, hard_rows, train
from tests.models.xgboost_models import (
    XGBOOST_RECIPES,
    XgboostRecipe,
    hard_xgboost_rows,
    json_of,
    train_xgboost,
)
from tests.reference import xgboost_trees

# 1e-35 rounded to float32: what LightGBM takes for zero.
ZERO = struct.unpack("f", struct.pack("f", 1e-35))[0]


def parse(text: str) -> tuple[dict[str, str], list[dict[str, list[str]]]]:
    """Return the header's fields and one dict of token lists for each tree."""
    body = text.split("end of trees")[0]
    head, *blocks = body.split("\nTree=")
    header = dict(line.partition("=")[::2] for line in head.splitlines() if line)
    trees = [
        {
            key: value.split()
            for key, _, value in (line.partition("=") for line in block.split("\n"))
        }
        for block in blocks
    ]
    return header, trees


def goes_left(value: float, threshold: str, decision: int, tree: dict[str, list[str]]) -> bool:
    """Decide one split: bit 0 categorical, bit 1 default left, bits 2-3 missing type."""
    if decision & 1:
        if math.isnan(value) or math.isinf(value) or not 0 <= int(value) < 2**31:
            return False
        category, number = int(value), int(threshold)
        first, last = (int(bound) for bound in tree["cat_boundaries"][number : number + 2])
        words = [int(word) for word in tree["cat_threshold"][first:last]]
        return category // 32 < len(words) and bool(words[category // 32] >> category % 32 & 1)
    missing = ("none", "zero", "nan")[decision >> 2]
    if abs(value) <= ZERO or (math.isnan(value) and missing != "nan"):
        value = 0.0
    if (missing == "zero" and value == 0.0) or math.isnan(value):
        return bool(decision & 2)
    return value <= float(threshold)


def leaf_of(row: list[float], tree: dict[str, list[str]]) -> int:
    """Return the number of the leaf that a row falls into."""
    node = 0 if int(tree["num_leaves"][0]) > 1 else -1
    while node >= 0:
        value = row[int(tree["split_feature"][node])]
        decision = int(tree["decision_type"][node])
        left = goes_left(value, tree["threshold"][node], decision, tree)
        node = int(tree["left_child" if left else "right_child"][node])
    return -1 - node


def raw_scores(text: str, rows: list[list[float]]) -> list[list[float]]:
    """Return the sum of leaf values for every row and output, added in the order of the trees."""
    if text.startswith("{"):
        return xgboost_trees.raw_scores(text, rows)
    header, trees = parse(text)
    num_outputs = int(header["num_tree_per_iteration"])
    scores = []
    for row in rows:
        sums = [0.0] * num_outputs
        for number, tree in enumerate(trees):
            sums[number % num_outputs] += float(tree["leaf_value"][leaf_of(row, tree)])
        scores.append(sums)
    return scores


def drawn(recipe: Recipe | XgboostRecipe) -> DrawnModel:
    """A small model of one of the libraries, and rows that are hard on it."""
    if isinstance(recipe, XgboostRecipe):
        text = json_of(train_xgboost(recipe))
        return DrawnModel(text.encode(), text, hard_xgboost_rows(text, recipe.seed, 90))
    booster = train(recipe)
    return DrawnModel(booster, booster.model_to_string(), hard_rows(booster, recipe.seed, 90))


MODELS = st.one_of(RECIPES, XGBOOST_RECIPES).map(drawn)
FIXED = [
    Recipe("binary", categorical=True, seed=1),
    Recipe("multiclass", zero_as_missing=True, seed=2),
    Recipe("poisson", use_missing=False, num_leaves=31, seed=3),
    Recipe("regression", boosting="rf", seed=4),
    XgboostRecipe("binary:logistic", categorical=True, dart=True, seed=5),
    XgboostRecipe("reg:squarederror", num_targets=3, vector_leaves=True, seed=6),
]
