"""Windows of current data on a GPU: rows are put in order there, each window counted or sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import _engine
from mainspring.drift.device_sides import (
    compared_reference,
    device_names,
    expect_device,
    found_columns,
    taken_columns,
)
from mainspring.drift.sides import Sides, as_profile
from mainspring.drift.windows import (
    Cut,
    expect_column,
    expect_times,
    label,
    month_starts,
    period_origin,
    too_many_windows,
)
from mainspring.errors import DataError
from mainspring.gpu.arrow_types import arrow_type
from mainspring.gpu.columns import is_device_data
from mainspring.gpu.groups import BY_MONTHS, BY_PERIOD, BY_VALUE, RowChoice, group_rows
from mainspring.gpu.library import Grouping

if TYPE_CHECKING:
    from mainspring.gpu.columns import DeviceColumns
    from mainspring.gpu.groups import RowGroups

__all__ = ["device_windows"]

_SEEDS = 8  # as many times as rows are put in order anew where two values share bits of their hash


def device_windows(
    reference: Any, current: Any, only: list[str] | None, cut: Cut
) -> tuple[Sides, dict[str, Any]]:
    """Read both sides, and each window of the current one, which lies on a GPU.

    Parameters
    ----------
    reference, current, only, cut
        As :func:`mainspring.drift.sides.windowed_sides` takes them.

    Returns
    -------
    tuple of Sides and dict
        Counts of the engine by the names of their windows, in order.

    Raises
    ------
    ParameterError
        When the reference lies on a GPU and the current data does not.
    SchemaError, DataError
        As of windows of the host.
    DeviceError
        As of a transform on a GPU.
    """
    expect_device(current)
    present = device_names(current)
    if is_device_data(reference):
        names, _, before = compared_reference(reference, only)
    else:
        profile = as_profile(reference, only, "reference")
        names, before = profile.columns, profile._native
    wanted = _engine.compared_columns(before, only)
    there = [name for name in wanted if name in present]
    if cut.column is not None:
        expect_column(cut, present)
    needed = there if cut.column is None else [*there, cut.column]
    found = found_columns(current, needed)
    parts = {
        name: taken_columns(found, there, None, chosen)
        for name, chosen in _windows(found, len(there), cut).items()
    }
    whole = taken_columns(found, there, None)
    return Sides(before, whole, names, present, wanted), parts


def _windows(found: DeviceColumns, number: int, cut: Cut) -> dict[str, RowChoice]:
    """Return the rows of each window; `number` is that of the column that says them."""
    if cut.rows is not None:
        starts = range(0, found.num_rows, cut.rows)
        if len(starts) > cut.max_windows:
            raise too_many_windows(cut)
        return {
            label(i, cut): RowChoice(start, min(cut.rows, found.num_rows - start))
            for i, start in enumerate(starts)
        }
    keys, choices = _keys(found, number, cut)
    order = sorted(range(len(keys)), key=lambda i: (keys[i] is None, keys[i]))
    return {label(keys[i], cut): choices[i] for i in order}


def _keys(found: DeviceColumns, number: int, cut: Cut) -> tuple[list[Any], list[RowChoice]]:
    """Return what the rows of each window have in common, None of missing, and the rows."""
    asked = Grouping(by=BY_VALUE, at_most=2 * cut.max_windows)
    if cut.seconds is not None:
        asked.by, asked.length, asked.origin = BY_PERIOD, cut.seconds, period_origin(cut.seconds)
    elif cut.months is not None:
        asked.by, asked.length = BY_MONTHS, cut.months
    kind = arrow_type(found.formats[number])
    if asked.by != BY_VALUE:
        expect_times(cut, kind)
    for seed in range(_SEEDS):
        asked.seed = seed
        groups = group_rows(found, number, cut.column or "", asked)
        if groups.num_groups > asked.at_most:
            raise too_many_windows(cut)
        keys = _names_of(groups, kind, cut)
        if len(set(keys)) == len(keys):
            if len(keys) > cut.max_windows:
                raise too_many_windows(cut)
            return keys, groups.choices()
    raise DataError(
        f"Values of column '{cut.column}' share the bits of their hashes, so that a GPU cannot put "
        "their rows in order. Number them, and cut by the numbers.",
        column=cut.column,
    )


def _names_of(groups: RowGroups, kind: Any, cut: Cut) -> list[Any]:
    import pyarrow as pa

    values: Any = groups.values
    if cut.months is not None:
        values = month_starts(values)
    if cut.seconds is not None or cut.months is not None:
        return [int(v) if p else None for v, p in zip(values, groups.present, strict=True)]
    if groups.texts is not None:
        offsets, texts = groups.texts[0], groups.texts[1].tobytes()
        return [
            texts[begin:end].decode() if is_there else None
            for begin, end, is_there in zip(offsets, offsets[1:], groups.present, strict=False)
        ]
    column = pa.array(_typed(values, kind), mask=~groups.present)
    return [
        None if each is None else str(each) for each in column.cast(kind).cast("string").to_pylist()
    ]


def _typed(bits: Any, kind: Any) -> Any:
    """Return values of a type, or the integers that it is made of, whose bits these are."""
    import pyarrow as pa

    if pa.types.is_floating(kind):
        narrow = bits.astype(np.uint32 if kind.bit_width == 32 else np.uint64)
        return narrow.view(np.float32 if kind.bit_width == 32 else np.float64)
    if pa.types.is_boolean(kind):
        return bits != 0
    if kind == pa.uint64():
        return bits.view(np.uint64)
    if pa.types.is_date32(kind):
        return bits.astype(np.int32)
    return bits
