"""Many models, drawn one after the other, each beside its own library: none may differ.

``python -m tests.models.soak [--models 1000] [--first 0]``. Model N is the same on every machine
with the same versions, so that a difference can be looked at again with ``--models 1 --first N``.
"""

from __future__ import annotations

import argparse
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from importlib.util import find_spec
from typing import Any

import numpy as np

import mainspring as ms
from tests.models import lightgbm_models, xgboost_models


def drawn(recipe: Any, draw: random.Random, **choices: Any) -> Any:
    """Return a recipe whose fields are drawn: from a list, a range, or by a coin for a bool."""
    values = {}
    for field in fields(recipe):
        choice = choices.get(field.name)
        if choice is None:
            values[field.name] = draw.random() < 0.5
        else:
            values[field.name] = draw.choice(choice)
    return recipe(**values)


def check_lightgbm(draw: random.Random) -> str:
    from tests.models.test_lightgbm_differential import assert_same_as_lightgbm

    recipe = drawn(
        lightgbm_models.Recipe,
        draw,
        objective=lightgbm_models.OBJECTIVES,
        boosting=("gbdt", "dart", "rf"),
        num_leaves=range(2, 64),
        num_rounds=range(1, 40),
        seed=range(10**6),
    )
    if (recipe.objective, recipe.boosting) == ("custom", "rf"):
        return check_lightgbm(draw)
    booster = lightgbm_models.train(recipe)
    assert_same_as_lightgbm(booster, lightgbm_models.hard_rows(booster, recipe.seed))
    return str(recipe)


def check_xgboost(draw: random.Random) -> str:
    from tests.models.test_xgboost_differential import assert_same_as_xgboost

    recipe = drawn(
        xgboost_models.XgboostRecipe,
        draw,
        objective=xgboost_models.OBJECTIVES,
        max_cat_to_onehot=(1, 4, 100),
        num_targets=(1, 1, 3),
        num_parallel_tree=(1, 1, 3),
        tree_method=("hist", "exact", "approx"),
        gamma=(0.0, 0.5),
        num_rounds=range(1, 20),
        seed=range(10**6),
    )
    if not xgboost_models.is_possible(recipe):
        return check_xgboost(draw)
    booster = xgboost_models.train_xgboost(recipe)
    text = xgboost_models.json_of(booster)
    rows = xgboost_models.hard_xgboost_rows(text, recipe.seed % 1000)
    assert_same_as_xgboost(booster, recipe, rows)
    return str(recipe)


def check_sklearn(draw: random.Random) -> str:
    from tests.models import test_sklearn_trees as trees

    kind = draw.choice(trees.KINDS)
    options = (
        draw.choice(sorted(trees.LABELS)),
        draw.choice([1, 3]),
        draw.randrange(4),
        draw.randrange(10**6),
    )
    model = trees.fitted(kind, *options)
    rows = trees.hard_rows(model, options[3], missing=kind in trees.WITH_MISSING)
    trees.assert_same_as_sklearn(model, rows)
    return f"{kind} {options}"


def check_catboost(draw: random.Random) -> str:
    from tests.models import test_catboost as cat

    options = (
        draw.choice(cat.LOSSES + cat.CLASS_LOSSES),
        draw.choice(cat.POLICIES),
        draw.choice(["Min", "Max"]),
        draw.choice(["text", "int", "bool"]),
        draw.randrange(1, 30),
        draw.randrange(10**6),
    )
    model = cat.fitted(*options)
    cat.assert_same_as_catboost(model, cat.hard_rows(model, options[5]))
    return str(options)


def check_dense(draw: random.Random) -> str:
    """Regressors and networks, whose sums may differ by roundings of their terms."""
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline

    from tests.models import test_sklearn_linear as linear

    seed = draw.randrange(2**32)
    networks = [model for model in linear.NETWORKS if isinstance(model, MLPRegressor)]
    exp_links = ("GammaRegressor", "PoissonRegressor")
    regressors = [m for m in linear.REGRESSORS if type(m).__name__ not in exp_links]
    model, scaler = draw.choice(regressors + networks), draw.choice(linear.SCALERS)
    train, rows = linear.data(draw.randrange(2, 20), seed)
    target = np.tanh(train[:, 0]) + np.random.default_rng(seed).normal(size=len(train)) / 9
    made = model if scaler is None else make_pipeline(scaler, model)
    source = linear.fitted(made, train, target)
    with np.errstate(all="ignore"):
        terms = linear.size_of_terms(source, rows)
    # Columns of very different sizes behind a scaler may leave no row whose terms are ordinary.
    ordinary = terms.max(axis=1) < 1e6
    if not ordinary.any():
        return check_dense(draw)
    rows, terms = rows[ordinary], terms[ordinary]
    linear.assert_scores_agree(ms.Predictor(source).predict(rows), source.predict(rows), terms)
    return f"{type(model).__name__} behind {scaler} {seed}"


CHECKS: dict[str, Callable[[random.Random], str]] = {
    "LightGBM": check_lightgbm,
    "XGBoost": check_xgboost,
    "scikit-learn trees": check_sklearn,
    "CatBoost": check_catboost,
    "dense": check_dense,
}


def kind_of(number: int) -> str:
    kinds = [kind for kind in CHECKS if kind != "CatBoost" or find_spec("catboost")]
    return kinds[number % len(kinds)]


def check(number: int) -> tuple[str, str]:
    """Compare one model with its library.

    Returns
    -------
    tuple of str
        The kind, and what was drawn.

    Raises
    ------
    AssertionError
        When they differ.
    """
    kind = kind_of(number)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return kind, CHECKS[kind](random.Random(f"soak {number}"))


def difference_of(number: int) -> tuple[str, str]:
    """Return the kind, and how the model differs from its library: not at all is empty."""
    try:
        return check(number)[0], ""
    except AssertionError as error:
        return kind_of(number), str(error) or "an assertion without words"


def main(arguments: list[str] | None = None) -> int:
    """Check a range of models and say how many differed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args(arguments)
    checked: Counter[str] = Counter()
    mismatches = 0
    for number in range(options.first, options.first + options.models):
        kind, difference = difference_of(number)
        checked[kind] += not difference
        mismatches += bool(difference)
        if difference:
            sys.stdout.write(f"model {number} differs: {difference}\n")
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(checked.items()) if count)
    sys.stdout.write(f"{sum(checked.values())} models alike ({counts}), {mismatches} different\n")
    return 1 if mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
