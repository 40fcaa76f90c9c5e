"""Sides of a drift report that lie on a GPU: counted or sorted there, compared here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainspring import _engine
from mainspring._arrow import as_table
from mainspring.drift.sides import Sides, as_profile
from mainspring.errors import ParameterError, UnsupportedError
from mainspring.gpu.arrow_device import arrow_names
from mainspring.gpu.columns import columns_of, is_device_data
from mainspring.gpu.device_view import view_of
from mainspring.gpu.numbers import count_column, gather_column, sort_column

__all__ = ["device_sides"]


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
    UnsupportedError
        When a compared column of the current data holds no numbers.
    SchemaError, DeviceError
        As of a transform on a GPU.
    """
    if not is_device_data(current):
        raise ParameterError(
            "reference lies on a GPU and current does not. Copy one of them: nothing is copied "
            "unasked.",
            expected="current on a GPU too",
            got=type(current).__name__,
        )
    present = _names_of(current)
    if is_device_data(reference):
        names = _names_of(reference)
        asked = names if only is None else [name for name in names if name in only]
        there = [name for name in asked if name in present]
        before = _taken(reference, asked, None)
        wanted = _engine.compared_columns(before, only)
        return Sides(before, _taken(current, there, None), names, present, wanted)
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
    counted = _taken(current, there, None if profiled else profile._native)
    return Sides(profile._native, counted, profile.columns, present, wanted)


def _names_of(data: Any) -> list[str]:
    return [str(name) for name in data] if isinstance(data, Mapping) else arrow_names(data)


def _taken(data: Any, names: list[str], reference: Any) -> Any:
    """Count the columns on the edges that the reference gives, and sort the others."""
    if not names:  # how many rows there are, a column says
        raise ParameterError(
            "No column of the data on the GPU is compared. Name columns that both sides have."
        )
    found = columns_of(data, names, None, None)
    _refuse_booleans(data, names)
    rows = _engine.sampled_rows(found.num_rows)
    sample = {name: gather_column(found, i, name, rows) for i, name in enumerate(names)}
    counts = _engine.TableCounts.elsewhere(
        reference, names, as_table(_arrow_of(sample)), found.num_rows
    )
    for i, name in enumerate(names):
        if not count_column(found, i, name, counts):
            sort_column(found, i, name, counts)
    return counts


def _refuse_booleans(data: Any, names: list[str]) -> None:
    if not isinstance(data, Mapping):
        return  # Arrow has a type of its own for them
    for name in names:
        if view_of(data[name], f"Column {name!r}").typestr == "|b1":
            raise UnsupportedError(
                f"Column {name!r} has booleans, and a GPU counts numbers only. Cast it, or leave "
                "it out."
            )


def _arrow_of(sample: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    return {name: np.frombuffer(values, np.float64) for name, values in sample.items()}
