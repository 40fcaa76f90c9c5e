"""Two stages that take turns: while one part of the rows is computed, the next is copied.

A stage is a stream with pinned memory of the host. What is put into it is copied on there and then,
and from there by the device itself, so that the caller goes on.
"""

from __future__ import annotations

import contextlib
import ctypes
from typing import TYPE_CHECKING, Any

from mainspring.gpu.device_array import DeviceArray
from mainspring.gpu.device_table import DeviceTable
from mainspring.gpu.device_view import device_number
from mainspring.gpu.library import call
from mainspring.gpu.program import predict

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mainspring import _engine

__all__ = ["Stage", "predict_in_turns"]

_ROWS_AT_ONCE = 1 << 16
_LEAST_BYTES = 1 << 20
_ALIGNMENT = 256


class Stage:
    """A stream of a device, and pinned memory that is written while the device is at work.

    Parameters
    ----------
    device : str
        ``"cuda"`` or ``"cuda:1"``.

    Raises
    ------
    DeviceError
        When the host has too little memory that can be pinned, or the device fails.
    UnsupportedError
        Without such a device.
    """

    def __init__(self, device: str) -> None:
        self.device, self._number = device, device_number(device)
        self._blocks: list[tuple[int, int]] = []  # of pinned memory: address and bytes
        self._used = 0  # of the last block
        self.stream = 0
        stream = ctypes.c_void_p()
        call("ms_gpu_new_stream", self._number, ctypes.byref(stream))
        self.stream = stream.value or 0

    def begin(self) -> None:
        """Wait for what was put in before; its pinned memory is used again."""
        call("ms_gpu_finish", self._number, self.stream)
        for address, _ in self._blocks[:-1]:  # the last is the largest
            call("ms_gpu_release_pinned", self._number, address)
        del self._blocks[:-1]
        self._used = 0

    def copied(self, host: npt.NDArray[np.uint8]) -> DeviceArray:
        """Put bytes in, and return where they will be on the device."""
        place = self._room(host.nbytes)
        ctypes.memmove(place, host.ctypes.data, host.nbytes)
        array = DeviceArray(host.shape, "uint8", self.device, self.stream)
        to = array.__cuda_array_interface__["data"][0]
        call("ms_gpu_copy_in", self._number, to, place, host.nbytes, self.stream)
        return array

    def _room(self, num_bytes: int) -> int:
        wanted = -(-num_bytes // _ALIGNMENT) * _ALIGNMENT
        if not self._blocks or self._used + wanted > self._blocks[-1][1]:
            largest = self._blocks[-1][1] if self._blocks else _LEAST_BYTES
            size = max(2 * largest, wanted)
            memory = ctypes.c_void_p()
            call("ms_gpu_allocate_pinned", self._number, size, ctypes.byref(memory))
            self._blocks.append((memory.value or 0, size))
            self._used = 0
        place = self._blocks[-1][0] + self._used
        self._used += wanted
        return place

    def close(self) -> None:
        """Wait for the stream, and give everything back."""
        if self.stream:
            with contextlib.suppress(Exception):  # a spoilt device has nothing to wait for
                call("ms_gpu_finish", self._number, self.stream)
            for address, _ in self._blocks:
                call("ms_gpu_release_pinned", self._number, address)
            call("ms_gpu_release_stream", self._number, self.stream)
        self._blocks, self.stream = [], 0


def predict_in_turns(
    bundle: _engine.Bundle,
    table: pa.Table,
    kind: str,
    stages: list[Stage],
    rows_at_once: int = _ROWS_AT_ONCE,
) -> Iterator[npt.NDArray[np.float64]]:
    """Predict the rows of a table of the host part by part, and yield the results on the host.

    Parameters
    ----------
    bundle : Bundle
        As for :func:`predict`.
    table : pyarrow.Table
        Of the columns that the bundle reads.
    kind : {"predict", "proba", "raw"}
        What to return.
    stages : list of Stage
        That take turns: with two, one part is copied while the other is computed.
    rows_at_once : int
        Of a part.

    Yields
    ------
    numpy.ndarray
        float64, the rows of one part.

    Raises
    ------
    SchemaError, UnsupportedError, DeviceError
        As :func:`predict` does.
    """
    waiting: list[Any] = []
    for number, first in enumerate(range(0, max(table.num_rows, 1), rows_at_once)):
        if len(waiting) == len(stages):
            yield waiting.pop(0).to_host()
        stage = stages[number % len(stages)]
        stage.begin()
        part = DeviceTable(table.slice(first, rows_at_once), stage.device, stage=stage)
        waiting.append(predict(bundle, part, kind, stream=stage.stream))
    while waiting:
        yield waiting.pop(0).to_host()
