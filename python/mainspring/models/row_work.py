"""Rows in any form that ``predict`` takes, through work of the engine that has one form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mainspring import _arrow
from mainspring.models.feature_names import refuse_unnamed_model
from mainspring.models.matrix import as_matrix, has_columns

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from mainspring._engine import RowWork, Table

    Floats = npt.NDArray[np.float64]

__all__ = ["as_named_table", "work_on"]


def work_on(
    work: RowWork,
    data: object,
    features: list[str],
    room: Callable[[int], Floats],
    check_columns: Callable[[], None],
) -> Floats:
    """Do the work for all rows.

    Parameters
    ----------
    work : RowWork
        What to do.
    data : object
        As ``predict`` takes it.
    features : list of str
        Names of the features where columns are features; empty where the bundle has transforms.
    room : callable
        Returns the array to fill for so many rows.
    check_columns : callable
        Raises where the model takes no columns by name.

    Returns
    -------
    ndarray of float64
        What ``room`` gave.
    """
    if features and not has_columns(data):
        matrix = as_matrix(data, len(features))
        values = room(len(matrix))
        work.of_matrix(matrix, values)
        return values
    check_columns()
    if isinstance(data, list):
        values = room(len(data))
        work.of_rows(data, values)
        return values
    table = as_named_table(data, features)
    values = room(table.num_rows)
    work.of_table(table, values)
    return values


def as_named_table(data: Any, features: list[str]) -> Table:
    """Return Arrow data as the engine's table; with ``features``, one that may have these names."""
    table = _arrow.as_table(data)
    if features:
        refuse_unnamed_model(features, table.column_names)
    return table
