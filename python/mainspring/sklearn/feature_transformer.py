"""FeatureTransformer: a Preprocessor that keeps every rule of scikit-learn's estimators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from mainspring import errors
from mainspring.sklearn.default_steps import default_steps
from mainspring.sklearn.input_table import column_names, input_table
from mainspring.transforms import Expression, Preprocessor

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

__all__ = ["FeatureTransformer"]


class FeatureTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped bases
    """Turns the columns of a table into features, as a step of a scikit-learn pipeline.

    What :class:`mainspring.Preprocessor` learns and computes, under scikit-learn's rules for
    estimators: parameters that can be read, set and cloned, checks of feature names and numbers,
    ``set_output``, and matrices without column names.

    Parameters
    ----------
    steps : list of Expression or str, optional
        What :func:`mainspring.col` made; a name alone is a column as it is. The columns of a matrix
        are ``"x0"``, ``"x1"``, ... By default, and again in each ``fit``: every column of numbers
        or bools goes through ``impute("median").standardize()``, every column of strings through
        ``ordinal()``.

    Attributes
    ----------
    preprocessor_ : Preprocessor
        What was learnt; ``mainspring.Predictor`` takes it.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : numpy.ndarray of shape (num_columns,)
        Names of the columns seen in ``fit``; only where all of them are strings.

    Notes
    -----
    Null and NaN are both missing; infinity is refused in a matrix. In a matrix of objects a column
    of strings is one of strings and any other is one of numbers. A pickle holds the bytes of the
    compiled plan and what it takes to show and clone the estimator.

    Examples
    --------
    >>> import numpy as np
    >>> from mainspring import col
    >>> from mainspring.sklearn import FeatureTransformer
    >>> FeatureTransformer().fit_transform(np.array([[1.0, 5.0], [np.nan, 7.0], [3.0, 9.0]]))[:, 0]
    array([-1.2247449,  0.       ,  1.2247449], dtype=float32)
    >>> features = FeatureTransformer([col("x1").clip(6, 8), col("x0").impute("mean")])
    >>> features.fit_transform(np.array([[1.0, 5.0], [np.nan, 7.0], [3.0, 9.0]])).tolist()
    [[6.0, 1.0], [7.0, 2.0], [8.0, 3.0]]
    >>> features.get_feature_names_out().tolist()
    ['x1', 'x0']
    """

    def __init__(self, steps: Sequence[Expression | str] | None = None) -> None:
        self.steps = steps

    def fit(self, X: Any, y: Any = None) -> FeatureTransformer:
        """Learn from a table, and forget what was learnt before.

        Parameters
        ----------
        X : array_like or DataFrame of shape (num_rows, num_columns)
            A matrix, or a pandas, polars or pyarrow table. Not sparse.
        y : array_like of shape (num_rows,), optional
            The target, numbers or bools. Only operators that learn from it look at it.

        Returns
        -------
        FeatureTransformer
            Itself.

        Raises
        ------
        SchemaError
            When a column is missing or its type does not fit its operator.
        DataError
            When the target is missing somewhere, or a column has nothing to learn from.
        ParameterError
            When ``steps`` cannot be, or a target is needed and there is none.
        TypeError, ValueError
            When scikit-learn's own checks refuse ``X``.
        """
        table = input_table(self, X, reset=True)
        preprocessor = self._new_preprocessor(table)
        preprocessor.fit(table, y if preprocessor.uses_target else None)
        self.preprocessor_ = preprocessor
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        """Learn from a table and return its features for training.

        Differs from ``fit(X, y).transform(X)`` where a step learns from the target: each
        row is encoded by others than itself, so that it does not see its own target.

        Parameters
        ----------
        X, y
            As in :meth:`fit`.

        Returns
        -------
        numpy.ndarray or DataFrame
            As in :meth:`transform`.

        Raises
        ------
        SchemaError, DataError, ParameterError, TypeError, ValueError
            As in :meth:`fit`.
        """
        table = input_table(self, X, reset=True)
        preprocessor = self._new_preprocessor(table)
        matrix = preprocessor.fit_transform(table, y if preprocessor.uses_target else None)
        self.preprocessor_ = preprocessor
        return matrix

    def transform(self, X: Any) -> Any:
        """Compute the features of a table.

        Parameters
        ----------
        X : array_like or DataFrame of shape (num_rows, n_features_in_)
            As in :meth:`fit`, with the same columns.

        Returns
        -------
        numpy.ndarray or DataFrame
            float32 of shape (num_rows, num_features), NaN where missing; what ``set_output`` says.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before :meth:`fit`.
        SchemaError
            When a column has a type that does not fit what was learnt.
        TypeError, ValueError
            When scikit-learn's own checks refuse ``X``.
        """
        check_is_fitted(self, "preprocessor_")
        return self.preprocessor_.transform(input_table(self, X, reset=False))

    def get_feature_names_out(
        self, input_features: Sequence[str] | None = None
    ) -> npt.NDArray[np.object_]:
        """Return the names of the features.

        Parameters
        ----------
        input_features : sequence of str, optional
            The columns' names: those seen in ``fit``, or names for the columns of a matrix, which
            the features then take where each is called as its column, as by default.

        Returns
        -------
        numpy.ndarray
            Strings, shape (num_features,).

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before :meth:`fit`.
        ValueError
            When ``input_features`` are others, or more or fewer.
        """
        check_is_fitted(self, "preprocessor_")
        names = _check_feature_names_in(self, input_features)
        features = self.preprocessor_.get_feature_names_out()
        one_to_one = features.tolist() == column_names(self)  # `steps` may be another by now
        return np.asarray(names, dtype=object) if one_to_one else features

    def _new_preprocessor(self, table: Any) -> Preprocessor:
        if self.steps is None:
            return Preprocessor(*default_steps(table.schema))
        if not isinstance(self.steps, list | tuple) or not self.steps:
            got = "an empty one" if isinstance(self.steps, list | tuple) else repr(self.steps)
            raise errors.ParameterError(
                f"steps must be a list of expressions or None, got {got}. "
                "Write [col('name').ordinal()].",
                expected="a list of expressions or None",
                got=got,
                hint="[col('name').ordinal()]",
            )
        return Preprocessor(*self.steps)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        # As scikit-learn's own encoders: the tag `string` would promise to take any object.
        tags.input_tags.categorical = True
        tags.transformer_tags.preserves_dtype = []  # features are float32 whatever comes
        return tags
