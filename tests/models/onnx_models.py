"""ONNX models for tests: random trees of every kind of node, and chains of layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]
NUM_FEATURES = 4
TYPES = {np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE}


def model_of(
    nodes: list[Any],
    outputs: list[str],
    *,
    dtype: Any = np.float32,
    width: int = NUM_FEATURES,
    tensors: list[Any] | None = None,
    ml_opset: int = 3,
    opset: int = 17,
) -> onnx.ModelProto:
    """A graph of these nodes that reads the matrix X."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("X", TYPES[dtype], [None, width])],
        [helper.make_value_info(name, onnx.TypeProto()) for name in outputs],
        tensors or [],
    )
    domains = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml_opset)]
    model = helper.make_model(graph, opset_imports=domains, producer_name="tests")
    model.ir_version = 9
    return model


def run(model: onnx.ModelProto, rows: np.ndarray) -> list[Any]:
    """What onnxruntime gives, with one thread, so that it adds in the order of the trees."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return list(session.run(None, {"X": rows}))


def hard_rows(dtype: Any, seed: int, count: int = 90) -> np.ndarray:
    """Rows on the thresholds, which are whole or halves, and beside them, and special ones."""
    generator = np.random.default_rng(seed)
    rows = generator.integers(-3, 8, (count, NUM_FEATURES)) / 2
    rows = rows.astype(dtype)
    beside = generator.random(rows.shape)
    rows = np.where(beside < 0.15, np.nextafter(rows, dtype(np.inf)), rows)
    rows = np.where(beside > 0.85, np.nextafter(rows, dtype(-np.inf)), rows)
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e-40], dtype)
    places = generator.random(rows.shape) < 0.15
    rows[places] = generator.choice(special, places.sum())
    return rows


class Forest:
    """Random trees; every list of a TreeEnsembleRegressor or TreeEnsembleClassifier."""

    def __init__(self, seed: int, modes: list[str], *, missing: bool, depth: int = 4) -> None:
        self.generator = np.random.default_rng(seed)
        self.modes = modes
        self.missing = missing
        self.depth = depth
        self.nodes: list[tuple[Any, ...]] = []
        self.leaves: list[tuple[int, int]] = []

    def grow(self, num_trees: int) -> Forest:
        for tree in range(num_trees):
            number = [0]
            self._grow(tree, number, self.depth)
        return self

    def _grow(self, tree: int, number: list[int], depth: int) -> int:
        own = number[0]
        number[0] += 1
        place = len(self.nodes)
        self.nodes.append(())
        generator = self.generator
        if depth == 0 or (depth < self.depth and generator.random() < 0.2):
            self.nodes[place] = (tree, own, 0, "LEAF", 0.0, 0, 0, 0)
            self.leaves.append((tree, own))
            return own
        mode = str(generator.choice(self.modes))
        value = float(generator.integers(-3, 8)) / 2
        missing = int(self.missing and generator.random() < 0.5)
        if mode in ("BRANCH_EQ", "BRANCH_NEQ"):
            value, missing = float(generator.integers(0, 4)), 0
        yes = self._grow(tree, number, depth - 1)
        no = self._grow(tree, number, depth - 1)
        feature = int(generator.integers(NUM_FEATURES))
        self.nodes[place] = (tree, own, feature, mode, value, yes, no, missing)
        return own

    def lists(self, *, as_tensors: bool = False) -> dict[str, Any]:
        """The attributes of the nodes."""
        tree, own, feature, mode, value, yes, no, missing = zip(*self.nodes, strict=True)
        named = {
            "nodes_treeids": tree,
            "nodes_nodeids": own,
            "nodes_featureids": feature,
            "nodes_modes": mode,
            "nodes_truenodeids": yes,
            "nodes_falsenodeids": no,
            "nodes_hitrates": [1.0] * len(tree),
        }
        if self.missing:
            named["nodes_missing_value_tracks_true"] = missing
        if as_tensors:
            del named["nodes_hitrates"]
            named["nodes_values_as_tensor"] = numpy_helper.from_array(np.array(value))
        else:
            named["nodes_values"] = value
        return named

    def weights(self, targets: list[list[int]], *, negative: bool = True) -> Any:
        """One row for each leaf and target: tree, node, target, weight."""
        rows = []
        for (tree, own), chosen in zip(self.leaves, targets, strict=True):
            for target in chosen:
                weight = self.generator.normal() if negative else self.generator.random()
                rows.append((tree, own, target, float(np.float32(weight))))
        return rows


def regressor(
    forest: Forest,
    num_targets: int,
    *,
    vectors: bool,
    bases: list[float] | None,
    aggregate: str = "SUM",
    transform: str = "NONE",
    dtype: Any = np.float32,
) -> onnx.ModelProto:
    """A TreeEnsembleRegressor whose leaves add to one target, or to all."""
    if vectors:
        targets = [list(range(num_targets)) for _ in forest.leaves]
    else:
        targets = [[tree % num_targets] for tree, _ in forest.leaves]
    tree, own, target, weight = zip(*forest.weights(targets), strict=True)
    wide = dtype is np.float64
    attributes = forest.lists(as_tensors=wide)
    attributes |= {"target_treeids": tree, "target_nodeids": own, "target_ids": target}
    if wide:
        attributes["target_weights_as_tensor"] = numpy_helper.from_array(np.array(weight))
    else:
        attributes["target_weights"] = weight
    if bases is not None:
        key, value = "base_values", bases
        if wide:
            key, value = "base_values_as_tensor", numpy_helper.from_array(np.array(bases))
        attributes[key] = value
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["X"],
        ["Y"],
        domain="ai.onnx.ml",
        n_targets=num_targets,
        aggregate_function=aggregate,
        post_transform=transform,
        **attributes,
    )
    return model_of([node], ["Y"], dtype=dtype)


def classifier(
    forest: Forest,
    labels: list[Any],
    *,
    negative: bool,
    transform: str,
    bases: list[float] | None = None,
) -> onnx.ModelProto:
    """A TreeEnsembleClassifier: one score of two classes, or one for each of more."""
    if len(labels) == 2:
        targets = [[0] for _ in forest.leaves]
    else:
        targets = [list(range(len(labels))) for _ in forest.leaves]
    tree, own, target, weight = zip(*forest.weights(targets, negative=negative), strict=True)
    name = "classlabels_strings" if isinstance(labels[0], str) else "classlabels_int64s"
    attributes = forest.lists() | {name: labels}
    if bases is not None:
        attributes["base_values"] = bases
    node = helper.make_node(
        "TreeEnsembleClassifier",
        ["X"],
        ["label", "scores"],
        domain="ai.onnx.ml",
        class_treeids=tree,
        class_nodeids=own,
        class_ids=target,
        class_weights=weight,
        post_transform=transform,
        **attributes,
    )
    return model_of([node], ["label", "scores"])


def numbered(
    forest: Forest, num_targets: int, *, dtype: Any, aggregate: int = 1, members: bool = False
) -> onnx.ModelProto:
    """The same trees as a TreeEnsemble of operator set 5, some of its tests by membership."""
    inner = [node for node in forest.nodes if node[3] != "LEAF"]
    place = {(node[0], node[1]): number for number, node in enumerate(inner)}
    leaf = {key: number for number, key in enumerate(forest.leaves)}
    codes = {mode: number for number, mode in enumerate(MODES)}
    modes, splits, sets = [], [], []
    for node in inner:
        mode, value = codes[node[3]], node[4]
        if members and mode == 4:
            mode = 6
            sets += [value, value + 2, float("nan")]
        modes.append(mode)
        splits.append(value)

    def children(at: int) -> tuple[list[int], list[int]]:
        keys = [(node[0], node[at]) for node in inner]
        numbers = [leaf[key] if key in leaf else place[key] for key in keys]
        return numbers, [int(key in leaf) for key in keys]

    yes, yes_is_leaf = children(5)
    no, no_is_leaf = children(6)
    attributes: dict[str, Any] = {}
    if members:
        attributes["membership_values"] = numpy_helper.from_array(np.array(sets, dtype))
    if forest.missing:
        attributes["nodes_missing_value_tracks_true"] = [node[7] for node in inner]
    weights = forest.generator.normal(size=len(leaf)).astype(dtype)
    node = helper.make_node(
        "TreeEnsemble",
        ["X"],
        ["Y"],
        domain="ai.onnx.ml",
        n_targets=num_targets,
        aggregate_function=aggregate,
        post_transform=0,
        tree_roots=[place[key] for key in place if key[1] == 0],
        nodes_featureids=[node[2] for node in inner],
        nodes_modes=numpy_helper.from_array(np.array(modes, np.uint8)),
        nodes_splits=numpy_helper.from_array(np.array(splits, dtype)),
        nodes_truenodeids=yes,
        nodes_falsenodeids=no,
        nodes_trueleafs=yes_is_leaf,
        nodes_falseleafs=no_is_leaf,
        leaf_targetids=[int(forest.generator.integers(num_targets)) for _ in leaf],
        leaf_weights=numpy_helper.from_array(weights),
        **attributes,
    )
    return model_of([node], ["Y"], dtype=dtype, ml_opset=5)
