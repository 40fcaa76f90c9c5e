"""Models in which features meet in pairs: FM, FwFM, DeepFM, DCN v2, DLRM."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from mainspring import errors
from mainspring.train.models.deep import FlatFeatures
from mainspring.train.models.layers import (
    Cross,
    DotPairs,
    FactorizedPairs,
    IdEmbeddings,
    WeightedPairs,
    perceptron,
)
from mainspring.train.models.tabular import LinearPart, TabularModel
from mainspring.train.ops.row_optimizer import RowOptimizer

__all__ = [  # noqa: RUF022 - in the order of sorted()
    "DCNv2",
    "DLRM",
    "DeepFM",
    "FM",
    "FwFM",
]


class _Vectors(nn.Module):
    """A vector for each id, and one that a linear map makes of all numbers."""

    def __init__(
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        width: int,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__()
        self.count = len(cardinalities) + (1 if num_numbers else 0)
        if self.count < 2 or not cardinalities:
            raise errors.ParameterError(
                "Pairs need at least two vectors: two columns of ids, or one and numbers; got "
                f"{len(cardinalities)} and {num_numbers} numbers. Make ids of numbers "
                "(quantile_bucketize), or take MLP.",
                expected="two columns of ids, or one and numbers",
                got=f"{len(cardinalities)} columns of ids and {num_numbers} numbers",
            )
        self.embeddings = IdEmbeddings(cardinalities, width, row_optimizer=row_optimizer)
        self.of_numbers = nn.Linear(num_numbers, width, bias=False) if num_numbers else None
        if self.of_numbers is not None:
            nn.init.normal_(self.of_numbers.weight, std=0.05)

    def forward(self, numbers: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        vectors = self.embeddings(ids)
        if self.of_numbers is None:
            return vectors
        return torch.cat([vectors, self.of_numbers(numbers).unsqueeze(1)], 1)


class FM(TabularModel):
    """A factorization machine: a linear model, and the products of the vectors of all pairs.

    The numbers of a row share one vector, the sum of ``x * v`` of each: numbers meet ids, but not
    each other. Several outputs share all vectors; each weighs the vectors' numbers in its own way
    (He and Chua 2017, their model without hidden layers).
    :class:`~mainspring.train.HashedFactorizationMachine` learns one without torch.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs
        As in :class:`TabularModel`.
    width : int, default 16
        Numbers of a vector.
    row_optimizer : RowOptimizer, optional
        As in :class:`MLP`.

    References
    ----------
    S. Rendle, "Factorization Machines", ICDM 2010, doi:10.1109/ICDM.2010.127; X. He and T.-S. Chua,
    "Neural Factorization Machines", SIGIR 2017, doi:10.1145/3077136.3080777.
    """

    def __init__(
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        width: int = 16,
        task: str = "binary",
        outputs: int = 1,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__(num_numbers, cardinalities, task=task, outputs=outputs)
        self.linear = LinearPart(num_numbers, cardinalities, row_optimizer, outputs)
        self.vectors = _Vectors(num_numbers, cardinalities, width, row_optimizer)
        self.pairs = FactorizedPairs() if outputs == 1 else WeightedPairs(width, outputs)

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row, as ``MLP.forward``."""
        numbers = self.numbers(dense)
        pairs = self.pairs(self.vectors(numbers, ids))
        return self.scores(self.linear(numbers, ids) + pairs)


