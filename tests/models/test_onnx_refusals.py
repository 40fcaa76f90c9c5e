"""ONNX models that cannot be read say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from mainspring import _engine

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from tests.models import onnx_models as models  # noqa: E402


def tensor(name: str, values: Any, dtype: Any) -> Any:
    return numpy_helper.from_array(np.asarray(values, dtype), name)


def trees(**changes: Any) -> Any:
    forest = models.Forest(1, ["BRANCH_LEQ"], missing=False, depth=2).grow(2)
    model = models.regressor(forest, 1, vectors=False, bases=None)
    change(model.graph.node[0], **changes)
    return model


def change(node: Any, **changes: Any) -> None:
    for name, value in changes.items():
        kept = [a for a in node.attribute if a.name != name]
        del node.attribute[:]
        node.attribute.extend(kept)
        if value is not None:
            node.attribute.append(helper.make_attribute(name, value))


def single(node: Any, **options: Any) -> Any:
    return models.model_of([node], list(node.output[:1]), **options)


def gemm(**attributes: Any) -> Any:
    node = helper.make_node("Gemm", ["X", "w"], ["Y"], **attributes)
    return single(node, tensors=[tensor("w", np.ones((4, 2)), np.float32)])


def with_opset(version: int) -> Any:
    model = gemm()
    model.opset_import[0].version = version
    return model


def two_inputs() -> Any:
    model = gemm()
    model.graph.input.append(helper.make_tensor_value_info("Z", TensorProto.FLOAT, [None, 4]))
    return model


def of_text() -> Any:
    model = gemm()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING
    return model


def external() -> Any:
    model = gemm()
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    return model


def cyclic() -> Any:
    nodes = [helper.make_node("Relu", ["b"], ["a"]), helper.make_node("Relu", ["a"], ["b"])]
    return models.model_of(nodes, ["a"])


def short_tensor() -> Any:
    model = gemm()
    model.graph.initializer[0].dims[0] = 40
    return model


def huge_tensor() -> Any:
    model = gemm()
    model.graph.initializer[0].dims[:] = [2**40, 2**40]
    return model


def classes(labels: list[int], **options: Any) -> Any:
    forest = models.Forest(2, ["BRANCH_LEQ"], missing=False, depth=2).grow(2)
    return models.classifier(forest, labels, **options)


def two_scores() -> Any:
    model = classes([0, 1, 2], negative=True, transform="NONE")
    node = model.graph.node[0]
    lists = {a.name: list(a.ints or a.floats) for a in node.attribute}
    kept = [i for i, number in enumerate(lists["class_ids"]) if number < 2]
    names = ("class_ids", "class_nodeids", "class_treeids", "class_weights")
    changes = {name: [lists[name][i] for i in kept] for name in names}
    change(node, classlabels_int64s=[0, 1], **changes)
    return model


CASES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: trees(aggregate_function="MIN"), ms.UnsupportedError, "aggregate_function is 'MIN'"),
    (lambda: trees(post_transform="PROBIT"), ms.UnsupportedError, "post_transform is 'PROBIT'"),
    (lambda: trees(post_transform="LOGISTIC"), ms.UnsupportedError, "runtimes think differently"),
    (lambda: trees(magic=1), ms.UnsupportedError, "the attribute 'magic' is not known"),
    (lambda: trees(nodes_values=[0.5]), ms.DataError, "lists of nodes are not of one length"),
    (lambda: trees(target_weights=[0.5]), ms.DataError, "lists of weights are not of one length"),
    (lambda: trees(base_values=[0.5, 1.0]), ms.UnsupportedError, "2 base values for 1 targets"),
    (lambda: trees(n_targets=0), ms.DataError, "it has 0 targets"),
    (lambda: trees(n_targets=2**40), ms.DataError, "targets"),
    (lambda: gemm(alpha=2.0), ms.UnsupportedError, "alpha and beta must be 1"),
    (lambda: gemm(transB=1), ms.DataError, "reads 2 numbers a row, but 4 come"),
    (lambda: with_opset(99), ms.UnsupportedError, "operator set 99 of 'ai.onnx' is not known"),
    (two_inputs, ms.UnsupportedError, "has 2 inputs ('X', 'Z')"),
    (of_text, ms.UnsupportedError, "no tensor of float, double, int32 or int64"),
    (external, ms.UnsupportedError, "data lies in another file"),
    (cyclic, ms.DataError, "has a cycle"),
    (short_tensor, ms.DataError, "holds 8 values, expected 80"),
    (huge_tensor, ms.DataError, "a size that none can have"),
    (two_scores, ms.UnsupportedError, "each of two classes has weights"),
    (
        lambda: single(helper.make_node("Erf", ["X"], ["Y"])),
        ms.UnsupportedError,
        "('Erf'): this operator is not read",
    ),
    (
        lambda: single(helper.make_node("Add", ["X", "X"], ["Y"])),
        ms.UnsupportedError,
        "both of its inputs change",
    ),
    (
        lambda: single(helper.make_node("Relu", ["Z"], ["Y"])),
        ms.DataError,
        "no node makes the value 'Z'",
    ),
    (
        lambda: single(helper.make_node("Identity", ["X"], ["Y"])),
        ms.UnsupportedError,
        "has no model in it",
    ),
    (
        lambda: classes([0, 1], negative=False, transform="LOGISTIC"),
        ms.UnsupportedError,
        "no weight is negative",
    ),
    (lambda: classes([0, 0], negative=True, transform="NONE"), ms.DataError, "the same label"),
]


@pytest.mark.parametrize(("make", "error", "message"), CASES)
def test_models_that_cannot_be_read_say_why(
    make: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        ms.Predictor(make())
    assert message in str(raised.value)


def node_changes(name: str, place: int, value: Any) -> Any:
    model = trees()
    node = model.graph.node[0]
    found = next(a for a in node.attribute if a.name == name)
    values = list(found.ints or found.floats or found.strings)
    values[place] = value
    change(node, **{name: values})
    return model


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        ("nodes_truenodeids", 0, ms.DataError, "a cycle, or a node without a parent"),
        ("nodes_truenodeids", 99, ms.DataError, "has no node 99"),
        ("nodes_featureids", 4, ms.DataError, "reads feature 4 of 4"),
        ("nodes_featureids", -1, ms.DataError, "reads feature -1 of 4"),
        ("nodes_values", float("nan"), ms.DataError, "a threshold that is NaN"),
        ("nodes_modes", b"BRANCH_ODD", ms.UnsupportedError, "the mode 'BRANCH_ODD' is not known"),
        ("nodes_nodeids", 1, ms.DataError, "is there twice"),
        ("target_ids", 1, ms.DataError, "adds to target 1 of 1"),
        ("target_weights", float("inf"), ms.DataError, "a leaf is not finite"),
        ("target_nodeids", 0, ms.DataError, "a node that is no leaf has a weight"),
    ],
)
def test_trees_that_contradict_themselves_are_refused(
    name: str, value: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        ms.Predictor(node_changes(name, 0, value))
    assert message in str(raised.value)
    assert "node '' ('TreeEnsembleRegressor')" in str(raised.value)


def test_bytes_that_are_cut_or_foreign_are_refused() -> None:
    whole = trees().SerializeToString()
    for length in range(1, len(whole)):
        with pytest.raises((ms.DataError, ms.UnsupportedError)):
            _engine.read_onnx(whole[:length], "the model")
    with pytest.raises(ms.DataError, match=r"byte \d+: field 7 of the model has \d+ bytes"):
        ms.Predictor(whole[: len(whole) // 2])
    with pytest.raises(ms.UnsupportedError, match="field 99 of the model is not known"):
        ms.Predictor(whole + bytes([0x98, 0x06, 0x01]))
    with pytest.raises(ms.DataError, match="holds no graph"):
        ms.Predictor(b"\x08\x07")
