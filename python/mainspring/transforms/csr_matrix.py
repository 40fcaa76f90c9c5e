"""CsrMatrix: features without their zeros, for whatever library takes compressed sparse rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["CsrMatrix"]


class CsrMatrix:
    """Compressed sparse rows: the features of each row that are not 0, in the order of features.

    What ``transform(..., output="csr")`` returns. What is not there is 0: a feature that is missing
    is an entry whose value is NaN. Row ``r`` has the entries ``indptr[r]`` to ``indptr[r + 1]``.
    The three arrays are NumPy's, over memory that the engine wrote, so every library that takes
    arrays, buffers or DLPack shares them.

    Parameters
    ----------
    indptr : numpy.ndarray of int32 or int64, shape (num_rows + 1,)
        Where each row's entries start. int32 while there are less than 2**31 entries, so that SciPy
        and torch, which want one type for both arrays of integers, take them as they are.
    indices : numpy.ndarray of int32, shape (num_entries,)
        The feature of each entry, ascending in a row, no two the same.
    data : numpy.ndarray of float32, shape (num_entries,)
        Its value, never 0.
    shape : tuple of int
        Rows and features.

    Notes
    -----
    LightGBM, scikit-learn and XGBoost take :meth:`to_scipy`. To LightGBM and scikit-learn what is
    not there is 0, as in the dense matrix; to XGBoost it is missing, in training as in prediction.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from mainspring import Preprocessor, col
    >>> table = pa.table({"city": ["Rome", "Oslo", "Rome"], "x": [0.0, 2.5, None]})
    >>> features = Preprocessor(col("city").one_hot(), "x").fit_transform(table, output="csr")
    >>> features
    CsrMatrix(3 rows, 3 features, 5 entries)
    >>> features.indptr.tolist(), features.indices.tolist(), features.data.tolist()
    ([0, 1, 3, 5], [0, 1, 2, 0, 2], [1.0, 1.0, 2.5, 1.0, nan])
    >>> features.to_scipy().sum(axis=0).tolist()
    [[2.0, 1.0, nan]]
    """

    __slots__ = ("data", "indices", "indptr", "shape")

    indptr: npt.NDArray[Any]
    indices: npt.NDArray[np.int32]
    data: npt.NDArray[np.float32]
    shape: tuple[int, int]

    def __init__(self, indptr: Any, indices: Any, data: Any, shape: tuple[int, int]) -> None:
        self.indptr = np.asarray(indptr)
        self.indices = np.asarray(indices)
        self.data = np.asarray(data)
        self.shape = shape

    @property
    def num_entries(self) -> int:
        """How many features of all rows are not 0."""
        return len(self.data)

    @property
    def nbytes(self) -> int:
        """Bytes of the three arrays."""
        return self.indptr.nbytes + self.indices.nbytes + self.data.nbytes

    def to_scipy(self) -> Any:
        """Return a matrix of SciPy that shares the memory.

        Returns
        -------
        scipy.sparse.csr_matrix
            Of float32. From 2**31 entries on, SciPy wants int64 for both arrays of integers, and
            copies ``indices``.

        Raises
        ------
        MissingExtraError
            When SciPy is not installed.
        """
        try:
            import scipy.sparse  # type: ignore[import-untyped]
        except ImportError as error:
            raise errors.MissingExtraError(
                "to_scipy needs scipy, which is not installed. Run: pip install scipy",
                hint="pip install scipy",
            ) from error
        matrix = scipy.sparse.csr_matrix(
            (self.data, self.indices, self.indptr), shape=self.shape, copy=False
        )
        matrix.has_canonical_format = True  # known without another look at every entry
        return matrix

    def to_torch(self) -> Any:
        """Return a tensor of torch that shares the memory.

        Returns
        -------
        torch.Tensor
            In the layout ``torch.sparse_csr``, float32. From 2**31 entries on, torch wants int64
            for both arrays of integers, and ``indices`` are copied.

        Raises
        ------
        MissingExtraError
            When torch is not installed.
        """
        try:
            import torch
        except ImportError as error:
            raise errors.MissingExtraError(
                "to_torch needs torch, which is not installed. "
                "Run: pip install 'mainspring[torch]'",
                hint="pip install 'mainspring[torch]'",
            ) from error
        indices = self.indices.astype(self.indptr.dtype, copy=False)
        return torch.sparse_csr_tensor(
            torch.from_numpy(self.indptr),
            torch.from_numpy(indices),
            torch.from_numpy(self.data),
            self.shape,
            check_invariants=False,
        )

    def to_dense(self) -> npt.NDArray[np.float32]:
        """Return the matrix with its zeros.

        Returns
        -------
        numpy.ndarray
            float32 of :attr:`shape`, what ``output="numpy"`` gives; but -0 has become 0.
        """
        dense = np.zeros(self.shape, np.float32)
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        dense[rows, self.indices] = self.data
        return dense

    def __repr__(self) -> str:
        rows, features = self.shape
        return f"CsrMatrix({rows:,} rows, {features:,} features, {self.num_entries:,} entries)"
