"""csrc/runtime/core through ctypes (tests/cpp/core_probe.cpp): arrays in, arrays out."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.native_build import build_plain

TILE_ROWS = 512

F64 = NDArray[np.float64]


@functools.cache
def library() -> ctypes.CDLL:
    """Build and load the probe."""
    place = build_plain("core_probe")
    lib = ctypes.CDLL(str(place / "tests" / "cpp" / "libcore_probe.so"))
    u64, u32, f64, handle = ctypes.c_uint64, ctypes.c_uint32, ctypes.c_double, ctypes.c_void_p
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "probe_sum_new": (handle, []),
        "probe_sum_delete": (None, [handle]),
        "probe_sum_add": (None, [handle, f64]),
        "probe_sum_add_all": (None, [handle, handle, u64]),
        "probe_sum_add_product": (None, [handle, f64, f64]),
        "probe_sum_add_repeated": (None, [handle, f64, u64]),
        "probe_sum_add_product_repeated": (None, [handle, f64, f64, u64]),
        "probe_sum_merge": (None, [handle, handle]),
        "probe_sum_subtract": (None, [handle, handle]),
        "probe_sum_value": (f64, [handle]),
        "probe_sum_equal": (ctypes.c_bool, [handle, handle]),
        "probe_sum_num_limbs": (u32, []),
        "probe_sum_low_exponent": (ctypes.c_int32, []),
        "probe_sum_canonical": (None, [handle, handle]),
        "probe_sum_set": (None, [handle, handle]),
        "probe_hash_bytes": (u64, [ctypes.c_char_p, u64]),
        "probe_hash_u64": (u64, [u64]),
        "probe_combine_hashes": (u64, [u64, u64]),
        "probe_hash_bucket": (u32, [u64, u32]),
        "probe_mix_row": (u64, [u64, u64]),
        "probe_crc32c": (u32, [ctypes.c_char_p, u64, u32]),
        "probe_crc32c_portable": (u32, [ctypes.c_char_p, u64, u32]),
        "probe_status_message": (ctypes.c_char_p, [u32]),
        "probe_best_level": (u32, []),
        "probe_level_name": (ctypes.c_char_p, [u32]),
        "probe_kernel_affine": (None, [u32, handle, handle, u32, f64, f64]),
        "probe_kernel_exp": (None, [u32, handle, handle, u32]),
        "probe_kernel_log1p": (None, [u32, handle, handle, u32]),
        "probe_kernel_tanh": (None, [u32, handle, handle, u32]),
    }
    for name in (
        "exp",
        "log1p",
        "log",
        "expm1",
        "tanh",
        "erfc",
        "normal_quantile",
        "sigmoid",
        "sqrt",
    ):
        signatures[f"probe_{name}"] = (None, [handle, handle, u64])
    for name, (result, arguments) in signatures.items():
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments
    return lib


def scalar(name: str, values: F64) -> F64:
    """Apply exp, log1p, sigmoid or sqrt to each value."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    out = np.empty_like(values)
    getattr(library(), f"probe_{name}")(values.ctypes.data, out.ctypes.data, values.size)
    return out


def kernel(level: int, name: str, values: F64, *parameters: float) -> F64:
    """Apply a kernel of a level to all values, tile by tile."""
    values = np.ascontiguousarray(values, dtype=np.float64)
    out = np.empty_like(values)
    function = getattr(library(), f"probe_kernel_{name}")
    for start in range(0, values.size, TILE_ROWS):
        rows = min(TILE_ROWS, values.size - start)
        offset = start * values.itemsize
        function(level, values.ctypes.data + offset, out.ctypes.data + offset, rows, *parameters)
    return out


class ExactSum:
    """The accumulator, one method a call."""

    def __init__(self, values: Iterable[float] = ()) -> None:
        self._lib = library()
        self._handle = self._lib.probe_sum_new()
        for value in values:
            self.add(value)

    def __del__(self) -> None:
        self._lib.probe_sum_delete(self._handle)

    def add(self, value: float) -> None:
        """Add one value."""
        self._lib.probe_sum_add(self._handle, value)

    def add_all(self, values: F64) -> None:
        """Add an array."""
        self._lib.probe_sum_add_all(self._handle, values.ctypes.data, values.size)

    def add_product(self, a: float, b: float) -> None:
        """Add a * b."""
        self._lib.probe_sum_add_product(self._handle, a, b)

    def add_repeated(self, value: float, count: int) -> None:
        """Add value * count."""
        self._lib.probe_sum_add_repeated(self._handle, value, count)

    def add_product_repeated(self, a: float, b: float, count: int) -> None:
        """Add a * b * count."""
        self._lib.probe_sum_add_product_repeated(self._handle, a, b, count)

    def merge(self, other: ExactSum) -> None:
        """Add another sum."""
        self._lib.probe_sum_merge(self._handle, other._handle)

    def subtract(self, other: ExactSum) -> None:
        """Take another sum away."""
        self._lib.probe_sum_subtract(self._handle, other._handle)

    def value(self) -> float:
        """Return the sum, rounded once."""
        return float(self._lib.probe_sum_value(self._handle))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExactSum) and bool(
            self._lib.probe_sum_equal(self._handle, other._handle)
        )

    __hash__ = None  # type: ignore[assignment]

    def limbs(self) -> NDArray[np.int64]:
        """Return the canonical limbs."""
        limbs = np.empty(self._lib.probe_sum_num_limbs(), dtype=np.int64)
        self._lib.probe_sum_canonical(self._handle, limbs.ctypes.data)
        return limbs

    def set(self, limbs: NDArray[np.int64]) -> None:
        """Take limbs back."""
        self._lib.probe_sum_set(self._handle, limbs.ctypes.data)
