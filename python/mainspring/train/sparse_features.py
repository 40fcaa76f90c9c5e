"""Rows without their zeros, for models that learn row by row: of a sparse matrix, or of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.models.matrix import as_csr, is_sparse

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring._engine import Bundle
    from mainspring.transforms import CsrMatrix

__all__ = ["SparseRows", "is_sparse", "sparse_rows", "split_ids"]


@dataclass(frozen=True)
class SparseRows:
    """Some rows of a matrix: of each the numbers that are not 0, and their columns, ascending."""

    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    num_columns: int

    @property
    def num_rows(self) -> int:
        """How many rows."""
        return len(self.starts) - 1

    def slice(self, first: int, count: int) -> SparseRows:
        """Return at most ``count`` rows from one on, over the same memory.

        Parameters
        ----------
        first, count : int
            The first row, and how many.

        Returns
        -------
        SparseRows
            Fewer where the matrix ends.
        """
        starts = self.starts[first : first + count + 1]
        begin, end = int(starts[0]), int(starts[-1])
        return SparseRows(
            starts - begin, self.columns[begin:end], self.values[begin:end], self.num_columns
        )

    def arrays(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Return what the engine reads: starts, columns, values."""
        return self.starts, self.columns, self.values


def sparse_rows(data: Any, num_columns: int | None = None) -> SparseRows:
    """Return the rows of a matrix without their zeros.

    Parameters
    ----------
    data : sparse matrix or array_like
        Of SciPy in any format, a ``CsrMatrix``, or, to a model that has learnt from one of these,
        a dense matrix.
    num_columns : int, optional
        What the model has learnt from. Default: as many as there are.

    Returns
    -------
    SparseRows
        float32; numbers beyond its range are infinite, which the engine refuses.

    Raises
    ------
    SchemaError
        When it is no matrix of numbers, or has another number of columns.
    """
    if not is_sparse(data):
        data = _without_zeros(data)
    shape = tuple(data.shape)
    if num_columns is None:
        num_columns = shape[1] if len(shape) == 2 else 0
    starts, columns, values = as_csr(data, num_columns)
    with np.errstate(over="ignore"):
        return SparseRows(starts, columns, values.astype(np.float32, copy=False), num_columns)


def _without_zeros(data: Any) -> CsrMatrix:
    from mainspring.transforms import CsrMatrix

    matrix = np.asarray(data) if isinstance(data, np.ndarray | list) else None
    if matrix is None or matrix.ndim != 2 or matrix.dtype.kind not in "fiub":
        got = type(data).__name__
        raise errors.SchemaError(
            f"The model has learnt from a sparse matrix, expected another one with as many "
            f"columns; got {got}.",
            expected="a sparse matrix",
            got=got,
        )
    rows, columns = np.nonzero(matrix)
    starts = np.searchsorted(rows, np.arange(len(matrix) + 1))
    return CsrMatrix(starts, columns.astype(np.int32), matrix[rows, columns], matrix.shape)


def split_ids(bundle: Bundle, features: CsrMatrix) -> tuple[npt.NDArray[np.int32], SparseRows]:
    """Return the features of a plan as ids, all of them, and numbers, those that are not 0.

    Parameters
    ----------
    bundle : Bundle
        The plan.
    features : CsrMatrix
        What it made.

    Returns
    -------
    tuple
        int32 of shape (num_rows, num_ids), and the numbers, in the order of features.
    """
    is_id = np.array([kind == "id" for kind in bundle.feature_kinds], bool)
    place = np.where(is_id, np.cumsum(is_id), np.cumsum(~is_id)).astype(np.int32) - 1
    num_rows = features.shape[0]
    starts = features.indptr.astype(np.int64, copy=False)
    columns, values = place[features.indices], features.data
    ids = np.zeros((num_rows, int(is_id.sum())), np.int32)
    if ids.shape[1]:
        taken = is_id[features.indices]
        rows = np.repeat(np.arange(num_rows), np.diff(starts))[taken]
        ids[rows, columns[taken]] = values[taken]  # float32 holds every id of a sparse matrix
        starts = starts - np.concatenate([[0], np.cumsum(taken)])[starts]
        columns, values = columns[~taken], values[~taken]
    numbers = SparseRows(starts, columns, values, len(is_id) - ids.shape[1])
    return ids, numbers
