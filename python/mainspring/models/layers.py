"""Chains of layers as readers collect them: what the engine packs and runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine

if TYPE_CHECKING:
    from mainspring._engine import ModelImage

__all__ = ["LayerChain", "default_names"]


def default_names(num_features: int) -> list[str]:
    """Return the names of features of a model that was trained on a bare matrix.

    Parameters
    ----------
    num_features : int
        How many.

    Returns
    -------
    list of str
        Column_0, Column_1 and so on.
    """
    return [f"Column_{number}" for number in range(num_features)]


@dataclass
class LayerChain:
    """Layers in the order they run.

    Parameters
    ----------
    element : {"float32", "float64"}
        What everything is computed in.
    """

    element: str
    layers: list[tuple[str, Any, Any, str, float, float]] = field(default_factory=list)

    @property
    def num_outputs(self) -> int:
        """Numbers that come out, 0 while there is no layer."""
        return len(self.layers[-1][2]) if self.layers else 0

    def add(self, kind: str, first: Any, second: Any, epsilon: float = 0.0) -> None:
        """Append a layer without an activation.

        Parameters
        ----------
        kind : {"dense", "center", "scale", "norm"}
            What it does.
        first : array_like
            Weights of shape (outputs, inputs), what is subtracted, or the factors.
        second : array_like
            Biases, divisors, or what is added.
        epsilon : float, default 0.0
            Of "norm": what is added to the variance.
        """
        arrays = [np.ascontiguousarray(values, np.float64) for values in (first, second)]
        self.layers.append((kind, arrays[0], arrays[1].ravel(), "identity", 0.0, epsilon))

    def activate(self, activation: str, slope: float = 0.0) -> None:
        """Apply a function to what came out last.

        Parameters
        ----------
        activation : str
            Its name.
        slope : float, default 0.0
            Its parameter, if it has one.
        """
        kind, first, second, before, _, epsilon = self.layers[-1]
        if before == "identity":
            self.layers[-1] = (kind, first, second, activation, slope, epsilon)
            return
        ones, zeros = np.ones(self.num_outputs), np.zeros(self.num_outputs)
        self.layers.append(("scale", ones, zeros, activation, slope, 0.0))

    def image(
        self, names: list[str], description: str, *, link: str = "identity", num_classes: int = 0
    ) -> ModelImage:
        """Pack the layers.

        Parameters
        ----------
        names : list of str
            The features.
        description : str
            One line for people.
        link : str, default "identity"
            From raw scores to predictions.
        num_classes : int, default 0
            0: not a classifier.

        Returns
        -------
        ModelImage
            The bytes of the model.
        """
        return _engine.make_dense(self.element, self.layers, link, num_classes, names, description)
