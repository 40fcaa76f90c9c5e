"""CatBoost's models: raw scores bit for bit, labels, and what is refused."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms

catboost = pytest.importorskip("catboost")

LOSSES = ("RMSE", "MAE", "Poisson", "Tweedie:variance_power=1.5", "Quantile", "MultiRMSE")
CLASS_LOSSES = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll")
POLICIES = ("SymmetricTree", "Depthwise", "Lossguide")
NUM_FEATURES = 5


def training_data(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    matrix = draw.normal(size=(300, NUM_FEATURES))
    matrix[:, 1] = np.round(matrix[:, 1], 1)
    matrix[draw.random(matrix.shape) < 0.1] = np.nan
    filled = np.nan_to_num(matrix)
    return matrix, filled[:, 0] + filled[:, 1] * filled[:, 2] + draw.normal(size=300) / 3


def fitted(loss: str, policy: str, nan_mode: str, labels: str, rounds: int, seed: int) -> Any:
    matrix, score = training_data(seed)
    options = {
        "iterations": rounds,
        "depth": 4,
        "loss_function": loss,
        "grow_policy": policy,
        "nan_mode": nan_mode,
        "random_seed": seed,
        "thread_count": 1,
        "verbose": 0,
        "allow_writing_files": False,
    }
    if loss not in CLASS_LOSSES:
        target = np.abs(score) if loss[0] in "PT" else score
        if loss == "MultiRMSE":
            target = np.column_stack([score, -score, np.abs(score)])
        return catboost.CatBoostRegressor(**options).fit(matrix, target)
    classes = np.digitize(score, [-0.5, 0.5])
    if not loss.startswith("Multi"):
        classes = np.minimum(classes, 1)
    if loss == "CrossEntropy":
        return catboost.CatBoostClassifier(**options).fit(matrix, classes)
    names: dict[str, Any] = {"text": ["no", "ü", "yes"], "int": [-3, 4, 9], "bool": [False, True]}
    known = np.array(names["int" if labels == "bool" and loss.startswith("Multi") else labels])
    return catboost.CatBoostClassifier(**options).fit(matrix, known[classes])


MODELS = st.builds(
    fitted,
    loss=st.sampled_from(LOSSES + CLASS_LOSSES),
    policy=st.sampled_from(POLICIES),
    nan_mode=st.sampled_from(["Min", "Max"]),
    labels=st.sampled_from(["text", "int", "bool"]),
    rounds=st.integers(1, 12),
    seed=st.integers(0, 200),
).filter(lambda model: model is not None)


def document_of(model: Any, folder: Path) -> dict[str, Any]:
    path = folder / "model.json"
    model.save_model(str(path), format="json")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def hard_rows(model: Any, seed: int) -> np.ndarray:
    """Rows with borders, their neighbours of either width, and special values."""
    draw = np.random.default_rng(seed + 1)
    shape = (200, NUM_FEATURES)
    borders = [b for values in model.get_borders().values() for b in values] or [0.0]
    exact = draw.choice(borders, shape)
    narrow = exact.astype(np.float32)
    with np.errstate(all="ignore"):
        choices = [
            draw.normal(size=shape),
            exact,
            np.nextafter(exact, np.inf),
            np.nextafter(exact, -np.inf),
            np.nextafter(narrow, np.float32(np.inf)).astype(np.float64),
            np.nextafter(narrow, np.float32(-np.inf)).astype(np.float64),
            draw.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e300, -1e300, 1e-45], shape),
        ]
    return np.choose(draw.integers(0, len(choices), shape), choices)


def assert_same_as_catboost(model: Any, rows: np.ndarray) -> None:
    predictor = ms.Predictor(model)
    for matrix in (rows, rows.astype(np.float32)):
        raw = model.predict(matrix, prediction_type="RawFormulaVal")
        np.testing.assert_array_equal(predictor.predict_raw(matrix), raw)
        one = predictor.predict_raw(matrix[5:6])
        np.testing.assert_array_equal(one, raw[5:6])
    got, expected = predictor.predict(rows), model.predict(rows)
    if predictor.num_classes:
        # The library gives a column for several classes, and texts for bool.
        expected = np.ravel(expected)
        assert got.astype(str).tolist() == expected.astype(str).tolist()
        assert predictor.classes_.tolist() == list(model.classes_)
        proba = model.predict_proba(rows)
        np.testing.assert_allclose(predictor.predict_proba(rows), proba, rtol=1e-12, atol=1e-15)
    elif model.get_all_params()["loss_function"] != "CrossEntropy":
        np.testing.assert_allclose(got, expected, rtol=1e-14)
    else:
        np.testing.assert_allclose(got, model.predict_proba(rows)[:, 1], rtol=1e-12)


@pytest.mark.shows(
    "CatBoost",
    "symmetric, depthwise, lossguide",
    "drawn models over numbers: every nan_mode, several outputs, labels of text, int and bool",
    "link",
)
@given(MODELS)
@settings(max_examples=40)
def test_predict_of_any_model_is_catboosts(model: Any) -> None:
    with np.errstate(over="ignore"):
        assert_same_as_catboost(model, hard_rows(model, 3))


@pytest.mark.shows("CatBoost", "symmetric, lossguide", "every loss", "link")
@pytest.mark.parametrize("loss", LOSSES + CLASS_LOSSES)
@pytest.mark.parametrize("policy", ["SymmetricTree", "Lossguide"])
def test_predict_of_each_loss_is_catboosts(loss: str, policy: str) -> None:
    model = fitted(loss, policy, "Min", "text", 7, 4)
    with np.errstate(over="ignore"):
        assert_same_as_catboost(model, hard_rows(model, 4))
        assert_same_as_catboost(model, training_data(4)[0])


def test_oracle_when_a_border_is_changed_differs(tmp_path: Path) -> None:
    """The comparison can fail: one moved border shows."""
    model = fitted("RMSE", "SymmetricTree", "Min", "int", 5, 6)
    document = document_of(model, tmp_path)
    document["oblivious_trees"][0]["splits"][0]["border"] += 0.5
    rows = training_data(6)[0]
    changed = ms.Predictor(json.dumps(document)).predict(rows)
    assert not np.array_equal(changed, model.predict(rows))


@pytest.mark.shows("CatBoost", "symmetric", "leaf_index and num_trees", "bits")
@pytest.mark.parametrize("loss", ["RMSE", "MultiRMSE", "MultiClass"])
def test_leaves_and_stages_are_catboosts(loss: str) -> None:
    model = fitted(loss, "SymmetricTree", "Min", "int", 6, 7)
    rows = hard_rows(model, 7)
    predictor = ms.Predictor(model)
    with np.errstate(over="ignore"):
        expected = model.calc_leaf_indexes(rows)
        np.testing.assert_array_equal(predictor.leaf_index(rows), expected)
        for count in (1, 4, 6):
            raw = model.predict(rows, prediction_type="RawFormulaVal", ntree_end=count)
            np.testing.assert_array_equal(predictor.predict_raw(rows, num_trees=count), raw)


@pytest.mark.parametrize("policy", ["Depthwise", "Lossguide"])
def test_leaves_of_nested_trees_are_those_of_catboosts_json(policy: str, tmp_path: Path) -> None:
    """The order in which a tree has grown, which numbers leaves before, is not in there."""
    matrix, score = training_data(10)
    options = {"grow_policy": policy, "iterations": 6, "depth": 6, "verbose": 0, "random_seed": 1}
    model = catboost.CatBoostRegressor(**options, thread_count=1, allow_writing_files=False)
    model.fit(matrix, score)
    path = tmp_path / "model.json"
    model.save_model(str(path), format="json")
    numbered = catboost.CatBoostRegressor().load_model(str(path), format="json")
    rows = hard_rows(model, 10)
    predictor = ms.Predictor(model)
    with np.errstate(over="ignore"):
        expected = numbered.calc_leaf_indexes(rows)
        np.testing.assert_array_equal(predictor.leaf_index(rows), expected)
        for count in (1, 4, 6):
            raw = model.predict(rows, prediction_type="RawFormulaVal", ntree_end=count)
            np.testing.assert_array_equal(predictor.predict_raw(rows, num_trees=count), raw)


@pytest.mark.shows("CatBoost", "depthwise", "JSON and cbm files", "bits")
def test_files_of_both_forms_are_read(tmp_path: Path) -> None:
    model = fitted("RMSE", "Depthwise", "Max", "int", 5, 8)
    rows = training_data(8)[0]
    for form in ("json", "cbm"):
        path = tmp_path / f"model.{form}"
        model.save_model(str(path), format=form)
        np.testing.assert_array_equal(ms.Predictor(path).predict(rows), model.predict(rows))
    (tmp_path / "cut.cbm").write_bytes((tmp_path / "model.cbm").read_bytes()[:200])
    with pytest.raises(ms.DataError, match="cannot be read by catboost"):
        ms.Predictor(tmp_path / "cut.cbm")


def test_models_that_cannot_be_read_say_why() -> None:
    with pytest.raises(ms.NotFittedError, match="CatBoostRegressor has not been fitted"):
        ms.Predictor(catboost.CatBoostRegressor())
    matrix, score = training_data(9)
    mixed = matrix.astype(object)
    mixed[:, 3] = ["x", "y", "z"] * 100
    options = {"iterations": 3, "verbose": 0, "allow_writing_files": False}
    score = score + 9 * (np.arange(300) % 3 == 1)
    model = catboost.CatBoostRegressor(cat_features=[3], one_hot_max_size=2, **options)
    model.fit(mixed, score)
    with pytest.raises(ms.UnsupportedError, match=r"statistics of categories.*Encode them"):
        ms.Predictor(model)
    model = catboost.CatBoostRegressor(cat_features=[3], one_hot_max_size=9, **options)
    text = r"of the hash \d+ of the feature of column 3 is no whole number from 0 to 1048575"
    with pytest.raises(ms.UnsupportedError, match=text):
        ms.Predictor(model.fit(mixed, np.digitize(np.arange(300) % 3, [0.5])))
    scaled = catboost.CatBoostRegressor(**options).fit(matrix, score)
    scaled.set_scale_and_bias(2, [0.0])
    with pytest.raises(ms.UnsupportedError, match="a scale other than 1"):
        ms.Predictor(scaled)


def first(name: str) -> Callable[[Any], Any]:
    return lambda document: document["oblivious_trees"][0][name]


def put(where: Callable[[Any], Any], key: Any, value: object) -> Callable[[Any], None]:
    def change(document: dict[str, Any]) -> None:
        where(document)[key] = value

    return change


def split(document: Any) -> Any:
    return document["oblivious_trees"][0]["splits"][0]


REFUSALS: list[tuple[Callable[[Any], None], type[Exception], str]] = [
    (put(lambda d: d, "magic", 1), ms.UnsupportedError, "'magic' is not a known field"),
    (put(lambda d: d, "ctr_data", {}), ms.UnsupportedError, "statistics of categories"),
    (put(lambda d: d, "scale_and_bias", [1, []]), ms.DataError, "0 biases"),
    (put(lambda d: d, "scale_and_bias", [1, [0, 0]]), ms.DataError, "numbers, expected"),
    (put(lambda d: d, "scale_and_bias", 1), ms.DataError, "expected a list"),
    (put(lambda d: d["model_info"], "spell", 1), ms.UnsupportedError, "'spell' is not a known"),
    (put(first("splits"), 0, {"split_type": "OnlineCtr"}), ms.UnsupportedError, "'OnlineCtr'"),
    (
        put(split, "float_feature_index", 5),
        ms.DataError,
        "found 5, expected an integer from 0 to 4",
    ),
    (put(split, "border", float("nan")), ms.DataError, "a border is NaN"),
    (put(split, "twist", 1), ms.UnsupportedError, "'twist' is not a known field"),
    (put(first("leaf_values"), 0, float("inf")), ms.DataError, "leaf is not finite"),
    (put(first("leaf_values"), 0, "x"), ms.DataError, "is not a number"),
    (lambda d: first("leaf_values")(d).pop(), ms.DataError, "a list has 15 numbers, expected 16"),
    (put(lambda d: d["oblivious_trees"], 0, []), ms.DataError, "expected an object"),
    (
        put(lambda d: d["features_info"]["float_features"][0], "nan_value_treatment", "Odd"),
        ms.UnsupportedError,
        "'Odd', expected AsIs",
    ),
    (
        put(lambda d: d["features_info"]["float_features"][1], "flat_feature_index", 3),
        ms.DataError,
        "two features are column 3",
    ),
    (
        put(lambda d: d["features_info"]["float_features"][1], "flat_feature_index", 5),
        ms.DataError,
        "feature 1 is not there",
    ),
    (
        put(lambda d: d["features_info"]["float_features"][1], "feature_id", "Column_0"),
        ms.DataError,
        "the feature name 'Column_0' is there twice",
    ),
    (
        put(lambda d: d["model_info"]["params"]["loss_function"], "type", "Magic"),
        ms.UnsupportedError,
        "the loss 'Magic' is not known",
    ),
    (
        put(lambda d: d["model_info"]["params"]["loss_function"], "type", "MultiClass"),
        ms.DataError,
        "does not go with 1 outputs",
    ),
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    model = fitted("RMSE", "SymmetricTree", "Min", "int", 3, 10)
    return document_of(model, tmp_path_factory.mktemp("catboost"))


@pytest.mark.parametrize(("change", "error", "message"), REFUSALS)
def test_documents_that_contradict_themselves_are_refused(
    document: dict[str, Any], change: Callable[[Any], None], error: type[Exception], message: str
) -> None:
    changed = copy.deepcopy(document)
    change(changed)
    with pytest.raises(error, match=rf"^The model's text, byte \d+: .*{re.escape(message)}"):
        ms.Predictor(json.dumps(changed))
