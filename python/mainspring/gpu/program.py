"""Bundles on a device: columns that lie there in, features of the same library out."""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.gpu.columns import columns_of
from mainspring.gpu.device_array import DeviceArray
from mainspring.gpu.device_view import DeviceView, new_like, view_of
from mainspring.gpu.library import Column, call, loaded

if TYPE_CHECKING:
    from mainspring import _engine

__all__ = ["transform"]


class _Program:
    """A bundle on one device; closed when nobody has it any more."""

    def __init__(self, bundle: _engine.Bundle, device: int) -> None:
        library = loaded()
        raw = bytes(bundle.to_bytes())
        handle = ctypes.c_void_p()
        call("ms_gpu_open", raw, len(raw), device, ctypes.byref(handle))
        self.handle = handle
        weakref.finalize(self, library.ms_gpu_close, handle)


_programs: weakref.WeakKeyDictionary[Any, dict[tuple[int, str], _Program]] = (
    weakref.WeakKeyDictionary()
)


def _program_of(bundle: _engine.Bundle, device: int) -> _Program:
    of_bundle = _programs.setdefault(bundle, {})
    key = (device, loaded()._name)
    if key not in of_bundle:
        of_bundle[key] = _Program(bundle, device)
    return of_bundle[key]


def _output_view(out: Any, shape: tuple[int, int]) -> tuple[DeviceView, int]:
    """Return the view of an output, and how many values its rows are apart."""
    view = view_of(out, "out")
    strides = view.strides or (shape[1] * 4, 4)
    fits = view.shape == shape and view.typestr == "<f4"
    if not fits or (shape[1] > 1 and strides[1] != 4) or strides[0] % 4 or strides[0] < 0:
        raise errors.ParameterError(
            f"out has shape {view.shape}, type {view.typestr} and strides {view.strides}; expected "
            f"{shape}, float32, the values of a row side by side.",
            expected=f"{shape}, float32",
            got=f"{view.shape}, {view.typestr}",
        )
    return view, max(strides[0] // 4, shape[1])


def transform(
    bundle: _engine.Bundle,
    data: Any,
    *,
    out: Any = None,
    device: str | None = None,
    stream: int | None = None,
) -> Any:
    """Compute the features of columns on a GPU, in the order of a stream.

    Parameters
    ----------
    bundle : Bundle
        Whose plan runs.
    data : mapping or Arrow C Device array
        Device arrays of one dimension by name, or a table of cuDF; other columns are ignored. It
        must stay until the stream has done the work.
    out : device array, optional
        float32 of shape (num_rows, num_features) on the same device, to fill and return.
    device : str, optional
        ``"cuda"`` or ``"cuda:1"``. Default: where the data lies.
    stream : int, optional
        A ``cudaStream_t``. Default: the current stream of the library whose arrays come (CuPy,
        torch), else the stream that they say, else the default stream.

    Returns
    -------
    device array
        float32 of shape (num_rows, num_features): ``out``, or a new array of the library that the
        first column is of, else a :class:`DeviceArray`. The call does not wait for the work.

    Raises
    ------
    SchemaError
        When a column is missing or has a type or shape that cannot be taken.
    ParameterError
        When memory is the host's, another device's, misaligned or not contiguous.
    UnsupportedError
        Without a GPU, and for a step that a GPU does not have, by name.
    DeviceError
        When the device fails or has too little memory.
    """
    loaded()  # without a GPU library: one error, before any data is looked at
    found = columns_of(data, bundle.input_names, device, stream)
    shape = (found.num_rows, bundle.num_features)
    program = _program_of(bundle, found.device)
    if out is None:
        out = new_like(found.like, shape, "float32", found.device)
    if out is None:
        out = DeviceArray(shape, "float32", f"cuda:{found.device}", found.stream)
    view, row_stride = _output_view(out, shape)
    columns = (Column * len(found.columns))(*found.columns)
    call(
        "ms_gpu_transform",
        program.handle, columns, len(columns), shape[0], view.address, row_stride, found.stream,
    )  # fmt: skip
    return out
