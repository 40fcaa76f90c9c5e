"""The embedding operators of torch on CUDA tensors: what they hand to the GPU library."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mainspring import errors, gpu
from tests.gpu.emulation import Emulation
from tests.gpu.test_embedding import Tables, batch

torch = pytest.importorskip("torch")

_kept: list[gpu.DeviceArray] = []


@pytest.fixture
def operators() -> Any:
    from mainspring.train.ops import device_embedding, embedding_ops

    yield SimpleNamespace(gpu=device_embedding, native=embedding_ops)
    _kept.clear()


def on_device(values: Any) -> Any:
    """Return a tensor over memory of the emulated device."""
    array = gpu.to_device(np.asarray(values))
    _kept.append(array)
    address = array.__cuda_array_interface__["data"][0]
    memory = (ctypes.c_char * array.nbytes).from_address(address)
    kind = getattr(torch, array.dtype.name)
    return torch.frombuffer(memory, dtype=kind).reshape(array.shape)


def settings() -> Any:
    ftrl, gradient_scale = [0.0, 0.0, 1.0], 1.0
    values = [0.0625, 0, 1e-6, 0.9, 0.99, 0.0, float("inf"), float("inf"), *ftrl, gradient_scale]
    return torch.tensor(values, dtype=torch.float64)


def test_update_is_that_of_the_native_operator(emulation: Emulation, operators: Any) -> None:
    tables = Tables(1)
    one = batch(1, tables)
    host = [torch.from_numpy(each.copy()) for each in (one.grad, *tables.memory())]
    rest = [torch.from_numpy(each) for each in (tables.layout, one.ids, one.offsets)]
    on_host, there = settings(), settings()
    options = (None, one.num_bags, tables.stride, 0, False, False, 7)
    operators.native._run_update(*host, on_host, *rest, *options)
    moved = [on_device(each) for each in (*tables.memory(), tables.layout, one.ids, one.offsets)]
    operators.gpu.run_update(on_device(one.grad), *moved[:3], there, *moved[3:], *options)
    assert torch.equal(moved[0], host[1])
    assert torch.equal(there, on_host)
    assert int(there[1]) == 1


def test_gradient_is_that_of_the_native_operator(
    emulation: Emulation, operators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = Tables(0, mean=True)
    one = batch(2, tables, wide=False)
    arrays = (one.grad, tables.rows, tables.layout, one.ids, one.offsets)
    rest = (None, one.num_bags, tables.stride)
    expected, _ = operators.native._run_gradient(*map(torch.from_numpy, arrays), *rest)
    placed = [on_device(each) for each in arrays]
    out = on_device(np.zeros(len(tables.rows), np.float32))
    monkeypatch.setattr(torch, "zeros", lambda *_, **__: out)
    got, of_weights = operators.gpu.run_gradient(*placed, *rest)
    monkeypatch.undo()
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-5)
    assert of_weights.numel() == 0


def test_wrong_id_is_named_with_its_table_and_is_no_step(
    emulation: Emulation, operators: Any
) -> None:
    tables = Tables(1)
    one = batch(1, tables)
    place = int(one.offsets[one.num_bags])  # the first of the second table
    one.ids[place] = 7
    moved = [on_device(each) for each in (*tables.memory(), tables.layout, one.ids, one.offsets)]
    there = settings()
    options = (None, one.num_bags, tables.stride, 0, False, False, 7)
    text = f"Id {place}, of table 1, is 7, expected a row from 0 to 6"
    with pytest.raises(errors.DataError, match=text):
        operators.gpu.run_update(on_device(one.grad), *moved[:3], there, *moved[3:], *options)
    assert int(there[1]) == 0


def test_backend_of_cuda_tensors_is_the_library_where_it_is_there(
    operators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mainspring.train.ops import backend

    def chosen(dtype: Any) -> str:
        tensor = SimpleNamespace(is_cpu=False, device=SimpleNamespace(type="cuda"), dtype=dtype)
        return backend.choose("EmbeddingTables", tensor)

    for there, expected in ((True, "cuda"), (False, "eager")):
        monkeypatch.setattr(backend, "_has_gpu_library", lambda there=there: there)
        assert chosen(torch.float32) == expected
        assert chosen(torch.float64) == "eager"
    assert backend.choose("EmbeddingTables", torch.zeros(1)) == "native"
    with backend.use_backend("cuda"):
        assert chosen(torch.bfloat16) == "cuda"
        with pytest.raises(errors.UnsupportedError, match="on cpu"):
            backend.choose("EmbeddingTables", torch.zeros(1))
