"""Arrays of CuPy and torch on a real GPU: theirs in, theirs out, on the stream they work on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import mainspring as ms
from mainspring import col

pytestmark = pytest.mark.gpu

X = np.random.default_rng(0).normal(size=100_003)


@pytest.fixture(scope="module")
def prep() -> ms.Preprocessor:
    if not ms.gpu.devices():
        pytest.skip("no GPU")
    return ms.Preprocessor(col("x").standardize(), col("y").log1p()).fit(pa.table({"x": X, "y": X}))


def test_transform_of_cupy_arrays_gives_one_on_its_stream(prep: ms.Preprocessor) -> None:
    cupy = pytest.importorskip("cupy")
    expected = prep.transform(pa.table({"x": X, "y": X}))
    with cupy.cuda.Stream(non_blocking=True) as stream:
        data = {"x": cupy.asarray(X), "y": cupy.asarray(X)}
        got = prep.transform(data)
        assert isinstance(got, cupy.ndarray)
        stream.synchronize()
        np.testing.assert_array_equal(got.get().view(np.uint32), expected.view(np.uint32))
    with pytest.raises(ms.errors.ParameterError, match="not contiguous"):
        prep.transform({"x": cupy.asarray(X)[::2], "y": cupy.asarray(X)[::2]})


def test_transform_of_torch_tensors_gives_one_on_its_stream(prep: ms.Preprocessor) -> None:
    torch = pytest.importorskip("torch")
    expected = prep.transform(pa.table({"x": X, "y": X}))
    with torch.cuda.stream(torch.cuda.Stream()):
        tensor = torch.as_tensor(X, device="cuda")
        got = prep.transform({"x": tensor, "y": tensor})
        assert got.is_cuda
        np.testing.assert_array_equal(got.cpu().numpy().view(np.uint32), expected.view(np.uint32))


def test_device_array_goes_to_cupy_and_torch_without_a_copy(prep: ms.Preprocessor) -> None:
    cupy = pytest.importorskip("cupy")
    torch = pytest.importorskip("torch")
    array = ms.gpu.to_device(X)
    place = array.__cuda_array_interface__["data"][0]
    assert cupy.asarray(array).data.ptr == place
    assert cupy.from_dlpack(array).data.ptr == place
    assert torch.from_dlpack(array).data_ptr() == place
    np.testing.assert_array_equal(torch.from_dlpack(array).cpu().numpy(), X)
