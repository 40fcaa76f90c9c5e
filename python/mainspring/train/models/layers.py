"""What models are put together of; each class says what it computes, for bundles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from mainspring import errors
from mainspring.train.ops.interactions import (
    cross_interaction,
    dot_interaction,
    factorization_machine,
)

__all__ = ["Cross", "DotPairs", "FactorizedPairs", "IdEmbeddings", "perceptron"]


class IdEmbeddings(nn.Module):
    """A table of vectors for each column of ids, all in one matrix, looked up at once.

    Parameters
    ----------
    cardinalities : sequence of int
        Rows of each table.
    width : int
        Numbers of a vector.
    scale : float, default 0.05
        Standard deviation of the first vectors.
    """

    mainspring_layer = "embedding"

    def __init__(self, cardinalities: Sequence[int], width: int, scale: float = 0.05) -> None:
        super().__init__()
        self.sizes = [int(size) for size in cardinalities]
        self.weight = nn.Parameter(torch.randn(sum(self.sizes), width) * scale)
        sizes = torch.tensor(self.sizes, dtype=torch.int64)
        self.register_buffer("starts", torch.cumsum(sizes, 0) - sizes, persistent=False)
        self.register_buffer("limits", sizes, persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the vectors of ids of shape (num_rows, num_columns), behind each other.

        Parameters
        ----------
        ids : tensor
            Integers.

        Returns
        -------
        tensor of shape (num_rows, num_columns, width)

        Raises
        ------
        DataError
            On the CPU, when an id has no row.
        """
        ids = ids.long()
        if ids.device.type == "cpu" and not torch.compiler.is_compiling():
            self._check(ids)
        return functional.embedding(ids + self.starts, self.weight)

    def _check(self, ids: torch.Tensor) -> None:
        bad = (ids < 0) | (ids >= self.limits)
        if bool(bad.any()):
            row, column = (int(place) for place in torch.nonzero(bad)[0])
            raise errors.DataError(
                f"The id in row {row}, column {column} is {int(ids[row, column])}, expected one "
                f"below {self.sizes[column]}.",
                row=row,
                expected=f"an id below {self.sizes[column]}",
                got=str(int(ids[row, column])),
            )


class DotPairs(nn.Module):
    """Products of all pairs of a row's vectors."""

    mainspring_layer = "dot"

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return them for vectors of shape (num_rows, num_vectors, width)."""
        return dot_interaction(vectors)


class FactorizedPairs(nn.Module):
    """The sum of the products of all pairs of a row's vectors."""

    mainspring_layer = "factorization"

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return it, shape (num_rows, 1), for vectors of shape (num_rows, num_vectors, width)."""
        return factorization_machine(vectors).unsqueeze(1)


class Cross(nn.Module):
    """The end of a cross layer: first * linear + x."""

    mainspring_layer = "cross"

    def forward(self, first: torch.Tensor, linear: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return it, number by number."""
        return cross_interaction(first, linear, x)


def perceptron(width: int, hidden: Sequence[int], dropout: float) -> nn.Sequential:
    """Return layers of ReLU, each with dropout behind it.

    Parameters
    ----------
    width : int
        Numbers that come in.
    hidden : sequence of int
        Widths of the layers.
    dropout : float
        Share of numbers that are left out while training.

    Returns
    -------
    Sequential
        Of ``hidden[-1]`` outputs.
    """
    layers: list[Any] = []
    for size in hidden:
        layers += [nn.Linear(width, size), nn.ReLU()]
        if dropout:
            layers.append(nn.Dropout(dropout))
        width = size
    return nn.Sequential(*layers)
