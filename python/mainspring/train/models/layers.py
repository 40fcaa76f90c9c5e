"""What models are put together of; each class says what it computes, for bundles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from mainspring.train.ops.embedding import EmbeddingTables
from mainspring.train.ops.interactions import (
    cross_interaction,
    dot_interaction,
    factorization_machine,
)
from mainspring.train.ops.row_optimizer import RowOptimizer

__all__ = [
    "Cross",
    "DotPairs",
    "FactorizedPairs",
    "IdEmbeddings",
    "WeightedPairs",
    "perceptron",
]


class IdEmbeddings(nn.Module):
    """A table of vectors for each column of ids, all of them looked up at once.

    Parameters
    ----------
    cardinalities : sequence of int
        Rows of each table.
    width : int
        Numbers of a vector.
    scale : float, default 0.05
        Standard deviation of the first vectors.
    row_optimizer : RowOptimizer, optional
        Updates rows in the backward pass, those alone that were looked up. Default: the vectors are
        a parameter like others.
    """

    mainspring_layer = "embedding"

    def __init__(
        self,
        cardinalities: Sequence[int],
        width: int,
        scale: float = 0.05,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__()
        self.sizes, self.width = [int(size) for size in cardinalities], width
        sizes = [(size, width) for size in self.sizes]
        self.tables = EmbeddingTables(sizes, optimizer=row_optimizer)
        for name in self.tables.names:
            self.tables.table(name).normal_(0, scale) if scale else self.tables.table(name).zero_()

    @property
    def weight(self) -> torch.Tensor:
        """The rows of all tables, one behind the other: for bundles."""
        return torch.cat([self.tables.table(name) for name in self.tables.names])

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the vectors of ids of shape (num_rows, num_columns).

        Parameters
        ----------
        ids : tensor
            int32 or int64.

        Returns
        -------
        tensor of shape (num_rows, num_columns, width)

        Raises
        ------
        DataError
            When an id has no row.
        """
        return self.tables(ids).view(len(ids), len(self.sizes), self.width)


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


class WeightedPairs(nn.Module):
    """The products of all pairs of a row's vectors, weighted number by number for each output.

    Parameters
    ----------
    width : int
        Numbers of a vector.
    outputs : int
        Sums to return.
    """

    def __init__(self, width: int, outputs: int) -> None:
        super().__init__()
        self.strengths = nn.Linear(width, outputs, bias=False)
        nn.init.ones_(self.strengths.weight)  # each begins as FactorizedPairs

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return them, shape (num_rows, outputs), for vectors as FactorizedPairs takes them."""
        total = vectors.sum(1)
        twice = total * total + (vectors * vectors).sum(1) * -1.0
        return self.strengths(twice * 0.5)


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
