"""The target of a fit, from a column or an array, as float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors

if TYPE_CHECKING:
    import numpy.typing as npt

    from mainspring import _engine

__all__ = ["target_values"]


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
    if y is not None and target is not None:
        raise errors.ParameterError(
            f"Both y and target={target!r} are given, expected one of them. Leave one out.",
            hint="leave one out",
        )
    if target is not None:
        if not isinstance(target, str):
            raise errors.ParameterError(
                f"target must be the name of a column, got {type(target).__name__}. "
                "Pass values as y.",
                expected="the name of a column",
                got=type(target).__name__,
            )
        values = np.empty(table.num_rows)
        table.numbers(target, values)
        return values
    return None if y is None else _from_array(y)


def _from_array(y: Any) -> npt.NDArray[np.float64]:
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
