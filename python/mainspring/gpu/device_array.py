"""Arrays of ours in device memory, for whoever has neither CuPy nor torch."""

from __future__ import annotations

import contextlib
import ctypes
import math
from typing import TYPE_CHECKING, Any

from mainspring import errors
from mainspring.gpu.device_view import DEFAULT_STREAM, device_number
from mainspring.gpu.dlpack import CUDA, capsule_of
from mainspring.gpu.library import call, loaded

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["DeviceArray", "to_device"]


class DeviceArray:
    """A C-contiguous array in the memory of a GPU, which it owns.

    CuPy, torch, Numba and others take it without a copy, through ``__cuda_array_interface__`` or
    DLPack. What comes out of a call of ours when nothing says of which library it should be.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    dtype : str
        NumPy's name of its type, as ``"float32"``.
    device : str, default "cuda"
        ``"cuda"`` or ``"cuda:1"``.
    stream : int, optional
        The ``cudaStream_t`` in whose order the memory is taken and given back. Default: the
        default stream.

    Raises
    ------
    DeviceError
        When the device has too little memory; the message says how much was asked for.
    UnsupportedError
        Without such a device.
    """

    def __init__(
        self, shape: tuple[int, ...], dtype: str, device: str = "cuda", stream: int | None = None
    ) -> None:
        import numpy as np

        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self._device = device_number(device)
        self._stream = stream or DEFAULT_STREAM
        # Memory goes back to the library it came from, which need not be the one then loaded.
        self._release = loaded().ms_gpu_release
        memory = ctypes.c_void_p()
        call("ms_gpu_allocate", self._device, self.nbytes, self._stream, ctypes.byref(memory))
        self._memory = memory.value or 0

    def __del__(self) -> None:
        if getattr(self, "_memory", 0):
            with contextlib.suppress(Exception):  # nobody is left to be told
                self._release(self._device, self._memory, self._stream)

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def device(self) -> str:
        """``"cuda:0"`` and so on."""
        return f"cuda:{self._device}"

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self._memory, False),
            "strides": None,
            "stream": self._stream,
            "version": 3,
        }

    def __dlpack_device__(self) -> tuple[int, int]:
        return (CUDA, self._device)

    def __dlpack__(self, *, stream: int | None = None, **_: object) -> Any:
        if stream is not None and stream not in (-1, self._stream):
            call("ms_gpu_finish", self._device, self._stream)
        return capsule_of(self, self._memory, self.shape, self.dtype, self._device)

    def to_host(self) -> npt.NDArray[Any]:
        """Copy the values to a new NumPy array, after all work of the stream.

        Returns
        -------
        numpy.ndarray
            Of the same shape and type, C-contiguous, a copy.
        """
        import numpy as np

        host = np.empty(self.shape, self.dtype)
        if host.nbytes:
            place = host.ctypes.data
            call("ms_gpu_copy_out", self._device, place, self._memory, host.nbytes, self._stream)
        return host

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"DeviceArray(shape={self.shape}, dtype={self.dtype.name}, device={self.device!r})"


def to_device(
    values: npt.NDArray[Any], device: str = "cuda", stream: int | None = None
) -> DeviceArray:
    """Copy a NumPy array to a GPU.

    Parameters
    ----------
    values : numpy.ndarray
        Numbers or booleans of any shape; copied to C order first where they are in another.
    device : str, default "cuda"
        ``"cuda"`` or ``"cuda:1"``.
    stream : int, optional
        The ``cudaStream_t`` that the copy is put on.

    Returns
    -------
    DeviceArray
        Of the same shape and type.

    Raises
    ------
    ParameterError
        When the values are no numbers.
    DeviceError, UnsupportedError
        As of :class:`DeviceArray`.
    """
    import numpy as np

    host: np.ndarray[Any, Any] = np.asarray(values, order="C")
    if host.dtype.kind not in "biuf":
        raise errors.ParameterError(
            f"to_device takes numbers, got {host.dtype}.", expected="numbers", got=str(host.dtype)
        )
    array = DeviceArray(host.shape, host.dtype.name, device, stream)
    if host.nbytes:
        address = array.__cuda_array_interface__["data"][0]
        place = host.ctypes.data
        call("ms_gpu_copy_in", device_number(device), address, place, host.nbytes, stream)
        call("ms_gpu_finish", device_number(device), stream)  # the host array may go now
    return array
