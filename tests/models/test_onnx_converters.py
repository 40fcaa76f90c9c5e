"""What converters and exporters of other libraries write, against onnxruntime."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mainspring as ms

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from tests.models import onnx_models as models  # noqa: E402

CLASSES = np.array([3, 1, 7])


def data(*, missing: bool) -> tuple[np.ndarray, np.ndarray]:
    """Float32 rows, and numbers that depend on them."""
    generator = np.random.default_rng(2)
    rows = generator.normal(size=(300, 5)).astype(np.float32)
    score = rows[:, 0] + rows[:, 1] / 3
    if missing:
        rows[generator.random(rows.shape) < 0.1] = np.nan
    return rows, score


def targets(kind: str, score: np.ndarray) -> np.ndarray:
    if kind == "numbers":
        return score
    edges = [0.0] if kind == "two" else [-0.5, 0.5]
    return CLASSES[: len(edges) + 1][np.digitize(score, edges)]


def assert_same(model: Any, rows: np.ndarray) -> None:
    """Sums and labels are onnxruntime's; its probabilities have 24 bits."""
    expected = models.run(model, rows)
    predictor = ms.Predictor(model)
    if len(expected) == 1:
        np.testing.assert_array_equal(predictor.predict(rows), expected[0].ravel())
        return
    shares = expected[1]
    if isinstance(shares, list):  # ZipMap: a dict for each row
        shares = np.array([list(row.values()) for row in shares])
    labels = predictor.predict(rows)
    if len(predictor.classes_) == 2 and set(expected[0].tolist()) == {0, 1}:
        # Of two classes with a score each onnxruntime gives the number, not the label.
        labels = np.searchsorted(predictor.classes_, labels)
    np.testing.assert_array_equal(labels, expected[0].ravel())
    np.testing.assert_allclose(predictor.predict_proba(rows), shares, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("zipmap", [True, False])
@pytest.mark.parametrize("kind", ["numbers", "two", "three"])
@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_boosters_that_onnxmltools_converts(library: str, kind: str, zipmap: bool) -> None:
    tools = pytest.importorskip("onnxmltools")
    boosting = pytest.importorskip(library)
    from onnxmltools.convert.common.data_types import FloatTensorType

    rows, score = data(missing=True)
    types = [("X", FloatTensorType([None, 5]))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = np.searchsorted(np.sort(CLASSES), targets(kind, score))
        if library == "lightgbm":
            make = boosting.LGBMRegressor if kind == "numbers" else boosting.LGBMClassifier
            source = make(n_estimators=6, verbose=-1).fit(rows, score if kind == "numbers" else y)
            model = tools.convert_lightgbm(
                source, initial_types=types, zipmap=zipmap, target_opset=15
            )
        else:
            make = boosting.XGBRegressor if kind == "numbers" else boosting.XGBClassifier
            y = np.unique(y, return_inverse=True)[1]
            source = make(n_estimators=6).fit(rows, score if kind == "numbers" else y)
            model = tools.convert_xgboost(source, initial_types=types, target_opset=15)
    assert_same(model, rows)


@pytest.mark.parametrize("kind", ["numbers", "two", "three"])
def test_files_that_catboost_writes(kind: str, tmp_path: Path) -> None:
    catboost = pytest.importorskip("catboost")
    rows, score = data(missing=True)
    make = catboost.CatBoostRegressor if kind == "numbers" else catboost.CatBoostClassifier
    source = make(iterations=8, verbose=0, allow_writing_files=False)
    source.fit(rows, targets(kind, score))
    source.save_model(str(tmp_path / "model.onnx"), format="onnx")
    model = onnx.load(str(tmp_path / "model.onnx"))
    model.graph.input[0].name = "X"
    model.graph.node[0].input[0] = "X"
    assert_same(model, rows)


@pytest.mark.parametrize("end", ["Sigmoid", "Softmax"])
def test_modules_that_torch_exports(end: str) -> None:
    torch = pytest.importorskip("torch")
    rows, _ = data(missing=False)
    nn = torch.nn
    outputs = 1 if end == "Sigmoid" else 3
    last = nn.Sigmoid() if end == "Sigmoid" else nn.Softmax(dim=1)
    body = [nn.Linear(5, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 6), nn.SiLU()]
    body += [nn.LayerNorm(6), nn.Linear(6, 7), nn.GELU(), nn.Linear(7, outputs), last]
    module = nn.Sequential(*body).eval()
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(2, 5),),
            stream,
            input_names=["X"],
            output_names=["Y"],
            dynamic_axes={"X": {0: "n"}},
            dynamo=False,
        )
    model = onnx.load_from_string(stream.getvalue())
    (expected,) = models.run(model, rows)
    got = ms.Predictor(model).predict(rows).reshape(expected.shape)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    own = module(torch.from_numpy(rows)).detach().numpy()
    np.testing.assert_allclose(got, own, rtol=1e-4, atol=1e-5)
