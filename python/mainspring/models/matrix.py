"""NumPy arrays at the edge of the engine: feature matrices in, results out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mainspring import _engine, errors
from mainspring._arrays import checked_array, new_array

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from mainspring._engine import Bundle

    Floats = npt.NDArray[np.float64]

__all__ = [
    "as_csr",
    "as_matrix",
    "has_columns",
    "is_sparse",
    "label_array",
    "matrix_scorers",
    "result_array",
    "scored_directly",
]

Method = TypeVar("Method", bound="Callable[..., Any]")

_NATIVE = frozenset((np.dtype(np.float32), np.dtype(np.float64)))


def as_matrix(data: object, num_features: int) -> npt.NDArray[Any]:
    """Return data as a float32 or float64 matrix: a view where it is one, else a float64 copy.

    Parameters
    ----------
    data : array_like of numbers
        Shape (num_rows, num_features), any strides.
    num_features : int
        Columns that the model expects.

    Returns
    -------
    ndarray of float32 or float64, shape (num_rows, num_features)
        Never written to.

    Raises
    ------
    SchemaError
        When the shape or the element type is another.
    UnsupportedError
        When the matrix is sparse.
    """
    if isinstance(data, np.ndarray) and _is_ready(data, num_features):
        return data
    if is_sparse(data):
        raise errors.UnsupportedError(
            f"A sparse matrix ({type(data).__name__}) is for linear models and networks; expected "
            "a dense one: to some libraries' trees what is not there is 0, to others it is "
            "missing. Pass data.toarray().",
            expected="a dense matrix",
            got=type(data).__name__,
            hint="data.toarray()",
        )
    try:
        matrix = np.asarray(data)
    except ValueError as error:
        raise errors.SchemaError(
            f"The data is not a matrix ({error}); expected rows of {num_features} numbers each.",
            expected="a matrix",
        ) from error
    if matrix.ndim != 2 or matrix.shape[1] != num_features:
        hint = "Use data.reshape(1, -1) for one row." if matrix.ndim == 1 else ""
        raise errors.SchemaError(
            f"The data has shape {matrix.shape}, expected (num_rows, {num_features}): the "
            f"features of the model in order. {hint}".rstrip(),
            expected=f"(num_rows, {num_features})",
            got=str(matrix.shape),
            hint=hint or None,
        )
    if matrix.dtype.kind not in "fiub":
        raise errors.SchemaError(
            f"The matrix has dtype {matrix.dtype}, expected numbers. Cast it to float64.",
            expected="numbers",
            got=str(matrix.dtype),
            hint="data.astype(float)",
        )
    return matrix if _is_ready(matrix, num_features) else matrix.astype(np.float64)


def is_sparse(data: object) -> bool:
    """Say whether data is a sparse matrix, of SciPy or of ours.

    Parameters
    ----------
    data : object
        Anything that ``predict`` may be given.

    Returns
    -------
    bool
        True for every format of SciPy, matrix or array, and for a ``CsrMatrix``.
    """
    return hasattr(data, "tocsr") or hasattr(data, "to_scipy")


def as_csr(
    data: Any, num_features: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[Any]]:
    """Return the arrays of compressed sparse rows, as the engine reads them.

    Parameters
    ----------
    data : sparse matrix
        Of numbers, any format of SciPy or a ``CsrMatrix``; entries of one place are added.
    num_features : int
        Columns that the model expects.

    Returns
    -------
    tuple of ndarray
        Where rows start (int64), features (int32) and values (float32 or float64): views where
        they are of these types already.

    Raises
    ------
    SchemaError
        When the shape or the element type is another.
    """
    shape = tuple(data.shape)
    if len(shape) != 2 or shape[1] != num_features:
        raise errors.SchemaError(
            f"The sparse matrix has shape {shape}, expected (num_rows, {num_features}): the "
            "features of the model in order.",
            expected=f"(num_rows, {num_features})",
            got=str(shape),
        )
    if hasattr(data, "tocsr"):
        data = _canonical(data)
    values = np.asarray(data.data)
    if values.dtype.kind not in "fiub":
        raise errors.SchemaError(
            f"The sparse matrix has dtype {values.dtype}, expected numbers. Cast it to float64.",
            expected="numbers",
            got=str(values.dtype),
            hint="data.astype(float)",
        )
    if values.dtype not in _NATIVE:
        values = values.astype(np.float64)
    starts = np.ascontiguousarray(data.indptr, np.int64)
    # What lies behind the last row of a matrix that was cut is not its own.
    count = int(starts[-1])
    features = np.ascontiguousarray(data.indices[:count], np.int32)
    return starts, features, np.ascontiguousarray(values[:count])


def _canonical(data: Any) -> Any:
    """Return compressed rows whose features ascend, without touching the caller's."""
    rows = data.tocsr()
    if rows.has_canonical_format:
        return rows
    rows = rows.copy() if rows is data else rows
    rows.sum_duplicates()
    return rows


