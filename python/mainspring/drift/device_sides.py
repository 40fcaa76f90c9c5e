"""Sides of a drift report that lie on a GPU: counted or sorted there, compared here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring.drift.sides import Sides, as_profile
from mainspring.errors import ParameterError
from mainspring.gpu.arrow_device import arrow_names
from mainspring.gpu.arrow_types import arrow_type, is_categorical
from mainspring.gpu.columns import columns_of, is_device_data
from mainspring.gpu.groups import count_categories
from mainspring.gpu.numbers import count_column, gather_column, sort_column

if TYPE_CHECKING:
    from mainspring.gpu.columns import DeviceColumns
    from mainspring.gpu.groups import RowChoice

__all__ = [
    "compared_reference",
    "device_names",
    "device_sides",
    "expect_device",
    "found_columns",
    "taken_columns",
]


def device_sides(
    reference: Any, current: Any, only: list[str] | None, *, exact: bool, profiled: bool
) -> Sides:
    """Read both sides, of which the current one lies on a GPU.

    Parameters
    ----------
    reference, current, only, exact, profiled
        As :func:`mainspring.drift.sides.both_sides` takes them.

    Returns
    -------
    Sides

    Raises
    ------
    ParameterError
        When the reference lies on a GPU and the current data does not; or when ``exact`` is asked
        for and the reference does not.
    SchemaError, DeviceError
        As of a transform on a GPU.
    """
    expect_device(current)
    present = device_names(current)
    if is_device_data(reference):
        names, asked, before = compared_reference(reference, only)
        there = [name for name in asked if name in present]
        now = taken_columns(found_columns(current, there), there, None)
        return Sides(before, now, names, present, _engine.compared_columns(before, only))
    if exact:
        raise ParameterError(
            "exact=True needs both samples on the GPU, and reference is not. Copy it there, or "
            "leave exact out.",
            expected="a reference on a GPU",
            got=type(reference).__name__,
        )
    profile = as_profile(reference, only, "reference")
    wanted = _engine.compared_columns(profile._native, only)
    there = [name for name in wanted if name in present]
    edges = None if profiled else profile._native
    counted = taken_columns(found_columns(current, there), there, edges)
    return Sides(profile._native, counted, profile.columns, present, wanted)


def expect_device(current: Any) -> None:
    """Raise ParameterError where the current data is on the host, and so the reference is not."""
    if not is_device_data(current):
        raise ParameterError(
            "reference lies on a GPU and current does not. Copy one of them: nothing is copied "
            "unasked.",
            expected="current on a GPU too",
            got=type(current).__name__,
        )


def device_names(data: Any) -> list[str]:
    """Return the names of the columns of data on a GPU."""
    return [str(name) for name in data] if isinstance(data, Mapping) else arrow_names(data)


def compared_reference(reference: Any, only: list[str] | None) -> tuple[list[str], list[str], Any]:
    """Return all names of a reference on a GPU, those that are asked for, and their counts."""
    names = device_names(reference)
    asked = names if only is None else [name for name in names if name in only]
    return names, asked, taken_columns(found_columns(reference, asked), asked, None)


def found_columns(data: Any, names: list[str]) -> DeviceColumns:
    """Return the columns of that name, or raise ParameterError where there is none."""
    if not names:  # how many rows there are, a column says
        raise ParameterError(
            "No column of the data on the GPU is compared. Name columns that both sides have."
        )
    return columns_of(data, names, None, None)


def taken_columns(
    found: DeviceColumns, names: list[str], reference: Any, chosen: RowChoice | None = None
) -> Any:
    """Count columns on the edges that a reference gives, sort or count by category the others.

    Parameters
    ----------
    found : DeviceColumns
        Where the columns lie; there may be more of them than names.
    names : list of str
        Of the first ones.
    reference : Profile or None
        Of the engine. None: numbers and times are sorted.
    chosen : RowChoice, optional
        Rows to take; all when not given.

    Returns
    -------
    TableCounts
        Of the engine.

    Raises
    ------
    SchemaError, DeviceError
        As of a transform on a GPU.
    """
    import pyarrow as pa

    num_rows = found.num_rows if chosen is None else chosen.num_rows
    rows = [] if reference is None else _engine.sampled_rows(num_rows)
    sample = {name: _sample(found, i, name, rows) for i, name in enumerate(names)}
    counts = _engine.TableCounts.elsewhere(reference, names, as_table(pa.table(sample)), num_rows)
    for i, name in enumerate(names):
        if is_categorical(found.formats[i]):
            count_categories(found, i, name, counts, chosen)
        elif not count_column(found, i, name, counts):
            sort_column(found, i, name, counts, chosen)
    return counts


def _sample(found: DeviceColumns, number: int, name: str, rows: list[int]) -> Any:
    """Return values of some rows, of the column's own type; of categories, the type alone."""
    import pyarrow as pa

    kind = arrow_type(found.formats[number])
    if is_categorical(found.formats[number]):
        return pa.nulls(len(rows), kind)
    values = gather_column(found, number, name, rows).tolist() if rows else []
    if pa.types.is_floating(kind):
        return pa.array([None if value != value else value for value in values], kind)
    limits = np.iinfo("int64" if pa.types.is_temporal(kind) else kind.to_pandas_dtype())
    whole = [
        None if value != value else min(max(int(value), limits.min), limits.max) for value in values
    ]
    return pa.array(whole, pa.timestamp("us") if pa.types.is_temporal(kind) else kind)
