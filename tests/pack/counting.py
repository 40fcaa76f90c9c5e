"""The counters of the C interface, through ctypes: a device in this process."""

from __future__ import annotations

from ctypes import CDLL, POINTER, byref, c_uint32, c_uint64, c_void_p, string_at

import numpy as np
import pyarrow as pa

from tests.edge import library as edge
from tests.edge.columns import column_of


class Device:
    """A bundle and its counters, in memory of its own."""

    def __init__(self, library: CDLL, bundle: bytes, plan: bytes, kept: bytes = b"") -> None:
        self.library = library
        self.opened = edge.open_bundle(library, bundle)
        self.plan = edge.aligned(len(plan))
        self.plan[:] = np.frombuffer(plan, np.uint8)
        self.handle = c_void_p()
        library.mainspring_counters_report.restype = c_void_p
        code, needed = self.open(edge.aligned(0))
        assert code == edge.BUFFER_TOO_SMALL
        self.memory = edge.aligned(needed)
        if kept:
            self.memory[64 : 64 + len(kept)] = np.frombuffer(kept, np.uint8)
        code, _ = self.open(self.memory)
        assert code == edge.OK

    def open(self, memory: np.ndarray) -> tuple[int, int]:
        where = c_uint64()
        code = self.library.mainspring_counters_open(
            self.opened.handle,
            c_void_p(self.plan.ctypes.data),
            c_uint64(len(self.plan)),
            c_void_p(memory.ctypes.data),
            c_uint64(len(memory)),
            byref(self.handle),
            byref(where),
        )
        return code, where.value

    def count(self, table: pa.Table, first_row: int = 0, num_rows: int | None = None) -> int:
        arrays = [column.combine_chunks() for column in table.columns]
        count = table.num_rows - first_row if num_rows is None else num_rows
        request = self.opened.request([column_of(array) for array in arrays], count, first_row)
        return int(self.library.mainspring_count(self.handle, byref(request), None))

    def report(self) -> bytes:
        length = c_uint64()
        at = self.library.mainspring_counters_report(self.handle, byref(length))
        return string_at(at, length.value)

    def clear(self) -> None:
        self.library.mainspring_counters_clear(self.handle)


def open_plan(library: CDLL, bundle: bytes, plan: bytes) -> tuple[int, int]:
    """Return the code and where of a plan that may be wrong."""
    opened = edge.open_bundle(library, bundle)
    memory, room = edge.aligned(len(plan) + 1), edge.aligned(1 << 20)
    memory[:-1] = np.frombuffer(plan, np.uint8)
    handle, where = c_void_p(), c_uint64()
    library.mainspring_counters_open.restype = c_uint32
    library.mainspring_counters_open.argtypes = [
        c_void_p,
        c_void_p,
        c_uint64,
        c_void_p,
        c_uint64,
        POINTER(c_void_p),
        POINTER(c_uint64),
    ]
    code = library.mainspring_counters_open(
        opened.handle,
        memory.ctypes.data,
        len(plan),
        room.ctypes.data,
        len(room),
        byref(handle),
        byref(where),
    )
    if code == edge.OK:  # what was accepted can be counted with
        arrays = [pa.nulls(3) for _ in range(library.mainspring_num_inputs(opened.handle))]
        request = opened.request([column_of(array) for array in arrays], 3)
        assert library.mainspring_count(handle, byref(request), None) == edge.OK
    return code, where.value
