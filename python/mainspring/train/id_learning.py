"""A hashed model while it learns: transforms, steps, and what the estimator takes over of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mainspring import _engine, errors
from mainspring.train.id_features import (
    Chunk,
    chunks_of,
    default_preprocessor,
    fitted_preprocessor,
    tensors_of,
)
from mainspring.train.id_network import id_network

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring._engine import ModelImage
    from mainspring.train.labels import Labels
    from mainspring.transforms import Preprocessor
    from mainspring.transforms.tensors import Tensors

__all__ = ["Learning", "Steps"]


class Steps(Protocol):
    """What a model says about how it learns."""

    preprocessor: Preprocessor | None
    buckets: int
    optimizer: str

    def rates(self) -> list[float]:
        """Return what the engine is told about steps."""

    def num_factors_used(self) -> int:
        """Return the numbers of a vector; 0: there are none."""

    def drawn(self) -> tuple[int, float]:
        """Return seed and size of the first vectors."""


class Learning:
    """A model while it learns: the estimator takes it over when all rows went well."""

    preprocessor: Preprocessor
    weights: npt.NDArray[np.float32]
    factors: npt.NDArray[np.float32] | None

    def __init__(self, model: Steps, classes: npt.NDArray[Any]) -> None:
        self.model, self.classes = model, classes
        self.num_rows, self.loss_sum, self.weight_sum = 0, 0.0, 0.0
        self.num_columns = 0
        self.learner: _engine.IdLearner | None = None

    def learn(self, data: Any, labels: Labels, epochs: int) -> None:
        """Take steps for all rows, so many times.

        Parameters
        ----------
        data : object
            As ``fit`` takes it.
        labels : Labels
            Of its rows.
        epochs : int
            How often.
        """
        given = self.model.preprocessor
        if self.learner is None and given is not None:
            fitted = fitted_preprocessor(given, data)
            self.take_preprocessor(fitted, len(fitted.bundle.input_names))
            self.begin()
        columns = None
        if self.learner is not None:
            columns = [*self.preprocessor.bundle.input_names, *labels.columns]
        end = 0
        pending = chunks_of(data, epochs, columns)
        following = next(pending, None)
        is_first = True
        while following is not None:
            chunk, following = following, next(pending, None)
            if is_first and following is not None and self.learner is not None:
                self._own()
            is_first = False
            if self.learner is None:
                fitted = default_preprocessor(chunk.table, self.model.buckets, labels.target)
                self.take_preprocessor(fitted, len(fitted.bundle.input_names))
                self.begin()
            self._step(chunk, labels)
            end = max(end, chunk.first_row + chunk.table.num_rows)
        labels.check_length(end)
        if self.learner is None:
            raise errors.DataError("The data has no rows, expected at least one.")

    def _own(self) -> None:
        """Leave the estimator's arrays as they are: of several chunks a later one may be bad.

        One chunk alone is looked at before anything is written, so that steps with few rows cost
        no copy of all weights.
        """
        self.weights = self.weights.copy()
        if self.factors is not None:
            self.factors = self.factors.copy()

    def _step(self, chunk: Chunk, labels: Labels) -> None:
        assert self.learner is not None
        tensors = tensors_of(self.preprocessor, chunk.table)
        values, weights = labels.of(chunk, self.classes)
        found = self.learner.learn(
            self.weights, self.factors, tensors.ids, tensors.dense, values, weights
        )
        if len(found) == 3:
            raise _bad_value(found, chunk.first_row, tensors)
        self.loss_sum += found[0]
        self.weight_sum += found[1]
        self.num_rows += chunk.table.num_rows

    def scores(self, chunk: Chunk, probability: bool) -> npt.NDArray[np.float64]:
        """Return raw scores, or probabilities, of the rows of a chunk."""
        assert self.learner is not None
        tensors = tensors_of(self.preprocessor, chunk.table)
        scores = np.empty(chunk.table.num_rows)
        bad = self.learner.predict(
            self.weights, self.factors, tensors.ids, tensors.dense, scores, probability
        )
        if bad is not None:
            raise _bad_value(bad, chunk.first_row, tensors)
        return scores

    def take_preprocessor(self, fitted: Preprocessor, num_columns: int) -> None:
        """Take the features of a fitted preprocessor that reads so many columns."""
        self.preprocessor, self.num_columns = fitted, num_columns
        bundle = fitted.bundle
        self.starts = np.concatenate([[0], np.cumsum(bundle.cardinalities, dtype=np.int64)])
        self.num_numbers = bundle.num_features - len(bundle.cardinalities)
        self.learner = _engine.IdLearner(
            self.model.optimizer,
            self.starts.tolist(),
            self.num_numbers,
            self.model.num_factors_used(),
            self.model.rates(),
        )

    def begin(self) -> None:
        """Begin with weights of 0, and vectors as they are drawn."""
        assert self.learner is not None
        num_vectors = int(self.starts[-1]) + self.num_numbers
        width = self.model.num_factors_used()
        self.weights = np.zeros((num_vectors + 1, 2), np.float32)
        self.factors = None
        if width:
            self.factors = np.empty((num_vectors, 2, width), np.float32)
            self.learner.draw(self.factors, *self.model.drawn())

    def effective(self) -> npt.NDArray[np.float32]:
        """Return the weights themselves, the bias last."""
        assert self.learner is not None
        weights = np.empty(len(self.weights), np.float32)
        self.learner.effective(self.weights, weights)
        return weights

    def image(self, name: str) -> ModelImage:
        """Return the model as the layers of a network."""
        factors = None if self.factors is None else self.factors[:, 0]
        return id_network(self.preprocessor.bundle, self.effective(), factors, name, self.classes)


def _bad_value(found: tuple[Any, ...], first_row: int, tensors: Tensors) -> errors.DataError:
    what, row, column = found
    row += first_row
    if what == "number":
        name = tensors.dense_names[column]
        return errors.DataError(
            f"Feature '{name}' is missing or infinite at row {row}, expected a finite number. Add "
            "impute and clip, or bucketize, to its expression.",
            column=name,
            row=row,
            expected="a finite number",
        )
    return errors.DataError(
        f"The weight at row {row} is negative, missing or infinite, expected 0 or more.",
        row=row,
        expected="a weight of 0 or more",
    )
