"""Columns on a device, of whatever kind: a dict of device arrays, or an Arrow C Device array."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.gpu.arrow_device import arrow_columns, is_arrow_device
from mainspring.gpu.device_view import (
    DEFAULT_STREAM,
    DeviceView,
    current_stream,
    device_number,
    is_device_array,
    view_of,
)
from mainspring.gpu.library import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DeviceColumns", "columns_of", "device_of", "is_device_data", "stream_of"]

# Types of values as ms_gpu_column names them; booleans of arrays are bytes, 0 or 1.
_TYPES = {
    "|b1": 6, "|i1": 2, "<i2": 3, "<i4": 4, "<i8": 5, "|u1": 6, "<u2": 7, "<u4": 8, "<u8": 9,
    "<f4": 10, "<f8": 11,
}  # fmt: skip


# The same as Arrow's formats.
_FORMATS = {
    "|b1": "b", "|i1": "c", "<i2": "s", "<i4": "i", "<i8": "l", "|u1": "C", "<u2": "S", "<u4": "I",
    "<u8": "L", "<f4": "f", "<f8": "g",
}  # fmt: skip


@dataclass(frozen=True)
class DeviceColumns:
    """One column for each name, and what a call must know of all of them."""

    columns: list[Column]
    formats: list[str]  # Arrow's, of values; "b" of booleans that are bytes, too
    num_rows: int
    device: int
    stream: int  # that the caller works on
    like: object  # of whose library a result should be
    owners: object  # keeps the memory


def is_device_data(data: object) -> bool:
    """Whether the data, or one of its columns, lies on a GPU."""
    if isinstance(data, Mapping):
        return any(is_device_array(value) for value in data.values())
    return is_arrow_device(data) or is_device_array(data)


def columns_of(
    data: Any, names: Sequence[str], device: str | None, stream: int | None
) -> DeviceColumns:
    """Return the columns of these names, where they lie.

    Raises
    ------
    SchemaError
        When a column is missing, or has a type or a shape that cannot be taken.
    ParameterError
        When one lies on the host or is not contiguous, or all lie on another device than asked.
    """
    if isinstance(data, Mapping):
        return _of_arrays(data, names, device, stream)
    found = arrow_columns(data, names)
    _check_device(found.device, device)
    chosen = stream or DEFAULT_STREAM
    found.wait(chosen)
    return DeviceColumns(
        found.columns, found.formats, found.num_rows, found.device, chosen, data, found
    )


def _of_arrays(
    data: Mapping[str, object], names: Sequence[str], device: str | None, stream: int | None
) -> DeviceColumns:
    missing = next((name for name in names if name not in data), None)
    if missing is not None:
        raise errors.SchemaError(f"Column {missing!r} is missing.", column=missing)
    views = [view_of(data[name], f"Column {name!r}") for name in names]
    columns = [_column(view, name) for view, name in zip(views, names, strict=True)]
    for name, view in zip(names, views, strict=True):
        if view.shape != views[0].shape:
            raise errors.SchemaError(
                f"Column {name!r} has {view.shape[0]} rows, and {names[0]!r} {views[0].shape[0]}.",
                column=name,
                expected=f"{views[0].shape[0]} rows",
                got=f"{view.shape[0]} rows",
            )
    first = data[names[0]]
    number = device_of(first, device)
    chosen = stream_of(first, views[0], number, stream)
    formats = [_FORMATS[view.typestr] for view in views]
    return DeviceColumns(columns, formats, views[0].shape[0], number, chosen, first, views)


def stream_of(value: object, view: DeviceView, device: int, stream: int | None) -> int:
    """Return the stream to work on: as asked, else that of the array's library, else its own."""
    return stream or current_stream(value, device) or view.stream or DEFAULT_STREAM


def device_of(value: object, device: str | None) -> int:
    """Return the device that an array says it lies on; of one that does not say, the one asked."""
    place = getattr(value, "__dlpack_device__", None)
    if not callable(place):
        return device_number(device or "cuda")
    found = int(place()[1])
    _check_device(found, device)
    return found


def _check_device(found: int, device: str | None) -> None:
    if device is not None and device_number(device) != found and device != "cuda":
        raise errors.ParameterError(
            f"The data lies on 'cuda:{found}', and device is {device!r}. Copy it there first: "
            "nothing is copied unasked.",
            expected=repr(device),
            got=f"'cuda:{found}'",
        )


def _column(view: DeviceView, name: str) -> Column:
    if view.typestr not in _TYPES:
        raise errors.SchemaError(
            f"Column {name!r} has values of type {view.typestr!r}, which a GPU does not read; "
            "expected integers of 8 to 64 bits, float32 or float64. Cast it.",
            column=name,
            got=view.typestr,
        )
    if len(view.shape) != 1:
        raise errors.SchemaError(
            f"Column {name!r} has shape {view.shape}, expected one dimension.",
            column=name,
            expected="one dimension",
            got=str(view.shape),
        )
    if not view.is_contiguous:
        raise errors.ParameterError(
            f"Column {name!r} is not contiguous: its values are {(view.strides or (0,))[0]} bytes "
            f"apart, expected {view.itemsize}. Make it contiguous first (cupy.ascontiguousarray, "
            "Tensor.contiguous).",
            column=name,
        )
    return Column(type=_TYPES[view.typestr], num_rows=view.shape[0], values=view.address)
