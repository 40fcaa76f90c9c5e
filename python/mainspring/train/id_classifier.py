"""What hashed models are as estimators: fit, go on, predict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mainspring import errors
from mainspring._sources import is_source
from mainspring.train.estimator import Estimator
from mainspring.train.id_learning import Learning
from mainspring.train.labels import Labels, checked_number, column_values

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring._engine import ModelImage
    from mainspring.transforms import Preprocessor

__all__ = ["IdClassifier"]

Self = TypeVar("Self", bound="IdClassifier")


class IdClassifier(Estimator):
    """Two classes over ids, learnt row by row: what both models do.

    :class:`HashedLogisticRegression` and :class:`HashedFactorizationMachine` differ in their
    parameters.
    """

    preprocessor: Preprocessor | None
    buckets: int
    optimizer: str
    rate: float
    smoothing: float
    l1: float
    l2: float
    epochs: int

    classes_: npt.NDArray[Any]
    preprocessor_: Preprocessor | None
    n_features_in_: int
    num_rows_: int
    loss_: float

    def fit(
        self: Self,
        X: Any,
        y: Any = None,
        *,
        target: str | None = None,
        sample_weight: Any = None,
    ) -> Self:
        """Learn from the rows in their order, ``epochs`` times, and forget what was learnt before.

        Parameters
        ----------
        X : object
            A pyarrow, pandas, polars or DuckDB table, a dict of columns, a list of dicts or a
            matrix, also a sparse one (of SciPy in any format, or a ``CsrMatrix``), whose columns
            are features as they are; ``preprocessor`` is None then. Read part by part, so that it
            does not have to fit in memory: the path of a Parquet, Arrow or CSV file or of a folder
            of them, a list of paths, a ``pyarrow.dataset.Dataset``, a reader or an iterator of
            tables; then the label is a column of 0 and 1.
        y : array_like of shape (num_rows,), optional
            The label, of two classes: numbers, bools or strings.
        target : str, optional
            The label's column in ``X``, instead of ``y``.
        sample_weight : array_like of shape (num_rows,), optional
            Factors of the rows' steps, 0 or more. Default: 1.

        Returns
        -------
        estimator
            Itself.

        Raises
        ------
        ParameterError
            When a parameter is out of range, or there is not exactly one label.
        DataError
            When a label is missing, there are not two classes, a number is missing or infinite, or
            a weight is not; then nothing was learnt.
        SchemaError
            When a column is missing or its type cannot be used.
        """
        self._check()
        labels = Labels(y, target, sample_weight, streamed=is_source(X))
        started = Learning(self, labels.find_classes(X))
        started.learn(X, labels, self.epochs)
        self._take(started)
        return self

    def partial_fit(
        self: Self,
        X: Any,
        y: Any = None,
        classes: Any = None,
        *,
        target: str | None = None,
        sample_weight: Any = None,
    ) -> Self:
        """Learn from further rows, once: the same as if ``fit`` had gone on with them.

        Parameters
        ----------
        X, y, target, sample_weight
            As in :meth:`fit`.
        classes : array_like, optional
            Both classes, where the first rows may not have both. Default: those of the first rows.

        Returns
        -------
        estimator
            Itself. Where an error is raised, it has learnt from none of these rows.

        Raises
        ------
        ParameterError, DataError, SchemaError
            As :meth:`fit`; also when a label is none of the classes.
        """
        self._check()
        labels = Labels(y, target, sample_weight, streamed=is_source(X))
        if hasattr(self, "classes_"):
            labels.read(X)
            labels.check_classes(self.classes_, classes)
            started = self._going_on()
        else:
            started = Learning(self, labels.find_classes(X, classes))
        started.learn(X, labels, 1)
        self._take(started)
        return self

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        """Return raw scores, the logarithms of the odds of the second class.

        Parameters
        ----------
        X : object
            A table as in :meth:`fit`, in memory; a matrix where one was learnt from.

        Returns
        -------
        numpy.ndarray
            float64, shape (num_rows,): the bits of ``ms.Predictor(model).predict_raw(X)``.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        DataError
            When a number is missing or infinite.
        """
        return self._scored(X, probability=False)

    def _scored(self, X: Any, *, probability: bool) -> npt.NDArray[np.float64]:
        found = list(self._going_on().scores(X, probability))
        return np.concatenate(found) if found else np.empty(0)

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Return the probabilities of both classes.

        Parameters
        ----------
        X : object
            As in :meth:`decision_function`.

        Returns
        -------
        numpy.ndarray
            float64, shape (num_rows, 2), in the order of ``classes_``: the bits of
            ``ms.Predictor(model).predict_proba(X)``.

        Raises
        ------
        NotFittedError, DataError
            As :meth:`decision_function`.
        """
        second = self._scored(X, probability=True)
        return np.column_stack([1 - second, second])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the more likely class of each row.

        Parameters
        ----------
        X : object
            As in :meth:`decision_function`.

        Returns
        -------
        numpy.ndarray
            Of the type of ``classes_``, shape (num_rows,).

        Raises
        ------
        NotFittedError, DataError
            As :meth:`decision_function`.
        """
        second = self._scored(X, probability=True) > 0.5
        found: npt.NDArray[Any] = self.classes_[second.astype(np.intp)]
        return found

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows whose class is predicted.

        Parameters
        ----------
        X, y, sample_weight
            As in :meth:`fit`.

        Returns
        -------
        float
            Accuracy, 0 to 1.

        Raises
        ------
        NotFittedError, DataError
            As :meth:`decision_function`.
        """
        right = self.predict(X) == column_values(y)
        return float(np.average(right, weights=sample_weight))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "classes_")

    def __mainspring_model__(self) -> ModelImage:
        return self._going_on().image(type(self).__name__)

    @property
    def __mainspring_preprocessor__(self) -> Preprocessor | None:
        return self.preprocessor_

    @property
    def coef_(self) -> npt.NDArray[np.float32]:
        """Weights of all buckets, one column of ids behind the other, then those of the numbers.

        float32 of shape (1, num_weights), as scikit-learn has it.
        """
        return self._going_on().effective()[None, :-1]

    @property
    def intercept_(self) -> npt.NDArray[np.float32]:
        """The bias: float32 of shape (1,)."""
        return self._going_on().effective()[-1:]

    def rates(self) -> list[float]:
        """Return what the engine is told about steps."""
        return [self.rate, self.smoothing, self.l1, self.l2, 0.0, 0.0]

    def num_factors_used(self) -> int:
        """Return the numbers of a vector; 0: there are none."""
        return 0

    def drawn(self) -> tuple[int, float]:
        """Return seed and size of the first vectors."""
        return 0, 0.0

    def _check(self) -> None:
        if self.optimizer not in ("ftrl", "adagrad"):
            raise errors.ParameterError(
                f"optimizer must be 'ftrl' or 'adagrad', got {self.optimizer!r}.",
                expected="'ftrl' or 'adagrad'",
                got=repr(self.optimizer),
            )
        checked_number("buckets", self.buckets, 2, 1 << 24, whole=True)
        checked_number("epochs", self.epochs, 1, 1 << 20, whole=True)
        checked_number("rate", self.rate, 1e-12, 1e6)
        checked_number("smoothing", self.smoothing, 1e-12, 1e12)
        checked_number("l1", self.l1, 0, 1e12)
        checked_number("l2", self.l2, 0, 1e12)
        if self.l1 and self.optimizer == "adagrad":
            raise errors.ParameterError(
                f"l1 is {self.l1!r}, but Adagrad has no such penalty. Set l1=0, or optimizer="
                "'ftrl'.",
                expected="l1=0 with optimizer='adagrad'",
                got=repr(self.l1),
            )

    def _take(self, learning: Learning) -> None:
        self.classes_ = learning.classes
        self.preprocessor_ = learning.preprocessor
        self.n_features_in_ = learning.num_columns
        self._weights, self._factors = learning.weights, learning.factors
        self.num_rows_, self._loss_sum = learning.num_rows, learning.loss_sum
        self._weight_sum = learning.weight_sum
        self.loss_ = learning.loss_sum / learning.weight_sum if learning.weight_sum else np.nan

    def _going_on(self) -> Learning:
        if not hasattr(self, "classes_"):
            name = type(self).__name__
            raise errors.NotFittedError(
                f"This {name} has not learnt anything. Call fit first.", hint="Call fit first."
            )
        learning = Learning(self, self.classes_)
        if self.preprocessor_ is None:
            learning.take_matrix(self.n_features_in_)
        else:
            learning.take_preprocessor(self.preprocessor_, self.n_features_in_)
        learning.num_rows, learning.loss_sum = self.num_rows_, self._loss_sum
        learning.weight_sum = self._weight_sum
        learning.weights, learning.factors = self._weights, self._factors
        return learning
