"""The target of a fit, from a column or an array, as float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring import _engine

__all__ = ["array_target", "check_one_target", "column_target", "target_values"]


def target_values(
    table: _engine.Table, y: Any, target: str | None
) -> npt.NDArray[np.float64] | None:
    """Return one number for each row, NaN where there is none, or None where no target is given.

    Raises
    ------
    ParameterError
        When both are given, or ``target`` is not a name.
    DataError
        When ``y`` holds other things than numbers or bools.
    SchemaError
        When the column is missing or not of numbers.
    """
    check_one_target(y, target)
    if target is not None:
        return column_target(table, target)
    return None if y is None else array_target(y)


def check_one_target(y: Any, target: str | None) -> None:
    """Check that the target is given in one way, and by a name if it is a column."""
    if y is not None and target is not None:
        raise errors.ParameterError(
            f"Both y and target={target!r} are given, expected one of them. Leave one out.",
            hint="leave one out",
        )
    if target is not None and not isinstance(target, str):
        raise errors.ParameterError(
            f"target must be the name of a column, got {type(target).__name__}. Pass values as y.",
            expected="the name of a column",
            got=type(target).__name__,
        )


def column_target(table: _engine.Table, name: str) -> npt.NDArray[np.float64]:
    """Return the numbers of a column."""
    values = np.empty(table.num_rows)
    table.numbers(name, values)
    return values


def array_target(y: Any) -> npt.NDArray[np.float64]:
    """Return the numbers of an array or list."""
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise errors.ParameterError(
            f"y has {array.ndim} dimensions, expected one value for each row.",
            expected="one dimension",
            got=f"{array.ndim} dimensions",
        )
    if array.dtype == object:
        for row, value in enumerate(array):
            if value is not None and not isinstance(value, (bool, int, float, np.number)):
                _fail(f"{value!r} at row {row}", row)
        array = np.array([np.nan if value is None else value for value in array], dtype=float)
    if array.dtype.kind not in "biuf":
        _fail(f"type {array.dtype}", None)
    return np.ascontiguousarray(array, dtype=np.float64)


def _fail(got: str, row: int | None) -> None:
    raise errors.DataError(
        f"The target holds {got}, expected numbers or bools. Encode the classes as numbers.",
        row=row,
        expected="numbers or bools",
        got=got,
    )
