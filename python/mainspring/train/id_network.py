"""Hashed models as the layers of a network: what a bundle holds of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.models.class_labels import class_labels
from mainspring.models.network import Network

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring._engine import Bundle, ModelImage

    Floats = npt.NDArray[np.float32]

__all__ = ["id_network"]


def id_network(
    plan: Bundle, weights: Floats, factors: Floats | None, name: str, classes: npt.NDArray[Any]
) -> ModelImage:
    """Return a model of ids as a network, whose scores are the model's own bits.

    Parameters
    ----------
    plan : Bundle
        The transforms, whose features it takes.
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
        An embedding of width 1 for each id column, summed up with the numbers; the pairs of
        vectors beside it.

    Raises
    ------
    DataError
        When a weight is not finite: the numbers are too large for the rate.
    """
    if not np.isfinite(weights).all() or (factors is not None and not np.isfinite(factors).all()):
        raise errors.DataError(
            f"The {name} has weights that are not finite, expected finite ones: its numbers are "
            "too large for its rate. Standardize them, or take a smaller rate.",
            expected="finite weights",
            hint="Standardize the numbers, or take a smaller rate.",
        )
    kinds = plan.feature_kinds
    ids = [number for number, kind in enumerate(kinds) if kind == "id"]
    numbers = [number for number, kind in enumerate(kinds) if kind != "id"]
    network = Network()
    sizes = list(plan.cardinalities)
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
            spread = np.zeros((len(numbers) * width, len(numbers)))
            for place, vector in enumerate(factors[count:]):
                spread[place * width : (place + 1) * width, place] = vector
            zeros = np.zeros(len(spread))
            vectors.append(network.add("dense", [parts[-1]], spread, zeros))
        whole = vectors[0] if len(vectors) == 1 else network.add("join", vectors)
        pairs = network.add("factorization", [whole], None, width)
        last = network.add("add", [last, pairs])
    described = f"mainspring {name}, {len(kinds)} features, {len(weights):,} weights, float32"
    names = list(plan.feature_names)
    image = network.image(names, described, link="sigmoid", num_classes=2)
    return image.with_labels(class_labels(classes, name), "probability", 0.5)
