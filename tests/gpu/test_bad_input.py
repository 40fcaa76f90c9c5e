"""What a GPU refuses: memory that is not its own, gaps, faults of the device, each by name."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col, errors, gpu
from tests.gpu.device_table import ChangedTable
from tests.gpu.emulation import Emulation

X = np.arange(300, dtype=np.float64)


@pytest.fixture(scope="module")
def prep() -> ms.Preprocessor:
    return ms.Preprocessor(col("x").standardize()).fit(pa.table({"x": X}))


class Foreign:
    """Somebody's array: whatever its interface says."""

    def __init__(self, array: Any, **changes: object) -> None:
        self.array = array
        self.changes = changes

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {**self.array.__cuda_array_interface__, **self.changes}


def test_transform_of_host_memory_that_poses_as_a_device_says_so(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    posing = Foreign(gpu.to_device(X), data=(X.ctypes.data, False))
    with pytest.raises(errors.ParameterError, match=r"Column 'x' lies in host memory, expected"):
        prep.transform({"x": posing})


def test_transform_of_another_device_names_both(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    elsewhere = Foreign(gpu.to_device(X, "cuda:1"))
    with pytest.raises(errors.ParameterError, match=r"lies on CUDA device 1, expected .* device 0"):
        prep.transform({"x": elsewhere})
    with pytest.raises(errors.ParameterError, match=r"lies on 'cuda:1', and device is 'cuda:0'"):
        prep.transform({"x": gpu.to_device(X, "cuda:1")}, device="cuda:0")
    assert prep.transform({"x": gpu.to_device(X, "cuda:1")}).device == "cuda:1"


def test_transform_into_host_memory_says_so(emulation: Emulation, prep: ms.Preprocessor) -> None:
    host = np.zeros((len(X), 1), np.float32)
    with pytest.raises(errors.ParameterError, match="out lies in host memory"):
        prep.transform({"x": gpu.to_device(X)}, out=host)
    posing = Foreign(gpu.to_device(host), data=(host.ctypes.data, False))
    with pytest.raises(errors.ParameterError, match="The output lies in host memory"):
        prep.transform({"x": gpu.to_device(X)}, out=posing)
    assert not host.any()


def test_transform_of_misaligned_memory_says_the_alignment(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    array = gpu.to_device(np.zeros(len(X) + 1))
    address = array.__cuda_array_interface__["data"][0]
    shifted = Foreign(array, data=(address + 4, False), shape=(len(X),))
    with pytest.raises(errors.ParameterError, match="no multiple of 8"):
        prep.transform({"x": shifted})


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"strides": (16,), "shape": (150,)}, errors.ParameterError, "16 bytes apart, expected 8"),
        ({"shape": (100, 3)}, errors.SchemaError, "expected one dimension"),
        ({"typestr": "<f2"}, errors.SchemaError, "'<f2', which a GPU does not read"),
        ({"typestr": "<c16", "shape": (150,)}, errors.SchemaError, "Cast it"),
        ({"mask": "any"}, errors.ParameterError, "has a mask"),
    ],
)
def test_transform_of_an_array_that_does_not_fit_says_why(
    emulation: Emulation, prep: ms.Preprocessor, changes: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        prep.transform({"x": Foreign(gpu.to_device(X), **changes)})


def test_transform_when_a_column_is_missing_or_short_names_it(emulation: Emulation) -> None:
    prep = ms.Preprocessor(col("x"), col("y")).fit(pa.table({"x": X, "y": X}))
    with pytest.raises(errors.SchemaError, match="'y' is missing") as caught:
        prep.transform({"x": gpu.to_device(X)})
    assert caught.value.column == "y"
    with pytest.raises(errors.SchemaError, match="'y' has 7 rows, and 'x' 300"):
        prep.transform({"x": gpu.to_device(X), "y": gpu.to_device(X[:7])})
    with pytest.raises(errors.ParameterError, match="'y' lies in host memory"):
        prep.transform({"x": gpu.to_device(X), "y": X})


def test_transform_of_a_kind_that_was_not_fitted_names_both(emulation: Emulation) -> None:
    texts = ms.Preprocessor(col("t").ordinal()).fit(pa.table({"t": ["a", "b"]}))
    with pytest.raises(errors.ParameterError, match="'t' has type float64, expected strings"):
        texts.transform({"t": gpu.to_device(X)})


def test_transform_without_enough_memory_says_how_much_and_loses_nothing(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    data = {"x": gpu.to_device(np.zeros(100_000))}
    prep.transform(data)
    gc.collect()
    before = emulation.used_bytes
    with (
        emulation.room(1000),
        pytest.raises(errors.DeviceError, match=r"no 390.6 KiB .*1000 bytes of .* are free"),
    ):
        prep.transform(data)
    assert emulation.used_bytes == before
    assert prep.transform(data).shape == (100_000, 1)


def test_transform_when_a_kernel_fails_names_it_and_later_calls_say_so(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    data = {"x": gpu.to_device(X)}
    expected = prep.transform(data).to_host()
    with emulation.failing_launch(sticky=True):
        with pytest.raises(errors.DeviceError, match="illegal memory access"):
            prep.transform(data)
        with pytest.raises(errors.DeviceError, match=r"earlier failure.*'transform_rows'"):
            prep.transform(data)
    np.testing.assert_array_equal(prep.transform(data).to_host(), expected)


@pytest.mark.parametrize(
    ("made", "column", "step"),
    [
        (col("day").case("lower").ordinal(), pa.array(["A", "b"]), "'change_case'"),
        (col("day").keep_nan(), pa.array([1.0, 2.0]), r"'load' of NaN apart .* in 'day'"),
    ],
)
def test_transform_with_a_step_that_a_gpu_lacks_names_it(
    emulation: Emulation, made: Any, column: pa.Array, step: str
) -> None:
    batch = pa.record_batch({"day": column})
    prep = ms.Preprocessor(made).fit(batch)
    with pytest.raises(errors.UnsupportedError, match=step):
        prep.transform(gpu.DeviceTable(batch))


def test_transform_of_host_data_with_a_device_says_so(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    with pytest.raises(errors.ParameterError, match="lies on a GPU, got list"):
        prep.transform([{"x": 1.0}], device="cuda")
    with pytest.raises(errors.ParameterError, match="lies in host memory"):
        prep.transform(pa.record_batch({"x": X}), device="cuda")
    with pytest.raises(errors.ParameterError, match="lies in host memory"):
        prep.transform(ChangedTable(pa.record_batch({"x": X}), device_type=1))
    with pytest.raises(errors.ParameterError, match="expected 'cuda' or 'cuda:NUMBER'"):
        prep.transform({"x": gpu.to_device(X)}, device="tpu")
    with pytest.raises(errors.UnsupportedError, match="output is not there"):
        prep.transform({"x": gpu.to_device(X)}, output="arrow")


def test_transform_copies_nothing_to_the_host_and_keeps_to_the_stream(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    data = {"x": gpu.to_device(X)}
    before = emulation.copies_out
    prep.transform(data, stream=0x5EED)
    assert emulation.last_stream == 0x5EED
    prep.transform({"x": Foreign(data["x"], stream=0xABC)})
    assert emulation.last_stream == 0xABC
    prep.transform(ChangedTable(pa.record_batch({"x": X}), event=0x77))
    assert emulation.last_event == 0x77
    assert emulation.copies_out == before


def test_memory_is_given_back(emulation: Emulation) -> None:
    gc.collect()
    before = emulation.used_bytes
    prep = ms.Preprocessor(col("x").ordinal()).fit(pa.table({"x": X}))
    data = {"x": gpu.to_device(X)}
    prep.transform(data)
    assert emulation.used_bytes > before
    del prep, data
    assert emulation.used_bytes == before


def test_without_a_device_everything_says_so_once(
    emulation: Emulation, prep: ms.Preprocessor
) -> None:
    data = {"x": gpu.to_device(X)}
    assert gpu.devices() == ["cuda:0", "cuda:1"]
    with emulation.devices(0):
        assert gpu.devices() == []
        facts = ms.build_info()["cuda"]
        assert facts == {
            "compiled": True,
            "available": False,
            "message": "no CUDA device: no CUDA-capable device is detected",
        }
        with pytest.raises(errors.UnsupportedError, match="no CUDA-capable device is detected"):
            ms.Preprocessor(col("x")).fit(pa.table({"x": X})).transform(data)
    with pytest.raises(errors.UnsupportedError, match="no CUDA device 7; this machine has 2"):
        gpu.to_device(X, "cuda:7")
