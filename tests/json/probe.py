"""The runtime's JSON reader and writer, called through ctypes."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.native_build import build_plain

TEXT_BYTES = 25  # kMaxDoubleText


@functools.cache
def library() -> Any:
    place = build_plain("json_probe") / "tests" / "cpp"
    loaded = ctypes.CDLL(str(next(place.glob("*json_probe.so"))))
    loaded.read_numbers.restype = ctypes.c_uint64
    loaded.read_json_string.restype = ctypes.c_int64
    return loaded


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def read_numbers(texts: Sequence[str]) -> tuple[int, np.ndarray]:
    """Return how many were read, and their values."""
    joined = "".join(texts).encode()
    offsets = np.cumsum([0, *map(len, texts)]).astype(np.uint64)
    out = np.full(len(texts), np.nan)
    count = library().read_numbers(
        joined, pointer(offsets), ctypes.c_uint64(len(texts)), pointer(out)
    )
    return count, out


def read_integer(text: str) -> int | None:
    narrow, wide = ctypes.c_int64(), ctypes.c_uint64()
    data = text.encode()
    kind = library().read_integer(
        data, ctypes.c_uint64(len(data)), ctypes.byref(narrow), ctypes.byref(wide)
    )
    return (None, narrow.value, wide.value)[kind]


def write_numbers(values: np.ndarray) -> list[str]:
    values = np.ascontiguousarray(values, np.float64)
    out = np.zeros(TEXT_BYTES * max(1, len(values)), np.uint8)
    lengths = np.zeros(len(values), np.uint32)
    library().write_numbers(
        pointer(values), ctypes.c_uint64(len(values)), pointer(out), pointer(lengths)
    )
    raw = out.tobytes()
    return [
        raw[TEXT_BYTES * i : TEXT_BYTES * i + length].decode()
        for i, length in enumerate(lengths.tolist())
    ]


def check_json(text: bytes) -> tuple[int, int]:
    """Return the code (0: it is JSON) and the byte."""
    offset = ctypes.c_uint64()
    code = library().check_json(text, ctypes.c_uint64(len(text)), ctypes.byref(offset))
    return code, offset.value


def read_string(text: bytes) -> bytes | None:
    out = np.zeros(len(text) + 1, np.uint8)
    length = library().read_json_string(text, ctypes.c_uint64(len(text)), pointer(out))
    return None if length < 0 else out.tobytes()[:length]
