"""Arrow tables copied to a GPU, for whoever has no cuDF: strings and dictionaries as they are."""

from __future__ import annotations

import ctypes
import itertools
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.gpu.arrow_device import ArrowArray, ArrowDeviceArray
from mainspring.gpu.device_array import DeviceArray
from mainspring.gpu.device_view import device_number
from mainspring.gpu.dlpack import CUDA
from mainspring.gpu.library import call

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from mainspring.gpu.staging import Stage

__all__ = ["DeviceTable"]

_Release = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))
_numbers = itertools.count(1)
_exported: dict[int, Any] = {}  # what arrays that were handed out need, until they are released


def _release(pointer: Any) -> None:
    array = pointer.contents
    _exported.pop(array.private_data, None)
    parts = [array.children[i] for i in range(array.n_children)]
    if array.dictionary:
        parts.append(array.dictionary)
    for part in parts:
        if part.contents.release:
            _Release(part.contents.release)(part)
    array.release = None


_release_pointer = _Release(_release)
_RELEASE = ctypes.cast(_release_pointer, ctypes.c_void_p)

_api = ctypes.pythonapi
_NAME = b"arrow_device_array"
_new_capsule = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)(("PyCapsule_New", _api))
_look_into = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", _api)
)


def _drop_capsule(capsule: int) -> None:
    place = _look_into(capsule, _NAME)
    array = ArrowDeviceArray.from_address(place).array
    if array.release:  # nobody has taken it
        _release(ctypes.pointer(array))
    _exported.pop(-place, None)


_drop = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(_drop_capsule)


class DeviceTable:
    """Columns of Arrow in the memory of a GPU; a copy of a table of the host.

    Our calls take it, and whoever reads ``__arrow_c_device_array__``.

    Parameters
    ----------
    table : pyarrow.RecordBatch or pyarrow.Table
        Of numbers, booleans, strings, binary values, dates, times and dictionaries of them.
    device : str, default "cuda"
        ``"cuda"`` or ``"cuda:1"``.
    stream : int, optional
        The ``cudaStream_t`` that the copies are put on; the call waits for them.
    stage : Stage, optional
        Through whose pinned memory and on whose stream to copy, without waiting: for calls of ours
        on that stream alone.

    Raises
    ------
    SchemaError
        When a column has another type.
    DeviceError, UnsupportedError
        As of :class:`DeviceArray`.
    """

    def __init__(
        self,
        table: pa.RecordBatch | pa.Table,
        device: str = "cuda",
        stream: int | None = None,
        *,
        stage: Stage | None = None,
    ) -> None:
        self.schema = table.schema
        self.num_rows = int(table.num_rows)
        self._device = device_number(device)
        self._columns = []

        def put(host: npt.NDArray[np.uint8]) -> DeviceArray:
            if stage is not None:
                return stage.copied(host)
            copy = DeviceArray(host.shape, "uint8", device, stream)
            place, address = copy.__cuda_array_interface__["data"][0], host.ctypes.data
            call("ms_gpu_copy_in", self._device, place, address, host.nbytes, stream)
            return copy

        for name, column in zip(table.schema.names, table.columns, strict=True):
            self._columns.append(_copied(name, _whole(column), put))
        if stage is None:
            call("ms_gpu_finish", self._device, stream)  # the host's memory may go now

    @property
    def device(self) -> str:
        """``"cuda:0"`` and so on."""
        return f"cuda:{self._device}"

    def __arrow_c_device_array__(
        self, requested_schema: object = None, **_: object
    ) -> tuple[object, object]:
        parts = [_array_of(column) for column in self._columns]
        pointers = (ctypes.POINTER(ArrowArray) * len(parts))(*map(ctypes.pointer, parts))
        buffers = (ctypes.c_void_p * 1)(None)
        parent = _exported_array(
            [parts, pointers, buffers],
            length=self.num_rows,
            n_buffers=1,
            n_children=len(parts),
            buffers=buffers,
            children=pointers,
        )
        whole = ArrowDeviceArray(parent, self._device, CUDA, None)
        place = ctypes.addressof(whole)
        _exported[-place] = whole  # the capsule's own, beside what the array needs
        capsule = _new_capsule(place, _NAME, ctypes.cast(_drop, ctypes.c_void_p).value)
        return self.schema.__arrow_c_schema__(), capsule

    def __repr__(self) -> str:
        return f"DeviceTable({self.num_rows} rows, {self.schema.names}, device={self.device!r})"


class _Column:
    """Buffers of one array on the device."""

    def __init__(self, array: pa.Array, buffers: list[DeviceArray | None]) -> None:
        self.length, self.offset = len(array), array.offset
        self.null_count = array.null_count
        self.buffers = buffers
        self.dictionary: _Column | None = None


def _whole(column: Any) -> Any:
    """Return one array without what a slice leaves out."""
    import pyarrow as pa

    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    if len(chunks) == 1 and chunks[0].offset == 0:
        return chunks[0]
    if pa.types.is_dictionary(column.type):
        chunks = pa.chunked_array(chunks, column.type).unify_dictionaries().chunks
        entries = chunks[0].dictionary if chunks else pa.array([], column.type.value_type)
        indices = pa.chunked_array([chunk.indices for chunk in chunks], column.type.index_type)
        return pa.DictionaryArray.from_arrays(_whole(indices), entries)
    return pa.concat_arrays([*chunks, pa.array([], column.type)])


def _copied(name: str, array: Any, put: Callable[[npt.NDArray[np.uint8]], DeviceArray]) -> _Column:
    import numpy as np
    import pyarrow as pa

    kind = array.type
    if pa.types.is_dictionary(kind):
        column = _copied(name, array.indices, put)
        column.dictionary = _copied(name, array.dictionary, put)
        return column
    if not (
        pa.types.is_primitive(kind) or kind in (pa.string(), pa.large_string())
    ) and kind not in (
        pa.binary(),
        pa.large_binary(),
    ):
        raise errors.SchemaError(
            f"Column {name!r} has type {kind}, which is not copied to a GPU. Cast it to numbers or "
            "strings, or leave it out.",
            column=name,
            got=str(kind),
        )
    buffers: list[DeviceArray | None] = []
    for buffer in array.buffers():
        if buffer is None or buffer.size == 0:
            buffers.append(None)
            continue
        buffers.append(put(np.frombuffer(buffer, np.uint8)))
    return _Column(array, buffers)


def _exported_array(kept: list[Any], **fields: Any) -> ArrowArray:
    number = next(_numbers)
    _exported[number] = kept
    return ArrowArray(release=_RELEASE, private_data=number, **fields)


def _array_of(column: _Column) -> ArrowArray:
    addresses = [
        None if each is None else each.__cuda_array_interface__["data"][0]
        for each in column.buffers
    ]
    buffers = (ctypes.c_void_p * len(addresses))(*addresses)
    array = _exported_array(
        [column, buffers],
        length=column.length,
        null_count=column.null_count,
        offset=column.offset,
        n_buffers=len(addresses),
        buffers=buffers,
    )
    if column.dictionary is not None:
        entries = _array_of(column.dictionary)
        _exported[array.private_data].append(entries)
        array.dictionary = ctypes.pointer(entries)
    return array