class FwFM(TabularModel):
    """A factorization machine whose pairs of fields have a strength each.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs, width, row_optimizer
        As in :class:`FM`; the numbers of a row are one field.

    References
    ----------
    J. Pan et al., "Field-weighted Factorization Machines", WWW 2018, doi:10.1145/3178876.3186040.
    """

    def __init__(
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        width: int = 16,
        task: str = "binary",
        outputs: int = 1,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__(num_numbers, cardinalities, task=task, outputs=outputs)
        self.linear = LinearPart(num_numbers, cardinalities, row_optimizer, outputs)
        self.vectors = _Vectors(num_numbers, cardinalities, width, row_optimizer)
        self.dots = DotPairs()
        count = self.vectors.count
        self.strengths = nn.Linear(count * (count - 1) // 2, outputs, bias=False)
        nn.init.ones_(self.strengths.weight)  # as a machine without strengths begins

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row, as ``MLP.forward``."""
        numbers = self.numbers(dense)
        pairs = self.strengths(self.dots(self.vectors(numbers, ids)))
        return self.scores(self.linear(numbers, ids) + pairs)


class DeepFM(TabularModel):
    """A factorization machine and a perceptron over the same vectors, added up.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs, width, row_optimizer
        As in :class:`FM`.
    hidden : sequence of int, default (256, 128)
        Widths of the perceptron's layers.
    dropout : float, default 0.0
        Share of numbers that are left out while training, behind each layer.

    References
    ----------
    H. Guo et al., "DeepFM", IJCAI 2017, arXiv:1703.04247.
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
        self.linear = LinearPart(num_numbers, cardinalities, row_optimizer, outputs)
        self.vectors = _Vectors(num_numbers, cardinalities, width, row_optimizer)
        self.pairs = FactorizedPairs() if outputs == 1 else WeightedPairs(width, outputs)
        self.layers = perceptron(self.vectors.count * width, hidden, dropout)
        self.last = nn.Linear(hidden[-1] if hidden else self.vectors.count * width, outputs)

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row, as ``MLP.forward``."""
        numbers = self.numbers(dense)
        vectors = self.vectors(numbers, ids)
        deep = self.last(self.layers(vectors.flatten(1)))
        return self.scores(self.linear(numbers, ids) + self.pairs(vectors) + deep)


class DCNv2(TabularModel):
    """Layers that multiply features with each other, beside a perceptron.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs, width, hidden, dropout, row_optimizer
        As in :class:`DeepFM`; ``hidden=()`` leaves the perceptron out.
    num_crosses : int, default 2
        Cross layers: features meet in products of up to one more than that.
    rank : int, optional
        Rank of the cross layers' matrices. Default: full.

    References
    ----------
    R. Wang et al., "DCN V2", WWW 2021, doi:10.1145/3442381.3450078.
    """

    def __init__(  # noqa: PLR0913 - each is a size of its own
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        num_crosses: int = 2,
        rank: int | None = None,
        hidden: Sequence[int] = (256, 128),
        width: int = 16,
        dropout: float = 0.0,
        task: str = "binary",
        outputs: int = 1,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__(num_numbers, cardinalities, task=task, outputs=outputs)
        self.features = FlatFeatures(num_numbers, cardinalities, width, row_optimizer)
        size = self.features.width
        self.linears = nn.ModuleList(_matrix(size, rank) for _ in range(num_crosses))
        self.cross = Cross()
        self.layers = perceptron(size, hidden, dropout) if hidden else None
        self.last = nn.Linear(size + (hidden[-1] if hidden else 0), outputs)

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row, as ``MLP.forward``."""
        first = self.features(self.numbers(dense), ids)
        x = first
        for linear in self.linears:
            x = self.cross(first, linear(x), x)
        if self.layers is not None:
            x = torch.cat([x, self.layers(first)], 1)
        return self.scores(self.last(x))


def _matrix(size: int, rank: int | None) -> nn.Module:
    if rank is None:
        return nn.Linear(size, size)
    return nn.Sequential(nn.Linear(size, rank, bias=False), nn.Linear(rank, size))


class DLRM(TabularModel):
    """A perceptron over the products of the vectors of all pairs, and over the numbers.

    Parameters
    ----------
    num_numbers, cardinalities, task, outputs, width, dropout, row_optimizer
        As in :class:`DeepFM`.
    bottom : sequence of int, default (128,)
        Layers that make a vector of the numbers, before a last one of ``width``.
    top : sequence of int, default (256, 128)
        Layers over vector and products.

    References
    ----------
    M. Naumov et al., "Deep Learning Recommendation Model", 2019, arXiv:1906.00091.
    """

    def __init__(  # noqa: PLR0913 - each is a size of its own
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        bottom: Sequence[int] = (128,),
        top: Sequence[int] = (256, 128),
        width: int = 16,
        dropout: float = 0.0,
        task: str = "binary",
        outputs: int = 1,
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__(num_numbers, cardinalities, task=task, outputs=outputs)
        count = len(cardinalities) + (1 if num_numbers else 0)
        if count < 2 or not cardinalities:
            raise errors.ParameterError(
                "DLRM needs at least two columns of ids, or one and numbers; got "
                f"{len(cardinalities)} and {num_numbers} numbers. Take MLP.",
                expected="two columns of ids, or one and numbers",
                got=f"{len(cardinalities)} columns of ids and {num_numbers} numbers",
            )
        self.embeddings = IdEmbeddings(cardinalities, width, row_optimizer=row_optimizer)
        self.bottom = perceptron(num_numbers, (*bottom, width), 0.0) if num_numbers else None
        self.dots = DotPairs()
        made = count * (count - 1) // 2 + (width if num_numbers else 0)
        self.top = perceptron(made, top, dropout)
        self.last = nn.Linear(top[-1] if top else made, outputs)

    def forward(self, dense: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of each row, as ``MLP.forward``."""
        vectors = self.embeddings(ids)
        if self.bottom is None:
            return self.scores(self.last(self.top(self.dots(vectors))))
        of_numbers = self.bottom(self.numbers(dense))
        vectors = torch.cat([of_numbers.unsqueeze(1), vectors], 1)
        return self.scores(self.last(self.top(torch.cat([of_numbers, self.dots(vectors)], 1))))
