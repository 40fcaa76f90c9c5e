"""LightGBM's text format: single decisions against the library, and refusals by line and reason."""

from __future__ import annotations

import random
import re
from pathlib import Path

import lightgbm
import numpy as np
import pytest

import mainspring as ms
from mainspring.models import read_model
from tests.models.lightgbm_models import Recipe, train

VALUES = np.array(
    "-inf -1 -1e-34 -1e-35 -1e-36 -5e-324 -0.0 0 5e-324 1e-36 1e-35 1.0000000180025095e-35 1.1e-35 "
    "0.5 0.999 1 1.99 31 32 33 64 2147483647 2147483648 4294967296 8589934593 1e300 inf "
    "nan".split(),
    dtype=np.float64,
)[:, None]


def stump(threshold: str, decision_type: int, sets: str = "") -> str:
    tree = (
        f"Tree=0\nnum_leaves=2\nnum_cat={int(bool(sets))}\nsplit_feature=0\nsplit_gain=1\n"
        f"threshold={threshold}\ndecision_type={decision_type}\nleft_child=-1\nright_child=-2\n"
        f"leaf_value=1 2\nleaf_weight=1 1\nleaf_count=1 1\ninternal_value=0\ninternal_weight=0\n"
        f"internal_count=2\n{sets}is_linear=0\nshrinkage=1\n\n\n"
    )
    return (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        "max_feature_idx=0\nobjective=regression\nfeature_names=a\nfeature_infos=[0:1]\n"
        f"tree_sizes={len(tree)}\n\n{tree}end of trees\n\nfeature_importances:\n\nparameters:\n\n"
        "end of parameters\n\npandas_categorical:null\n"
    )


def assert_same_decisions(text: str) -> None:
    expected = lightgbm.Booster(model_str=text).predict(VALUES, raw_score=True)
    np.testing.assert_array_equal(ms.Predictor(text).predict_raw(VALUES), expected)


@pytest.mark.shows("LightGBM", "gbdt", "one decision of every missing type", "bits")
@pytest.mark.parametrize(
    "threshold",
    "0 -0 1e-36 -1e-36 1e-35 -1e-35 1.0000000180025095e-35 -1.0000000180025095e-35 5e-324 0.5 inf "
    "-inf".split(),
)
def test_one_decision_with_any_missing_type_is_lightgbms(threshold: str) -> None:
    for decision_type in (0, 2, 4, 6, 8, 10):
        assert_same_decisions(stump(threshold, decision_type))


@pytest.mark.shows("LightGBM", "gbdt", "one decision by a set of categories", "bits")
def test_one_categorical_decision_is_lightgbms() -> None:
    for decision_type in (1, 3, 5, 7, 9, 11):
        for words in ("3 2", "0 2147483648", "4294967295 4294967295"):
            sets = f"cat_boundaries=0 2\ncat_threshold={words}\n"
            assert_same_decisions(stump("0", decision_type, sets))


def test_windows_line_ends_are_read() -> None:
    text = stump("0.5", 2)
    crlf = ms.Predictor(text.replace("\n", "\r\n"))
    np.testing.assert_array_equal(crlf.predict(VALUES), ms.Predictor(text).predict(VALUES))


REFUSALS = [
    ("tree\n", "trees\n", "DataError|UnsupportedError", r"line 1|does not begin"),
    ("version=v4", "version=v2", "UnsupportedError", r"line 2.*'v2', expected v3 or v4"),
    ("version=v4\n", "", "DataError", r"header ends without 'version'"),
    ("num_class=1", "num_class=2", "DataError", r"line 4.*expected num_class, 2"),
    ("num_class=1", "num_class=99999999999", "DataError", r"line 3.*expected 1 to 65536"),
    ("num_class=1", "num_class=x", "DataError", r"line 3.*'x', expected an integer"),
    (
        "objective=regression",
        "objective=magic",
        "UnsupportedError",
        r"line 7.*'magic' is not known",
    ),
    ("objective=regression", "objective=binary sigmoid:0", "DataError", r"line 7.*above 0"),
    ("objective=regression", "objective=binary foo:1", "UnsupportedError", r"line 7.*'foo:1'"),
    (
        "objective=regression",
        "objective=multiclass num_class:1",
        "DataError",
        r"line 7.*num_class 1",
    ),
    ("feature_infos=[0:1]", "average_output", "", ""),
    ("feature_infos=[0:1]", "base_score=1", "UnsupportedError", r"line 9: 'base_score' is not"),
    ("feature_names=a", "feature_names=a b", "DataError", r"line 8.*2 names, expected"),
    ("tree_sizes=", "tree_sizes=9 ", "DataError", r"line 31.*1 trees, expected 2"),
    ("Tree=0", "Tree=1", "DataError", r"line 12.*'1', expected tree 0"),
    ("num_leaves=2", "num_leaves=3", "DataError", r"'leaf_value' has 2 values, expected 3"),
    ("num_leaves=2", "num_leaves=1000000000", "DataError", r"line 21.*2 values, expected 10000"),
    ("num_leaves=2", "num_leaves=0", "DataError", r"line 13.*expected 1 to"),
    (
        "split_feature=0",
        "split_feature=1",
        "DataError",
        r"line 15.*1 is out of range, expected 0 to 0",
    ),
    ("split_feature=0", "split_feature=-1", "DataError", r"line 15.*out of range"),
    ("threshold=0.5", "threshold=nan", "DataError", r"line 17.*NaN"),
    ("threshold=0.5", "threshold=0.5.5", "DataError", r"line 17.*expected a number"),
    ("decision_type=2", "decision_type=14", "UnsupportedError", r"line 18.*14 is not known"),
    ("decision_type=2", "decision_type=1", "DataError", r"line 17.*not in cat_boundaries"),
    ("left_child=-1", "left_child=0", "DataError", r"line 13.*cycle"),
    ("left_child=-1", "left_child=-2", "DataError", r"line 13.*cycle"),
    ("left_child=-1", "left_child=-3", "DataError", r"line 19.*node -3, expected -2 to 0"),
    ("left_child=-1\n", "", "DataError", r"Tree 0 ends without 'left_child'"),
    ("leaf_value=1 2", "leaf_value=1 inf", "DataError", r"line 21.*leaf 1 is not finite"),
    ("leaf_value=1 2\n", "leaf_value=1 2\nleaf_value=1 2\n", "DataError", r"line 22.*there twice"),
    ("is_linear=0", "is_linear=1", "UnsupportedError", r"line 27.*linear_tree"),
    ("is_linear=0", "leaf_const=1", "UnsupportedError", r"line 27.*linear_tree"),
    ("shrinkage=1", "boost=1", "UnsupportedError", r"line 28: 'boost' is not"),
    ("num_cat=0", "num_cat=1", "DataError", r"Tree 0 ends without 'cat_boundaries'"),
    ("end of trees", "", "UnsupportedError|DataError", r"line"),
    ("end of parameters", "", "DataError", r"ends in the middle"),
]


