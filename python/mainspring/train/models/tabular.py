"""The base of all models: features of a preprocessor in, logits or numbers of each row out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn

from mainspring import errors
from mainspring.train.labels import checked_number
from mainspring.train.models.layers import IdEmbeddings
from mainspring.train.ops.row_optimizer import RowOptimizer

if TYPE_CHECKING:
    from mainspring.transforms import Preprocessor

__all__ = ["LinearPart", "TabularModel"]

Self = TypeVar("Self", bound="TabularModel")

_LINKS = {"binary": "sigmoid", "multiclass": "softmax", "regression": "identity"}
_MOST_OUTPUTS = 1 << 24  # classes that labels of float32 tell apart


class TabularModel(nn.Module):
    """A module that is called with numbers and ids of rows, and gives scores for each row.

    ``model(batch.dense, batch.ids)`` has shape (num_rows,), or (num_rows, outputs) of several
    outputs: logits where the task is ``"binary"`` (each output a label of its own) or
    ``"multiclass"`` (one for each class), the numbers themselves where it is ``"regression"``.
    :meth:`from_features` builds a model for a preprocessor, and
    ``ms.Predictor(model, preprocessor)`` exports it: ``predict`` gives probabilities or numbers.

    Parameters
    ----------
    num_numbers : int
        Columns of ``dense``.
    cardinalities : sequence of int
        Of each column of ``ids`` the number of ids.
    task : {"binary", "multiclass", "regression"}, default "binary"
        What scores are.
    outputs : int, default 1
        Scores of a row: of "multiclass" the number of classes, which are 0, 1, 2, ... and at least
        two; else the number of targets.

    Raises
    ------
    ParameterError
        When there are no features, the task is another, or it cannot have so many outputs.
    """

    def __init__(
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        *,
        task: str = "binary",
        outputs: int = 1,
    ) -> None:
        super().__init__()
        if task not in _LINKS:
            known = "'binary', 'multiclass' or 'regression'"
            raise errors.ParameterError(
                f"task must be {known}, got {task!r}.", expected=known, got=repr(task)
            )
        checked_number("outputs", outputs, 1, _MOST_OUTPUTS, whole=True)
        if task == "multiclass" and outputs < 2:
            raise errors.ParameterError(
                f"outputs is {outputs}, expected the number of classes for the task 'multiclass', "
                "at least 2.",
                expected="at least 2",
                got=str(outputs),
            )
        if num_numbers + len(cardinalities) == 0:
            raise errors.ParameterError("A model needs at least one feature, got none.")
        self.num_numbers, self.num_ids = int(num_numbers), len(cardinalities)
        self.task, self.outputs = task, int(outputs)
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
        return _LINKS[self.task]

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """Return the last layer's numbers as the model gives them.

        Parameters
        ----------
        x : tensor of shape (num_rows, outputs)
            The numbers.

        Returns
        -------
        tensor
            Of shape (num_rows,) where there is one output.
        """
        return x.squeeze(1) if self.outputs == 1 else x

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
    outputs : int, default 1
        Scores of a row.
    """

    def __init__(
        self,
        num_numbers: int,
        cardinalities: Sequence[int],
        row_optimizer: RowOptimizer | None = None,
        outputs: int = 1,
    ) -> None:
        super().__init__()
        self.of_ids = (
            IdEmbeddings(cardinalities, outputs, 0.0, row_optimizer) if cardinalities else None
        )
        self.of_numbers = nn.Linear(num_numbers, outputs, bias=False) if num_numbers else None
        if self.of_numbers is not None:
            nn.init.zeros_(self.of_numbers.weight)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, numbers: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return scores of shape (num_rows, outputs)."""
        parts = []
        if self.of_ids is not None:
            parts.append(self.of_ids(ids).sum(1))
        if self.of_numbers is not None:
            parts.append(self.of_numbers(numbers))
        return (parts[0] if len(parts) == 1 else parts[0] + parts[1]) + self.bias
