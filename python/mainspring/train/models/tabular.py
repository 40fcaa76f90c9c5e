"""The base of all models: features of a preprocessor in, one logit or number a row out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn

from mainspring import errors
from mainspring.train.models.layers import IdEmbeddings
from mainspring.train.ops.row_optimizer import RowOptimizer

if TYPE_CHECKING:
    from mainspring.transforms import Preprocessor

__all__ = ["LinearPart", "TabularModel"]

Self = TypeVar("Self", bound="TabularModel")


class TabularModel(nn.Module):
    """A module that is called with numbers and ids of rows, and gives one score for each row.

    ``model(batch.dense, batch.ids)`` is a logit where the task is ``"binary"``, the number itself
    where it is ``"regression"``. :meth:`from_features` builds a model for a preprocessor, and
    ``ms.Predictor(model, preprocessor)`` exports it: ``predict`` gives probabilities or numbers.

    Parameters
    ----------
    num_numbers : int
        Columns of ``dense``.
    cardinalities : sequence of int
        Of each column of ``ids`` the number of ids.
    task : {"binary", "regression"}, default "binary"
        What scores are.

    Raises
    ------
    ParameterError
        When there are no features, or the task is another.
    """

    def __init__(
        self, num_numbers: int, cardinalities: Sequence[int], *, task: str = "binary"
    ) -> None:
        super().__init__()
        if task not in ("binary", "regression"):
            raise errors.ParameterError(
                f"task must be 'binary' or 'regression', got {task!r}.",
                expected="'binary' or 'regression'",
                got=repr(task),
            )
        if num_numbers + len(cardinalities) == 0:
            raise errors.ParameterError("A model needs at least one feature, got none.")
        self.num_numbers, self.num_ids = int(num_numbers), len(cardinalities)
        self.task = task
        # Where the features stand in a preprocessor's order, and their names: for Predictor.
        self.mainspring_features: tuple[list[str], dict[str, list[int]]] | None = None

    @classmethod
    def from_features(cls: type[Self], preprocessor: Preprocessor, **options: Any) -> Self:
        """Build a model for the features of a fitted preprocessor.

        Parameters
        ----------
        preprocessor : Preprocessor
            Fitted. Ids are looked up in tables of their cardinalities, other features are numbers.
        **options : object
            Other parameters of the model.

        Returns
        -------
        TabularModel
            With random weights: call ``torch.manual_seed`` before.

        Raises
        ------
        NotFittedError
            When the preprocessor has not been fitted.
        ParameterError
            When it gives lists of ids, which these models have no place for.
        """
        bundle = preprocessor.bundle
        if bundle.lists:
            names = ", ".join(name for name, _ in bundle.lists)
            raise errors.ParameterError(
                f"The features {names} are lists of ids, expected numbers and single ids. Add "
                "list_pad(length) to their expressions.",
                expected="numbers and single ids",
                got="lists of ids",
                hint="Add list_pad(length) to their expressions.",
            )
        kinds = list(bundle.feature_kinds)
        places = {
            "dense": [place for place, kind in enumerate(kinds) if kind != "id"],
            "ids": [place for place, kind in enumerate(kinds) if kind == "id"],
        }
        model = cls(len(places["dense"]), list(bundle.cardinalities), **options)
        model.mainspring_features = (list(bundle.feature_names), places)
        return model

    @property
    def mainspring_link(self) -> str:
        """From scores to predictions, in a bundle."""
        return "sigmoid" if self.task == "binary" else "identity"

    def numbers(self, dense: torch.Tensor) -> torch.Tensor:
        """Return the features that are numbers.

        Parameters
        ----------
        dense : tensor of shape (num_rows, num_numbers)
            What the model was called with.

        Returns
        -------
        tensor
            All its columns, by their number: whoever reads the model knows how many there are.
        """
        return dense[:, 0 : self.num_numbers] if self.num_numbers else dense


class LinearPart(nn.Module):
    """Bias, a weight for each id and for each number: what wide and factorized models share.

    Parameters
    ----------
    num_numbers : int
        Columns of numbers.
    cardinalities : sequence of int
        Ids of each column of ids.
    row_optimizer : RowOptimizer, optional
        As in :class:`MLP`.
    """

    def __init__(
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        row_optimizer: RowOptimizer | None = None,
    ) -> None:
        super().__init__()
        self.of_ids = IdEmbeddings(cardinalities, 1, 0.0, row_optimizer) if cardinalities else None
        self.of_numbers = nn.Linear(num_numbers, 1, bias=False) if num_numbers else None
        if self.of_numbers is not None:
            nn.init.zeros_(self.of_numbers.weight)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, numbers: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of shape (num_rows, 1)."""
        parts = []
        if self.of_ids is not None:
            parts.append(self.of_ids(ids).sum(1))
        if self.of_numbers is not None:
            parts.append(self.of_numbers(numbers))
        return (parts[0] if len(parts) == 1 else parts[0] + parts[1]) + self.bias
