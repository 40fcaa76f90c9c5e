"""The operators as torch sees them: schemas, tracing, compiled graphs, transforms, overheads."""

from __future__ import annotations

import copy
import subprocess
import sys
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from mainspring import train  # noqa: E402
from mainspring.train.ops import embedding_ops, interactions, native_losses  # noqa: E402, F401
from tests.train import draw  # noqa: E402

OPERATORS = torch.ops.mainspring


def leaf(*shape: int, seed: int = 0) -> Any:
    return draw.normal(*shape, seed=seed).float().requires_grad_()


def test_first_use_loads_nothing_of_gpus_and_lets_inspect_look_through_no_modules() -> None:
    code = (
        "import inspect, sys, torch; before = len(inspect.modulesbyfile)\n"
        "from mainspring import train; train.EmbeddingTables, train.dot_interaction\n"
        "print([name for name in sys.modules if name.startswith('mainspring.gpu')], "
        "len(inspect.modulesbyfile) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] 1"


def lookup_arguments(optimizer: Any) -> tuple[Any, ...]:
    module = train.EmbeddingTables([(9, 4), (5, 3)], optimizer=optimizer)
    ids, offsets = draw.bags((9, 5), 4)
    weights = leaf(len(ids), seed=3)
    common = (module._layout, ids, offsets, weights, 4, module.width)
    if optimizer is None:
        return (module.weight, *common)
    states = (module._first, module._second, module._settings)
    number = embedding_ops.NAMES.index(optimizer.name)
    return (module._hook, module.weight, *states, *common, number, False, False, 0)


def update_arguments() -> tuple[Any, ...]:
    _, *rest = lookup_arguments(train.RowOptimizer("adam"))
    rest[7] = rest[7].detach()
    return (draw.normal(4, 7).float(), *rest)


CALLS = {
    "dot_interaction": lambda: (leaf(3, 4, 5),),
    "factorization_machine": lambda: (leaf(3, 4, 5),),
    "cross_interaction": lambda: (leaf(3, 4), leaf(3, 4, seed=1), leaf(3, 4, seed=2)),
    "binary_loss": lambda: (leaf(6), torch.ones(6), None, 0, [1.0] * 6, 1, True),
    "softmax_loss": lambda: (leaf(6, 4), torch.arange(6) % 4, None, 0.1, -100, 1, True),
    "embedding_lookup": lambda: lookup_arguments(None),
    "embedding_updating_lookup": lambda: lookup_arguments(train.RowOptimizer("adam")),
    "embedding_update": update_arguments,
}


@pytest.mark.parametrize("name", list(CALLS))
def test_operator_passes_torchs_own_checks(name: str) -> None:
    torch.library.opcheck(getattr(OPERATORS, name).default, CALLS[name]())


def interactions_of(x: Any) -> Any:
    y = train.dot_interaction(x).sum(1) + train.factorization_machine(x)
    return train.cross_interaction(y, y * 2, y)


def losses_of(x: Any) -> Any:
    labels = torch.ones_like(x)
    classes = torch.arange(x.shape[0], device=x.device) % x.shape[1]
    return (
        train.binary_cross_entropy(x, labels, pos_weight=2.0)
        + train.focal_loss(x, labels)
        + train.asymmetric_loss(x, labels)
        + train.softmax_cross_entropy(x, classes, label_smoothing=0.1)
    )


@pytest.mark.parametrize(("function", "shape"), [(interactions_of, (3, 4, 5)), (losses_of, (6, 4))])
def test_function_when_compiled_is_the_same(function: Any, shape: tuple[int, ...]) -> None:
    torch._dynamo.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    results = []
    for one in (function, compiled):
        x = leaf(*shape)
        out = one(x)
        out.sum().backward()
        results.append((out.detach(), x.grad))
    for got, expected in zip(results[1], results[0], strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["rowwise_adagrad", "adam"])
def test_tables_when_compiled_take_the_same_steps_to_the_bit(name: str) -> None:
    torch._dynamo.reset()
    module = train.EmbeddingTables([(9, 4), (5, 4)], optimizer=train.RowOptimizer(name))
    other = copy.deepcopy(module)
    compiled = torch.compile(other, fullgraph=True, backend="aot_eager")
    for seed in range(3):
        ids, offsets = draw.bags((9, 5), 4, seed=seed)
        for one in (module, compiled):
            train.factorization_machine(one(ids, offsets).view(4, 2, 4)).sum().backward()
    for key, value in module.state_dict().items():
        assert torch.equal(other.state_dict()[key], value), key
    assert int(other.state_dict()["step"]) == 3


def test_function_when_compiled_follows_a_forced_backend() -> None:
    torch._dynamo.reset()
    calls = []
    run = interactions._engine.train_dot_forward

    def counted(*args: Any) -> None:
        calls.append(args)
        run(*args)

    compiled = torch.compile(train.dot_interaction, fullgraph=True, backend="aot_eager")
    x = draw.normal(3, 4, 5).float()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interactions._engine, "train_dot_forward", counted)
        native = compiled(x)
        assert len(calls) == 1
        with train.use_backend("eager"):
            eager = compiled(x)
        assert len(calls) == 1
    torch.testing.assert_close(native, eager)


