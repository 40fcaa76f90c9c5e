"""Layers give a row the bits that it has alone, whatever of it is zero and whoever is beside it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import mainspring as ms
from mainspring.models.layers import LayerChain, default_names


def predictor_of(layers: LayerChain) -> ms.Predictor:
    num_inputs = layers.layers[0][1].shape[1]
    return ms.Predictor(layers.image(default_names(num_inputs), "layers"))


def bits_of(scores: np.ndarray) -> np.ndarray:
    """Signs of zeros too."""
    return np.ascontiguousarray(scores, np.float64).view(np.uint64)


def assert_rows_alone_give_the_bits_of_all(predictor: ms.Predictor, rows: np.ndarray) -> None:
    together = predictor.predict_raw(rows)
    alone = np.concatenate([predictor.predict_raw(row[None]) for row in rows])
    np.testing.assert_array_equal(bits_of(alone), bits_of(together))


@pytest.mark.parametrize("element", ["float32", "float64"])
@pytest.mark.parametrize(
    "sizes", [(64, 256, 128, 1), (13, 70, 33, 8, 3), (5, 1030, 2100, 40, 9), (1, 8, 8)]
)
def test_inputs_of_all_kinds(element: str, sizes: tuple[int, ...]) -> None:
    random = np.random.default_rng(len(sizes))
    layers = LayerChain(element)
    for inputs, outputs in pairwise(sizes):
        if layers.layers:
            layers.activate("relu")
        layers.add("dense", random.normal(size=(outputs, inputs)), random.normal(size=outputs))
    rows = random.normal(size=(30, sizes[0]))
    rows[random.random(rows.shape) < 0.4] = 0
    rows[random.random(rows.shape) < 0.2] = -0.0
    rows[0] = 0
    for value in (np.nan, np.inf, -np.inf, 5e-324, 1e300):
        rows[int(random.integers(1, 30)), int(random.integers(sizes[0]))] = value
    with np.errstate(over="ignore", under="ignore"):
        assert_rows_alone_give_the_bits_of_all(predictor_of(layers), rows.astype(element))


@pytest.mark.parametrize("element", ["float32", "float64"])
@pytest.mark.parametrize("num_outputs", [1, 3])
def test_rows_that_come_from_memory(element: str, num_outputs: int) -> None:
    """So many bytes that the next rows are fetched; the last rows of a tile are no whole block."""
    random = np.random.default_rng(num_outputs)
    layers = LayerChain(element)
    layers.add("dense", random.normal(size=(num_outputs, 2005)), random.normal(size=num_outputs))
    predictor = predictor_of(layers)
    rows = random.normal(size=(1019, 2005)).astype(element)
    together = predictor.predict_raw(rows)
    few = np.concatenate([predictor.predict_raw(rows[i : i + 50]) for i in range(0, 1019, 50)])
    np.testing.assert_array_equal(bits_of(together), bits_of(few))
    exact = rows.astype(np.float64) @ layers.layers[0][1].T + layers.layers[0][2]
    np.testing.assert_allclose(together.reshape(exact.shape), exact, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("element", ["float32", "float64"])
@pytest.mark.parametrize("bias", [0.0, -0.0])
def test_sums_of_a_negative_zero(element: str, bias: float) -> None:
    """Products too small for their type are -0, and zeros behind them may make it +0.

    Those of float64 are rounded before they are added, and 0 + -0 is 0.
    """
    tiny = 1e-30 if element == "float32" else 1e-200
    weights = np.array([[-tiny, 1], [-tiny, -1], [tiny, 1], [tiny, -1]] * 3)
    layers = LayerChain(element)
    layers.add("dense", weights, np.full(len(weights), bias))
    rows = np.array([[a, b] for a in (tiny, -tiny, 0, -0.0) for b in (0, -0.0, tiny, -tiny)])
    predictor = predictor_of(layers)
    assert_rows_alone_give_the_bits_of_all(predictor, rows.astype(element))
    scores = predictor.predict_raw(rows.astype(element))
    if element == "float32":
        zeros = scores[scores == 0]
        assert 0 < np.signbit(zeros).sum() < zeros.size
