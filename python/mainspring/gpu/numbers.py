"""Numbers and times on a device as a drift report needs them: counted, listed, sampled, sorted."""

from __future__ import annotations

import array
import ctypes
from typing import TYPE_CHECKING, Any

from mainspring.gpu.groups import chosen_column
from mainspring.gpu.library import call

if TYPE_CHECKING:
    from mainspring import _engine
    from mainspring.gpu.columns import DeviceColumns
    from mainspring.gpu.groups import RowChoice

__all__ = ["count_column", "gather_column", "sort_column"]

_TOP = 1 << 63
_MISSING = 2 * _TOP - 1


def _address(values: array.array[Any] | bytes) -> int:
    if isinstance(values, bytes):
        return int(ctypes.cast(ctypes.c_char_p(values), ctypes.c_void_p).value or 0)
    return values.buffer_info()[0]


def gather_column(
    found: DeviceColumns, number: int, name: str, rows: list[int]
) -> array.array[float]:
    """Return the numbers of some rows, NaN where missing.

    Raises
    ------
    UnsupportedError, ParameterError, DeviceError
        As :func:`count_column`.
    """
    wanted = array.array("Q", rows)
    values = array.array("d", bytes(8 * len(rows)))
    call(
        "ms_gpu_gather_numbers",
        found.device, chosen_column(found, number, name), _address(wanted), len(rows),
        _address(values), found.stream,
    )  # fmt: skip
    return values


def count_column(found: DeviceColumns, number: int, name: str, counts: _engine.TableCounts) -> bool:
    """Count all rows on the bins that were chosen for the column; False where none were.

    Raises
    ------
    UnsupportedError
        When the column holds no numbers or times.
    ParameterError
        When its memory is the host's, another device's or misaligned.
    DeviceError
        When the device fails or has too little memory.
    """
    bins = counts.bins(name)
    if bins is None:
        return False
    edges, listed = bins
    numbers = chosen_column(found, number, name)
    numbers.edges, numbers.listed = _address(edges), _address(listed)
    numbers.num_edges = len(listed) - 1
    in_bins = array.array("Q", bytes(8 * len(listed)))
    extremes = array.array("d", bytes(16))
    nans = ctypes.c_uint64()
    call(
        "ms_gpu_count_numbers",
        found.device, numbers, _address(in_bins), ctypes.byref(nans), _address(extremes),
        found.stream,
    )  # fmt: skip
    num_listed = sum(count for count, is_listed in zip(in_bins, listed, strict=True) if is_listed)
    values = array.array("d", bytes(8 * num_listed))
    call("ms_gpu_list_numbers", found.device, numbers, num_listed, _address(values), found.stream)
    counts.set_counts(name, in_bins, nans.value, extremes[0], extremes[1], values)
    return True


def sort_column(
    found: DeviceColumns,
    number: int,
    name: str,
    counts: _engine.TableCounts,
    chosen: RowChoice | None = None,
) -> None:
    """Sort rows; distinct numbers and how often each is there come to the host.

    Of a time the number is its microseconds since 1970.

    Raises
    ------
    UnsupportedError, ParameterError, DeviceError
        As :func:`count_column`.
    """
    import numpy as np

    keys, times, num_runs = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_uint64()
    call(
        "ms_gpu_sort_numbers",
        found.device, chosen_column(found, number, name, chosen), ctypes.byref(keys),
        ctypes.byref(times), ctypes.byref(num_runs), found.stream,
    )  # fmt: skip
    try:
        host = [np.empty(num_runs.value, np.uint64) for _ in range(2)]
        for to, place in zip(host, (keys, times), strict=True):
            if to.nbytes:
                call(
                    "ms_gpu_copy_out", found.device, to.ctypes.data, place, to.nbytes, found.stream
                )
    finally:
        for place in (keys, times):
            if place.value:
                call("ms_gpu_release", found.device, place, found.stream)
    if len(host[0]) and host[0][-1] == _MISSING:
        host = [each[:-1] for each in host]
    ordered = host[0]
    bits = np.where(ordered >= np.uint64(_TOP), ordered ^ np.uint64(_TOP), ~ordered)
    in_runs = array.array("Q", host[1].tobytes())
    counts.set_runs(name, bits.view(np.float64), in_runs)
