"""Tensors: features as training takes them, numbers and ids apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.transforms._arrays import checked_array
from mainspring.transforms._buffers import new_array

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring import _engine
    from mainspring.transforms._buffers import BufferPool

__all__ = ["Tensors", "tensor_buffers"]


class Tensors:
    """Numbers and ids of rows, each in one array.

    What ``transform(..., output="tensors")`` returns. Both arrays are NumPy's and C-contiguous, and
    have ``__dlpack__``: NumPy, torch and JAX take them where they lie, CuPy onto its device. It is
    the layout in which embedding tables are looked up: column ``j`` of ``ids`` indexes table ``j``,
    which has ``cardinalities[j]`` rows.

    Parameters
    ----------
    dense : numpy.ndarray of float32, shape (num_rows, num_numbers)
        The features that are numbers, NaN where missing.
    ids : numpy.ndarray of int32, shape (num_rows, num_ids)
        The features that are ids: of ``ordinal``, ``hash``, ``cross``, ``bucketize`` and the like.
        Never missing.
    dense_names, id_names : list of str
        Names of the columns of the two.
    cardinalities : list of int
        The ids of each column lie in [0, cardinality).

    Examples
    --------
    >>> import pyarrow as pa
    >>> from mainspring import Preprocessor, col
    >>> table = pa.table({"city": ["Rome", "Oslo", "Rome"], "x": [0.0, 2.5, None]})
    >>> tensors = Preprocessor("x", col("city").ordinal()).fit_transform(table, output="tensors")
    >>> tensors.dense.tolist(), tensors.ids.tolist()
    ([[0.0], [2.5], [nan]], [[2], [3], [2]])
    >>> tensors.id_names, tensors.cardinalities
    (['city'], [4])
    """

    __slots__ = ("cardinalities", "dense", "dense_names", "id_names", "ids")

    def __init__(
        self,
        dense: npt.NDArray[np.float32],
        ids: npt.NDArray[np.int32],
        dense_names: list[str],
        id_names: list[str],
        cardinalities: list[int],
    ) -> None:
        self.dense = dense
        self.ids = ids
        self.dense_names = dense_names
        self.id_names = id_names
        self.cardinalities = cardinalities

    def __repr__(self) -> str:
        return f"Tensors(dense={self.dense.shape}, ids={self.ids.shape})"


def tensor_buffers(
    bundle: _engine.Bundle, num_rows: int, out: Any, pool: BufferPool | None = None
) -> Tensors:
    """Return the caller's tensors, checked, or new ones."""
    bundle.check_dense(num_rows)
    names, kinds = bundle.feature_names, bundle.feature_kinds
    dense_names = [name for name, kind in zip(names, kinds, strict=True) if kind == "number"]
    id_names = [name for name, kind in zip(names, kinds, strict=True) if kind == "id"]
    dense_shape, id_shape = (num_rows, len(dense_names)), (num_rows, len(id_names))
    if out is None:
        dense, ids = new_array(dense_shape, np.float32, pool), new_array(id_shape, np.int32, pool)
    elif not isinstance(out, Tensors):
        expected, got = "Tensors with output='tensors'", type(out).__name__
        raise errors.ParameterError(
            f"out must be {expected}, got {got}.", expected=expected, got=got
        )
    else:
        dense = checked_array(out.dense, dense_shape, np.float32, "out.dense")
        ids = checked_array(out.ids, id_shape, np.int32, "out.ids")
    return Tensors(dense, ids, dense_names, id_names, bundle.cardinalities)
