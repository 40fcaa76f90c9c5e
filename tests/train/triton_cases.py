"""Triton kernels in the interpreter against the reference; run by test_triton_kernels.py.

Triton wants to know that it interprets before it is loaded, so this is a process of its own. It
takes milliseconds for each program: grids are small.
"""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from mainspring.train.ops import (  # noqa: E402
    device_embedding,
    embedding_ops,
    reference,
    reference_embedding,
    triton_embedding,
    triton_runs,
)
from mainspring.train.ops.row_optimizer import UPDATES  # noqa: E402
from tests.train import draw  # noqa: E402


@pytest.mark.parametrize("shape", [(2, 3, 5), (1, 17, 20), (2, 1, 4), (0, 3, 4), (1, 4, 70)])
def test_interactions_are_the_references(shape: tuple[int, ...]) -> None:
    x = draw.normal(*shape).float()
    for run, backward, oracle in (
        (triton_runs.run_dot, triton_runs.run_dot_backward, reference.dot_interaction),
        (triton_runs.run_pairs, triton_runs.run_pairs_backward, reference.factorization_machine),
    ):
        leaf = x.double().requires_grad_()
        expected = oracle(leaf)
        grad = draw.normal(*expected.shape, seed=1)
        expected.backward(grad)
        got = run(x)
        torch.testing.assert_close(got.double(), expected.detach(), rtol=1e-5, atol=1e-5)
        slope = backward(grad.float(), x)
        torch.testing.assert_close(slope.double(), leaf.grad, rtol=1e-5, atol=1e-5)


BINARY = [
    (
        0,
        [3.0, 1.0, 1.0, 0.0, 0.0, 0.0],
        lambda x, y, w: train.binary_cross_entropy(
            x, y, weight=w, pos_weight=3.0, reduction="none"
        ),
    ),
    (
        1,
        [1.0, 0.3, 0.7, 1.5, 1.5, 0.0],
        lambda x, y, w: train.focal_loss(x, y, weight=w, alpha=0.3, gamma=1.5, reduction="none"),
    ),
    (
        2,
        [1.0, 1.0, 1.0, 1.0, 4.0, 0.05],
        lambda x, y, w: train.asymmetric_loss(x, y, weight=w, reduction="none"),
    ),
    (
        2,
        [1.0, 1.0, 1.0, 0.5, 2.0, 0.0],
        lambda x, y, w: train.asymmetric_loss(
            x, y, weight=w, gammas=(0.5, 2.0), margin=0.0, reduction="none"
        ),
    ),
]


@pytest.mark.parametrize(("kind", "options", "oracle"), BINARY)
@pytest.mark.parametrize("weighted", [False, True])
def test_binary_losses_are_the_references(
    kind: int, options: list[float], oracle: Any, weighted: bool
) -> None:
    x = torch.cat([draw.normal(1100) * 4, torch.tensor([-80.0, 80.0, 0.0]).double()]).float()
    y = (draw.normal(1103, seed=1) > 0).float()
    w = draw.normal(1103, seed=2).abs().float() if weighted else None
    leaf = x.double().requires_grad_()
    expected = oracle(leaf, y.double(), None if w is None else w.double())
    expected.sum().backward()
    losses, grad = triton_runs.run_binary(x, y, w, kind, options, 0, True)
    torch.testing.assert_close(losses.double(), expected.detach(), rtol=2e-5, atol=1e-7)
    torch.testing.assert_close(grad.double(), leaf.grad, rtol=5e-5, atol=1e-7)
    mean, slope = triton_runs.run_binary(x, y, w, kind, options, 1, True)
    assert mean.dtype == torch.float32
    torch.testing.assert_close(mean.double(), expected.detach().mean(), rtol=1e-6, atol=0)
    torch.testing.assert_close(slope.double(), leaf.grad / 1103, rtol=5e-5, atol=1e-10)
    total, none = triton_runs.run_binary(x, y, w, kind, options, 2, False)
    torch.testing.assert_close(total.double(), expected.detach().sum(), rtol=1e-6, atol=0)
    assert none.numel() == 0


