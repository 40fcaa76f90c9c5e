"""Bundles on a device: columns that lie there in, features of the same library out."""

from __future__ import annotations

import ctypes
import weakref
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.gpu.columns import DeviceColumns, columns_of, device_of, stream_of
from mainspring.gpu.device_array import DeviceArray
from mainspring.gpu.device_view import DeviceView, is_device_array, new_like, view_of
from mainspring.gpu.library import Column, call, loaded

if TYPE_CHECKING:
    from mainspring import _engine

__all__ = ["forest_way", "predict", "transform"]


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


def _output_view(out: Any, shape: tuple[int, ...], typestr: str) -> tuple[DeviceView, int]:
    """Return the view of an output, and how many values its rows are apart."""
    view = view_of(out, "out")
    size = int(typestr[2:])
    row = shape[1] if len(shape) == 2 else 1
    strides = view.strides or (row * size, size)
    apart = strides[0] // size
    fits = view.shape == shape and view.typestr == typestr
    side_by_side = row == 1 or strides[-1] == size
    if not fits or not side_by_side or strides[0] % size or strides[0] < 0:
        raise errors.ParameterError(
            f"out has shape {view.shape}, type {view.typestr} and strides {view.strides}; expected "
            f"{shape}, type {typestr}, the values of a row side by side.",
            expected=f"{shape}, {typestr}",
            got=f"{view.shape}, {view.typestr}",
        )
    return view, max(apart, row)


def _new_output(like: object, shape: tuple[int, ...], dtype: str, device: int, stream: int) -> Any:
    made = new_like(like, shape, dtype, device)
    return DeviceArray(shape, dtype, f"cuda:{device}", stream) if made is None else made


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
        out = _new_output(found.like, shape, "float32", found.device, found.stream)
    view, row_stride = _output_view(out, shape, "<f4")
    columns = (Column * len(found.columns))(*found.columns)
    call(
        "ms_gpu_transform",
        program.handle, columns, len(columns), shape[0], view.address, row_stride, found.stream,
    )  # fmt: skip
    return out


_WAYS = ("", "walk", "slices")


def forest_way(bundle: _engine.Bundle, choose: str = "", *, device: int = 0) -> str:
    """Say how rows go through the forest of a bundle on a device, or choose it.

    Results have the same bits. What is chosen without this follows from the forest alone, by a
    table that counts instructions (kernels/cuda/compile_slices.cpp); measurements compare the two.

    Parameters
    ----------
    bundle : Bundle
        With a model.
    choose : {"", "walk", "slices"}
        A thread for each row down the nodes, or 32 rows a warp by ballots; "" changes nothing. No
        other call may run meanwhile.
    device : int, default 0
        Of the GPU.

    Returns
    -------
    str
        "walk" or "slices"; "" where the model is no forest.

    Raises
    ------
    ParameterError
        When the model is no forest.
    UnsupportedError
        When its trees are too deep for slices.
    """
    way = ctypes.c_uint32()
    program = _program_of(bundle, device)
    call("ms_gpu_forest_way", program.handle, _WAYS.index(choose), ctypes.byref(way))
    return _WAYS[way.value]


_KINDS = {"predict": 0, "proba": 1, "raw": 2}
_MATRIX_TYPES = {"<f4": 10, "<f8": 11}


def predict(
    bundle: _engine.Bundle, data: Any, kind: str, *, out: Any = None, stream: int | None = None
) -> Any:
    """Predict rows that lie on a GPU, in the order of a stream.

    Parameters
    ----------
    bundle : Bundle
        With a model.
    data : mapping, Arrow C Device array, or device array of shape (num_rows, num_features)
        Columns as in :func:`transform`; a matrix, float32 or float64 with any strides, where the
        bundle has no transforms. It must stay until the stream has done the work.
    kind : {"predict", "proba", "raw"}
        What to return; the number of the class where ``"predict"`` decides for one.
    out : device array, optional
        float64 of the result's shape on the same device, C-contiguous, to fill and return.
    stream : int, optional
        As in :func:`transform`.

    Returns
    -------
    device array
        float64 of shape (num_rows,), or (num_rows, width) for several values a row.

    Raises
    ------
    SchemaError, ParameterError, UnsupportedError, DeviceError
        As in :func:`transform`; UnsupportedError for forests that are too large, too.
    """
    loaded()
    width = bundle.output_width(kind)
    row_shape = () if width == 1 and kind != "proba" else (width,)
    if is_device_array(data):
        return _predict_matrix(bundle, data, kind, row_shape, out, stream)
    found = columns_of(data, bundle.input_names, None, stream)
    out, place = _output_of(found, (found.num_rows, *row_shape), out)
    columns = (Column * len(found.columns))(*found.columns)
    program = _program_of(bundle, found.device)
    call(
        "ms_gpu_predict",
        program.handle, columns, len(columns), found.num_rows, _KINDS[kind], place, found.stream,
    )  # fmt: skip
    return out


def _output_of(found: DeviceColumns, shape: tuple[int, ...], out: Any) -> tuple[Any, int]:
    """Return an output of float64 and its address."""
    if out is None:
        out = _new_output(found.like, shape, "float64", found.device, found.stream)
    view, apart = _output_view(out, shape, "<f8")
    if apart != (shape[1] if len(shape) == 2 else 1) and shape[0] > 1:
        raise errors.ParameterError("out has gaps between its rows, expected C-contiguous.")
    return out, view.address


def _predict_matrix(
    bundle: _engine.Bundle,
    matrix: Any,
    kind: str,
    row_shape: tuple[int, ...],
    out: Any,
    stream: int | None,
) -> Any:
    view = view_of(matrix, "The matrix")
    if view.typestr not in _MATRIX_TYPES or len(view.shape) != 2:
        raise errors.SchemaError(
            f"The matrix has type {view.typestr} and shape {view.shape}, expected float32 or "
            "float64 of two dimensions. Cast it.",
            got=f"{view.typestr}, {view.shape}",
        )
    if view.shape[1] != bundle.num_features:
        raise errors.SchemaError(
            f"The matrix has {view.shape[1]} columns, expected {bundle.num_features}, one for each "
            "feature of the model.",
            expected=f"{bundle.num_features} columns",
            got=f"{view.shape[1]} columns",
        )
    number = device_of(matrix, None)
    found = DeviceColumns(
        [], [], view.shape[0], number, stream_of(matrix, view, number, stream), matrix, view
    )
    out, place = _output_of(found, (found.num_rows, *row_shape), out)
    size = view.itemsize
    strides = view.strides or (view.shape[1] * size, size)
    if any(stride % size for stride in strides):
        raise errors.ParameterError(f"The matrix has strides {strides}, no multiples of {size}.")
    call(
        "ms_gpu_predict_matrix",
        _program_of(bundle, number).handle, view.address, _MATRIX_TYPES[view.typestr],
        found.num_rows, strides[0] // size, strides[1] // size, _KINDS[kind], place, found.stream,
    )  # fmt: skip
    return out
