"""Other engines that score forests of other libraries, each by its fastest call.

They are not part of any extra: whoever wants them installs them (daal4py, as it comes with
scikit-learn-intelex: ``python -m bench.peer_environments DIR daal4py``, then
``MAINSPRING_PEERS=DIR``), and a missing one skips its cases. YDF reads no forests of other
libraries but scikit-learn's, as votes, which are other answers: it is given the trees.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.peer_environments import packages_of

__all__ = ["ENGINES", "Engine", "engine_of", "second_class"]

ENGINES = ("onnxruntime", "daal4py", "treelite", "tl2cgen", "ydf")
DAAL4PY_COMES_WITH = "scikit-learn-intelex"  # what is recorded is the distribution


@dataclass(frozen=True)
class Engine:
    """What a peer does with a model.

    Attributes
    ----------
    peer : str
        Its distribution.
    api : str
        The call that is timed.
    predict : callable
        From a matrix of float32 to its predictions.
    tolerance : float
        How far these may be from the library's own: most engines add up in float32.
    """

    peer: str
    api: str
    predict: Callable[[Any], Any]
    tolerance: float


def engine_of(name: str, model: Any, kind: str, num_features: int, threads: int) -> Engine:
    """Hand a model over to an engine.

    Parameters
    ----------
    name : str
        One of ENGINES; the test is skipped where it is not installed or cannot take the model.
    model : object
        A booster or an estimator.
    kind : {"lightgbm", "xgboost", "sklearn"}
        Whose it is.
    num_features, threads : int
        Columns of the matrices, and threads of the engine.

    Returns
    -------
    Engine
    """
    makers: dict[str, Callable[[Any, str, int, int], Engine]] = {
        "onnxruntime": _onnxruntime,
        "daal4py": _daal4py,
        "treelite": _treelite,
        "tl2cgen": _tl2cgen,
        "ydf": _ydf,
    }
    with np.errstate(over="ignore"):  # a threshold above all of float32 becomes infinity
        return makers[name](model, kind, num_features, threads)


def second_class(scores: Any, rows: int) -> Any:
    """Return the probability of the second class, which some engines give beside the first's."""
    return np.asarray(scores).reshape(rows, -1)[:, -1]


def _onnxruntime(model: Any, kind: str, num_features: int, threads: int) -> Engine:
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    document = _onnx_document(model, kind, num_features)
    session = runtime.InferenceSession(document, options, providers=["CPUExecutionProvider"])
    output = session.get_outputs()[-1].name
    name = session.get_inputs()[0].name
    return Engine(
        "onnxruntime",
        "InferenceSession.run on float32",
        lambda batch: session.run([output], {name: batch})[0],
        1e-4,
    )


def _onnx_document(model: Any, kind: str, num_features: int) -> bytes:
    if kind == "sklearn":
        converter = pytest.importorskip("skl2onnx")
        sample = np.zeros((1, num_features), np.float32)
        options = {id(model): {"zipmap": False}} if hasattr(model, "classes_") else None
        made = converter.to_onnx(model, sample, options=options)
    else:
        converter = pytest.importorskip("onnxmltools")
        types = pytest.importorskip("onnxmltools.convert.common.data_types")
        inputs = [("x", types.FloatTensorType([None, num_features]))]
        more = {"zipmap": False} if kind == "lightgbm" else {}
        made = getattr(converter, f"convert_{kind}")(model, initial_types=inputs, **more)
    return bytes(made.SerializeToString())


def _daal4py(model: Any, kind: str, num_features: int, threads: int) -> Engine:
    packages = packages_of(Path(os.environ.get("MAINSPRING_PEERS", "")), "daal4py")
    if packages.exists() and "daal4py" not in sys.modules:
        sys.path.insert(0, str(packages))
    try:
        daal4py = import_module("daal4py")
    except ImportError as error:  # of the distribution daal4py, for an older scikit-learn
        pytest.skip(f"daal4py cannot be imported: {error}")
    if kind == "sklearn":
        pytest.skip("daal4py converts boosted trees")
    daal4py.daalinit(threads)
    made = daal4py.mb.convert_model(model)
    predict = made.predict_proba if made.is_classifier_ else made.predict
    name = "predict_proba" if made.is_classifier_ else "predict"
    return Engine(DAAL4PY_COMES_WITH, f"GBTDAALModel.{name} on float32", predict, 1e-4)


