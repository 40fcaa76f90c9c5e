"""Chains of layers in plain Python, one number at a time, in the order that the docs state.

float32 sums take one rounding for each product and addition, by the C library's fmaf; float64 ones
two. Functions of float32 are computed in float64 and rounded.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mainspring import _engine
from tests.generic.model import DrawnModel

FMAF = ctypes.CDLL(ctypes.util.find_library("m")).fmaf
FMAF.argtypes = [ctypes.c_float] * 3
FMAF.restype = ctypes.c_float
LANES = 16
NARROW = 8


@dataclass(frozen=True)
class Recipe:
    """Sizes from features to outputs, and what stands between."""

    sizes: tuple[int, ...]
    element: str
    activations: tuple[str, ...]
    scaler: str = ""
    seed: int = 0
    distances: bool = False


def rounded(value: float, element: str) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(value)) if element == "float32" else float(value)


def add_product(a: float, b: float, total: float, element: str) -> float:
    return float(FMAF(a, b, total)) if element == "float32" else a * b + total


def activated(x: float, activation: str, slope: float, element: str) -> float:
    """The function of one number."""
    if math.isnan(x):
        return x
    match activation:
        case "relu":
            return max(x, 0.0)
        case "leaky_relu":
            return rounded(x * rounded(slope, element), element) if x < 0 else x
        case "sigmoid":
            return rounded(1 / (1 + float(np.exp(np.float64(-x)))), element)
        case "silu":
            return rounded(x * (1 / (1 + float(np.exp(np.float64(-x))))), element)
        case "tanh":
            return rounded(math.tanh(x), element)
        case "gelu":
            return rounded(0.5 * x * math.erfc(-x * math.sqrt(0.5)), element)
        case "gelu_tanh":
            inner = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
            return rounded(x * (1 / (1 + float(np.exp(np.float64(-2 * inner))))), element)
        case "elu":
            return rounded(slope * math.expm1(x), element) if x < 0 else x
    return x


def added(values: Iterable[np.float64]) -> np.float64:
    """One after the other: Python's own sum may compensate."""
    total = np.float64(0)
    for value in values:
        total = total + value
    return total


def dense(
    row: list[float], weights: list[list[float]], biases: list[float], element: str
) -> list[float]:
    """Weights times a row, plus biases."""
    outputs = []
    for of_output, bias in zip(weights, biases, strict=True):
        if len(biases) >= NARROW:
            total = bias
            for x, weight in zip(row, of_output, strict=True):
                total = add_product(x, weight, total, element)
        else:
            lanes = [0.0] * LANES
            for number, (x, weight) in enumerate(zip(row, of_output, strict=True)):
                lane = number % LANES
                lanes[lane] = add_product(x, weight, lanes[lane], element)
            while len(lanes) > 1:
                half = len(lanes) // 2
                lanes = [rounded(lanes[i] + lanes[half + i], element) for i in range(half)]
            total = rounded(lanes[0] + bias, element)
        outputs.append(total)
    return outputs


def distances(row: list[float], pairs: list[list[float]], biases: list[float], element: str) -> Any:
    """Biases less weighted squares of distances to centers: centers first, then weights."""
    outputs = []
    for number, bias in enumerate(biases):
        total = bias
        centers, weights = pairs[number], pairs[len(biases) + number]
        for x, center, weight in zip(row, centers, weights, strict=True):
            distance = rounded(x - center, element)
            term = rounded(rounded(distance * distance, element) * weight, element)
            total = rounded(total - term, element)
        outputs.append(total)
    return outputs


