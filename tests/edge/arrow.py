"""Batches of pyarrow as structs of the Arrow C data interface, while a test holds them."""

from __future__ import annotations

from ctypes import addressof, c_byte

import pyarrow as pa

SCHEMA_BYTES, ARRAY_BYTES = 72, 80


class ExportedBatch:
    """A batch that was handed over; it is released when this goes."""

    def __init__(self, batch: pa.RecordBatch | pa.StructArray) -> None:
        # Memory that ctypes aligns to 8, as the structs want it.
        self._schema_memory = (c_byte * SCHEMA_BYTES)()
        self._array_memory = (c_byte * ARRAY_BYTES)()
        self.schema, self.array = addressof(self._schema_memory), addressof(self._array_memory)
        batch._export_to_c(self.array, self.schema)

    def __del__(self) -> None:
        # Who imports the structs releases them.
        pa.Array._import_from_c(self.array, self.schema)
