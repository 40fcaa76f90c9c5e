"""XGBoost's documents: refusals by byte and reason, and both ways to write one."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from tests.models.xgboost_models import XgboostRecipe, json_of, train_xgboost

ROWS = np.random.default_rng(1).normal(size=(40, 6))
RECIPE = XgboostRecipe("binary:logistic", categorical=True, num_rounds=2, seed=2)


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    return dict(json.loads(json_of(train_xgboost(RECIPE))))


def learner(model: dict[str, Any]) -> dict[str, Any]:
    return dict.__getitem__(model, "learner")


def trees(model: dict[str, Any]) -> Any:
    return learner(model)["gradient_booster"]["model"]


def tree(model: dict[str, Any]) -> Any:
    return trees(model)["trees"][1]


def put(where: Callable[[Any], Any], key: Any, value: object) -> Callable[[Any], None]:
    def change(model: dict[str, Any]) -> None:
        where(model)[key] = value

    return change


def put_first(key: str, value: object, *, leaf: bool = False) -> Callable[[Any], None]:
    """Change the first inner node's or leaf's value of one array of the second tree."""

    def change(model: dict[str, Any]) -> None:
        one = tree(model)
        numeric = [
            node
            for node, left in enumerate(one["left_children"])
            if (left == -1) == leaf and one["split_type"][node] == 0
        ]
        one[key][numeric[0]] = value

    return change


def drop(where: Callable[[Any], Any], key: str) -> Callable[[Any], None]:
    def change(model: dict[str, Any]) -> None:
        del where(model)[key]

    return change


def objective(model: dict[str, Any]) -> Any:
    return learner(model)["objective"]


def shape(model: dict[str, Any]) -> Any:
    return learner(model)["learner_model_param"]


REFUSALS: list[tuple[str, Callable[[Any], None], type[Exception], str]] = [
    ("field", put(learner, "magic", 1), ms.UnsupportedError, "'magic' is not a known field"),
    ("tree field", put(tree, "spell", []), ms.UnsupportedError, "'spell' is not a known field"),
    ("no learner", drop(lambda m: m, "learner"), ms.DataError, "lacks 'learner'"),
    ("no trees", drop(trees, "trees"), ms.DataError, "lacks 'trees'"),
    ("objective", put(objective, "name", "reg:magic"), ms.UnsupportedError, "'reg:magic' is not"),
    ("option", put(objective, "twist", 1), ms.UnsupportedError, "'twist' is not a known field of"),
    ("softprob", put(objective, "name", "multi:softprob"), ms.DataError, "not go with 1 outputs"),
    ("base", put(shape, "base_score", "x"), ms.DataError, "expected a number"),
    ("bases", put(shape, "base_score", "[0.5,0.5]"), ms.DataError, "has 2 numbers, expected 1 or"),
    ("open base", put(shape, "base_score", "[0.5"), ms.DataError, "a list that does not end"),
    ("nan base", put(shape, "base_score", "nan"), ms.DataError, "does not go with the objective"),
    ("features", put(shape, "num_feature", "0"), ms.DataError, "found 0, expected an integer from"),
    ("many", put(shape, "num_feature", "9999999999"), ms.DataError, "expected an integer from 1"),
    ("no number", put(shape, "num_class", "x"), ms.DataError, "found 'x', expected an integer"),
    ("names", put(learner, "feature_names", ["a"]), ms.DataError, "has 1 names, expected"),
    ("twice", put(learner, "feature_names", ["a"] * 6), ms.DataError, "'a' is there twice"),
    ("num_trees", put(trees, "trees", []), ms.DataError, "has 0 trees, expected 2"),
    ("group", put(trees, "tree_info", [0, 7]), ms.DataError, "adds to output 7 of 1"),
    ("groups", put(trees, "tree_info", [0]), ms.DataError, "has 1 numbers, expected 2"),
    ("weights", put(trees, "weight_drop", [1.0]), ms.DataError, "weight_drop has 1 numbers"),
    ("short", put(tree, "left_children", [1]), ms.DataError, "a list has 1 numbers, expected"),
    ("text", put(tree, "left_children", "x"), ms.DataError, "found a text, expected a list"),
    ("mixed", put(tree, "left_children", [1, "x"]), ms.DataError, "a list has 2 numbers"),
    ("cycle", put_first("left_children", 0), ms.DataError, "two parents, or is its own ancestor"),
    ("child", put_first("left_children", 9999), ms.DataError, "a child is node 9999, expected 0"),
    ("minus", put_first("right_children", -3), ms.DataError, "a child is node -3"),
    ("fraction", put_first("left_children", 1.5), ms.DataError, "is not an integer"),
    ("feature", put_first("split_indices", 6), ms.DataError, "reads feature 6, expected 0 to 5"),
    ("nan", put_first("split_conditions", float("nan")), ms.DataError, "a threshold is NaN"),
    ("-inf", put_first("split_conditions", float("-inf")), ms.DataError, "nothing is below"),
    (
        "leaf",
        put_first("split_conditions", float("inf"), leaf=True),
        ms.DataError,
        "leaf is not finite",
    ),
    ("split type", put_first("split_type", 3), ms.DataError, "a split type is not known"),
    ("set", put_first("split_type", 1), ms.DataError, "a split by categories has no set"),
    ("lost", put_first("left_children", -1), ms.DataError, "nodes have no parent"),
    (
        "category",
        lambda m: tree(m)["categories"].__setitem__(0, -1),
        ms.DataError,
        "category is -1",
    ),
    (
        "segment",
        lambda m: tree(m)["categories_sizes"].__setitem__(0, 1 << 40),
        ms.DataError,
        "outside of the list",
    ),
]


@pytest.mark.parametrize(
    ("change", "error", "message"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_documents_that_contradict_themselves_are_refused(
    model: dict[str, Any], change: Callable[[Any], None], error: type[Exception], message: str
) -> None:
    changed = copy.deepcopy(model)
    change(changed)
    with pytest.raises(error, match=rf"^The model's text, byte \d+: .*{re.escape(message)}"):
        ms.Predictor(json.dumps(changed))


SYNTAX = [
    ('{"learner" 1}', "found '1', expected ':'"),
    ('{"learner": tru}', "expected a value"),
    ('{"learner": {} ', "ends in the middle"),
    ('{"learner": "a', "ends in the middle"),
    ('{"learner": "\\x"}', "an escape in a text is not known"),
    ('{"learner": "\\ud800"}', "half a character"),
    ('{"learner": "\\u12g4"}', "not four hex digits"),
    ('{"learner": "\t"}', "a control character"),
    ('{"learner": {}} x', "something follows the end"),
    ('{"learner": [1, {}]}', "found a list, expected an object"),
    ('{"learner": [1 {}]}', "expected ','"),
    ('{"a": ' + "[" * 40, "nested too deeply"),
    ('{"learner": {}, "learner": {}}', "is there twice"),
]


@pytest.mark.parametrize(("text", "message"), SYNTAX)
def test_text_that_is_no_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(ms.DataError, match=rf"byte \d+: .*{re.escape(message)}"):
        ms.Predictor(text)


def test_both_forms_give_the_same_model(tmp_path: Path) -> None:
    booster = train_xgboost(RECIPE)
    expected = ms.Predictor(booster).predict_raw(ROWS)
    for name in ("model.json", "model.ubj"):
        booster.save_model(tmp_path / name)
        predictor = ms.Predictor(tmp_path / name)
        assert predictor.name == "model"
        np.testing.assert_array_equal(predictor.predict_raw(ROWS), expected)
    pretty = json.dumps(json.loads(json_of(booster)), indent=2)
    np.testing.assert_array_equal(ms.Predictor(pretty).predict_raw(ROWS), expected)


@pytest.mark.parametrize("form", ["json", "ubj"])
def test_documents_when_cut_are_refused(form: str) -> None:
    contents = bytes(train_xgboost(RECIPE).save_raw(form))
    generator = random.Random(3)
    for at in [1, 2, *generator.sample(range(3, len(contents)), 300), len(contents) - 1]:
        with pytest.raises((ms.DataError, ms.UnsupportedError)):
            ms.Predictor(contents[:at])


@pytest.mark.parametrize("form", ["json", "ubj"])
def test_documents_with_changed_bytes_are_refused_or_read(form: str) -> None:
    contents = bytes(train_xgboost(RECIPE).save_raw(form))
    generator = random.Random(4)
    refused = 0
    for _ in range(1500):
        changed = bytearray(contents)
        for _ in range(generator.randint(1, 3)):
            changed[generator.randrange(len(changed))] = generator.choice(
                [0, 1, 45, 46, 48, 57, 91, 93, 101, 123, 125, 127, 128, 255]
            )
        try:
            predictor = ms.Predictor(bytes(changed))
        except (ms.DataError, ms.UnsupportedError):
            refused += 1
        else:
            if len(predictor.feature_names) == ROWS.shape[1]:
                predictor.predict_raw(ROWS)
    assert 300 < refused < 1500
