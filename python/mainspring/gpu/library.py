"""The GPU library behind its C interface (kernels/cuda/mainspring_gpu.h), loaded at first use."""

from __future__ import annotations

import ctypes
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mainspring import errors

__all__ = [
    "Column",
    "Grouping",
    "Groups",
    "Numbers",
    "build_facts",
    "call",
    "devices",
    "loaded",
]

ABI_VERSION = 5
LIBRARY = "MAINSPRING_GPU_LIBRARY"
NOT_COMPILED = "compiled without CUDA: pip install . -C cmake.define.MAINSPRING_CUDA=ON"

_pointer = ctypes.c_void_p
_size = ctypes.c_uint64


class Column(ctypes.Structure):
    """``ms_gpu_column``."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("index_type", ctypes.c_uint32),
        ("unit", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("num_rows", _size),
        ("num_entries", _size),
        ("offset", _size),
        ("index_offset", _size),
        ("values", _pointer),
        ("validity", _pointer),
        ("bytes", _pointer),
        ("indices", _pointer),
        ("index_validity", _pointer),
    )


class Numbers(ctypes.Structure):
    """``ms_gpu_numbers``."""

    _fields_ = (
        ("column", ctypes.POINTER(Column)),
        ("name", ctypes.c_char_p),
        ("num_rows", _size),
        ("edges", _pointer),
        ("num_edges", ctypes.c_uint32),
        ("listed", _pointer),
        ("rows", _pointer),
        ("row_mask", _size),
        ("first_row", _size),
    )


class Grouping(ctypes.Structure):
    """``ms_gpu_grouping``."""

    _fields_ = (
        ("by", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("length", ctypes.c_int64),
        ("origin", ctypes.c_int64),
        ("seed", _size),
        ("at_most", _size),
    )


class Groups(ctypes.Structure):
    """``ms_gpu_groups``."""

    _fields_ = (
        ("num_groups", _size),
        ("counts", _pointer),
        ("present", _pointer),
        ("values", _pointer),
        ("offsets", _pointer),
        ("bytes", _pointer),
        ("rows", _pointer),
        ("row_mask", _size),
    )


_numbers = ctypes.POINTER(Numbers)
_groups = ctypes.POINTER(Groups)

_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "ms_gpu_count_devices": (ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_char_p)),
    "ms_gpu_open": (ctypes.c_char_p, _size, ctypes.c_int, ctypes.POINTER(_pointer)),
    "ms_gpu_transform": (
        _pointer, ctypes.POINTER(Column), ctypes.c_uint32, _size, _pointer, _size, _pointer,
    ),
    "ms_gpu_predict": (
        _pointer, ctypes.POINTER(Column), ctypes.c_uint32, _size, ctypes.c_uint32, _pointer,
        _pointer,
    ),
    "ms_gpu_predict_matrix": (
        _pointer, _pointer, ctypes.c_uint32, _size, ctypes.c_int64, ctypes.c_int64,
        ctypes.c_uint32, _pointer, _pointer,
    ),
    "ms_gpu_forest_way": (_pointer, ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint32)),
    "ms_gpu_count_numbers": (
        ctypes.c_int, _numbers, _pointer, ctypes.POINTER(_size), _pointer, _pointer,
    ),
    "ms_gpu_list_numbers": (ctypes.c_int, _numbers, _size, _pointer, _pointer),
    "ms_gpu_gather_numbers": (ctypes.c_int, _numbers, _pointer, _size, _pointer, _pointer),
    "ms_gpu_sort_numbers": (
        ctypes.c_int, _numbers, ctypes.POINTER(_pointer), ctypes.POINTER(_pointer),
        ctypes.POINTER(_size), _pointer,
    ),
    "ms_gpu_group_rows": (
        ctypes.c_int, _numbers, ctypes.POINTER(Grouping), ctypes.POINTER(_groups), _pointer,
    ),
    "ms_gpu_count_codes": (ctypes.c_int, _numbers, ctypes.POINTER(_groups), _pointer),
    "ms_gpu_free_groups": (ctypes.c_int, _groups),
    "ms_gpu_lookup_backward": (
        ctypes.c_int, _pointer, _pointer, _pointer, _pointer, ctypes.POINTER(ctypes.c_uint32),
        ctypes.POINTER(_size), _pointer,
    ),
    "ms_gpu_allocate": (ctypes.c_int, _size, _pointer, ctypes.POINTER(_pointer)),
    "ms_gpu_release": (ctypes.c_int, _pointer, _pointer),
    "ms_gpu_copy_in": (ctypes.c_int, _pointer, _pointer, _size, _pointer),
    "ms_gpu_copy_out": (ctypes.c_int, _pointer, _pointer, _size, _pointer),
    "ms_gpu_allocate_pinned": (ctypes.c_int, _size, ctypes.POINTER(_pointer)),
    "ms_gpu_release_pinned": (ctypes.c_int, _pointer),
    "ms_gpu_new_stream": (ctypes.c_int, ctypes.POINTER(_pointer)),
    "ms_gpu_release_stream": (ctypes.c_int, _pointer),
    "ms_gpu_finish": (ctypes.c_int, _pointer),
    "ms_gpu_wait_event": (ctypes.c_int, _pointer, _pointer),
}  # fmt: skip

_libraries: dict[Path, ctypes.CDLL] = {}


def _path() -> Path:
    named = os.environ.get(LIBRARY)
    if named:
        return Path(named)
    engine = find_spec("mainspring._engine")  # it is installed beside the engine
    place = Path(engine.origin or "") if engine is not None else Path()
    return place.parent / "libmainspring_gpu.so"


def _load(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.ms_gpu_abi_version.restype = ctypes.c_uint32
    version = library.ms_gpu_abi_version()
    if version != ABI_VERSION:
        message = f"version {version} of its interface, expected {ABI_VERSION}: {path}"
        raise OSError(message)
    library.ms_gpu_last_error.restype = ctypes.c_char_p
    library.ms_gpu_close.argtypes = (_pointer,)
    library.ms_gpu_close.restype = None
    for name, arguments in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes = arguments
        function.restype = ctypes.c_int
    return library


def _problem_of(path: Path) -> str:
    """Load the library unless it is; return why it cannot be, or ''."""
    if path in _libraries:
        return ""
    if not path.exists():
        return NOT_COMPILED
    try:
        _libraries[path] = _load(path)
    except OSError as error:
        return f"the GPU library does not load: {error}"
    return ""


def loaded() -> ctypes.CDLL:
    """Return the library.

    Raises
    ------
    UnsupportedError
        When it was not compiled, or does not load.
    """
    path = _path()
    problem = _problem_of(path)
    if problem:
        raise errors.UnsupportedError(f"Cannot run on a GPU: {problem}.")
    return _libraries[path]


_RAISED = {
    1: errors.UnsupportedError,
    2: errors.ParameterError,
    3: errors.UnsupportedError,
    4: errors.DeviceError,
    5: errors.DeviceError,
    6: errors.BundleCorruptError,
}


def call(name: str, *arguments: Any) -> None:
    """Call a function of the library; what it refuses is raised in its own words."""
    library = loaded()
    code = getattr(library, name)(*arguments)
    if code != 0:
        raise _RAISED[code](library.ms_gpu_last_error().decode())


def _count_devices() -> tuple[int, str]:
    count, reason = ctypes.c_int(), ctypes.c_char_p()
    call("ms_gpu_count_devices", ctypes.byref(count), ctypes.byref(reason))
    return count.value, (reason.value or b"").decode()


def build_facts() -> dict[str, object]:
    """Say whether this build has GPU kernels and this machine a GPU for them.

    Returns
    -------
    dict
        ``compiled``, ``available`` and ``message``: why it is not available, or ''.

    Examples
    --------
    >>> import mainspring as ms
    >>> sorted(ms.build_info()["cuda"])
    ['available', 'compiled', 'message']
    """
    message = _problem_of(_path())
    compiled = message != NOT_COMPILED
    if not message:
        count, reason = _count_devices()
        message = "" if count else f"no CUDA device: {reason}"
    return {"compiled": compiled, "available": not message, "message": message}


def devices() -> list[str]:
    """List the GPUs that can be named as ``device``.

    Returns
    -------
    list of str
        ``"cuda:0"`` and so on; empty without a GPU, or in a build without GPU kernels.
        ``ms.build_info()["cuda"]`` says why.

    Examples
    --------
    >>> import mainspring as ms
    >>> len(ms.gpu.devices()) > 0 or bool(ms.build_info()["cuda"]["message"])
    True
    """
    if _problem_of(_path()):
        return []
    return [f"cuda:{number}" for number in range(_count_devices()[0])]