def raw_scores(text: str, rows: list[list[float]]) -> list[list[float]]:
    """The scores of every row."""
    described = json.loads(text)
    element = described["element"]
    scores = []
    with np.errstate(all="ignore"):
        for row in rows:
            x = [rounded(value, element) for value in row]
            for kind, first, second, activation, slope, epsilon in described["layers"]:
                a = np.vectorize(lambda v: rounded(v, element))(np.array(first)).tolist()
                b = [rounded(value, element) for value in second]
                if kind == "dense":
                    x = dense(x, a, b, element)
                elif kind == "distance":
                    x = distances(x, a, b, element)
                elif kind == "center":
                    shifted = [rounded(v - c, element) for v, c in zip(x, a, strict=True)]
                    x = [float(np.float64(v) / d) for v, d in zip(shifted, b, strict=True)]
                    x = [rounded(v, element) for v in x]
                elif kind == "norm":
                    mean = added(np.float64(v) for v in x) / len(x)
                    squares = added((v - mean) * (v - mean) for v in x)
                    divisor = np.sqrt(squares / len(x) + epsilon)
                    normal = [(v - mean) / divisor for v in x]
                    x = [n * f + c for n, f, c in zip(normal, a, b, strict=True)]
                    x = [rounded(float(v), element) for v in x]
                else:
                    x = [rounded(v * f, element) for v, f in zip(x, a, strict=True)]
                    x = [rounded(v + c, element) for v, c in zip(x, b, strict=True)]
                x = [activated(v, activation, slope, element) for v in x]
            scores.append(x)
    return scores


def drawn(recipe: Recipe) -> DrawnModel:
    """Random weights of many magnitudes, and rows that are hard on them."""
    generator = np.random.default_rng(recipe.seed)

    def numbers(*shape: int) -> np.ndarray:
        return generator.normal(size=shape) * 2.0 ** generator.integers(-6, 3, shape)

    layers: list[Any] = []
    if recipe.scaler:
        first, second = numbers(recipe.sizes[0]), numbers(recipe.sizes[0])
        epsilon = 1e-5 if recipe.scaler == "norm" else 0.0
        layers.append((recipe.scaler, first, second, "identity", 0.0, epsilon))
    for (inputs, outputs), activation in zip(
        pairwise(recipe.sizes), recipe.activations, strict=True
    ):
        slope = 0.3 if activation in ("leaky_relu", "elu") else 0.0
        first, second = numbers(outputs, inputs), numbers(outputs)
        kind = "dense"
        if recipe.distances:
            kind, first = "distance", np.concatenate([first, np.abs(numbers(outputs, inputs))])
        layers.append((kind, first, second, activation, slope, 0.0))
    names = [f"Column_{i}" for i in range(recipe.sizes[0])]
    image = _engine.make_dense(recipe.element, layers, "identity", 0, names, "drawn")
    described = [(k, a.tolist(), b.tolist(), *rest) for k, a, b, *rest in layers]
    text = json.dumps({"element": recipe.element, "layers": described})
    rows = numbers(60, recipe.sizes[0])
    rows[generator.random(rows.shape) < 0.03] = 0.0
    rows[generator.random(rows.shape) < 0.01] = np.nan
    rows[3] *= 1e30
    rows[4] *= 1e-40
    return DrawnModel(image, text, rows)


def recipes() -> st.SearchStrategy[Recipe]:
    """Chains of all shapes. Functions with an exp are exact in float32 alone."""
    exact = st.sampled_from(["identity", "relu", "leaky_relu"])
    smooth = st.sampled_from(["sigmoid", "tanh", "silu", "elu", "gelu", "gelu_tanh"])

    @st.composite
    def draw(choose: st.DrawFn) -> Recipe:
        element = choose(st.sampled_from(["float32", "float64"]))
        sizes = choose(st.lists(st.integers(1, 40), min_size=2, max_size=4))
        functions = exact if element == "float64" else exact | smooth
        activations = [choose(functions) for _ in sizes[1:]]
        scaler = choose(st.sampled_from(["", "center", "scale", "norm"]))
        seed = choose(st.integers(0, 2**32))
        distances = choose(st.booleans())
        return Recipe(tuple(sizes), element, tuple(activations), scaler, seed, distances)

    return draw()


MODELS = recipes().map(drawn)
FIXED = [
    Recipe((33, 1), "float64", ("identity",), seed=1),
    Recipe((12, 70, 9, 3), "float32", ("relu", "tanh", "identity"), "center", seed=2),
    Recipe((12, 40, 8), "float64", ("leaky_relu", "identity"), "scale", seed=3),
    Recipe((17, 33, 1), "float32", ("silu", "sigmoid"), seed=4),
    Recipe((5, 9, 8), "float32", ("gelu", "gelu_tanh"), "norm", seed=5),
    Recipe((7, 3, 18), "float64", ("identity", "identity"), seed=6, distances=True),
]
