"""Hashed models as layers: what a bundle holds of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.models.class_labels import class_labels
from mainspring.models.layers import LayerChain, default_names
from mainspring.models.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from mainspring._engine import Bundle, ModelImage

    Floats = npt.NDArray[np.float32]

__all__ = ["Inputs", "id_network", "inputs_of_matrix", "inputs_of_plan"]


# Weights of the layer that multiplies each number by its vector: half a gigabyte of float64.
_MOST_SPREAD = 1 << 26


@dataclass(frozen=True)
class Inputs:
    """The features that a model of ids takes, in the order of a plan or of a matrix."""

    ids: list[int]  # numbers of features
    numbers: range | list[int]
    sizes: list[int]  # of each id: rows of its table
    names: Callable[[], list[str]]

    @property
    def num_numbers(self) -> int:
        """How many numbers."""
        return len(self.numbers)

    def number_name(self, place: int) -> str:
        """Return the name of a number, counted among numbers."""
        return self.names()[self.numbers[place]]


def inputs_of_plan(plan: Bundle) -> Inputs:
    """Return what transforms make."""
    kinds = plan.feature_kinds
    ids = [number for number, kind in enumerate(kinds) if kind == "id"]
    numbers = [number for number, kind in enumerate(kinds) if kind != "id"]
    return Inputs(ids, numbers, list(plan.cardinalities), lambda: list(plan.feature_names))


def inputs_of_matrix(num_columns: int) -> Inputs:
    """Return the columns of a matrix, all numbers, named as everywhere where there are no names."""
    return Inputs([], range(num_columns), [], lambda: default_names(num_columns))


def id_network(
    inputs: Inputs, weights: Floats, factors: Floats | None, name: str, classes: npt.NDArray[Any]
) -> ModelImage:
    """Return a model of ids as layers whose scores are the model's own bits.

    Parameters
    ----------
    inputs : Inputs
        The features it takes.
    weights : numpy.ndarray
        float32 of shape (num_weights,): of each id, of each number, the bias.
    factors : numpy.ndarray, optional
        float32 of shape (num_weights - 1, width): their vectors.
    name : str
        What made it, in words.
    classes : numpy.ndarray
        Both labels.

    Returns
    -------
    ModelImage
        An embedding of width 1 for each id column, summed up with the numbers, and the pairs of
        vectors beside it; of numbers alone one layer, which takes sparse rows.

    Raises
    ------
    DataError
        When a weight is not finite: the numbers are too large for the rate.
    UnsupportedError
        When there are vectors of too many numbers.
    """
    if not np.isfinite(weights).all() or (factors is not None and not np.isfinite(factors).all()):
        raise errors.DataError(
            f"The {name} has weights that are not finite, expected finite ones: its numbers are "
            "too large for its rate. Standardize them, or take a smaller rate.",
            expected="finite weights",
            hint="Standardize the numbers, or take a smaller rate.",
        )
    names = inputs.names()
    described = f"mainspring {name}, {len(names)} features, {len(weights):,} weights, float32"
    if not inputs.ids and factors is None:
        layers = LayerChain("float32")
        layers.add("dense", weights[None, :-1], weights[-1:])
        image = layers.image(names, described, link="sigmoid", num_classes=2)
    else:
        network = _layers(inputs, weights, factors, name)
        image = network.image(names, described, link="sigmoid", num_classes=2)
    return image.with_labels(class_labels(classes, name), "probability", 0.5)


def _layers(inputs: Inputs, weights: Floats, factors: Floats | None, name: str) -> Network:
    network = Network()
    ids, numbers, sizes = inputs.ids, list(inputs.numbers), inputs.sizes
    count = sum(sizes)
    parts = []
    if ids:
        parts.append(network.add("embedding", ids, weights[:count, None], sizes))
    if numbers:
        parts.append(network.add("features", numbers))
    joined = parts[0] if len(parts) == 1 else network.add("join", parts)
    row = np.concatenate([np.ones(len(ids)), weights[count:-1]])
    last = network.add("dense", [joined], row[None, :], weights[-1:])
    if factors is not None:
        width = factors.shape[1]
        vectors = []
        if ids:
            vectors.append(network.add("embedding", ids, factors[:count], sizes))
        if numbers:  # each number times its own vector
            if len(numbers) ** 2 * width > _MOST_SPREAD:
                raise errors.UnsupportedError(
                    f"The {name} has vectors of {len(numbers):,} numbers, which a bundle has no "
                    "layer for. Use the model itself, a HashedLogisticRegression, or ids (hash, "
                    "ordinal) in place of one-hot numbers.",
                    expected=f"at most {int((_MOST_SPREAD / width) ** 0.5):,} numbers",
                    got=f"{len(numbers):,} numbers",
                )
            spread = np.zeros((len(numbers) * width, len(numbers)))
            for place, vector in enumerate(factors[count:]):
                spread[place * width : (place + 1) * width, place] = vector
            zeros = np.zeros(len(spread))
            vectors.append(network.add("dense", [parts[-1]], spread, zeros))
        whole = vectors[0] if len(vectors) == 1 else network.add("join", vectors)
        pairs = network.add("factorization", [whole], None, width)
        last = network.add("add", [last, pairs])
    return network
