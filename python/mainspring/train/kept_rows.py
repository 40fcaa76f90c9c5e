"""Features of all rows, in memory or in a temporary file, for shuffles of single rows."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from mainspring import errors
from mainspring.train.row_features import FeatureRows
from mainspring.train.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mainspring.train.row_blocks import Rows
    from mainspring.train.windows import WindowMaker

__all__ = ["keep_rows"]


def keep_rows(
    maker: WindowMaker,
    parts: Iterator[Rows],
    num_rows: int | None,
    *,
    in_memory: bool,
) -> Window:
    """Return the features of all tables as one window.

    Parameters
    ----------
    maker : WindowMaker
        Makes the features.
    parts : iterator of Rows
        All rows, in their order.
    num_rows : int or None
        How many; None: not known.
    in_memory : bool
        Else a temporary file holds them, which is gone with the last array over it.

    Raises
    ------
    ParameterError
        When there are lists, and no memory for them.
    """
    if in_memory and num_rows is not None:
        return maker.of_tables(parts, num_rows, None)
    files: dict[str, _GrowingFile] = {}
    for part in parts:
        window = maker.of_tables([part], len(part), None)
        if window.features.lists:
            raise errors.ParameterError(
                f"shuffle='full' cannot keep lists of ids ({', '.join(window.features.lists)}) of "
                "data that is read part by part, expected numbers and single ids. Take "
                "shuffle='block', or add list_pad(length).",
                expected="numbers and single ids",
                got="lists of ids",
                hint="Take shuffle='block', or add list_pad(length).",
            )
        for name, rows in _arrays(window).items():
            if rows is None:
                continue
            if name not in files:
                files[name] = _GrowingFile(rows)
            files[name].append(rows)
    if not files:
        return maker.room(0, np.empty)
    kept = {name: file.array() for name, file in files.items()}
    features = FeatureRows(kept["dense"], kept["ids"])
    return Window(features, kept.get("label"), kept.get("weight"))


def _arrays(window: Window) -> dict[str, Any]:
    features = window.features
    return {
        "dense": features.dense,
        "ids": features.ids,
        "label": window.label,
        "weight": window.weight,
    }


class _GrowingFile:
    """Rows behind each other in a file without a name."""

    def __init__(self, rows: Any) -> None:
        self._file = tempfile.TemporaryFile(prefix="mainspring-")  # noqa: SIM115 - until array()
        self._shape, self._dtype, self._num_rows = rows.shape[1:], rows.dtype, 0

    def append(self, rows: Any) -> None:
        try:
            self._file.write(rows.tobytes())
        except OSError as error:
            raise errors.FileError(
                f"The features cannot be kept in a temporary file: {error}. Set TMPDIR to a folder "
                "with room for them, or take shuffle='block'.",
                hint="set TMPDIR",
            ) from error
        self._num_rows += len(rows)

    def array(self) -> Any:
        shape = (self._num_rows, *self._shape)
        with self._file:  # what is mapped stays, without a name, until nobody holds the array
            if 0 in shape:
                return np.empty(shape, self._dtype)
            self._file.flush()
            return np.memmap(self._file, self._dtype, "r", shape=shape)
