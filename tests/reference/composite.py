"""Models made of models in plain Python: one node after the other, one row at a time.

The parts are linear, so that every number is exact; functions with an exp are compared with
scikit-learn in tests/models.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mainspring import _engine
from tests.generic.model import DrawnModel
from tests.reference import dense

SHAPES = ("votes", "average", "share", "stack", "median", "calibrated", "highest", "single")


@dataclass(frozen=True)
class Recipe:
    """What is made of the parts, and sizes."""

    shape: str
    num_features: int = 4
    num_classes: int = 3
    num_parts: int = 3
    seed: int = 0


def highest(scores: list[float]) -> int:
    """The first of the highest, and the first NaN above all."""
    for number, score in enumerate(scores):
        if math.isnan(score):
            return number
    return scores.index(max(scores))


def interpolated(x: float, points: list[float]) -> float:
    half = len(points) // 2
    xs, ys = points[:half], points[half:]
    if math.isnan(x):
        return x
    if x <= xs[0]:
        return ys[0]
    for k in range(half - 1):
        if x == xs[k]:
            return ys[k]
        if x < xs[k + 1]:
            slope = (np.float64(ys[k + 1]) - ys[k]) / (np.float64(xs[k + 1]) - xs[k])
            return float(slope * (np.float64(x) - xs[k]) + ys[k])
    return ys[-1]


def median(values: list[float], weights: list[float]) -> float:
    """The first value, in ascending order, that takes the weights to half of all."""
    order = sorted(range(len(values)), key=lambda k: (math.isnan(values[k]), values[k], k))
    total = 0.0
    sums = []
    for k in order:
        total += weights[k]
        sums.append(total)
    for k, so_far in zip(order, sums, strict=True):
        if so_far >= 0.5 * total:
            return values[k]
    return values[order[-1]]


def computed(kind: str, inputs: list[list[float]], numbers: list[float], width: int) -> list[float]:
    """The columns of a node that is no model."""
    first = [np.float64(x) for x in inputs[0]]
    match kind:
        case "gather":
            return [x for values in inputs for x in values]
        case "average":
            sums = [x * numbers[0] for x in first]
            for values, weight in zip(inputs[1:], numbers[1:-1], strict=True):
                sums = [
                    total + x * np.float64(weight) for total, x in zip(sums, values, strict=True)
                ]
            return [float(total / numbers[-1]) for total in sums]
        case "votes":
            votes = [0.0] * width
            for (vote,), weight in zip(inputs, numbers, strict=True):
                votes[int(vote)] += weight
            return votes
        case "interpolate":
            return [interpolated(float(first[0]), numbers)]
        case "share":
            total = dense.added(first)
            return [float(x / total) if total != 0 else 1 / width for x in first]
        case "complement":
            return [float(1.0 - first[0]), float(first[0])]
        case "median":
            return [median(inputs[0], numbers)]
        case "highest":
            return [float(highest(inputs[0]))]
    raise ValueError(kind)


def raw_scores(text: str, rows: list[list[float]]) -> list[list[float]]:
    """The columns of the last node, of every row."""
    described = json.loads(text)
    scores = []
    with np.errstate(all="ignore"):
        for row in rows:
            columns = [row]
            for kind, width, inputs, numbers, part, output in described["nodes"]:
                values = [columns[s][first : first + count] for s, first, count in inputs]
                if kind != "model":
                    columns.append(computed(kind, values, numbers, width))
                    continue
                (raw,) = dense.raw_scores(described["parts"][part], values)
                if output == "predict" and width != len(raw):
                    raw = [float(highest(raw))]
                columns.append(raw)
            scores.append(columns[-1])
    return scores


def linear(generator: np.random.Generator, inputs: int, outputs: int, labels: bool) -> Any:
    """A part, and its text for the oracle of chains of layers."""
    weights, bias = generator.normal(size=(outputs, inputs)), generator.normal(size=outputs)
    layers = [("dense", weights, bias, "identity", 0.0, 0.0)]
    names = [f"Column_{i}" for i in range(inputs)]
    image = _engine.make_dense("float64", layers, "identity", outputs if labels else 0, names, "")
    if labels:
        image = image.with_labels(list(range(outputs)), "raw", 0.0)
    described = [(kind, a.tolist(), b.tolist(), *rest) for kind, a, b, *rest in layers]
    return image, json.dumps({"element": "float64", "layers": described})


def drawn(recipe: Recipe) -> DrawnModel:
    """Linear parts, what is made of them, and rows with ties and missing values."""
    generator = np.random.default_rng(recipe.seed)
    features, classes, count = recipe.num_features, recipe.num_classes, recipe.num_parts
    parts: list[Any] = []
    nodes: list[Any] = []

    def node(kind: str, width: int, inputs: list[Any], *rest: Any) -> tuple[int, int, int]:
        numbers, part, output = rest if len(rest) == 3 else (rest[0] if rest else [], 0, "predict")
        nodes.append((kind, width, inputs, [float(x) for x in numbers], part, output))
        return (len(nodes), 0, width)

    def model(outputs: int, output: str, source: tuple[int, int, int]) -> tuple[int, int, int]:
        parts.append(linear(generator, source[2], outputs, labels=output == "predict"))
        width = 1 if output == "predict" else outputs
        return node("model", width, [source], [], len(parts) - 1, output)

    row = (0, 0, features)
    weights = (generator.integers(1, 4, count) / 2).tolist()
    if recipe.shape == "votes":
        node("votes", classes, [model(classes, "predict", row) for _ in range(count)], weights)
    elif recipe.shape in ("average", "share"):
        made = [model(classes, "raw", row) for _ in range(count)]
        made = node("average", classes, made, [*weights, sum(weights)])
        if recipe.shape == "share":
            node("share", classes, [made])
    elif recipe.shape == "stack":
        made = [model(2, "raw", (0, 1, features - 1)) for _ in range(count)]
        made = [(source, 1, 1) for source, _, _ in made]
        model(classes, "raw", node("gather", count + features, [*made, row]))
    elif recipe.shape == "median":
        made = node("gather", count, [model(1, "raw", row) for _ in range(count)])
        node("median", 1, [made], weights)
    elif recipe.shape == "calibrated":
        points = np.unique(np.round(generator.normal(size=7), 1))
        lines = np.sort(generator.random(len(points)))
        made = model(1, "raw", row)
        made = node("interpolate", 1, [made], [*points, *lines])
        node("complement", 2, [made])
    elif recipe.shape == "highest":
        node("highest", 1, [node("gather", features, [row])])
    else:
        model(1, "raw", row)
    width = nodes[-1][1]
    names = [f"Column_{i}" for i in range(features)]
    images = [image for image, _ in parts]
    image = _engine.make_composite(images, nodes, -1, width if width > 1 else 0, names, "drawn")
    text = json.dumps({"parts": [described for _, described in parts], "nodes": nodes})
    rows = np.round(generator.normal(size=(70, features)), 1)
    rows[2:][generator.random((68, features)) < 0.03] = np.nan
    rows[5] *= 1e200
    return DrawnModel(image, text, rows)


MODELS = st.builds(
    Recipe,
    shape=st.sampled_from(SHAPES),
    num_features=st.integers(2, 6),
    num_classes=st.integers(2, 5),
    num_parts=st.integers(1, 6),
    seed=st.integers(0, 2**32),
).map(drawn)
FIXED = [Recipe(shape, seed=number) for number, shape in enumerate(SHAPES)]
