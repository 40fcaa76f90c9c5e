"""NumPy arrays and scalars: .npy files, mapped when they are read, never pickled."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["READERS", "write"]


def write(value: Any, folder: Path) -> dict[str, Any] | None:
    """Write an array of numbers, texts of fixed width or times.

    Parameters
    ----------
    value : object
        Anything.
    folder : Path
        Where files go.

    Returns
    -------
    dict or None
        None when it is no such array.
    """
    numpy = sys.modules.get("numpy")  # who has an array has loaded it
    if numpy is None or not isinstance(value, numpy.ndarray | numpy.generic):
        return None
    array = numpy.asarray(value)
    if array.dtype.hasobject or type(value) not in (numpy.ndarray, array.dtype.type):
        return None
    with (folder / "array.npy").open("wb") as file:
        numpy.lib.format.write_array(_Bytes(file), array, allow_pickle=False)
    return {"kind": "array", "scalar": isinstance(value, numpy.generic)}


class _Bytes:
    """A file for NumPy's own blocks: told a real one it writes it in C, and loses why that failed.

    Parameters
    ----------
    file : file
        Where bytes go.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write


def _read(result: dict[str, Any], folder: Path) -> Any:
    import numpy as np

    path = folder / "array.npy"
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, _ = np.lib.format.read_array_header_1_0(file)
        if result["scalar"] or 0 in shape:  # nothing to map
            file.seek(0)
            array = np.lib.format.read_array(file, allow_pickle=False)
            return array[()] if result["scalar"] else array
    return np.lib.format.open_memmap(path, mode="r")


READERS = {"array": _read}
