"""Multi-layer perceptrons over numbers and embeddings, plain and with residual blocks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mainspring.train.models.layers import IdEmbeddings, perceptron
from mainspring.train.models.tabular import LinearPart, TabularModel
from mainspring.train.ops.row_optimizer import RowOptimizer

__all__ = [  # noqa: RUF022 - in the order of sorted()
    "FlatFeatures",
    "MLP",
    "ResNet",
    "WideAndDeep",
]


class FlatFeatures(nn.Module):
    """Numbers, and the vectors of ids, side by side.

    Parameters
    ----------
    num_numbers : int
        Columns of numbers.
    cardinalities : sequence of int
        Ids of each column of ids.
    width : int
        Numbers of a vector.
    row_optimizer : RowOptimizer, optional
        As in :class:`MLP`.
    """

    def __init__(
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        width: int,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__()
        self.num_numbers = num_numbers
        self.embeddings = (
            IdEmbeddings(cardinalities, width, row_optimizer=row_optimizer)
            if cardinalities
            else None
        )
        self.width = num_numbers + len(cardinalities) * width

    def forward(self, numbers: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return rows of ``width`` numbers."""
        if self.embeddings is None:
            return numbers
        vectors = self.embeddings(ids).flatten(1)
        return torch.cat([numbers, vectors], 1) if self.num_numbers else vectors


class MLP(TabularModel):
    """A multi-layer perceptron over numbers and the vectors of ids.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs
        As in :class:`TabularModel`; :meth:`from_features` takes the first two from a preprocessor.
    hidden : sequence of int, default (256, 128)
        Widths of the layers.
    width : int, default 16
        Numbers of a vector of an id.
    dropout : float, default 0.0
        Share of numbers that are left out while training, behind each layer.
    row_optimizer : RowOptimizer, optional
        Updates the vectors of ids in the backward pass, those alone that a batch has looked up: for
        large tables. Default: they are a parameter like others, of the optimizer of the rest.

    Examples
    --------
    >>> import torch, mainspring as ms
    >>> rows = {"city": ["Rome", "Oslo", "Rome"], "x": [1.0, 2.0, 3.0]}
    >>> prep = ms.Preprocessor(ms.col("x").standardize(), ms.col("city").ordinal()).fit(rows)
    >>> model = ms.train.MLP.from_features(prep, hidden=(8,), width=2)
    >>> tensors = prep.transform(rows, output="tensors")
    >>> model(torch.from_numpy(tensors.dense), torch.from_numpy(tensors.ids)).shape
    torch.Size([3])
    """

    def __init__(  # noqa: PLR0913 - each is a size of its own
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        hidden: Sequence[int] = (256, 128),
        width: int = 16,
        dropout: float = 0.0,
        task: str = "binary",
        outputs: int = 1,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__(num_numbers, cardinalities, task=task, outputs=outputs)
        self.features = FlatFeatures(num_numbers, cardinalities, width, row_optimizer)
        self.layers = perceptron(self.features.width, hidden, dropout)
        self.last = nn.Linear(hidden[-1] if hidden else self.features.width, outputs)

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row.

        Parameters
        ----------
        dense : tensor of float32, shape (num_rows, num_numbers)
            Numbers.
        ids : tensor of integers, shape (num_rows, num_ids)
            Ids.

        Returns
        -------
        tensor of shape (num_rows,), or (num_rows, outputs)
            One, or several scores of each row.
        """
        x = self.features(self.numbers(dense), ids)
        return self.scores(self.last(self.layers(x)))


class _Block(nn.Module):
    def __init__(self, width: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(width)
        self.first, self.second = nn.Linear(width, inner), nn.Linear(inner, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.dropout(torch.relu(self.first(self.norm(x))))
        return x + self.dropout(self.second(inner))


class ResNet(TabularModel):
    """A perceptron whose layers add to what they are given.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs, width, dropout, row_optimizer
        As in :class:`MLP`.
    num_blocks : int, default 2
        Blocks of two layers.
    size : int, default 128
        Width between blocks.
    inner : int, default 256
        Width within blocks.

    References
    ----------
    Y. Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", NeurIPS 2021,
    arXiv:2106.11959.
    """

    def __init__(  # noqa: PLR0913 - each is a size of its own
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        num_blocks: int = 2,
        size: int = 128,
        inner: int = 256,
        width: int = 16,
        dropout: float = 0.0,
        task: str = "binary",
        outputs: int = 1,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__(num_numbers, cardinalities, task=task, outputs=outputs)
        self.features = FlatFeatures(num_numbers, cardinalities, width, row_optimizer)
        self.first = nn.Linear(self.features.width, size)
        self.blocks = nn.ModuleList(_Block(size, inner, dropout) for _ in range(num_blocks))
        self.norm = nn.BatchNorm1d(size)
        self.last = nn.Linear(size, outputs)

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row, as :meth:`MLP.forward`."""
        x = self.first(self.features(self.numbers(dense), ids))
        for block in self.blocks:
            x = block(x)
        return self.scores(self.last(torch.relu(self.norm(x))))


class WideAndDeep(TabularModel):
    """A linear model and a perceptron, added up.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs, hidden, width, dropout, row_optimizer
        As in :class:`MLP`. Put crosses (``col("a", "b").cross()``) among the features: the linear
        part learns a weight for each.

    References
    ----------
    H.-T. Cheng et al., "Wide & Deep Learning for Recommender Systems", DLRS 2016,
    doi:10.1145/2988450.2988454.
    """

    def __init__(  # noqa: PLR0913 - each is a size of its own
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        hidden: Sequence[int] = (256, 128),
        width: int = 16,
        dropout: float = 0.0,
        task: str = "binary",
        outputs: int = 1,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__(num_numbers, cardinalities, task=task, outputs=outputs)
        self.wide = LinearPart(num_numbers, cardinalities, row_optimizer, outputs)
        self.features = FlatFeatures(num_numbers, cardinalities, width, row_optimizer)
        self.layers = perceptron(self.features.width, hidden, dropout)
        self.last = nn.Linear(hidden[-1] if hidden else self.features.width, outputs)

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row, as :meth:`MLP.forward`."""
        numbers = self.numbers(dense)
        deep = self.last(self.layers(self.features(numbers, ids)))
        return self.scores(self.wide(numbers, ids) + deep)