def _treelite(model: Any, kind: str, num_features: int, threads: int) -> Engine:
    treelite = pytest.importorskip("treelite")
    gtil = pytest.importorskip("treelite.gtil")
    made = _treelite_model(treelite, model, kind)
    return Engine(
        "treelite",
        "gtil.predict on float32",
        lambda batch: gtil.predict(made, batch, nthread=threads),
        1e-4,
    )


def _treelite_model(treelite: Any, model: Any, kind: str) -> Any:
    if kind == "sklearn":
        return treelite.sklearn.import_model(model)
    return getattr(treelite.frontend, f"from_{kind}")(model)


def _tl2cgen(model: Any, kind: str, num_features: int, threads: int) -> Engine:
    """Compile the trees; of a thousand large ones that takes a compiler many minutes."""
    tl2cgen = pytest.importorskip("tl2cgen")
    treelite = pytest.importorskip("treelite")
    made = _treelite_model(treelite, model, kind)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "model.so"
        tl2cgen.export_lib(
            made,
            toolchain="gcc",
            libpath=library,
            params={"parallel_comp": os.cpu_count() or 1},
        )
        predictor = tl2cgen.Predictor(library, nthread=threads)
    return Engine(
        "tl2cgen",
        "Predictor.predict of a DMatrix of float32",
        lambda batch: predictor.predict(tl2cgen.DMatrix(batch, dtype="float32")),
        1e-4,
    )


def _ydf(model: Any, kind: str, num_features: int, threads: int) -> Engine:
    """Rebuild the trees of a LightGBM model of two classes; YDF then takes its fastest engine."""
    ydf = pytest.importorskip("ydf")
    if kind != "lightgbm":
        pytest.skip("trees are rebuilt from LightGBM's")
    ydf.verbose(0)
    names = [f"f{number}" for number in range(num_features)]
    drawn = np.random.default_rng(0).normal(size=(200, num_features)).astype(np.float32)
    data = {**_columns(drawn, names), "y": (drawn.sum(axis=1) > 0).astype(int)}
    learner = ydf.GradientBoostedTreesLearner("y", num_trees=1, validation_ratio=0.0)
    made = learner.train(data)
    while made.num_trees():
        made.remove_tree(made.num_trees() - 1)
    places = dict(zip(made.input_feature_names(), made.input_features_col_idxs(), strict=True))
    columns = [places[name] for name in names]
    for info in model.dump_model()["tree_info"]:
        made.add_tree(ydf.tree.Tree(_ydf_node(ydf.tree, info["tree_structure"], columns)))
    made.set_initial_predictions([0.0])
    engine = made.list_compatible_engines()[0]
    made.force_engine(engine)
    last: list[Any] = [None, {}]

    def predict(batch: Any) -> Any:
        if last[0] is not batch:  # its own form, made before anything is timed
            last[:] = batch, _columns(batch, names)
        return made.predict(last[1], num_threads=threads)

    return Engine("ydf", f"GradientBoostedTreesModel.predict, {engine}", predict, 1e-4)


def _columns(batch: Any, names: list[str]) -> dict[str, Any]:
    return {name: np.ascontiguousarray(batch[:, i]) for i, name in enumerate(names)}


def _ydf_node(tree: Any, node: dict[str, Any], columns: list[int]) -> Any:
    """Turn `x <= threshold goes left` into `x >= the next float32 goes right`."""
    if "leaf_value" in node:
        return tree.Leaf(tree.RegressionValue(1.0, node["leaf_value"]))
    threshold = np.float32(node["threshold"])
    if threshold <= node["threshold"]:
        threshold = np.nextafter(threshold, np.float32(np.inf))
    condition = tree.NumericalHigherThanCondition(
        not node["default_left"], 0.0, columns[node["split_feature"]], float(threshold)
    )
    right, left = (_ydf_node(tree, node[f"{side}_child"], columns) for side in ("right", "left"))
    return tree.NonLeaf(tree.RegressionValue(1.0, 0.0), condition, right, left)
