"""Networks as readers collect them: layers that read each other, packed by the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine, errors
from mainspring.models.feature_names import some_names

if TYPE_CHECKING:
    from mainspring._engine import Bundle, ModelImage

__all__ = ["Network", "check_ids"]


@dataclass
class Network:
    """Layers in the order they run; each is known by its number and may read those before it.

    Everything is float32. ``docs/format.md`` says what each kind computes.
    """

    layers: list[tuple[str, list[int], Any, Any, str, float, float]] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)

    def add(
        self,
        kind: str,
        reads: list[int],
        first: Any = None,
        second: Any = None,
        epsilon: float = 0.0,
    ) -> int:
        """Append a layer without an activation.

        Parameters
        ----------
        kind : {"dense", "center", "scale", "norm", "features", "embedding", "join", "dot", \
"factorization", "cross", "add", "multiply"}
            What it does.
        reads : list of int
            Numbers of layers; of "features" and "embedding" those of features.
        first : array_like, optional
            Of "dense" weights (outputs, inputs), of "center", "scale" and "norm" one for each
            number; of "embedding" the rows of all tables, one table behind the other.
        second : array_like or int, optional
            Of the first four their other array; of "embedding" how many rows each table has, of
            "dot" and "factorization" how many numbers a vector has.
        epsilon : float, default 0.0
            Of "norm": what is added to the variance.

        Returns
        -------
        int
            The layer's number.
        """
        if kind in ("dense", "center", "scale", "norm"):
            first = np.ascontiguousarray(first, np.float64)
            second = np.ascontiguousarray(second, np.float64).ravel()
            width = len(second)
        elif kind == "embedding":
            first = np.ascontiguousarray(first, np.float32)
            width = len(reads) * first.shape[1]
        elif kind == "features":
            width = len(reads)
        elif kind == "dot":
            count = self.widths[reads[0]] // second
            width = count * (count - 1) // 2
        elif kind == "factorization":
            width = 1
        elif kind == "join":
            width = sum(self.widths[read] for read in reads)
        else:
            width = self.widths[reads[0]]
        self.layers.append((kind, reads, first, second, "identity", 0.0, epsilon))
        self.widths.append(width)
        return len(self.layers) - 1

    def activate(
        self, layer: int, activation: str, slope: float = 0.0, *, in_place: bool = True
    ) -> int:
        """Apply a function to what a layer makes.

        Parameters
        ----------
        layer : int
            Its number.
        activation : str
            The function's name.
        slope : float, default 0.0
            Its parameter, if it has one.
        in_place : bool, default True
            Whether nothing else reads the layer without the function.

        Returns
        -------
        int
            The number of the layer that has the function: a new one where ``layer`` has one
            already, or is read without it.
        """
        if not in_place or self.layers[layer][4] != "identity":
            ones = np.ones(self.widths[layer])
            layer = self.add("scale", [layer], ones, np.zeros_like(ones))
        kind, reads, first, second, _, _, epsilon = self.layers[layer]
        self.layers[layer] = (kind, reads, first, second, activation, slope, epsilon)
        return layer

    def image(
        self, names: list[str], description: str, *, link: str = "identity", num_classes: int = 0
    ) -> ModelImage:
        """Pack the layers; the last one's numbers are the raw scores.

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
        return _engine.make_network(self.layers, link, num_classes, names, description)


def check_ids(plan: Bundle, image: ModelImage) -> None:
    """Check that the tables of a network have a row for every id that the transforms make.

    Parameters
    ----------
    plan : Bundle
        The fitted transforms, whose features are as many as the model's.
    image : ModelImage
        Any model; only networks have tables.

    Raises
    ------
    SchemaError
        When a table is asked by a feature that is no id, or whose ids go beyond its rows.
    """
    names, kinds = plan.feature_names, plan.feature_kinds
    ids = [number for number, kind in enumerate(kinds) if kind == "id"]
    cardinalities = dict(zip(ids, plan.cardinalities, strict=True))
    for feature, num_rows in image.embeddings:
        name = names[feature]
        if feature not in cardinalities:
            raise errors.SchemaError(
                f"Feature {name!r}, number {feature}, is a number, expected an id: the network "
                f"looks it up in a table of {num_rows} rows. Ids are "
                f"{some_names([names[number] for number in ids])}. A module of two inputs has the "
                "features of the first before those of the second: put numbers before ids in the "
                "Preprocessor.",
                column=name,
                expected="an id",
                got="a number",
            )
        if cardinalities[feature] > num_rows:
            raise errors.SchemaError(
                f"Feature {name!r} has ids up to {cardinalities[feature] - 1}, expected ids below "
                f"{num_rows}, the rows of its embedding table. Train with tables of "
                "transform(..., output='tensors').cardinalities rows.",
                column=name,
                expected=f"ids below {num_rows}",
                got=f"ids up to {cardinalities[feature] - 1}",
            )