def test_loss_when_compiled_still_refuses_bad_labels() -> None:
    torch._dynamo.reset()
    compiled = torch.compile(train.binary_cross_entropy, fullgraph=True, backend="aot_eager")
    assert float(compiled(torch.zeros(3), torch.ones(3))) > 0
    with pytest.raises(Exception, match="label 1 is 2"):
        compiled(torch.zeros(3), torch.tensor([0.0, 2.0, 1.0]))


def test_operators_when_vmapped_or_functional_go_through_the_dispatcher() -> None:
    x = draw.normal(3, 4, 5).float()
    grad = torch.func.grad(lambda value: train.dot_interaction(value).sum())(x)
    leaf_x = x.clone().requires_grad_()
    train.dot_interaction(leaf_x).sum().backward()
    torch.testing.assert_close(grad, leaf_x.grad)


def test_autocast_when_on_keeps_losses_in_float32() -> None:
    layer = torch.nn.Linear(5, 1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = layer(draw.normal(7, 5).float())
        loss = train.binary_cross_entropy(logits[:, 0], torch.ones(7))
        pairs = train.dot_interaction(logits.view(1, 7, 1))
    assert logits.dtype == pairs.dtype == torch.bfloat16
    assert loss.dtype == torch.float32
    loss.backward()
    assert torch.isfinite(layer.weight.grad).all()


def losses_of_training(seed: int = 0, steps: int = 120) -> list[float]:
    """Train a small DLRM on what two ids say together; return the loss of each step."""
    torch.manual_seed(seed)
    tables = train.EmbeddingTables(
        [(20, 8), (30, 8)], optimizer=train.RowOptimizer("rowwise_adagrad", learning_rate=0.1)
    )
    head = torch.nn.Linear(17, 1)
    optimizer = train.AdamW(head.parameters(), lr=0.02, max_norm=5.0, zero_grads=True)
    ids = torch.stack([torch.randint(20, (512,)), torch.randint(30, (512,))], 1)
    labels = ((ids[:, 0] % 2) ^ (ids[:, 1] % 3 == 0).long()).float()
    losses = []
    for _ in range(steps):
        rows = tables(ids)
        dots = train.dot_interaction(rows.view(512, 2, 8))
        loss = train.binary_cross_entropy(head(torch.cat([rows, dots], 1))[:, 0], labels)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def test_model_when_trained_learns_and_as_the_eager_backend_does() -> None:
    native = losses_of_training()
    with train.use_backend("eager"):
        eager = losses_of_training()
    assert native[-1] < 0.25 * native[0]
    assert native[:20] == pytest.approx(eager[:20], rel=1e-3)
    assert native[-1] == pytest.approx(eager[-1], rel=0.05)
    assert losses_of_training() == native
