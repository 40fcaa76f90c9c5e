"""Layers with weights of two bytes or one: what they are, how near they come, what is refused."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

import mainspring as ms
from mainspring.models.layers import LayerChain, default_names

SIZES = (13, 70, 33, 8, 3)


def chain(seed: int, sizes: tuple[int, ...] = SIZES) -> LayerChain:
    """Layers of odd sizes, so that panels are not full and inputs are odd."""
    random = np.random.default_rng(seed)
    made = LayerChain("float32")
    for inputs, outputs in pairwise(sizes):
        if made.layers:
            made.activate("relu")
        made.add(
            "dense", random.normal(size=(outputs, inputs)) / 3, random.normal(size=outputs) / 9
        )
    return made


def predictor_of(layers: LayerChain, weights: str = "library") -> ms.Predictor:
    image = layers.image(default_names(layers.layers[0][1].shape[1]), "layers")
    return ms.Predictor(image, weights=weights)


def rounded(weights: Any, kind: str) -> Any:
    """Weights as they are held, by the page of the format: bfloat16, or bytes times a scale."""
    if kind == "bfloat16":
        bits = weights.astype(np.float32).view(np.uint32).astype(np.uint64)
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16
        return bits.astype(np.uint32).view(np.float32).astype(np.float64)
    scales = (np.abs(weights).max(axis=1, keepdims=True) / 127).astype(np.float32)
    return np.rint(weights / scales.astype(np.float64)) * scales.astype(np.float64)


@pytest.mark.parametrize("kind", ["bfloat16", "int8"])
@pytest.mark.parametrize("seed", range(5))
def test_layers_multiply_with_rounded_weights(kind: str, seed: int) -> None:
    layers = chain(seed)
    rows = np.random.default_rng(seed).normal(size=(100, SIZES[0])).astype(np.float32)
    values = rows.astype(np.float64)
    for _, weights, bias, activation, _, _ in layers.layers:
        held = rounded(weights, kind) if len(bias) >= 8 else weights.astype(np.float32)
        values = values @ held.T + bias
        if activation == "relu":
            values = np.maximum(values, 0)
    own = predictor_of(layers, kind).predict_raw(rows)
    np.testing.assert_allclose(own, values, rtol=2e-5, atol=2e-5)
    # And these are not the weights of the library.
    assert np.abs(predictor_of(layers).predict_raw(rows) - values).max() > 1e-4


@pytest.mark.parametrize("kind", ["bfloat16", "int8"])
@pytest.mark.parametrize("num_rows", [1, 2, 7, 12, 13, 48, 100])
def test_rows_do_not_depend_on_the_batch(kind: str, num_rows: int) -> None:
    predictor = predictor_of(chain(9, (64, 256, 128, 1)), kind)
    rows = np.random.default_rng(1).normal(size=(100, 64)).astype(np.float32)
    assert (predictor.predict_raw(rows[:num_rows]) == predictor.predict_raw(rows)[:num_rows]).all()
    assert (
        ms.Predictor.from_bytes(predictor.to_bytes()).predict_raw(rows[:1])
        == predictor.predict_raw(rows)[:1]
    ).all()


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_report_says_how_far_scores_are_off() -> None:
    random = np.random.default_rng(3)
    rows = random.normal(size=(300, 9))
    labels = np.where(rows[:, 0] + rows[:, 1] ** 2 > 0.5, "late", "early")
    model = MLPClassifier((32, 16), max_iter=30, random_state=1).fit(rows, labels)
    exact = ms.Predictor(model)
    reports = {
        kind: ms.models.weights_report(exact, ms.Predictor(model, weights=kind), rows)
        for kind in ("bfloat16", "int8")
    }
    for kind, report in reports.items():
        difference = np.abs(
            ms.Predictor(model, weights=kind).predict_raw(rows) - exact.predict_raw(rows)
        )
        assert report.num_rows == 300
        assert report.largest_error == difference.max() > 0
        assert report.mean_error == difference.mean()
        assert report.largest_score == np.abs(exact.predict_raw(rows)).max()
        assert report.largest_error < 0.05 * report.largest_score
        assert report.predictions_changed is not None
        assert report.predictions_changed < 10
        assert f"differ by {report.largest_error:.3g} at most" in str(report)
    assert reports["int8"].bytes_after < reports["bfloat16"].bytes_after
    assert reports["bfloat16"].bytes_after < reports["bfloat16"].bytes_before


def test_zeros_stay_zeros() -> None:
    layers = LayerChain("float32")
    layers.add("dense", np.zeros((9, 2)), np.arange(9.0))
    for kind in ("bfloat16", "int8"):
        scores = predictor_of(layers, kind).predict_raw(np.ones((1, 2), np.float32))
        assert (scores == np.arange(9.0)).all()


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_description_and_default() -> None:
    model = MLPRegressor(hidden_layer_sizes=(16,), max_iter=2, random_state=1)
    rows = np.random.default_rng(0).normal(size=(50, 3))
    model.fit(rows, rows[:, 0])
    assert ms.Predictor(model, weights="library").to_bytes() == ms.Predictor(model).to_bytes()
    assert ms.Predictor(model, weights="int8").description.endswith(", weights in int8")


def test_models_without_wide_layers_are_refused() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 3))
    linear = LogisticRegression().fit(rows, rows[:, 0] > 0)
    with pytest.raises(ms.UnsupportedError, match="no layer of 8 or more outputs"):
        ms.Predictor(linear, weights="int8")
    with pytest.raises(ms.ParameterError, match="expected 'library', 'bfloat16' or 'int8'"):
        ms.Predictor(linear, weights="int4")  # type: ignore[arg-type]
    forest = pytest.importorskip("lightgbm").train(
        {"verbose": -1}, pytest.importorskip("lightgbm").Dataset(rows, rows[:, 0]), 2
    )
    with pytest.raises(ms.UnsupportedError, match="is no chain of layers"):
        ms.Predictor(forest, weights="bfloat16")
    image = chain(0).image(default_names(SIZES[0]), "layers").with_weights("int8")
    with pytest.raises(ms.UnsupportedError, match="of two bytes or one already"):
        image.with_weights("bfloat16")


def test_weights_beyond_bfloat16_are_refused() -> None:
    layers = LayerChain("float32")
    layers.add("dense", np.full((9, 1), 3.4e38), np.zeros(9))
    with pytest.raises(ms.DataError, match="float32 or bfloat16 cannot hold"):
        predictor_of(layers, "bfloat16")


def test_reports_of_other_models_are_refused() -> None:
    exact, other = predictor_of(chain(0)), predictor_of(chain(0, (13, 9)))
    rows = np.ones((2, 13), np.float32)
    with pytest.raises(ms.ParameterError, match="scores of shapes"):
        ms.models.weights_report(exact, other, rows)
    with pytest.raises(ms.ParameterError, match="No row has a score"):
        ms.models.weights_report(exact, exact, np.full((2, 13), np.nan, np.float32))


def test_short_weights_are_no_linear_terms() -> None:
    layers = LayerChain("float32")
    layers.add("dense", np.ones((9, 2)), np.zeros(9))
    rows = np.ones((1, 2), np.float32)
    assert predictor_of(layers).explain(rows, background=rows).values.shape == (1, 9, 2)
    with pytest.raises(ms.UnsupportedError, match="cannot be explained"):
        predictor_of(layers, "int8").explain(rows, background=rows)
