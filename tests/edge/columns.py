"""pyarrow arrays as the C interface's columns: the same buffers, no copy."""

from __future__ import annotations

import ctypes

import pyarrow as pa

from tests.edge import library as edge

TYPES = {
    pa.bool_(): edge.BOOL,
    pa.int8(): edge.I8,
    pa.int16(): edge.I16,
    pa.int32(): edge.I32,
    pa.int64(): edge.I64,
    pa.uint8(): edge.U8,
    pa.uint16(): edge.U16,
    pa.uint32(): edge.U32,
    pa.uint64(): edge.U64,
    pa.float32(): edge.F32,
    pa.float64(): edge.F64,
    pa.string(): edge.UTF8,
    pa.large_string(): edge.LARGE_UTF8,
    pa.date32(): edge.DATE32,
    pa.date64(): edge.DATE64,
    pa.null(): edge.NULL,
    pa.float16(): edge.F16,
    pa.binary(): edge.BINARY,
    pa.large_binary(): edge.LARGE_BINARY,
}
DECIMALS = {
    32: edge.DECIMAL32,
    64: edge.DECIMAL64,
    128: edge.DECIMAL128,
    256: edge.DECIMAL256,
}
STRINGS = (edge.UTF8, edge.LARGE_UTF8, edge.BINARY, edge.LARGE_BINARY)
UNITS = {"s": edge.SECOND, "ms": edge.MILLISECOND, "us": edge.MICROSECOND, "ns": edge.NANOSECOND}


def address(buffer: pa.Buffer | None) -> int | None:
    return None if buffer is None or buffer.size == 0 else buffer.address


def column_of(array: pa.Array) -> edge.Column:
    """Return the column of an array; the array must outlive it."""
    column = edge.Column(length=len(array), offset=array.offset)
    buffers = array.buffers()
    column.validity = address(buffers[0])
    if len(buffers) > 1:
        column.values = address(buffers[1])
    if pa.types.is_dictionary(array.type):
        column.type = edge.DICTIONARY
        column.index_type = TYPES[array.type.index_type]
        column.dictionary = ctypes.pointer(column_of(array.dictionary))
    elif pa.types.is_timestamp(array.type):
        column.type = edge.TIMESTAMP
        column.unit = UNITS[array.type.unit]
        column.time_zone = array.type.tz.encode() if array.type.tz else None
    elif pa.types.is_decimal(array.type):
        column.type = DECIMALS[array.type.bit_width]
        column.scale = array.type.scale
    elif pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
        column.type = edge.LIST if pa.types.is_list(array.type) else edge.LARGE_LIST
        column.elements = ctypes.pointer(column_of(array.values))
    else:
        column.type = TYPES[array.type]
    if column.type in STRINGS:
        column.bytes = address(buffers[2])
        column.bytes_length = buffers[2].size if buffers[2] is not None else 0
    return column
