"""Arrays of ours on a device, and what others see of them."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from mainspring import errors, gpu
from mainspring.gpu import dlpack
from mainspring.gpu.device_view import view_of
from mainspring.gpu.library import LIBRARY
from tests.gpu.emulation import Emulation


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint64", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (3, 4)])
def test_values_come_back_as_they_went(device: object, dtype: str, shape: tuple[int, ...]) -> None:
    host = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    array = gpu.to_device(host)
    assert (array.shape, array.dtype) == (shape, host.dtype)
    np.testing.assert_array_equal(array.to_host(), host)
    np.testing.assert_array_equal(gpu.to_device(host.T).to_host(), host.T)


def test_dlpack_says_the_same_as_the_cuda_array_interface(device: object) -> None:
    array = gpu.to_device(np.arange(12, dtype=np.float32).reshape(3, 4))
    assert array.__dlpack_device__() == (dlpack.CUDA, 0)
    address, typestr, shape, strides = dlpack.read_capsule(array.__dlpack__())
    interface = array.__cuda_array_interface__
    assert (address, typestr, shape, strides) == (interface["data"][0], "<f4", (3, 4), None)


def test_dlpack_capsule_that_nobody_takes_lets_go_of_the_array(device: object) -> None:
    array = gpu.to_device(np.zeros(3))
    before = len(dlpack._handed_out)
    capsule = array.__dlpack__()
    assert len(dlpack._handed_out) == before + 1
    del capsule
    gc.collect()
    assert len(dlpack._handed_out) == before


def test_view_of_an_array_with_dlpack_alone_is_the_same(device: object) -> None:
    class Tensor:
        def __init__(self, array: gpu.DeviceArray) -> None:
            self.array = array

        def __dlpack_device__(self) -> tuple[int, int]:
            return self.array.__dlpack_device__()

        def __dlpack__(self, *, stream: int) -> object:
            return self.array.__dlpack__(stream=stream)

    array = gpu.to_device(np.arange(4.0))
    view = view_of(Tensor(array), "x")
    assert (view.address, view.typestr) == (array.__cuda_array_interface__["data"][0], "<f8")
    assert view.is_contiguous


@pytest.mark.parametrize(
    "values", [np.array(["a"]), np.zeros(2, "datetime64[s]"), np.zeros(1, "c16")]
)
def test_to_device_of_what_is_no_number_says_so(device: object, values: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(errors.ParameterError, match="takes numbers"):
        gpu.to_device(values)


def test_memory_goes_back_to_the_library_it_came_from(
    emulation: Emulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.collect()
    before = emulation.used_bytes
    array = gpu.to_device(np.zeros(300))
    assert emulation.used_bytes == before + array.nbytes
    monkeypatch.delenv(LIBRARY)
    del array
    assert emulation.used_bytes == before
