"""A hashed model while it learns: transforms, steps, and what the estimator takes over of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from mainspring import _engine, errors
from mainspring.train.id_features import (
    Chunk,
    Features,
    chunks_of,
    default_preprocessor,
    features_of,
    features_of_matrix,
    fitted_preprocessor,
)
from mainspring.train.id_network import Inputs, id_network, inputs_of_matrix, inputs_of_plan
from mainspring.train.sparse_features import SparseRows, is_sparse

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from mainspring._engine import ModelImage
    from mainspring.train.labels import Labels
    from mainspring.transforms import Preprocessor

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

    preprocessor: Preprocessor | None
    inputs: Inputs
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
        if self.learner is not None and self.preprocessor is not None:
            columns = [*self.preprocessor.bundle.input_names, *labels.columns]
        end = 0
        pending = self._chunks(data, epochs, columns)
        following = next(pending, None)
        is_first = True
        while following is not None:
            chunk, following = following, next(pending, None)
            if is_first and following is not None and self.learner is not None:
                self._own()
            is_first = False
            if self.learner is None:
                self._begin_with(chunk, labels)
            self._step(chunk, labels)
            end = max(end, chunk.first_row + chunk.table.num_rows)
        labels.check_length(end)
        if self.learner is None:
            raise errors.DataError("The data has no rows, expected at least one.")

    def _chunks(self, data: Any, epochs: int, columns: list[str] | None = None) -> Iterator[Chunk]:
        if self.learner is None or self.preprocessor is None:
            known = None if self.learner is None else self.num_columns
            return chunks_of(data, epochs, columns, known)
        if is_sparse(data):
            raise errors.SchemaError(
                "The data is a sparse matrix, but the model has learnt from columns by name. Pass "
                "a table with these columns.",
                expected="a table",
                got="a sparse matrix",
                hint="Pass a table with these columns.",
            )
        return chunks_of(data, epochs, columns)

    def _begin_with(self, chunk: Chunk, labels: Labels) -> None:
        if isinstance(chunk.table, SparseRows):
            self.take_matrix(chunk.table.num_columns)
        else:
            fitted = default_preprocessor(chunk.table, self.model.buckets, labels.target)
            self.take_preprocessor(fitted, len(fitted.bundle.input_names))
        self.begin()

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
        features = self._features(chunk)
        values, weights = labels.of(chunk, self.classes)
        found = self.learner.learn(
            self.weights, self.factors, features.ids, features.numbers, values, weights
        )
        if len(found) == 3:
            raise self._bad_value(found, chunk.first_row)
        self.loss_sum += found[0]
        self.weight_sum += found[1]
        self.num_rows += chunk.table.num_rows

    def _features(self, chunk: Chunk) -> Features:
        if isinstance(chunk.table, SparseRows):
            return features_of_matrix(chunk.table)
        assert self.preprocessor is not None
        return features_of(self.preprocessor, chunk.table)

    def scores(self, data: Any, probability: bool) -> Iterator[npt.NDArray[np.float64]]:
        """Give raw scores, or probabilities, of the rows, chunk by chunk."""
        assert self.learner is not None
        for chunk in self._chunks(data, 1):
            features = self._features(chunk)
            scores = np.empty(chunk.table.num_rows)
            bad = self.learner.predict(
                self.weights, self.factors, features.ids, features.numbers, scores, probability
            )
            if bad is not None:
                raise self._bad_value(bad, chunk.first_row)
            yield scores

    def take_preprocessor(self, fitted: Preprocessor, num_columns: int) -> None:
        """Take the features of a fitted preprocessor that reads so many columns."""
        self.preprocessor, self.num_columns = fitted, num_columns
        self._take(inputs_of_plan(fitted.bundle))

    def take_matrix(self, num_columns: int) -> None:
        """Take the columns of a matrix, without a preprocessor."""
        self.preprocessor, self.num_columns = None, num_columns
        self._take(inputs_of_matrix(num_columns))

    def _take(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.starts = np.concatenate([[0], np.cumsum(inputs.sizes, dtype=np.int64)])
        self.learner = _engine.IdLearner(
            self.model.optimizer,
            self.starts.tolist(),
            inputs.num_numbers,
            self.model.num_factors_used(),
            self.model.rates(),
        )

    def begin(self) -> None:
        """Begin with weights of 0, and vectors as they are drawn."""
        assert self.learner is not None
        num_vectors = int(self.starts[-1]) + self.inputs.num_numbers
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
        return id_network(self.inputs, self.effective(), factors, name, self.classes)

    def _bad_value(self, found: tuple[Any, ...], first_row: int) -> errors.DataError:
        what, row, column = found
        row += first_row
        if what != "number":
            return errors.DataError(
                f"The weight at row {row} is negative, missing or infinite, expected 0 or more.",
                row=row,
                expected="a weight of 0 or more",
            )
        name = self.inputs.number_name(column)
        fix = "Add impute and clip, or bucketize, to its expression."
        if self.preprocessor is None:
            fix = "Replace it in the matrix."
        return errors.DataError(
            f"Feature '{name}' is missing or infinite at row {row}, expected a finite number. "
            f"{fix}",
            column=name,
            row=row,
            expected="a finite number",
            hint=fix,
        )