@pytest.mark.parametrize(("old", "new", "error", "message"), REFUSALS)
def test_texts_when_wrong_are_refused_with_line_and_reason(
    old: str, new: str, error: str, message: str
) -> None:
    text = stump("0.5", 2)
    assert text.count(old) >= 1
    changed = text.replace(old, new, 1)
    if not error:
        read_model(changed)
        return
    with pytest.raises(ms.MainspringError, match=message) as caught:
        read_model(changed)
    assert type(caught.value).__name__ in error.split("|")


def test_texts_when_cut_anywhere_before_the_last_trees_end_are_refused() -> None:
    text = train(Recipe("multiclass", categorical=True, num_rounds=2)).model_to_string()
    end = text.index("end of trees")
    for cut in range(1, end, 37):
        with pytest.raises(ms.MainspringError):
            read_model(text[:cut].encode())


def test_linear_trees_are_refused_by_name() -> None:
    draw = np.random.default_rng(0)
    matrix = draw.normal(size=(200, 2))
    booster = lightgbm.train(
        {"verbose": -1, "linear_tree": True, "num_threads": 1},
        lightgbm.Dataset(matrix, label=matrix[:, 0], params={"linear_tree": True}),
        2,
    )
    with pytest.raises(ms.UnsupportedError, match="linear_tree"):
        ms.Predictor(booster)


def test_texts_with_random_changes_never_crash() -> None:
    draw = random.Random(0)
    text = train(
        Recipe("multiclass", categorical=True, num_rounds=2, num_leaves=6)
    ).model_to_string()
    text = re.sub(r"\nparameters:.*end of parameters", "", text, flags=re.S)
    data = text.encode()
    refused = 0
    for _ in range(2000):
        changed = bytearray(data)
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(changed))
            if draw.random() < 0.5:
                changed[at] = draw.randrange(256)
            else:
                piece = draw.choice([b"-1", b"99999999999", b"nan", b"\n", b"=", b"\xff", b""])
                changed[at : at + draw.randint(0, 20)] = piece
        try:
            read_model(bytes(changed))
        except ms.MainspringError as error:
            refused += ", line " in str(error)
    assert refused > 500


@pytest.mark.shows("LightGBM", "gbdt", "text, files, Booster, LGBMRegressor", "bits")
def test_models_from_files_and_estimators_are_boosters(tmp_path: Path) -> None:
    booster = train(Recipe(seed=1))
    path = tmp_path / "late flights.txt"
    booster.save_model(path)
    expected = read_model(booster).section
    assert read_model(path).section == expected
    assert read_model(str(path)).section == expected
    assert read_model(path.read_bytes()).section == expected
    assert ms.Predictor(path).name == "late flights"
    estimator = lightgbm.LGBMRegressor(n_estimators=3, verbose=-1, n_jobs=1)
    with pytest.raises(ms.NotFittedError, match="Call fit first"):
        read_model(estimator)
    matrix = np.random.default_rng(0).normal(size=(100, 2))
    estimator.fit(matrix, matrix[:, 0])
    np.testing.assert_array_equal(
        ms.Predictor(estimator).predict(matrix), estimator.predict(matrix)
    )


def test_models_when_not_readable_are_refused_by_name(tmp_path: Path) -> None:
    matrix = np.random.default_rng(0).normal(size=(100, 2))
    classifier = lightgbm.LGBMClassifier(
        objective=lambda y, score: (score - y, np.ones_like(y)), n_estimators=2, verbose=-1
    )
    classifier.fit(matrix, matrix[:, 0] > 0)
    with pytest.raises(ms.UnsupportedError, match=r"Pass model\.booster_"):
        ms.Predictor(classifier)
    with pytest.raises(ms.UnsupportedError, match=r"builtins\.dict"):
        ms.Predictor({})
    with pytest.raises(ms.FileError, match=r"nothing\.txt"):
        ms.Predictor(tmp_path / "nothing.txt")
    with pytest.raises(ms.DataError, match="does not begin with the line 'tree'"):
        ms.Predictor("a\nb")
    bundle = tmp_path / "model.spring"
    ms.Predictor(train(Recipe())).save(bundle)
    with pytest.raises(ms.UnsupportedError, match=r"mainspring\.load"):
        ms.Predictor(bundle)
    with pytest.raises(ms.UnsupportedError, match="line 1"):
        ms.Predictor(b"\xff\x00 something else")
