"""Tables that grow, with rows on a GPU: ids numbered on the host, rows updated by the library."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

import mainspring as ms
from mainspring import gpu
from tests.gpu.emulation import Emulation

torch = pytest.importorskip("torch")

from mainspring import train  # noqa: E402
from mainspring.train.ops import (  # noqa: E402
    device_embedding,
    dynamic_table,
    embedding,
    embedding_ops,
)
from tests.train import draw  # noqa: E402


class Moved:
    """Tensors over memory of the emulated device, while it is kept."""

    def __init__(self) -> None:
        self.kept: list[gpu.DeviceArray] = []

    def __call__(self, tensor: Any) -> Any:
        array = gpu.to_device(tensor.detach().numpy())
        self.kept.append(array)
        address = array.__cuda_array_interface__["data"][0]
        memory = (ctypes.c_char * max(array.nbytes, 1)).from_address(address)
        count = tensor.numel()
        return torch.frombuffer(memory, dtype=tensor.dtype, count=count).view(tensor.shape)


class LookupOnDevice(torch.autograd.Function):  # type: ignore[misc]
    """What CUDA tensors dispatch to, with tensors of the host moved there and back."""

    @staticmethod
    def forward(ctx: Any, hook: Any, *arguments: Any) -> Any:
        ctx.arguments = arguments
        return device_embedding.run_updating_lookup(hook, *arguments)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        *memory, on_host, layout, ids, offsets, weights, bags, stride = ctx.arguments[:10]
        assert weights is None
        move = Moved()
        there = [move(tensor) if tensor.numel() else tensor for tensor in memory]
        lookup = (move(layout), move(ids), move(offsets), None, bags, stride)
        device_embedding.run_update(move(grad), *there, on_host, *lookup, *ctx.arguments[10:])
        for own, new in zip(memory, there, strict=True):
            own.detach().copy_(new)
        return (None,) * 15


def batches() -> list[Any]:
    rng = np.random.default_rng(7)
    return [torch.from_numpy(rng.integers(-(2**62), 2**62, 40)[rng.integers(0, 40, 25)])] + [
        torch.from_numpy(rng.integers(0, 60, 25)) for _ in range(8)
    ]


@pytest.mark.parametrize("name", ["sgd", "rowwise_adagrad", "adam"])
def test_rows_take_the_steps_of_the_cpu(
    emulation: Emulation, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rule = train.RowOptimizer(name, learning_rate=0.0625)
    options: dict[str, Any] = {"max_rows": 40, "first_rows": 4, "optimizer": rule}
    on_cpu, there = train.DynamicTable(4, **options), train.DynamicTable(4, **options)
    before = emulation.used_bytes
    for step, ids in enumerate(batches()):
        grad = draw.normal(len(ids), 4, seed=step).float()
        on_cpu(ids).backward(grad)
        with monkeypatch.context() as patch:
            patch.setattr(embedding_ops, "updating_lookup", LookupOnDevice.apply)
            there(ids).backward(grad)
        assert there.ids.state() == on_cpu.ids.state()
    assert there.num_evicted == on_cpu.num_evicted > 0
    for got, expected in zip(there.items(), on_cpu.items(), strict=True):
        if name == "sgd":  # by a power of two: without a rounding that fusing would leave out
            assert torch.equal(got, expected)
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)
    assert emulation.used_bytes == before


def test_what_meets_the_rows_is_moved_to_where_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    # "meta" is a device without memory: its tensors meet none of the CPU without an error.
    moved: list[Any] = []
    table = train.DynamicTable(3, first_rows=2)
    own = dynamic_table.DynamicTable._moved

    def noted(self: Any, tensor: Any) -> Any:
        moved.append(tensor)
        return own(self, tensor)

    monkeypatch.setattr(dynamic_table.DynamicTable, "_moved", noted)
    ids, offsets, weights = torch.tensor([5, 6, 7]), torch.tensor([0, 2, 3]), torch.ones(3)
    table(ids, offsets, weights)
    shapes = [tuple(tensor.shape) for tensor in moved]
    assert shapes == [(3, 3), (3,), (3,), (3,), (3,)]  # new rows, their places; rows, bags, factors
    monkeypatch.setattr(embedding, "choose", lambda *_: "cuda")
    meta = train.DynamicTable(3, first_rows=2, device="meta")
    assert {meta.tables.weight.device.type, meta.tables._first.device.type} == {"meta"}
    out = meta.eval()(ids)
    assert (out.device.type, tuple(out.shape)) == ("meta", (3, 3))
    meta.train()
    out = meta(torch.arange(9))  # rows drawn, memory doubled
    assert (out.device.type, meta.num_ids) == ("meta", 9)
    assert meta.tables.sizes[0][0] == 10
    assert meta.tables.weight.device.type == "meta"


def test_ids_of_a_device_are_refused() -> None:
    with pytest.raises(ms.ParameterError, match="on the CPU, which numbers them"):
        train.DynamicTable(3)(torch.empty(3, dtype=torch.int64, device="meta"))
