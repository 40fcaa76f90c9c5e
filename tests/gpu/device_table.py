"""A table on a GPU with nothing but the Arrow C Device interface, as cuDF's tables are."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pyarrow as pa

from mainspring import gpu
from mainspring.gpu.arrow_device import ArrowArray, ArrowDeviceArray
from mainspring.gpu.dlpack import CUDA

__all__ = ["DeviceTable"]

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


class DeviceTable:
    """Copies the buffers of a record batch to a device, and hands out their addresses."""

    def __init__(self, batch: pa.RecordBatch, event: int = 0, device_type: int = CUDA) -> None:
        self._schema = batch.schema
        self._kept: list[Any] = []
        children = [self._array(column) for column in batch.columns]
        pointers = (ctypes.POINTER(ArrowArray) * len(children))(*map(ctypes.pointer, children))
        buffers = (ctypes.c_void_p * 1)(None)
        self._kept += [children, pointers, buffers]
        parent = ArrowArray(
            length=batch.num_rows, n_buffers=1, n_children=len(children), buffers=buffers,
            children=pointers,
        )  # fmt: skip
        self._event = ctypes.c_void_p(event)
        place = ctypes.addressof(self._event) if event else None
        self._array_of_device = ArrowDeviceArray(parent, 0, device_type, place)

    def _array(self, column: pa.Array) -> ArrowArray:
        indices = column.indices if pa.types.is_dictionary(column.type) else column
        addresses = []
        for buffer in indices.buffers():
            if buffer is None or buffer.size == 0:
                addresses.append(None)
                continue
            array = gpu.to_device(np.frombuffer(buffer, np.uint8))
            self._kept.append(array)
            addresses.append(array.__cuda_array_interface__["data"][0])
        buffers = (ctypes.c_void_p * len(addresses))(*addresses)
        self._kept.append(buffers)
        array = ArrowArray(
            length=len(column), null_count=indices.null_count, offset=indices.offset,
            n_buffers=len(addresses), buffers=buffers,
        )  # fmt: skip
        if pa.types.is_dictionary(column.type):
            entries = self._array(column.dictionary)
            self._kept.append(entries)
            array.dictionary = ctypes.pointer(entries)
        return array

    def __arrow_c_device_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        place = ctypes.addressof(self._array_of_device)
        return self._schema.__arrow_c_schema__(), _new_capsule(place, b"arrow_device_array", None)