def test_binary_loss_when_a_logit_is_nan_is_nan() -> None:
    x, y = torch.tensor([0.0, float("nan"), 1.0]), torch.tensor([0.0, 1.0, 1.0])
    for kind, options, _ in BINARY:
        losses, grad = triton_runs.run_binary(x, y, None, kind, options, 0, True)
        assert torch.isnan(losses).tolist() == torch.isnan(grad).tolist() == [False, True, False]


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (3, 1500)])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
def test_softmax_losses_are_the_references(
    shape: tuple[int, int], smoothing: float, weighted: bool
) -> None:
    x = draw.normal(*shape) * 5
    target = torch.arange(shape[0]) * 7 % shape[1]
    target[2:3] = -100
    w = draw.normal(shape[0], seed=1).abs() if weighted else None
    for reduction in (0, 1, 2):
        leaf = x.clone().requires_grad_()
        name = ("none", "mean", "sum")[reduction]
        expected = reference.softmax_cross_entropy(leaf, target, w, smoothing, -100, name)
        expected.sum().backward()
        short = None if w is None else w.float()
        losses, grad = triton_runs.run_softmax(
            x.float(), target, short, smoothing, -100, reduction, True
        )
        torch.testing.assert_close(losses.double(), expected.detach(), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(grad.double(), leaf.grad, rtol=1e-4, atol=1e-6)


SIZES = {"a": (5, 16), "b": (3, 21), "c": (4, 1)}
ROWS = tuple(rows for rows, _ in SIZES.values())


def lookup_of(module: Any, *, pooling: str, weighted: bool, num_bags: int = 2) -> tuple[Any, ...]:
    """Return the arguments of the operators: ids that occur twice, an empty bag."""
    if pooling == "none":
        ids, offsets = torch.tensor([1, 2, 1, 0, 0, 3]), torch.tensor([0, 3, 5, 6])
        return (module._layout, ids, offsets, None, -1, module.width)
    ids = torch.tensor([1, 4, 1, 2, 2, 2, 0, 3, 3])
    offsets = torch.tensor([0, 3, 4, 4, 7, 8, 9])
    weights = draw.normal(len(ids), seed=4).float() if weighted else None
    return (module._layout, ids, offsets, weights, num_bags, module.width)


def tables_of(name: str, dtype: Any = torch.float32, **more: Any) -> Any:
    options = {"clip_norm": 0.9, "clip_value": 0.7, "weight_decay": 0.1, "l1": 0.02, "l2": 0.1}
    rule = train.RowOptimizer(name, learning_rate=0.1, **{**options, **more.pop("options", {})})
    sizes = SIZES if more.get("pooling") != "none" else [(rows, 7) for rows in ROWS]
    return train.EmbeddingTables(sizes, optimizer=rule, dtype=dtype, **more)


def take_step(module: Any, lookup: tuple[Any, ...], grad: Any, stochastic: bool = False) -> Any:
    step, options = device_embedding.next_step(module._settings)
    number = 1 + list(UPDATES).index(module.optimizer.name)
    rule = (number, options, module.optimizer.decoupled, stochastic, int(step))
    states = (module._first, module._second)
    with torch.no_grad():
        return triton_embedding.run_update(grad, module.weight, states, *lookup, rule=rule)


@pytest.mark.parametrize("pooling", ["sum", "mean"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_lookups_are_the_references(pooling: str, weighted: bool, dtype: Any) -> None:
    module = tables_of("sgd", dtype, pooling=pooling)
    lookup = lookup_of(module, pooling=pooling, weighted=weighted)
    got = triton_embedding.run_lookup(module.weight, *lookup)
    expected = reference_embedding.lookup(module.weight.double(), *lookup)
    torch.testing.assert_close(got.double(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", list(UPDATES))
@pytest.mark.parametrize(("pooling", "weighted"), [("sum", False), ("mean", True), ("none", False)])
@pytest.mark.parametrize("decoupled", [False, True])
def test_updates_are_the_references(
    name: str, pooling: str, weighted: bool, decoupled: bool
) -> None:
    module = tables_of(name, pooling=pooling, options={"decoupled": decoupled})
    exact = tables_of(name, torch.float64, pooling=pooling, options={"decoupled": decoupled})
    with torch.no_grad():
        exact.weight.copy_(module.weight)
    lookup = lookup_of(module, pooling=pooling, weighted=weighted)
    rows = lookup[4] if lookup[4] > 0 else len(lookup[1])
    for seed in range(2):
        grad = draw.normal(rows, module.width, seed=seed).float()
        of_weights = take_step(module, lookup, grad)
        assert of_weights.shape == ((len(lookup[1]),) if weighted else (0,))
        exact._settings[1] += 1
        with torch.no_grad():
            states = (exact._first, exact._second, exact._settings.tolist())
            reference_embedding.update(
                *(grad.double(), exact.weight, *states, *lookup[:4]),
                num_bags=lookup[4],
                name=name,
                decoupled=decoupled,
            )
        module._settings[1] += 1
    for key, value in exact.state_dict().items():
        got = module.state_dict()[key].double()
        torch.testing.assert_close(got, value.double(), rtol=1e-4, atol=1e-4, msg=key)


def test_tables_that_grow_take_the_steps_of_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lookup(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, hook: Any, weight: Any, *rest: Any) -> Any:
            ctx.arguments = (weight, *rest)
            return triton_embedding.run_lookup(weight, *rest[3:9])

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            with monkeypatch.context() as patch:
                patch.setattr(device_embedding, "choose", lambda *_: "triton")
                device_embedding.run_update(grad, *ctx.arguments)
            return (None,) * 15

    options = {"max_rows": 7, "first_rows": 2, "optimizer": train.RowOptimizer("adagrad")}
    on_cpu, there = train.DynamicTable(4, **options), train.DynamicTable(4, **options)
    for step, ids in enumerate(([2**40, -7, 2**40, 3], [1, 2, 3, 3], [9, 8, 3, 1])):
        grad = draw.normal(4, 4, seed=step).float()
        on_cpu(torch.tensor(ids)).backward(grad)
        with monkeypatch.context() as patch:
            patch.setattr(embedding_ops, "updating_lookup", Lookup.apply)
            there(torch.tensor(ids)).backward(grad)
    assert there.num_evicted == on_cpu.num_evicted > 0
    for got, expected in zip(there.items(), on_cpu.items(), strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_short_rows_when_rounded_at_random_keep_the_mean(dtype: Any) -> None:
    rule = train.RowOptimizer("sgd", learning_rate=1.0)
    module = train.EmbeddingTables([(4, 8192)], optimizer=rule, dtype=dtype)
    with torch.no_grad():
        module.weight.fill_(1.0)
    step = 2.0**-10 if dtype == torch.bfloat16 else 2.0**-13  # an eighth of what rows can hold
    lookup = (module._layout, torch.tensor([2]), torch.tensor([0, 1]), None, 1, 8192)
    take_step(module, lookup, torch.full((1, 8192), -step), stochastic=True)
    row = module.table("0")[2].double()
    assert len(set(row.tolist())) == 2
    assert abs(float(row.mean()) - 1 - step) < 0.12 * step
    assert bool((module.table("0")[[0, 1, 3]] == 1).all())


def test_gradients_of_rows_and_weights_are_the_references() -> None:
    module = tables_of("sgd")
    lookup = lookup_of(module, pooling="sum", weighted=True)
    grad = draw.normal(2, module.width, seed=1).float()
    rows, weights = triton_embedding.run_gradient(grad, module.weight.detach(), *lookup)
    exact = module.weight.detach().double()
    expected = reference_embedding.dense_gradient(
        grad.double(), exact, *lookup[:4], num_bags=lookup[4]
    )
    torch.testing.assert_close(rows.double(), expected, rtol=1e-5, atol=1e-5)
    of_weights = reference_embedding.weight_gradient(
        grad.double(), exact, *lookup[:3], num_bags=lookup[4]
    )
    torch.testing.assert_close(weights.double(), of_weights, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("ids", "offsets", "text"),
    [
        ([1, 5, 0, 0], [0, 1, 2, 3, 4, 4, 4], "Id 1, of table 0, is 5, expected a row from 0 to 4"),
        ([1, -1, 0, 0], [0, 1, 2, 3, 4, 4, 4], "Id 1, of table 0, is -1"),
        ([1, 1, 0, 0], [0, 2, 1, 3, 4, 4, 4], "Offsets must begin with 0"),
        ([1, 1, 0, 0], [0, 1, 2, 3, 3, 3, 3], "end with the number of ids, 4"),
    ],
)
def test_ids_when_wrong_change_nothing(ids: list[int], offsets: list[int], text: str) -> None:
    module = tables_of("adam")
    before = {key: value.clone() for key, value in module.state_dict().items()}
    lookup = (module._layout, torch.tensor(ids), torch.tensor(offsets), None, 2, module.width)
    with pytest.raises(ms.DataError, match=text):
        take_step(module, lookup, torch.ones(2, module.width))
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
