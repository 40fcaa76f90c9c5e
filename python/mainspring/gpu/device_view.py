"""Where the values of somebody's device array lie: CuPy, torch, Numba, or anything that says so."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

from mainspring import errors
from mainspring.gpu.dlpack import CUDA, MANAGED, read_capsule

__all__ = [
    "DEFAULT_STREAM",
    "DeviceView",
    "current_stream",
    "device_number",
    "is_device_array",
    "new_like",
    "view_of",
]

DEFAULT_STREAM = 1  # cudaStreamLegacy, which 0 means too


def device_number(device: str) -> int:
    """Return the number of ``"cuda"`` or ``"cuda:1"``.

    Raises
    ------
    ParameterError
        For another name.
    """
    kind, _, number = str(device).partition(":")
    if kind == "cuda" and (not number or number.isdigit()):
        return int(number or 0)
    raise errors.ParameterError(
        f"device is {device!r}, expected 'cuda' or 'cuda:NUMBER'.",
        expected="'cuda' or 'cuda:NUMBER'",
        got=repr(device),
    )


@dataclass(frozen=True)
class DeviceView:
    """Memory of a device array, and who keeps it alive."""

    address: int
    typestr: str
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None  # in bytes; None: C-contiguous
    stream: int | None
    owner: object

    @property
    def itemsize(self) -> int:
        """Bytes of a value."""
        return int(self.typestr[2:])

    @property
    def is_contiguous(self) -> bool:
        """Whether values lie in C order without gaps."""
        if self.strides is None or math.prod(self.shape) == 0:
            return True
        expected = self.itemsize
        for size, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if size > 1 and stride != expected:
                return False
            expected *= size
        return True


def is_device_array(value: object) -> bool:
    """Whether the values lie on a GPU, as far as the object says."""
    if _interface_of(value) is not None:
        return True
    place = getattr(value, "__dlpack_device__", None)
    return callable(place) and place()[0] in (CUDA, MANAGED)


def _interface_of(value: object) -> dict[str, Any] | None:
    try:
        return getattr(value, "__cuda_array_interface__", None)
    except (AttributeError, TypeError, RuntimeError):  # torch: not on a GPU, or it needs gradients
        return None


def view_of(value: Any, what: str) -> DeviceView:
    """Return where the values of a device array lie.

    Raises
    ------
    ParameterError
        When it is not on a GPU, or has a mask.
    """
    interface = _interface_of(value)
    if interface is not None:
        if interface.get("mask") is not None:
            raise errors.ParameterError(f"{what} has a mask, which is not read. Use NaN.")
        return DeviceView(
            interface["data"][0] or 0,
            interface["typestr"],
            tuple(interface["shape"]),
            interface.get("strides"),
            interface.get("stream"),
            value,
        )
    if not is_device_array(value):
        raise errors.ParameterError(
            f"{what} lies in host memory ({type(value).__name__}), and others on a GPU. Copy it "
            "there first: nothing is copied unasked.",
            expected="a device array",
            got=type(value).__name__,
        )
    capsule = value.__dlpack__(stream=DEFAULT_STREAM)
    address, typestr, shape, strides = read_capsule(capsule)
    return DeviceView(address, typestr, shape, strides, DEFAULT_STREAM, (value, capsule))


def _library_of(value: object) -> str:
    """Return ``"cupy"``, ``"torch"`` or ''."""
    name = type(value).__module__.partition(".")[0]
    return name if name in ("cupy", "torch") else ""


def current_stream(value: object, device: int) -> int | None:
    """Return the stream that the library of an array works on now; None where it says none."""
    library = sys.modules.get(_library_of(value))
    if library is None:
        return None
    if library.__name__ == "torch":
        return int(library.cuda.current_stream(device).cuda_stream) or DEFAULT_STREAM
    return int(library.cuda.get_current_stream().ptr) or DEFAULT_STREAM


def new_like(value: object, shape: tuple[int, ...], dtype: str, device: int) -> Any:
    """Return a new array of the library that an array is of; None where it is of none known."""
    library = sys.modules.get(_library_of(value))
    if library is None:
        return None
    if library.__name__ == "torch":
        return library.empty(shape, dtype=getattr(library, dtype), device=f"cuda:{device}")
    with library.cuda.Device(device):
        return library.empty(shape, dtype=dtype)
