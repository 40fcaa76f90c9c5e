"""The factorization machine of looked-up rows against the lookup and the machine, one by one."""

from __future__ import annotations

import copy
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from mainspring.train.ops.row_optimizer import UPDATES  # noqa: E402
from tests.train import draw  # noqa: E402

ROWS = (50, 7, 300, 3)


def made(width: int, optimizer: Any, dtype: Any = torch.float32) -> Any:
    return train.EmbeddingTables(
        [(rows, width) for rows in ROWS],
        optimizer=optimizer,
        dtype=dtype,
        stochastic_rounding=False,
    )


def ids_of(count: int, seed: int = 0) -> Any:
    columns = [draw.normal(count, seed=seed + i).abs() * rows / 3 for i, rows in enumerate(ROWS)]
    return torch.stack([c.long() % rows for c, rows in zip(columns, ROWS, strict=True)], 1)


def composed(module: Any, ids: Any) -> Any:
    return train.factorization_machine(module(ids).view(len(ids), len(ROWS), module.sizes[0][1]))


@pytest.mark.parametrize("name", list(UPDATES))
@pytest.mark.parametrize("width", [1, 5, 16, 32, 33, 64])
def test_rows_when_updated_are_those_of_lookup_and_machine(name: str, width: int) -> None:
    rule = train.RowOptimizer(name, learning_rate=0.1, clip_norm=5.0, weight_decay=0.01)
    module = made(width, rule)
    exact = copy.deepcopy(module).double()
    for seed in range(2):
        ids = ids_of(60, seed)
        grad = draw.normal(60, seed=9 + seed).float()
        got = module.factorization_machine(ids)
        got.backward(grad)
        with train.use_backend("eager"):
            expected = composed(exact, ids)
            expected.backward(grad.double())
        torch.testing.assert_close(got.double(), expected.double(), rtol=1e-4, atol=1e-4)
    changed = made(width, rule).state_dict()
    for key, value in exact.state_dict().items():
        torch.testing.assert_close(
            module.state_dict()[key].double(), value.double(), rtol=2e-3, atol=2e-3, msg=key
        )
        if key.endswith("weight"):
            assert not torch.equal(module.state_dict()[key], changed[key])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("width", [16, 21])
def test_gradient_when_rows_are_a_parameter_is_that_of_the_machine(dtype: Any, width: int) -> None:
    module = made(width, None, dtype)
    other = copy.deepcopy(module)
    ids, grad = ids_of(40).int(), draw.normal(40, seed=3).float()
    module.factorization_machine(ids).backward(grad)
    composed(other, ids).backward(grad)
    tolerance = 1e-4 if dtype == torch.float32 else 2e-2
    torch.testing.assert_close(
        module.weight.grad.float(), other.weight.grad.float(), rtol=tolerance, atol=tolerance
    )
    assert float(module.weight.grad.abs().max()) > 0.01


def test_pairs_when_threads_differ_are_the_same_bits() -> None:
    threads = ms.build_info()["num_threads"]
    found = []
    for count in (1, 2, 5):
        ms.set_num_threads(count)
        module = made(16, train.RowOptimizer("adam"))
        out = module.factorization_machine(ids_of(3000))
        out.sum().backward()
        found.append((out.detach(), module.state_dict()))
    ms.set_num_threads(threads)  # type: ignore[arg-type]
    for out, state in found[1:]:
        assert torch.equal(out, found[0][0])
        assert all(torch.equal(value, found[0][1][key]) for key, value in state.items())


def test_pairs_in_eval_and_compiled_are_the_same() -> None:
    torch._dynamo.reset()
    module = made(8, train.RowOptimizer("sgd"))
    ids = ids_of(20)
    with torch.no_grad():
        plain = module.factorization_machine(ids)
    compiled = torch.compile(module.factorization_machine, fullgraph=True, backend="aot_eager")
    other = copy.deepcopy(module)
    out = compiled(ids)
    torch.testing.assert_close(out.detach(), plain)
    out.sum().backward()
    other.factorization_machine(ids).sum().backward()
    for key, value in other.state_dict().items():
        assert torch.equal(module.state_dict()[key], value), key


@pytest.mark.parametrize(
    ("module", "ids", "text"),
    [
        (lambda: train.EmbeddingTables([(5, 4), (5, 3)]), torch.zeros(2, 2).long(), "of one width"),
        (
            lambda: train.EmbeddingTables([(5, 4)] * 2, pooling="none"),
            torch.zeros(2, 2).long(),
            "pooling 'none'",
        ),
        (lambda: made(4, None), torch.zeros(4).long(), r"of shape \(num_rows, 4\)"),
        (lambda: made(4, None), torch.zeros(2, 3).long(), "ids must be of shape"),
        (lambda: made(4, None), torch.zeros(2, 4), "int32 or int64"),
    ],
)
def test_pairs_when_an_argument_is_wrong_name_it(module: Any, ids: Any, text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        module().factorization_machine(ids)


def test_pairs_when_an_id_is_no_row_change_nothing() -> None:
    module = made(4, train.RowOptimizer("sgd"))
    before = copy.deepcopy(module.state_dict())
    ids = ids_of(5)
    ids[3, 1] = 7
    with pytest.raises(ms.DataError, match="of table 1, is 7, expected a row from 0 to 6"):
        module.factorization_machine(ids)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
