"""Arrow C Device arrays, as cuDF has them.

The structures are those of https://arrow.apache.org/docs/format/CDeviceDataInterface.html.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.gpu.dlpack import CUDA, MANAGED
from mainspring.gpu.library import Column, call

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ArrowArray",
    "ArrowColumns",
    "ArrowDeviceArray",
    "ArrowSchema",
    "arrow_columns",
    "arrow_names",
    "is_arrow_device",
]


class ArrowSchema(ctypes.Structure):
    """``struct ArrowSchema``."""


class ArrowArray(ctypes.Structure):
    """``struct ArrowArray``."""


ArrowSchema._fields_ = (
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)
ArrowArray._fields_ = (
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
)


class ArrowDeviceArray(ctypes.Structure):
    """``struct ArrowDeviceArray``."""

    _fields_ = (
        ("array", ArrowArray),
        ("device_id", ctypes.c_int64),
        ("device_type", ctypes.c_int32),
        ("sync_event", ctypes.c_void_p),
        ("reserved", ctypes.c_int64 * 3),
    )


# Formats to types as ms_gpu_column names them.
_TYPES = {
    "b": 1, "c": 2, "s": 3, "i": 4, "l": 5, "C": 6, "S": 7, "I": 8, "L": 9, "f": 10, "g": 11,
    "u": 12, "U": 13, "tdD": 15, "tdm": 16, "z": 21, "Z": 22,
}  # fmt: skip
_TIMESTAMP = 17
_UNITS = {"tdD": 5, "tdm": 2, "tss": 1, "tsm": 2, "tsu": 3, "tsn": 4}  # of times
_TEXTS = (12, 13, 21, 22)


@dataclass(frozen=True)
class ArrowColumns:
    """Columns of an Arrow C Device array, and the capsules that keep them."""

    columns: list[Column]
    formats: list[str]  # Arrow's, of values
    num_rows: int
    device: int
    event: int  # the address of a cudaEvent_t that the data waits for, or 0
    capsules: object

    def wait(self, stream: int) -> None:
        """Let a stream wait until the data is there."""
        if self.event:
            event = ctypes.c_void_p.from_address(self.event)
            call("ms_gpu_wait_event", self.device, event, stream)


def is_arrow_device(data: object) -> bool:
    """Whether the data offers device memory and its own kind is not of the host.

    Libraries of the host offer the device interface too; cuDF offers that of the host, by a copy.
    """
    kind = type(data)
    if not hasattr(kind, "__arrow_c_device_array__"):
        return False
    if kind.__module__.partition(".")[0] in ("cudf", "pylibcudf"):
        return True
    return not any(hasattr(kind, f"__arrow_c_{name}__") for name in ("array", "stream"))


def _address(capsule: Any, name: bytes) -> int:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype = ctypes.c_void_p
    get.argtypes = (ctypes.py_object, ctypes.c_char_p)
    return int(get(capsule, name))


def arrow_names(data: Any) -> list[str]:
    """Return the names of the columns of an Arrow C Device array."""
    capsules = data.__arrow_c_device_array__()
    schema = ArrowSchema.from_address(_address(capsules[0], b"arrow_schema"))
    return [(schema.children[i].contents.name or b"").decode() for i in range(schema.n_children)]


def arrow_columns(data: Any, names: Sequence[str]) -> ArrowColumns:
    """Return the columns of these names of an Arrow C Device array of structs.

    Raises
    ------
    SchemaError
        When a column is missing or has a type that a GPU does not read.
    ParameterError
        When the memory is not that of a CUDA device, or the data is no table.
    """
    if not hasattr(data, "__arrow_c_device_array__"):
        raise errors.ParameterError(
            f"device asks for data that lies on a GPU, got {type(data).__name__}. Pass a dict of "
            "device arrays or an Arrow C Device array; mainspring.gpu.to_device copies a column "
            "there.",
            expected="data on a GPU",
            got=type(data).__name__,
        )
    capsules = data.__arrow_c_device_array__()
    schema = ArrowSchema.from_address(_address(capsules[0], b"arrow_schema"))
    array = ArrowDeviceArray.from_address(_address(capsules[1], b"arrow_device_array"))
    if array.device_type not in (CUDA, MANAGED):
        raise errors.ParameterError(
            "The data lies in host memory, expected a CUDA device. Copy it there first: nothing is "
            "copied unasked.",
            expected="a CUDA device",
            got=f"device type {array.device_type}",
        )
    if schema.format != b"+s" or array.array.null_count > 0:
        raise errors.ParameterError(
            f"The data has Arrow format {schema.format!r}; expected a table: structs without nulls."
        )
    children = [schema.children[i].contents for i in range(schema.n_children)]
    places = {(child.name or b"").decode(): i for i, child in enumerate(children)}
    columns, formats = [], []
    for name in names:
        if name not in places:
            raise errors.SchemaError(f"Column {name!r} is missing.", column=name)
        child = array.array.children[places[name]].contents
        columns.append(_column(children[places[name]], child, array.array.offset, name))
        formats.append(_values_of(children[places[name]]).format.decode())
    return ArrowColumns(
        columns, formats, array.array.length, array.device_id, array.sync_event or 0, capsules
    )


def _values_of(schema: ArrowSchema) -> ArrowSchema:
    return schema.dictionary.contents if schema.dictionary else schema


def _type_of(schema: ArrowSchema, name: str) -> int:
    text = schema.format.decode()
    if text.startswith("ts"):
        # With a zone or without: the values are moments, and the plan knows the zone.
        return _TIMESTAMP
    if text not in _TYPES:
        raise errors.SchemaError(
            f"Column {name!r} has Arrow format {text!r}, which a GPU does not read. Cast it to "
            "numbers, strings or a dictionary of them.",
            column=name,
            got=text,
        )
    return _TYPES[text]


def _validity(array: ArrowArray) -> int | None:
    return array.buffers[0] if array.null_count != 0 else None


def _column(schema: ArrowSchema, array: ArrowArray, offset: int, name: str) -> Column:
    column = Column(num_rows=array.length - offset)
    values = array
    if schema.dictionary:
        column.index_type = _type_of(schema, name)
        column.index_offset = array.offset + offset
        column.indices = array.buffers[1]
        column.index_validity = _validity(array)
        schema, values = schema.dictionary.contents, array.dictionary.contents
        column.num_entries = values.length
        column.offset = values.offset
    else:
        column.offset = array.offset + offset
    column.type = _type_of(schema, name)
    column.unit = _UNITS.get(schema.format.decode().partition(":")[0], 0)
    column.values = values.buffers[1]
    column.validity = _validity(values)
    if column.type in _TEXTS:
        column.bytes = values.buffers[2]
    return column
