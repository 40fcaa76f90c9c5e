"""Rows on a device grouped by what a column holds, and its categories counted."""

from __future__ import annotations

import array
import contextlib
import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mainspring.gpu.library import Grouping, Groups, Numbers, call, loaded

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mainspring import _engine
    from mainspring.gpu.columns import DeviceColumns

__all__ = ["RowChoice", "RowGroups", "chosen_column", "count_categories", "group_rows"]

BY_VALUE, BY_PERIOD, BY_MONTHS = range(3)


@dataclass(frozen=True)
class RowChoice:
    """Which rows of a table a pass takes: a run of them, or those that a list on the device has."""

    first: int
    num_rows: int
    rows: int = 0  # the address of the list; 0: rows as they lie
    mask: int = 0
    owner: object = None  # keeps the list


def chosen_column(
    found: DeviceColumns, number: int, name: str, chosen: RowChoice | None = None
) -> Numbers:
    """Return a column, and which of its rows, as the library takes them."""
    column = Numbers(ctypes.pointer(found.columns[number]), name.encode(), found.num_rows)
    if chosen is not None:
        column.num_rows, column.first_row = chosen.num_rows, chosen.first
        column.rows, column.row_mask = chosen.rows or None, chosen.mask
    return column


class RowGroups:
    """Groups of rows, and the list of rows on the device, which lives as long as this.

    Attributes
    ----------
    num_groups : int
        More than asked for at most: then nothing else is there.
    counts, present, values : numpy.ndarray
        Rows of each group, whether they hold anything, and the bits of it; of strings, lengths.
    texts : tuple of numpy.ndarray or None
        Of strings: where each begins and ends, and all their bytes.
    """

    def __init__(self, device: int, native: Any) -> None:
        import numpy as np

        self._device, self._native = device, native
        # Memory goes back to the library it came from, which need not be the one then loaded.
        self._release = loaded().ms_gpu_free_groups
        given = native.contents
        self.num_groups = int(given.num_groups)
        self.rows, self.row_mask = int(given.rows or 0), int(given.row_mask)
        count = self.num_groups if given.counts or not given.num_groups else 0
        self.counts = _array(given.counts, count, np.uint64)
        self.present = _array(given.present, count, np.bool_)
        self.values = _array(given.values, count, np.int64)
        self.texts: tuple[Any, Any] | None = None
        if given.offsets:
            offsets = _array(given.offsets, count + 1, np.uint64)
            self.texts = offsets, _array(given.bytes, int(offsets[-1]), np.uint8)

    def __del__(self) -> None:
        with contextlib.suppress(Exception):  # nobody is left to be told
            self._release(self._device, self._native)

    def choices(self) -> list[RowChoice]:
        """Return the rows of each group."""
        ends = self.counts.cumsum()
        return [
            RowChoice(int(end - count), int(count), self.rows, self.row_mask, self)
            for end, count in zip(ends, self.counts, strict=True)
        ]


def _array(address: int | None, count: int, dtype: Any) -> npt.NDArray[Any]:
    import numpy as np

    if not address or not count:
        return np.zeros(count, dtype)
    size = count * np.dtype(dtype).itemsize
    memory = (ctypes.c_uint8 * size).from_address(address)
    values: npt.NDArray[Any] = np.frombuffer(memory, dtype).copy()
    return values


def group_rows(
    found: DeviceColumns,
    number: int,
    name: str,
    grouping: Grouping,
    chosen: RowChoice | None = None,
) -> RowGroups:
    """Group rows by a column; its distinct strings or values come to the host.

    Raises
    ------
    UnsupportedError
        When there are more than 2^31 - 1 rows.
    ParameterError
        When its memory is the host's, another device's or misaligned.
    DeviceError
        When the device fails or has too little memory.
    """
    native = ctypes.POINTER(Groups)()
    call(
        "ms_gpu_group_rows",
        found.device, chosen_column(found, number, name, chosen), grouping, ctypes.byref(native),
        found.stream,
    )  # fmt: skip
    return RowGroups(found.device, native)


def _count_codes(
    found: DeviceColumns, number: int, name: str, chosen: RowChoice | None
) -> RowGroups:
    native = ctypes.POINTER(Groups)()
    call(
        "ms_gpu_count_codes",
        found.device, chosen_column(found, number, name, chosen), ctypes.byref(native),
        found.stream,
    )  # fmt: skip
    return RowGroups(found.device, native)


def count_categories(
    found: DeviceColumns,
    number: int,
    name: str,
    counts: _engine.TableCounts,
    chosen: RowChoice | None = None,
) -> None:
    """Count strings or booleans; each that is there comes to the host, with how often it is.

    Raises
    ------
    UnsupportedError, ParameterError, DeviceError
        As :func:`group_rows`.
    """
    import numpy as np

    is_boolean = found.formats[number] == "b"
    if is_boolean or found.columns[number].index_type:
        groups = _count_codes(found, number, name, chosen)
    else:
        groups = group_rows(found, number, name, Grouping(by=BY_VALUE), chosen)
    missing = int(groups.counts[~groups.present].sum())
    if is_boolean:
        set_rows = groups.values[groups.present]
        times = np.zeros(2, np.uint64)
        times[set_rows] = groups.counts[groups.present]
        offsets, texts = np.array([0, 5, 9], np.uint64), np.frombuffer(b"falsetrue", np.uint8)
    else:
        offsets, texts, times = *_texts_of(groups), np.where(groups.present, groups.counts, 0)
    counts.set_categories(
        name,
        array.array("Q", offsets.tobytes()),
        texts,
        array.array("Q", times.astype(np.uint64).tobytes()),
        missing,
    )


def _texts_of(groups: RowGroups) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    import numpy as np

    return groups.texts or (np.zeros(1, np.uint64), np.zeros(0, np.uint8))
