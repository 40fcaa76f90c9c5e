"""Tables of any library that speaks Arrow: Arrow IPC files, mapped when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["READERS", "write"]


def write(value: Any, folder: Path) -> dict[str, Any] | None:
    """Write a table, or the batches of a reader as they come.

    Parameters
    ----------
    value : object
        Anything.
    folder : Path
        Where files go.

    Returns
    -------
    dict or None
        None when it does not speak Arrow as a table.
    """
    if not (hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__")):
        return None
    import pyarrow as pa
    import pyarrow.ipc

    path = str(folder / "table.arrow")
    options = pa.ipc.IpcWriteOptions(unify_dictionaries=True)
    if isinstance(value, pa.RecordBatchReader):
        with pa.ipc.new_file(path, value.schema, options=options) as writer:
            for batch in value:
                writer.write_batch(batch)
        return {"kind": "table"}
    try:
        table = (
            pa.Table.from_batches([value])
            if isinstance(value, pa.RecordBatch)
            else (pa.table(value))
        )
    except (TypeError, ValueError):
        return None  # a column alone, or something with Arrow inside that is no table
    with pa.ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table)
    return {"kind": "table"}


def _read(_: dict[str, Any], folder: Path) -> Any:
    import pyarrow as pa
    import pyarrow.ipc

    with pa.memory_map(str(folder / "table.arrow")) as source:
        return pa.ipc.open_file(source).read_all()


READERS = {"table": _read}
