"""Tensors: features as training takes them: numbers, ids, and ids of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring._arrays import checked_array, new_array

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring import _engine

__all__ = ["Jagged", "Tensors", "jagged_of", "tensor_buffers"]


class Jagged:
    """The ids of a column of lists: all in one array, and where each row's begin.

    Row ``r`` has the ids ``values[offsets[r]:offsets[r + 1]]``. Both arrays are NumPy's, in memory
    that the engine wrote, and of one type of integers, so that ``torch.nn.EmbeddingBag`` with
    ``include_last_offset=True`` takes them where they lie.

    Parameters
    ----------
    values : numpy.ndarray of int32, shape (num_ids,)
        In the order of the rows, and of the elements in each: repeated ones too, 0 for those that
        are missing. int64 where the offsets are.
    offsets : numpy.ndarray of int32 or int64, shape (num_rows + 1,)
        int32 while there are less than 2**31 ids. A missing list has no ids, as an empty one.
    cardinality : int
        The ids lie in [0, cardinality).
    """

    __slots__ = ("cardinality", "offsets", "values")

    values: npt.NDArray[Any]
    offsets: npt.NDArray[Any]

    def __init__(self, values: Any, offsets: Any, cardinality: int) -> None:
        self.offsets = np.asarray(offsets)
        self.values = np.asarray(values).astype(self.offsets.dtype, copy=False)
        self.cardinality = cardinality

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __repr__(self) -> str:
        return f"Jagged({len(self):,} rows, {len(self.values):,} ids of {self.cardinality:,})"


class Tensors:
    """Numbers and ids of rows, each in one array, and the ids of lists.

    What ``transform(..., output="tensors")`` returns. All arrays are NumPy's and C-contiguous, and
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
    lists : dict of str to Jagged, optional
        The ids of columns of lists, of ``ordinal`` and ``hash`` without ``list_pad``, by name.

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

    __slots__ = ("cardinalities", "dense", "dense_names", "id_names", "ids", "lists")

    def __init__(
        self,
        dense: npt.NDArray[np.float32],
        ids: npt.NDArray[np.int32],
        dense_names: list[str],
        id_names: list[str],
        cardinalities: list[int],
        lists: dict[str, Jagged] | None = None,
    ) -> None:
        self.dense = dense
        self.ids = ids
        self.dense_names = dense_names
        self.id_names = id_names
        self.cardinalities = cardinalities
        self.lists = {} if lists is None else lists

    def __repr__(self) -> str:
        lists = f", lists={list(self.lists)}" if self.lists else ""
        return f"Tensors(dense={self.dense.shape}, ids={self.ids.shape}{lists})"


def jagged_of(bundle: _engine.Bundle, arrays: list[tuple[Any, Any]]) -> dict[str, Jagged]:
    """Return the lists of a plan by name, of the arrays that the engine wrote."""
    return {
        name: Jagged(ids, offsets, cardinality)
        for (name, cardinality), (offsets, ids) in zip(bundle.lists, arrays, strict=True)
    }


def tensor_buffers(bundle: _engine.Bundle, num_rows: int, out: Any) -> Tensors:
    """Return the caller's tensors, checked, or new ones."""
    if bundle.num_features:
        bundle.check_dense(num_rows)
    names, kinds = bundle.feature_names, bundle.feature_kinds
    dense_names = [name for name, kind in zip(names, kinds, strict=True) if kind == "number"]
    id_names = [name for name, kind in zip(names, kinds, strict=True) if kind == "id"]
    dense_shape, id_shape = (num_rows, len(dense_names)), (num_rows, len(id_names))
    if out is None:
        dense, ids = new_array(dense_shape, np.float32), new_array(id_shape, np.int32)
    elif not isinstance(out, Tensors):
        expected, got = "Tensors with output='tensors'", type(out).__name__
        raise errors.ParameterError(
            f"out must be {expected}, got {got}.", expected=expected, got=got
        )
    else:
        dense = checked_array(out.dense, dense_shape, np.float32, "out.dense")
        ids = checked_array(out.ids, id_shape, np.int32, "out.ids")
    return Tensors(dense, ids, dense_names, id_names, bundle.cardinalities)
