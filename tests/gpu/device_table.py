"""A table on a GPU whose Arrow C Device array says what a test wants of it."""

from __future__ import annotations

import ctypes
from typing import Any

import pyarrow as pa

from mainspring import gpu
from mainspring.gpu.arrow_device import ArrowDeviceArray
from mainspring.gpu.dlpack import CUDA

__all__ = ["ChangedTable"]


class ChangedTable:
    """A device table with another event, or another kind of device."""

    def __init__(self, batch: pa.RecordBatch, event: int = 0, device_type: int = CUDA) -> None:
        self._table = gpu.DeviceTable(batch)
        self._event = ctypes.c_void_p(event)
        self._device_type = device_type

    def __arrow_c_device_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        schema, capsule = self._table.__arrow_c_device_array__()
        get = ctypes.pythonapi.PyCapsule_GetPointer
        get.restype = ctypes.c_void_p
        get.argtypes = (ctypes.py_object, ctypes.c_char_p)
        array = ArrowDeviceArray.from_address(get(capsule, b"arrow_device_array"))
        array.device_type = self._device_type
        array.sync_event = ctypes.addressof(self._event) if self._event.value else None
        return schema, capsule
