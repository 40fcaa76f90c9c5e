"""Every way through a forest gives the bits of the library that trained it."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest

import mainspring as ms

QUIET = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 2, "min_data_per_group": 2}
SIZES = (1, 2, 9, 17, 18, 31, 33, 64, 65, 130, 600)
SINGLE = "walks along bits of conditions, row by row"
# Where the CPU looks up bytes in registers, unless there are categories.
SINGLES = (SINGLE, "walks of three levels at a time, row by row")
LARGE = ("walks of three levels at a time, rows together", "walks of eight rows")
QUICK = ("QuickScorer, row by row", *SINGLES)


def rows_with(num_categories: int, num_rows: int, seed: int) -> np.ndarray:
    """Return four numbers and two categories, which may be missing; at most 400 different ones."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(num_rows, 6))
    step = 1 + num_categories // 400
    rows[:, 4:] = step * draw.integers(-1, num_categories // step, (num_rows, 2))
    rows[draw.random(rows.shape) < 0.05] = np.nan
    return rows


def trained(
    num_categories: int, num_leaves: int, num_trees: int = 12, **more: Any
) -> lightgbm.Booster:
    rows = rows_with(num_categories, 3000, 1)
    draw = np.random.default_rng(2)
    effects = draw.normal(size=num_categories + 50)
    filled = np.nan_to_num(rows)
    score = filled[:, :2].sum(1) + effects[filled[:, 4:].astype(int)].sum(1)
    label = np.digitize(score, [-1, 1]) if "num_class" in more else score
    parameters = {**QUIET, "num_leaves": num_leaves, "max_cat_threshold": 500, **more}
    data = lightgbm.Dataset(rows, label=label, categorical_feature=[4, 5])
    return lightgbm.train(parameters, data, num_trees)


def sets_of(booster: lightgbm.Booster) -> list[tuple[int, list[int]]]:
    """The feature and the categories of every node that tests a set."""
    sets: list[tuple[int, list[int]]] = []

    def visit(node: dict[str, Any]) -> None:
        if "decision_type" in node:
            if node["decision_type"] == "==":
                sets.append((node["split_feature"], [*map(int, node["threshold"].split("||"))]))
            visit(node["left_child"])
            visit(node["right_child"])

    for tree in booster.dump_model()["tree_info"]:
        visit(tree["tree_structure"])
    return sets


def highest_category(booster: lightgbm.Booster) -> int:
    """The highest one in any set."""
    return max(max(categories) for _, categories in sets_of(booster))


def check_ways(predictor: ms.Predictor, rows: np.ndarray, expected: np.ndarray) -> None:
    assert predictor.kernel_name(64) == "bit-sliced blocks"
    for size in SIZES:
        np.testing.assert_array_equal(predictor.predict_raw(rows[:size]), expected[:size])
        last = predictor.predict_raw(np.asfortranarray(rows[-size:]))
        np.testing.assert_array_equal(last, expected[-size:])


@pytest.mark.parametrize("num_categories", [200, 255, 300, 5000])
@pytest.mark.parametrize("more", [{}, {"objective": "multiclass", "num_class": 3}])
def test_sets_of_any_number_of_categories(num_categories: int, more: dict[str, Any]) -> None:
    booster = trained(num_categories, 40, **more)
    assert (highest_category(booster) > 254) == (num_categories > 255)
    predictor = ms.Predictor(booster)
    assert predictor.kernel_name(1) == SINGLE
    rows = rows_with(num_categories + 60, 700, 3)
    check_ways(predictor, rows, booster.predict(rows, raw_score=True, num_threads=1))
    narrow = rows.astype(np.float32)
    check_ways(predictor, narrow, booster.predict(narrow, raw_score=True, num_threads=1))


@pytest.mark.parametrize(("num_trees", "fewest"), [(1, 1), (3, 65), (6, 129), (12, 257), (20, 513)])
def test_any_number_of_sets(num_trees: int, fewest: int) -> None:
    """64 sets of a feature are a word of its classes, and blocks take up to eight at a time."""
    booster = trained(200, 100, num_trees, cat_smooth=1, cat_l2=1)
    features = [feature for feature, _ in sets_of(booster)]
    assert max(features.count(4), features.count(5)) >= fewest
    rows = rows_with(260, 700, 3)
    check_ways(ms.Predictor(booster), rows, booster.predict(rows, raw_score=True, num_threads=1))


def test_category_too_high_for_a_table_is_walked() -> None:
    """A changed set: the text says which categories it holds."""
    booster = trained(40, 8)
    text = booster.model_to_string()
    line = next(line for line in text.splitlines() if line.startswith("cat_boundaries="))
    first_size = int(line.split("=")[1].split()[1])
    words = next(line for line in text.splitlines() if line.startswith("cat_threshold="))
    values = words.split("=")[1].split()
    wide = [*values[:first_size], *["0"] * (2**15 + 1 - first_size), "1", *values[first_size:]]
    moved = [0, *(int(bound) + len(wide) - len(values) for bound in line.split("=")[1].split()[1:])]
    text = text.replace(line, "cat_boundaries=" + " ".join(map(str, moved)), 1)
    text = text.replace(words, "cat_threshold=" + " ".join(wide), 1)
    changed = ms.Predictor(text)
    assert changed.kernel_name(64) == "walks of eight rows"
    rows = rows_with(40, 200, 4)
    got = changed.predict_raw(rows)
    np.testing.assert_array_equal(got, booster.predict(rows, raw_score=True, num_threads=1))
    rows[:, 4:] = 32 * (2**15 + 1)
    assert not np.array_equal(changed.predict_raw(rows), booster.predict(rows, raw_score=True))


def test_more_thresholds_than_one_column_of_ranks_holds() -> None:
    xgboost = pytest.importorskip("xgboost")
    draw = np.random.default_rng(5)
    rows = draw.normal(size=(4000, 3)).astype(np.float32)
    rows[draw.random(rows.shape) < 0.05] = np.nan
    label = np.nan_to_num(rows).sum(1)
    booster = xgboost.train(
        {"max_depth": 8, "max_bin": 1000, "nthread": 1}, xgboost.DMatrix(rows, label=label), 20
    )
    predictor = ms.Predictor(booster)
    assert predictor.kernel_name(1) in SINGLES
    some = rows[:700]
    expected = booster.predict(xgboost.DMatrix(some), output_margin=True)
    check_ways(predictor, some, expected.astype(np.float64))


@pytest.mark.parametrize("more", [{}, {"objective": "multiclass", "num_class": 3}])
def test_trees_of_one_condition(more: dict[str, Any]) -> None:
    booster = trained(200, 2, **more)
    predictor = ms.Predictor(booster)
    rows = rows_with(260, 700, 3)
    check_ways(predictor, rows, booster.predict(rows, raw_score=True, num_threads=1))


@pytest.mark.parametrize("num_features", [5, 60, 70, 130])
@pytest.mark.parametrize("num_leaves", [2, 20, 32, 33, 200, 256])
@pytest.mark.parametrize("more", [{}, {"objective": "multiclass", "num_class": 3}])
def test_numbers_alone(num_features: int, num_leaves: int, more: dict[str, Any]) -> None:
    """More features than two, four and no registers hold the ranks of, more trees than a turn."""
    draw = np.random.default_rng(11)
    rows = draw.normal(size=(3000, num_features))
    rows[draw.random(rows.shape) < 0.05] = np.nan
    score = np.nan_to_num(rows).sum(1)
    label = np.digitize(score, [-1, 1]) if more else score
    parameters = {**QUIET, "num_leaves": num_leaves, "max_bin": 60, **more}
    data = lightgbm.Dataset(rows, label=label)
    booster = lightgbm.train(parameters, data, 30 if more else 90)
    predictor = ms.Predictor(booster)
    assert predictor.kernel_name(1) in QUICK
    for batch in (rows[:700], rows[:700].astype(np.float32)):
        check_ways(predictor, batch, booster.predict(batch, raw_score=True, num_threads=1))


@pytest.mark.parametrize("depth", [1, 3, 6, 8, 9])
def test_trees_that_ask_one_condition_a_level(depth: int) -> None:
    catboost = pytest.importorskip("catboost")
    rows = rows_with(200, 2000, 8)
    options = {"iterations": 20, "depth": depth, "thread_count": 1, "random_seed": 1}
    model = catboost.CatBoostRegressor(**options, verbose=0, allow_writing_files=False)
    model.fit(rows, np.nan_to_num(rows).sum(1))
    check_ways(ms.Predictor(model), rows[:700], model.predict(rows[:700], thread_count=1))


@pytest.mark.parametrize("num_rows", [1, 3, 8, 15, 64, 200, 519, 2049, 5000])
def test_large_trees_are_walked(num_rows: int) -> None:
    """More inner nodes than a program takes, leaves that are vectors and that are numbers."""
    ensemble = pytest.importorskip("sklearn.ensemble")
    rows = np.nan_to_num(rows_with(20, 12_000, 9))
    noise = np.random.default_rng(1).normal(size=len(rows))
    label = np.digitize(noise + rows[:, 0], [-0.5, 0.5])
    some = rows[:num_rows]
    model = ensemble.RandomForestClassifier(4, random_state=1).fit(rows, label)
    predictor = ms.Predictor(model)
    assert predictor.kernel_name(512) in LARGE
    expected = sum(tree.predict_proba(some) for tree in model.estimators_)
    np.testing.assert_array_equal(predictor.predict_raw(some), expected)
    np.testing.assert_array_equal(predictor.predict_proba(some), model.predict_proba(some))
    np.testing.assert_array_equal(predictor.predict(some), model.predict(some))
    boosted = ensemble.GradientBoostingRegressor(n_estimators=3, max_depth=16, random_state=1)
    boosted.fit(rows, noise)
    predictor = ms.Predictor(boosted)
    assert predictor.kernel_name(512) in LARGE
    np.testing.assert_array_equal(predictor.predict(some), boosted.predict(some))


@pytest.mark.parametrize("num_classes", [3, 7])
def test_leaves_that_are_vectors(num_classes: int) -> None:
    ensemble = pytest.importorskip("sklearn.ensemble")
    rows = np.nan_to_num(rows_with(20, 2000, 6))
    score = rows[:, :3].sum(1)
    label = np.digitize(score, np.quantile(score, np.linspace(0, 1, num_classes + 1)[1:-1]))
    model = ensemble.RandomForestClassifier(30, max_depth=7, random_state=1).fit(rows, label)
    predictor = ms.Predictor(model)
    assert predictor.kernel_name(1) in SINGLES
    some = rows[:700]
    check_ways(predictor, some, predictor.predict_raw(np.tile(some, (2, 1)))[:700])
    expected = sum(tree.predict_proba(some) for tree in model.estimators_)
    np.testing.assert_array_equal(predictor.predict_raw(some), expected)


def test_vectors_of_float_sums() -> None:
    xgboost = pytest.importorskip("xgboost")
    draw = np.random.default_rng(7)
    rows = draw.normal(size=(2000, 4)).astype(np.float32)
    label = np.column_stack([rows[:, 0] * rows[:, 1], rows[:, 2], rows.sum(1)])
    booster = xgboost.train(
        {"max_depth": 6, "multi_strategy": "multi_output_tree", "nthread": 1},
        xgboost.DMatrix(rows, label=label),
        15,
    )
    predictor = ms.Predictor(booster)
    assert predictor.kernel_name(1) in SINGLES
    some = rows[:700]
    expected = booster.predict(xgboost.DMatrix(some), output_margin=True)
    check_ways(predictor, some, expected.astype(np.float64))
