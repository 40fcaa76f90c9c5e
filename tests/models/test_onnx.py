"""ONNX models against onnxruntime, and what is refused."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mainspring as ms
from mainspring import _engine

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from tests.models import onnx_models as models  # noqa: E402

ALL_MODES = st.lists(st.sampled_from(models.MODES), min_size=1, max_size=4, unique=True)


def assert_scores(model: Any, rows: np.ndarray, expected: np.ndarray) -> ms.Predictor:
    """Raw scores of a model without a link are onnxruntime's bits."""
    predictor = ms.Predictor(model)
    for matrix in (rows, np.asfortranarray(rows.astype(np.float64))):
        got = predictor.predict_raw(matrix)
        np.testing.assert_array_equal(got.reshape(expected.shape), expected)
    one = predictor.predict_raw(rows[3:4]).ravel()
    np.testing.assert_array_equal(one, expected.reshape(len(rows), -1)[3])
    return predictor


@pytest.mark.shows(
    "ONNX",
    "trees",
    "TreeEnsembleRegressor of every mode, several targets, vectors",
    "bits",
)
@settings(max_examples=40)
@given(
    modes=ALL_MODES,
    missing=st.booleans(),
    num_targets=st.integers(1, 3),
    vectors=st.booleans(),
    has_bases=st.booleans(),
    wide=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_sums_of_trees_are_onnxruntimes_to_the_bit(
    modes: list[str],
    missing: bool,
    num_targets: int,
    vectors: bool,
    has_bases: bool,
    wide: bool,
    seed: int,
) -> None:
    dtype = np.float64 if wide else np.float32
    forest = models.Forest(seed, modes, missing=missing).grow(num_targets * 3)
    bases = [0.25, -1.5, 3.0][:num_targets] if has_bases else None
    model = models.regressor(forest, num_targets, vectors=vectors, bases=bases, dtype=dtype)
    rows = models.hard_rows(dtype, seed)
    (expected,) = models.run(model, rows)
    if not wide:
        predictor = assert_scores(model, rows, expected)
        np.testing.assert_array_equal(predictor.predict(rows).reshape(expected.shape), expected)
        return
    # The operator's output is float32 whatever it computes in.
    got = ms.Predictor(model).predict(rows).reshape(expected.shape)
    np.testing.assert_array_equal(got.astype(np.float32), expected)


@pytest.mark.shows("ONNX", "trees", "TreeEnsemble of opset 5, sets of members", "bits")
@settings(max_examples=25)
@given(
    modes=ALL_MODES,
    missing=st.booleans(),
    members=st.booleans(),
    num_targets=st.integers(1, 3),
    wide=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_numbered_trees_are_onnxruntimes_to_the_bit(
    modes: list[str], missing: bool, members: bool, num_targets: int, wide: bool, seed: int
) -> None:
    dtype = np.float64 if wide else np.float32
    forest = models.Forest(seed, modes, missing=missing).grow(4)
    model = models.numbered(
        forest, num_targets, dtype=dtype, members=members and "BRANCH_EQ" in modes
    )
    rows = models.hard_rows(dtype, seed)
    (expected,) = models.run(model, rows)
    assert_scores(model, rows, expected)


@pytest.mark.shows("ONNX", "trees", "averages", "bits")
def test_averages_of_trees_are_onnxruntimes() -> None:
    forest = models.Forest(5, models.MODES[:2], missing=False).grow(7)
    model = models.regressor(forest, 2, vectors=True, bases=None, aggregate="AVERAGE")
    rows = models.hard_rows(np.float32, 5)
    (expected,) = models.run(model, rows)
    got = ms.Predictor(model).predict(rows)
    np.testing.assert_array_equal(got.astype(np.float32), expected)


@settings(max_examples=25)
@given(
    labels=st.sampled_from([[3, -7], ["no", "größer"], [0, 1, 5], ["a", "b", "c", "d"]]),
    negative=st.booleans(),
    has_link=st.booleans(),
    has_bases=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_classes_of_trees_are_onnxruntimes(
    labels: list[Any], negative: bool, has_link: bool, has_bases: bool, seed: int
) -> None:
    two = len(labels) == 2
    # Where no weight is negative onnxruntime takes the score of two classes for a probability.
    transform = "NONE"
    if has_link and (negative or not two):
        transform = "LOGISTIC" if two else "SOFTMAX"
    bases = [0.125] if two else [0.5, -0.25, 0.125, 0.0][: len(labels)]
    forest = models.Forest(seed, ["BRANCH_LEQ", "BRANCH_LT"], missing=True).grow(6)
    model = models.classifier(
        forest,
        labels,
        negative=negative,
        transform=transform,
        bases=bases if has_bases else None,
    )
    rows = models.hard_rows(np.float32, seed)
    own_labels, scores = models.run(model, rows)
    predictor = ms.Predictor(model)
    assert predictor.classes_.tolist() == labels
    np.testing.assert_array_equal(predictor.predict(rows), own_labels)
    if transform != "NONE":
        got = predictor.predict_proba(rows)
        np.testing.assert_allclose(got, scores, rtol=1e-5, atol=1e-7)
    elif two and not negative:
        np.testing.assert_array_equal(predictor.predict_proba(rows)[:, 1], scores[:, 1])
    elif two:
        np.testing.assert_array_equal(np.abs(predictor.predict_raw(rows)), np.abs(scores[:, 1]))
    else:
        np.testing.assert_array_equal(predictor.predict_raw(rows), scores)


def tensor(name: str, values: Any, dtype: Any) -> Any:
    return numpy_helper.from_array(np.asarray(values, dtype), name)


FUNCTIONS: list[tuple[str, dict[str, Any]]] = [
    ("Relu", {}),
    ("LeakyRelu", {"alpha": 0.25}),
    ("LeakyRelu", {}),
    ("Elu", {"alpha": 0.5}),
    ("Sigmoid", {}),
    ("Tanh", {}),
    ("Identity", {}),
    ("Dropout", {}),
]


def chain(seed: int, dtype: Any, end: str) -> tuple[Any, int]:
    """Scalers, products with biases and functions, one after the other."""
    generator = np.random.default_rng(seed)
    nodes: list[Any] = []
    tensors: list[Any] = []
    at, width = "X", models.NUM_FEATURES

    def add(op: str, constants: list[Any], **attributes: Any) -> None:
        nonlocal at
        names = []
        for value in constants:
            names.append(f"c{len(tensors)}")
            tensors.append(tensor(names[-1], value, dtype))
        out = f"v{len(nodes)}"
        nodes.append(helper.make_node(op, [at, *names], [out], **attributes))
        at = out

    if generator.random() < 0.5:
        add("Sub", [generator.normal(size=width)])
        add("Div", [generator.random(width) + 0.5])
    for _ in range(int(generator.integers(1, 4))):
        outputs = int(generator.integers(1, 20))
        weights = generator.normal(size=(width, outputs))
        bias = generator.normal(size=outputs)
        if generator.random() < 0.5:
            turned = bool(generator.random() < 0.5)
            add("Gemm", [weights.T if turned else weights, bias], transB=int(turned))
        else:
            add("MatMul", [weights])
            if generator.random() < 0.7:
                add("Add", [bias if generator.random() < 0.5 else bias[None]])
        width = outputs
        # onnxruntime has no Elu of doubles.
        known = [entry for entry in FUNCTIONS if dtype is np.float32 or entry[0] != "Elu"]
        op, attributes = known[int(generator.integers(len(known)))]
        if generator.random() < 0.4:
            add("Mul", [generator.normal(size=width)])
            add("Add", [[0.5]])
        if generator.random() < 0.3:
            moments = [generator.normal(size=width) for _ in range(3)]
            add("BatchNormalization", [*moments, generator.random(width) + 0.1])
        add(op, [], **attributes)
    if end == "Softmax" and width > 1:
        add("Softmax", [], axis=1)
    elif end in ("Sigmoid", "Exp"):
        add(end, [])
    model = models.model_of(nodes, [at], dtype=dtype, tensors=tensors)
    return model, width


@pytest.mark.shows(
    "ONNX",
    "layers",
    "drawn chains of Gemm, MatMul and functions; float32 and float64",
    "float32",
)
@settings(max_examples=60)
@given(
    wide=st.booleans(),
    end=st.sampled_from(["", "Softmax", "Sigmoid", "Exp"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_chains_of_layers_are_onnxruntimes(wide: bool, end: str, seed: int) -> None:
    dtype = np.float64 if wide else np.float32
    model, width = chain(seed, dtype, end)
    rows = np.random.default_rng(seed).normal(size=(40, models.NUM_FEATURES)).astype(dtype)
    (expected,) = models.run(model, rows)
    predictor = ms.Predictor(model)
    got = predictor.predict(rows).reshape(expected.shape)
    assert expected.shape == (40, width)
    if end == "Exp":
        # An exponential makes relative errors of absolute ones, and overflows.
        ordinary = (expected > 1e-30) & (expected < 1e30)
        got = predictor.predict_raw(rows).reshape(expected.shape)[ordinary]
        expected = np.log(expected[ordinary])
        if not ordinary.any():
            return
    scale = max(1.0, float(np.abs(expected).max()))
    # Layers of at most 20 terms, whose weights are about 1.
    tolerance = 2e-4 if not wide else 1e-11
    np.testing.assert_allclose(got / scale, expected / scale, atol=tolerance)


@pytest.mark.shows("ONNX", "layers", "SiLU, LayerNormalization", "float32")
def test_silu_and_layer_norm_are_read() -> None:
    weights = tensor("w", np.random.default_rng(1).normal(size=(4, 6)), np.float32)
    ones, zeros = tensor("s", np.arange(1, 7), np.float32), tensor("b", np.ones(6), np.float32)
    nodes = [
        helper.make_node("MatMul", ["X", "w"], ["a"]),
        helper.make_node("Sigmoid", ["a"], ["g"]),
        helper.make_node("Mul", ["a", "g"], ["h"]),
        helper.make_node("LayerNormalization", ["h", "s", "b"], ["Y"], epsilon=1e-3),
    ]
    model = models.model_of(nodes, ["Y"], tensors=[weights, ones, zeros])
    rows = np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32)
    (expected,) = models.run(model, rows)
    np.testing.assert_allclose(ms.Predictor(model).predict(rows), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.shows("ONNX", "trees", "a Scaler before trees", "bits")
def test_layers_before_trees_are_onnxruntimes_to_the_bit() -> None:
    forest = models.Forest(7, models.MODES[:4], missing=True).grow(5)
    trees = models.regressor(forest, 1, vectors=False, bases=[0.5])
    node = trees.graph.node[0]
    node.input[0] = "scaled"
    scaler = helper.make_node(
        "Scaler",
        ["X"],
        ["scaled"],
        domain="ai.onnx.ml",
        offset=[0.5, -1.0, 0.25, 0.0],
        scale=[2.0, 0.3, 1.0, -1.5],
    )
    model = models.model_of([scaler, node], ["Y"])
    rows = models.hard_rows(np.float32, 7)
    rows = np.where(np.isinf(rows), np.float32(3), rows)
    (expected,) = models.run(model, rows)
    predictor = assert_scores(model, rows, expected)
    assert _engine.Bundle.open(predictor.to_bytes(), "bundle").model_kind == "composite"


@pytest.mark.shows("ONNX", "trees", "casts of whole numbers", "bits")
def test_whole_numbers_are_cast_first() -> None:
    forest = models.Forest(8, ["BRANCH_EQ"], missing=False).grow(3)
    model = models.regressor(forest, 1, vectors=False, bases=None)
    model.graph.node[0].input[0] = "cast"
    cast = helper.make_node("Cast", ["X"], ["cast"], to=TensorProto.FLOAT)
    model.graph.node.insert(0, cast)
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    rows = np.random.default_rng(8).integers(-2, 6, (50, 4))
    (expected,) = models.run(model, rows)
    np.testing.assert_array_equal(ms.Predictor(model).predict(rows), expected.ravel())


def converted() -> list[Any]:
    from sklearn import ensemble, linear_model, neural_network, pipeline, preprocessing, svm

    scaled = pipeline.make_pipeline
    return [
        ensemble.RandomForestClassifier(5, max_depth=3, random_state=0),
        ensemble.GradientBoostingClassifier(n_estimators=4, random_state=0),
        linear_model.LogisticRegression(),
        scaled(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
        scaled(preprocessing.StandardScaler(), ensemble.RandomForestClassifier(3, random_state=0)),
        neural_network.MLPClassifier((7,), max_iter=20, random_state=0),
        svm.LinearSVC(),
        ensemble.RandomForestRegressor(5, max_depth=3, random_state=0),
        linear_model.Ridge(),
        neural_network.MLPRegressor(hidden_layer_sizes=(7, 4), max_iter=20, random_state=0),
    ]


@pytest.mark.shows(
    "ONNX",
    "converted",
    "ten estimators of scikit-learn through skl2onnx",
    "float32",
)
@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("num_classes", [2, 3])
def test_converted_estimators_are_onnxruntimes(number: int, num_classes: int) -> None:
    skl2onnx = pytest.importorskip("skl2onnx")
    generator = np.random.default_rng(4)
    rows = generator.normal(size=(200, 4)).astype(np.float32)
    score = rows[:, 0] + rows[:, 1] / 3
    source = converted()[number]
    is_classifier = hasattr(source, "classes_") or "Regressor" not in type(source).__name__
    is_classifier = is_classifier and type(source).__name__ != "Ridge"
    names = np.array(["b", "ä", "c"])
    y = names[np.digitize(score, [0, 1][: num_classes - 1])] if is_classifier else score
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source.fit(rows, y)
        has_proba = hasattr(source, "predict_proba")
        model = skl2onnx.to_onnx(
            source, rows[:1], options={"zipmap": False} if has_proba else None, target_opset=17
        )
    # Of two classes, these converters put columns together and take them apart again.
    refused = {5: "only chains are read", 6: "'ArrayFeatureExtractor'"}
    if number in refused and num_classes == 2:
        with pytest.raises(ms.UnsupportedError, match=refused[number]):
            ms.Predictor(model)
        return
    predictor = ms.Predictor(model)
    expected = models.run(model, rows)
    if not is_classifier:
        got = predictor.predict(rows)
        np.testing.assert_allclose(got, expected[0].ravel(), rtol=1e-4, atol=1e-5)
        return
    np.testing.assert_array_equal(predictor.predict(rows), expected[0])
    assert predictor.classes_.tolist() == source.classes_.tolist()
    if has_proba:
        got = predictor.predict_proba(rows)
        np.testing.assert_allclose(got, expected[1], rtol=1e-4, atol=1e-6)


def test_files_and_bytes_are_read(tmp_path: Path) -> None:
    forest = models.Forest(3, ["BRANCH_LEQ"], missing=False).grow(2)
    model = models.regressor(forest, 1, vectors=False, bases=None)
    path = tmp_path / "trees.onnx"
    path.write_bytes(model.SerializeToString())
    rows = models.hard_rows(np.float32, 3)
    expected = ms.Predictor(model).predict(rows)
    for source in (path, str(path), path.read_bytes()):
        predictor = ms.Predictor(source)
        np.testing.assert_array_equal(predictor.predict(rows), expected)
    assert ms.Predictor(path).feature_names == [f"Column_{i}" for i in range(4)]