def _is_ready(matrix: npt.NDArray[Any], num_features: int) -> bool:
    """Say whether the engine reads this array where it lies."""
    return matrix.ndim == 2 and matrix.shape[1] == num_features and matrix.dtype in _NATIVE


def result_array(out: Floats | None, shape: tuple[int, ...]) -> Floats:
    """Return where results go: the caller's array, checked, or a new one.

    Parameters
    ----------
    out : ndarray of float64, optional
        The caller's array.
    shape : tuple of int
        The result's shape.

    Returns
    -------
    ndarray of float64, C-contiguous
        ``out`` itself when given.

    Raises
    ------
    ParameterError
        When ``out`` does not fit.
    """
    if out is None:
        made: Floats = new_array(shape, np.float64)
        return made
    lent: Floats = checked_array(out, shape, np.float64)
    return lent


def matrix_scorers(
    bundle: Bundle, widths: dict[str, int]
) -> dict[str, Callable[[object], Floats | None]]:
    """Make the shortest ways for matrices, which cost next to nothing beside a small model.

    Parameters
    ----------
    bundle : Bundle
        With a model and without transforms.
    widths : dict of str to int
        Values of a row by kind of output; 0: the model has no such output.

    Returns
    -------
    dict of str to callable
        By kind of output: takes what ``predict`` may be given, returns a new array, or None where
        that is no aligned matrix of float32 or float64 of the model's features.
    """
    examples = np.zeros((2, 3), np.float32), np.zeros((2, 3))
    return {
        kind: _engine.make_matrix_scorer(bundle, kind, *examples)
        for kind, width in widths.items()
        if width
    }


def scored_directly(attribute: str) -> Callable[[Method], Method]:
    """Make a decorator for methods that are short for most calls: no frame of Python is entered.

    Parameters
    ----------
    attribute : str
        Where an object has what :func:`matrix_scorers` makes, or None. ``object.method(data)`` asks
        it first; the method answers where it returns None, and every other call.

    Returns
    -------
    callable
        Takes and returns a method, which stays the function that it is for whoever looks at it.
    """

    def decorate(method: Method) -> Method:
        direct: Method = _engine.direct_method(method, attribute)
        return direct

    return decorate


def label_array(
    labels: npt.NDArray[Any], numbers: Floats, out: npt.NDArray[Any] | None
) -> npt.NDArray[Any]:
    """Return the labels of numbers of classes.

    Parameters
    ----------
    labels : ndarray
        One for each class.
    numbers : ndarray of float64
        Numbers of classes.
    out : ndarray, optional
        The caller's array, of the labels' type.

    Returns
    -------
    ndarray of the labels' type
        ``out`` itself when given.

    Raises
    ------
    ParameterError
        When ``out`` does not fit.
    """
    if out is not None:
        checked_array(out, numbers.shape, labels.dtype)
    result: npt.NDArray[Any] = labels.take(numbers.astype(np.intp), out=out, mode="clip")
    return result


def has_columns(data: object) -> bool:
    """Say whether data has columns with names.

    Parameters
    ----------
    data : object
        Anything that ``predict`` may be given.

    Returns
    -------
    bool
        True for Arrow data, tables, a pair (matrix, names) and a list of dicts.
    """
    if isinstance(data, np.ndarray):
        return False
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return True
    if isinstance(data, _engine.Table | tuple):
        return True
    return isinstance(data, list) and (not data or isinstance(data[0], Mapping))
