"""Networks in plain Python, one number at a time, in the order that the docs state."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mainspring.models.network import Network
from tests.generic.model import DrawnModel
from tests.reference.dense import activated, add_product, added, dense, rounded

F = "float32"
SMOOTH = ("sigmoid", "tanh", "silu", "elu", "gelu", "gelu_tanh")


@dataclass(frozen=True)
class Recipe:
    """How many numbers and tables there are, how long vectors are, and what is drawn."""

    num_numbers: int
    tables: tuple[int, ...]
    width: int
    num_layers: int
    seed: int = 0


def looked_up(value: float, table: list[list[float]], width: int) -> list[float]:
    """The row of an id; of anything else nothing but NaN."""
    if 0 <= value < len(table) and value == int(value):
        return table[int(value)]
    return [math.nan] * width


def products(x: list[float], width: int) -> list[float]:
    vectors = [x[at : at + width] for at in range(0, len(x), width)]
    out = []
    for i, vector in enumerate(vectors):
        for before in vectors[:i]:
            total = 0.0
            for a, b in zip(vector, before, strict=True):
                total = add_product(a, b, total, F)
            out.append(total)
    return out


def factorized(x: list[float], width: int) -> float:
    """Half of the squared sums less the sums of squares, in float64."""
    total = np.float64(0)
    for i in range(width):
        numbers = [np.float64(value) for value in x[i::width]]
        total = total + (added(numbers) * added(numbers) - added(v * v for v in numbers))
    return rounded(float(0.5 * total), F)


def of_chain(kind: str, x: list[float], first: Any, second: Any, epsilon: float) -> list[float]:
    a = np.vectorize(lambda v: rounded(v, F))(np.array(first)).tolist()
    b = [rounded(value, F) for value in second]
    if kind == "dense":
        return dense(x, a, b, F)
    if kind == "center":
        shifted = [rounded(v - c, F) for v, c in zip(x, a, strict=True)]
        return [rounded(float(np.float64(v) / d), F) for v, d in zip(shifted, b, strict=True)]
    if kind == "scale":
        scaled = [rounded(v * f, F) for v, f in zip(x, a, strict=True)]
        return [rounded(v + c, F) for v, c in zip(scaled, b, strict=True)]
    mean = added(np.float64(v) for v in x) / len(x)
    squares = added((v - mean) * (v - mean) for v in x)
    divisor = np.sqrt(squares / len(x) + epsilon)
    normal = [(v - mean) / divisor for v in x]
    return [rounded(float(n * f + c), F) for n, f, c in zip(normal, a, b, strict=True)]


def output_of(layer: Any, row: list[float], values: list[list[float]]) -> list[float]:
    kind, reads, first, second, _, _, epsilon = layer
    if kind == "features":
        return [rounded(row[feature], F) for feature in reads]
    if kind == "embedding":
        out, at = [], 0
        for feature, count in zip(reads, second, strict=True):
            out += looked_up(row[feature], first[at : at + count], len(first[0]))
            at += count
        return out
    x = [values[number] for number in reads]
    if kind in ("dense", "center", "scale", "norm"):
        return of_chain(kind, x[0], first, second, epsilon)
    if kind == "join":
        return [number for part in x for number in part]
    if kind == "dot":
        return products(x[0], second)
    if kind == "factorization":
        return [factorized(x[0], second)]
    if kind == "add":
        return [rounded(a + b, F) for a, b in zip(*x, strict=True)]
    times = [rounded(a * b, F) for a, b in zip(*x[:2], strict=True)]
    if kind == "multiply":
        return times
    return [rounded(a + b, F) for a, b in zip(times, x[2], strict=True)]


def raw_scores(text: str, rows: list[list[float]]) -> list[list[float]]:
    """The scores of every row."""
    layers = json.loads(text)
    scores = []
    with np.errstate(all="ignore"):
        for row in rows:
            values: list[list[float]] = []
            for layer in layers:
                out = output_of(layer, row, values)
                values.append([activated(v, layer[4], layer[5], F) for v in out])
            scores.append(values[-1])
    return scores


def drawn(recipe: Recipe) -> DrawnModel:
    """A network of drawn layers, each over layers before it, and rows that are hard on it."""
    generator = np.random.default_rng(recipe.seed)

    def numbers(*shape: int) -> np.ndarray:
        return generator.normal(size=shape) * 2.0 ** generator.integers(-6, 3, shape)

    network = Network()
    width, tables = recipe.width, recipe.tables
    order = generator.permutation(recipe.num_numbers + len(tables)).tolist()
    ids = order[recipe.num_numbers :]
    network.add("features", order[: recipe.num_numbers])
    vectors = network.add("embedding", ids, numbers(sum(tables), width), list(tables))
    flat = [network.add("dense", [0], numbers(width, recipe.num_numbers), numbers(width))]
    kinds = ("dense", "center", "scale", "norm", "cross", "add", "multiply", "activation")
    for _ in range(recipe.num_layers):
        reads = [int(generator.choice(flat)) for _ in range(3)]
        kind = str(generator.choice(kinds))
        if kind == "activation":
            function = str(generator.choice([*SMOOTH, "relu", "leaky_relu"]))
            slope = 0.3 if function in ("leaky_relu", "elu") else 0.0
            made = network.activate(reads[0], function, slope, in_place=bool(reads[0] % 2))
        elif kind in ("cross", "add", "multiply"):
            made = network.add(kind, reads[: 3 if kind == "cross" else 2])
        else:
            shape = (width, width) if kind == "dense" else (width,)
            epsilon = 1e-5 if kind == "norm" else 0.0
            made = network.add(kind, reads[:1], numbers(*shape), numbers(width), epsilon)
        flat.append(made)
    joined = network.add("join", [flat[-1], vectors, flat[0]])
    ends = [network.add(kind, [joined], None, width) for kind in ("dot", "factorization")]
    joined = network.add("join", [*ends, flat[-1], 0])
    count = network.widths[joined]
    outputs = 1 + recipe.seed % 9
    network.add("dense", [joined], numbers(outputs, count), numbers(outputs))
    names = [f"Column_{i}" for i in range(len(order))]
    image = network.image(names, "drawn")
    described = [
        tuple(part.tolist() if isinstance(part, np.ndarray) else part for part in layer)
        for layer in network.layers
    ]
    rows = numbers(60, len(order))
    for feature, size in zip(ids, tables, strict=True):
        rows[:, feature] = generator.integers(0, size, 60)
    rows[generator.random(rows.shape) < 0.01] = np.nan
    rows[3, ids[0]], rows[4, ids[0]], rows[5, ids[0]] = tables[0], -1, 0.5
    rows[6, order[0]] *= 1e30
    return DrawnModel(image, json.dumps(described), rows)


def recipes() -> st.SearchStrategy[Recipe]:
    tables = st.lists(st.integers(1, 9), min_size=1, max_size=5).map(tuple)
    counts = st.integers(1, 40)
    return st.builds(
        Recipe, counts, tables, st.integers(1, 20), st.integers(0, 12), st.integers(0, 2**32)
    )


MODELS = recipes().map(drawn)
FIXED = [
    Recipe(5, (7, 100, 33), 16, 6, seed=1),
    Recipe(1, (1,), 1, 0, seed=2),
    Recipe(13, (2,) * 40, 3, 9, seed=12),  # more vectors than a panel has
]
