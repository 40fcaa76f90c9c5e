"""DLPack (dmlc/dlpack, dlpack.h): tensors of other libraries read, arrays of ours handed out."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["CUDA", "MANAGED", "capsule_of", "read_capsule"]

CUDA = 2  # kDLCUDA
MANAGED = 13  # kDLCUDAManaged

_CODES = {"i": 0, "u": 1, "f": 2, "b": 6}


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Managed(ctypes.Structure):
    pass


_Deleter = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Managed))
_Managed._fields_ = (("tensor", _Tensor), ("context", ctypes.c_void_p), ("deleter", _Deleter))

_api = ctypes.pythonapi
_api.PyCapsule_New.restype = ctypes.py_object
_api.PyCapsule_New.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_api.PyCapsule_GetPointer.restype = ctypes.c_void_p
_api.PyCapsule_GetPointer.argtypes = (ctypes.py_object, ctypes.c_char_p)
_api.PyCapsule_IsValid.argtypes = (ctypes.c_void_p, ctypes.c_char_p)

_NAME = b"dltensor"
_handed_out: dict[int, tuple[Any, ...]] = {}  # kept until whoever took the tensor is done with it


def _forget(managed: Any) -> None:
    _handed_out.pop(ctypes.addressof(managed.contents), None)


def _drop_capsule(capsule: int) -> None:
    """Forget what nobody has taken: a taker renames the capsule."""
    if not _api.PyCapsule_IsValid(capsule, _NAME):
        return
    get = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", _api)
    )
    _handed_out.pop(get(capsule, _NAME), None)


_forget_tensor = _Deleter(_forget)
_drop = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(_drop_capsule)


def capsule_of(
    owner: object, address: int, shape: tuple[int, ...], dtype: np.dtype[Any], device: int
) -> Any:
    """Return a capsule of a C-contiguous CUDA array; `owner` lives as long as it does."""
    sizes = (ctypes.c_int64 * len(shape))(*shape)
    tensor = _Tensor(
        address, CUDA, device, len(shape), _CODES[dtype.kind], dtype.itemsize * 8, 1,
        ctypes.cast(sizes, ctypes.POINTER(ctypes.c_int64)), None, 0,
    )  # fmt: skip
    managed = _Managed(tensor, None, _forget_tensor)
    place = ctypes.addressof(managed)
    _handed_out[place] = (managed, sizes, owner)
    return _api.PyCapsule_New(place, _NAME, ctypes.cast(_drop, ctypes.c_void_p))


def read_capsule(capsule: Any) -> tuple[int, str, tuple[int, ...], tuple[int, ...] | None]:
    """Return address, typestr, shape and strides in bytes of a capsule that is kept by the caller.

    The capsule is looked into and not taken: its owner's memory lives while the capsule does.
    """
    place = _api.PyCapsule_GetPointer(capsule, _NAME)
    tensor = _Managed.from_address(place).tensor
    kinds = {code: kind for kind, code in _CODES.items()}
    size = tensor.bits // 8
    typestr = f"{'|' if size == 1 else '<'}{kinds.get(tensor.code, 'V')}{size}"
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    strides = None
    if tensor.strides:
        strides = tuple(tensor.strides[i] * size for i in range(tensor.ndim))
    return (tensor.data or 0) + tensor.byte_offset, typestr, shape, strides
