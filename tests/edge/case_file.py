"""A bundle and the columns of its rows in one file, for programs on other CPUs (run_cases.c)."""

from __future__ import annotations

import ctypes
import struct

import pyarrow as pa

from tests.edge import library as edge
from tests.edge.columns import column_of

__all__ = ["TRANSFORM", "case_bytes"]

TRANSFORM = 4  # beside the output kinds of mainspring.h


def case_bytes(bundle: bytes, arrays: list[pa.Array], kind: int) -> bytes:
    """Return the bytes: numbers of 64 bits, and buffers at multiples of 64."""
    num_rows = len(arrays[0])
    head = struct.pack("<4Q", len(bundle), num_rows, kind, len(arrays))
    parts = [_padded(head), _padded(bundle)]
    for array in arrays:
        parts += _column(array, column_of(array))
    return b"".join(parts)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 64)


def _column(array: pa.Array, column: edge.Column) -> list[bytes]:
    buffers = array.buffers()
    texts = buffers[2] if column.type in edge_strings() else None
    has_values = len(buffers) > 1 and buffers[1] is not None
    pieces = [
        buffers[0].to_pybytes() if buffers[0] is not None else b"",
        buffers[1].to_pybytes() if has_values else b"",
        texts.to_pybytes() if texts is not None else b"",
        (column.time_zone + b"\0") if column.time_zone else b"",
    ]
    nested = []
    if column.type == edge.DICTIONARY:
        nested = _column(array.dictionary, column_of(array.dictionary))
    elif column.type in (edge.LIST, edge.LARGE_LIST):
        nested = _column(array.values, column_of(array.values))
    scale = ctypes.c_uint32(column.scale).value
    numbers = (column.type, column.index_type, column.unit, scale, column.length, column.offset)
    head = struct.pack("<10Q", *numbers, *map(len, pieces))
    return [_padded(head + bytes(-len(head) % 128)), *map(_padded, pieces), *nested]


def edge_strings() -> tuple[int, ...]:
    """Types whose third buffer holds bytes."""
    return (edge.UTF8, edge.LARGE_UTF8, edge.BINARY, edge.LARGE_BINARY)
