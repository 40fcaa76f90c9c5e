"""What scikit-learn hands to an estimator, checked by its rules and named, as an Arrow table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import validate_data

from mainspring import errors

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

__all__ = ["column_names", "input_table"]


def input_table(estimator: Any, X: Any, *, reset: bool) -> pa.Table:
    """Check X against its estimator and name its columns.

    Parameters
    ----------
    estimator : BaseEstimator
        Gets ``n_features_in_`` and ``feature_names_in_``, or is compared with them.
    X : array_like or DataFrame of shape (num_rows, num_columns)
        A matrix, or a pandas, polars or pyarrow table.
    reset : bool
        True in ``fit``: set the attributes; False: compare.

    Returns
    -------
    pyarrow.Table
        Its columns have the names seen in ``fit``; without such they are ``x0``, ``x1``, ...

    Raises
    ------
    TypeError, ValueError
        As scikit-learn words it: sparse, complex, empty, not of two dimensions, with infinity, or
        with other columns than in ``fit``.
    DataError
        When a frame has no rows in ``fit``, or a column of it mixes types.
    """
    import pyarrow as pa

    if not (hasattr(X, "__arrow_c_stream__") and hasattr(X, "columns")):
        matrix = validate_data(estimator, X, reset=reset, dtype=None, ensure_all_finite="allow-nan")
        names = column_names(estimator)
        columns = [_column(matrix[:, place]) for place in range(matrix.shape[1])]
        return pa.table([pa.array(column, from_pandas=True) for column in columns], names=names)
    table = _arrow_table(X)
    # pandas keeps names that are no strings; of all else every release of scikit-learn reads the
    # names of an Arrow table: of batches none does, and 1.7 does not of a polars 2 frame.
    named = X if hasattr(X, "iloc") else table
    validate_data(estimator, named, reset=reset, skip_check_array=True)
    return table.rename_columns(column_names(estimator))


def column_names(estimator: Any) -> list[str]:
    """Return the names that steps call the columns by.

    Parameters
    ----------
    estimator : BaseEstimator
        Has seen its columns.

    Returns
    -------
    list of str
        Those seen in ``fit``; without such ``x0``, ``x1``, ...
    """
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return [f"x{place}" for place in range(estimator.n_features_in_)]
    return [str(name) for name in names]


def _arrow_table(frame: Any) -> pa.Table:
    import pyarrow as pa

    try:
        if hasattr(frame, "iloc"):  # pandas, whose index is no column
            return pa.Table.from_pandas(frame, preserve_index=False)
        return pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = "; ".join(str(part) for part in error.args)
        hint = "Give each column one type."
        raise errors.DataError(f"X cannot be read as Arrow: {reason}. {hint}", hint=hint) from error


def _column(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if values.dtype.kind in "biufU":
        return values
    known = [value for value in values if value is not None and value == value]
    if known and all(isinstance(value, str) for value in known):
        return values
    return values.astype(np.float64)
