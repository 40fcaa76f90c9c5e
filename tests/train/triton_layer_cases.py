"""Triton kernels of layers, losses of numbers and queries, and optimizers, in the interpreter.

Run by test_triton_kernels.py, as triton_cases.py is; each against the reference in float64.
"""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from mainspring import train  # noqa: E402
from mainspring.kernels import normalization, optimizers, query_losses  # noqa: E402
from mainspring.train.ops import (  # noqa: E402
    device_embedding,
    native_losses,
    triton_embedding,
    triton_layers,
    triton_losses,
    triton_optimizers,
)
from mainspring.train.ops.native_ranking import QUERY_LOSSES  # noqa: E402
from mainspring.train.ops.row_optimizer import UPDATES  # noqa: E402
from tests.train import draw  # noqa: E402
from tests.train.test_optimizers import value_of_bytes  # noqa: E402


def close(got: Any, expected: Any, rtol: float = 1e-5, atol: float = 1e-6) -> None:
    torch.testing.assert_close(got.double(), expected.detach().double(), rtol=rtol, atol=atol)


@pytest.mark.parametrize("count", [0, 1, 1500])
def test_cross_is_the_reference(count: int) -> None:
    x0, y, x, grad = (draw.normal(count, seed=seed).float() for seed in range(4))
    leaves = [one.double().requires_grad_() for one in (x0, y, x)]
    out = train.cross_interaction(*leaves)
    out.backward(grad.double())
    close(triton_layers.run_cross(x0, y, x), out)
    for got, leaf in zip(triton_layers.run_cross_backward(grad, x0, y), leaves, strict=False):
        close(got, leaf.grad)


ACTIVATIONS = ("none", "relu", "gelu", "silu")


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("shape", "block"), [((5, 7), None), ((2, 70), 32), ((1, 1), None)])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("affine", [False, True])
def test_layer_norm_is_the_reference(
    activation: str, shape: tuple[int, int], block: int | None, dropout: float, affine: bool
) -> None:
    x, grad = draw.normal(*shape).float() * 3 + 1, draw.normal(*shape, seed=1).float()
    more = [draw.normal(shape[1], seed=seed).float() for seed in (2, 3)] if affine else [None] * 2
    leaves = [None if one is None else one.double().requires_grad_() for one in (x, *more)]
    out = train.layer_norm(*leaves, activation=activation, dropout=dropout, seed=12345)
    out.backward(grad.double())
    number = ACTIVATIONS.index(activation)
    got, moments = normalization.norm_forward(x, *more, 12345, number, dropout, 1e-5, block)
    close(got, out, 1e-4, 1e-5)
    gradients = normalization.norm_backward(
        grad, x, *more, 12345, moments, number, dropout, block, programs=2
    )
    for one, leaf in zip(gradients, leaves, strict=True):
        if leaf is not None:
            close(one, leaf.grad, 1e-4, 2e-5)


def test_layer_norm_when_a_number_is_nan_makes_its_row_nan() -> None:
    x = draw.normal(3, 8).float()
    x[1, 2] = float("nan")
    seed = torch.zeros((), dtype=torch.int64)
    out, _ = triton_layers.run_norm(x, None, None, seed, 1, 0.0, 1e-5)
    assert torch.isnan(out).all(1).tolist() == [False, True, False]
    assert not torch.isnan(out[[0, 2]]).any()


def test_layer_norm_without_rows_is_empty() -> None:
    x, seed = torch.empty(0, 4), torch.zeros((), dtype=torch.int64)
    out, moments = triton_layers.run_norm(x, None, None, seed, 0, 0.0, 1e-5)
    found = triton_layers.run_norm_backward(out, x, None, None, seed, moments, 0, 0.0, 1e-5)
    assert [tuple(one.shape) for one in (out, *found)] == [(0, 4), (0, 4), (4,), (4,)]


@pytest.mark.parametrize("shape", [(5, 3, 7), (6, 4, 1), (1, 2, 20)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("bias", [False, True])
def test_linear_cross_entropy_is_the_reference(
    shape: tuple[int, int, int], smoothing: float, bias: bool
) -> None:
    rows, width, classes = shape
    x, w = draw.normal(rows, width).float(), draw.normal(classes, width, seed=1).float()
    b = draw.normal(classes, seed=2).float() if bias else None
    target = torch.arange(rows) * 5 % classes
    target[1:2] = -100
    leaves = [None if one is None else one.double().requires_grad_() for one in (x, w, b)]
    for number, name in ((1, "mean"), (2, "sum")):
        for leaf in leaves:
            if leaf is not None:
                leaf.grad = None
        loss = train.linear_cross_entropy(
            *leaves[:2], target, bias=leaves[2], label_smoothing=smoothing, reduction=name
        )
        loss.backward()
        found = triton_losses.run_linear(
            x, w, b, target, smoothing, -100, number, True, chunk=2 * classes
        )
        close(found[0], loss, 1e-5, 1e-5)
        for got, leaf in zip(found[1:], leaves, strict=True):
            if leaf is not None:
                close(got, leaf.grad, 1e-4, 1e-5)
        only = triton_losses.run_linear(x, w, b, target, smoothing, -100, number, False)
        close(only[0], loss, 1e-5, 1e-5)


def test_softmax_loss_of_a_class_that_is_none_is_nan_and_reads_nothing() -> None:
    x = draw.normal(3, 4).float()
    for wrong in (4, -1, 2**40):
        target = torch.tensor([0, wrong, 3])
        found = triton_losses.run_linear(
            x, torch.eye(4), None, target, 0.0, -100, 2, True, chunk=1 << 10
        )
        assert torch.isnan(found[0])


NUMBERS = [
    ("quantile_loss", {"quantile": 0.3}, 0.3),
    ("huber_loss", {"delta": 0.7}, 0.7),
    ("tweedie_loss", {"power": 1.5}, 1.5),
    ("tweedie_loss", {"power": 1}, 1.0),
    ("tweedie_loss", {"power": 2}, 2.0),
]


@pytest.mark.parametrize(("name", "options", "option"), NUMBERS)
@pytest.mark.parametrize("weighted", [False, True])
def test_number_losses_are_the_references(
    name: str, options: dict[str, float], option: float, weighted: bool
) -> None:
    x, t = draw.normal(1100).float(), draw.normal(1100, seed=1).abs().float()
    x[:3] = t[:3]  # where a gradient jumps
    w = draw.normal(1100, seed=2).abs().float() if weighted else None
    kind = triton_losses.NUMBER_LOSSES.index(name)
    for number, reduction in enumerate(native_losses.REDUCTIONS):
        leaf = x.double().requires_grad_()
        wide = None if w is None else w.double()
        loss = getattr(train, name)(leaf, t.double(), weight=wide, reduction=reduction, **options)
        loss.sum().backward()
        got, grad = triton_losses._run_number(x, t, w, kind, option, number, True)
        close(got, loss, 2e-5, 1e-6)
        close(grad, leaf.grad, 2e-5, 1e-7)


def test_number_losses_when_a_prediction_is_nan_are_nan() -> None:
    x, t = torch.tensor([0.5, float("nan"), 1.0]), torch.ones(3)
    for name, _, option in NUMBERS:
        kind = triton_losses.NUMBER_LOSSES.index(name)
        got, grad = triton_losses._run_number(x, t, None, kind, option, 0, True)
        assert torch.isnan(got).tolist() == torch.isnan(grad).tolist() == [False, True, False]


QUERIES = [0, 3, 3, 4, 24, 26]  # one without rows, one with one, one of two blocks


@pytest.mark.parametrize(
    ("name", "cutoff"), [*((name, None) for name in QUERY_LOSSES), ("lambda_rank_loss", 2)]
)
@pytest.mark.parametrize("ties", [False, True])
def test_query_losses_are_the_references(name: str, cutoff: int | None, ties: bool) -> None:
    scores = draw.normal(26).float() * 3
    labels = (draw.normal(26, seed=1) * 2).round().abs().float()
    if ties:
        scores, labels = scores.round(), labels.clamp(max=1)
    offsets = torch.tensor(QUERIES)
    leaf = scores.double().requires_grad_()
    options = {"cutoff": cutoff} if name == "lambda_rank_loss" else {}
    expected = getattr(train, name)(leaf, labels.double(), offsets, reduction="none", **options)
    expected.sum().backward()
    kind = QUERY_LOSSES.index(name)
    rows = (kind, scores, labels, offsets, cutoff)
    losses, grad = query_losses.query_losses(*rows, with_grad=True, block=16)
    close(losses, expected, 1e-5, 1e-5)
    close(grad, leaf.grad, 1e-4, 1e-5)
    only, none = triton_losses.run_query(*rows[1:3], offsets.int(), kind, cutoff or 0, False)
    close(only, expected, 1e-5, 1e-5)
    assert none.numel() == 0


def test_query_losses_when_a_score_is_nan_are_nan_for_that_query_alone() -> None:
    scores = torch.tensor([0.5, float("nan"), 1.0, 2.0])
    labels, offsets = torch.tensor([1.0, 0.0, 0.0, 1.0]), torch.tensor([0, 2, 4])
    for kind in range(4):
        losses, _ = query_losses.query_losses(kind, scores, labels, offsets, None, with_grad=True)
        assert torch.isnan(losses).tolist() == [True, False]


@pytest.mark.parametrize("name", list(UPDATES))
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_pairs_of_looked_up_rows_are_the_references(name: str, dtype: Any) -> None:
    sizes = {"a": (5, 21), "b": (3, 21), "c": (1, 21)}
    made = []
    for kind in (dtype, torch.float64):
        rule = train.RowOptimizer(name, learning_rate=0.1, l1=0.02, weight_decay=0.1)
        made.append(train.EmbeddingTables(sizes, optimizer=rule, dtype=kind))
    module, exact = made
    with torch.no_grad():
        exact.weight.copy_(module.weight)
    ids = torch.tensor([[1, 2, 0], [4, 2, 0], [1, 0, 0]])
    grad = draw.normal(3, seed=3).float()
    with train.use_backend("eager"):
        expected = exact.factorization_machine(ids)
        expected.backward(grad.double())
    layout = module._layout.clone()
    layout[:, 4] = 0
    common = (layout, ids.t().reshape(-1), torch.arange(10), 3, 21)
    with torch.no_grad():
        out, sums = triton_embedding.run_pairs(module.weight, *common)
        close(out, expected, 1e-5, 1e-5)
        step, options = device_embedding.next_step(module._settings)
        states = (module._first, module._second)
        rule_numbers = (1 + list(UPDATES).index(name), options, False, False, int(step))
        triton_embedding.run_pairs_update(
            grad, sums, module.weight, states, *common, rule=rule_numbers
        )
        module._settings[1] = step
    tolerance = {torch.float32: 1e-4, torch.bfloat16: 1e-2, torch.float16: 2e-3}[dtype]
    for key, value in exact.state_dict().items():
        close(module.state_dict()[key], value, tolerance, tolerance)


def test_gradient_of_pairs_of_looked_up_rows_is_the_reference() -> None:
    module = train.EmbeddingTables([(4, 6), (3, 6)], optimizer=None)
    ids, grad = torch.tensor([[1, 2], [3, 2]]), torch.tensor([0.5, -2.0])
    exact = module.weight.detach().double().requires_grad_()
    layout = module._layout.clone()
    layout[:, 4] = 0
    common = (layout, ids.t().reshape(-1), torch.arange(5), 2, 6)
    places = (layout[:, 0] + ids * 6)[:, :, None] + torch.arange(6)
    train.factorization_machine(exact[places]).backward(grad.double())
    weight = module.weight.detach()
    _, sums = triton_embedding.run_pairs(weight, *common)
    close(triton_embedding.run_pairs_gradient(grad, sums, weight, *common), exact.grad)


STEPS = [
    ("AdamW", {"lr": 0.1, "weight_decay": 0.1}),
    ("Lion", {"lr": 0.1, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
]
SIZES = [(3,), (5, 7), (0,), (2500,)]


def optimizers_of(name: str, options: dict[str, Any], kind: Any) -> tuple[Any, list[Any]]:
    params = [torch.nn.Parameter(draw.normal(*size, seed=9).to(kind)) for size in SIZES]
    return getattr(train, name)(params, **options), params


def by_triton(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let float32 parameters of an optimizer's class go by Triton, others by the reference."""
    monkeypatch.setattr(type(made), "_backend", lambda self, p, state: (
        "triton" if p.dtype == torch.float32 else "eager"
    ))  # fmt: skip


def give_gradients(params: list[Any], exact_params: list[Any], seed: int) -> None:
    """Draw the same gradients for both."""
    for size, p, q in zip(SIZES, params, exact_params, strict=True):
        p.grad = draw.normal(*size, seed=seed).float()
        q.grad = p.grad.double()


@pytest.mark.parametrize(("name", "options"), STEPS)
@pytest.mark.parametrize("more", [{}, {"max_norm": 0.5, "average_decay": 0.9, "zero_grads": True}])
def test_optimizers_are_the_references(
    name: str, options: dict[str, Any], more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, params = optimizers_of(name, {**options, **more}, torch.float32)
    exact, exact_params = optimizers_of(name, {**options, **more}, torch.float64)
    by_triton(made, monkeypatch)
    for seed in range(2):
        give_gradients(params, exact_params, seed)
        made.step()
        exact.step()
        if more:
            assert made.grad_norm == pytest.approx(exact.grad_norm, rel=1e-6)
            assert not any(bool(p.grad.any()) for p in params)
    for p, q in zip(params, exact_params, strict=True):
        close(p, q, 2e-5, 2e-5)
        for key, value in exact.state[q].items():
            if key != "step":
                close(made.state[p][key], value, 2e-5, 2e-5)


@pytest.mark.parametrize("name", ["AdamW", "Lion", "Adagrad"])
def test_short_states_when_rounded_at_random_keep_the_mean(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = torch.nn.Parameter(torch.zeros(4096))
    made = getattr(train, name)([p], lr=0.0, state_dtype=torch.bfloat16)
    monkeypatch.setattr(type(made), "_backend", lambda *_: "triton")
    p.grad = torch.full((4096,), 1.0013)
    made.step()
    first = made.state[p]["first"]
    share = {"AdamW": 1 - 0.9, "Lion": 1 - 0.99, "Adagrad": 1.0}[name]
    square = 2 if name == "Adagrad" else 1
    exact = share * 1.0013**square
    assert first.dtype == torch.bfloat16
    assert len(set(first.double().tolist())) == 2
    assert float(first.double().mean()) == pytest.approx(exact, rel=3e-4)


@pytest.mark.parametrize(("name", "options"), STEPS[:3] + STEPS[4:5])
def test_states_of_bytes_are_read_and_written_as_the_engine_does(
    name: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, params = optimizers_of(name, {**options, "state_dtype": torch.uint8}, torch.float32)
    exact, exact_params = optimizers_of(name, options, torch.float64)
    by_triton(made, monkeypatch)
    for seed in range(3):
        give_gradients(params, exact_params, seed)
        made.step()
        exact.step()
        for p, q in zip(params, exact_params, strict=True):
            close(p, q, 2e-5, 2e-5)
            for key in made._states:
                codes, scales = made.state[p][key].flatten(), made.state[p][f"{key}_scale"]
                signed = key == "first" and name != "Adagrad"
                got, wanted = value_of_bytes(codes, scales, has_sign=signed), exact.state[q][key]
                most = scales.double().repeat_interleave(256)[: len(codes)]
                # The neighbours of a number are an eighth apart, and 0 has one where it ends.
                gap = 0.126 * wanted.flatten().abs() + 2e-5 * most
                assert bool(((got - wanted.flatten()).abs() <= gap).all())
                assert (
                    float((got - wanted.flatten()).sum().abs())
                    <= 0.02 * max(float(wanted.abs().sum()), 1e-30)
                    + 0.3 * float(most.sum()) / max(len(codes), 1) ** 0.5
                )
                wanted.copy_(got.view_as(wanted))  # go on from what is kept
            with torch.no_grad():
                q.copy_(p)


def test_states_of_bytes_when_one_is_not_finite_spread_it_over_their_block_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    p = torch.nn.Parameter(torch.ones(600))
    optimizer = train.Adagrad([p], state_dtype=torch.uint8)
    monkeypatch.setattr(type(optimizer), "_backend", lambda *_: "triton")
    for where in ([300], list(range(256, 512))):
        p.grad = torch.ones(600)
        p.grad[300] = float("nan")
        optimizer.step()
        assert torch.isnan(p).nonzero().flatten().tolist() == where


def test_parameters_of_other_places_get_a_table_of_their_own() -> None:
    rows = [(64, 128, 0, 0, 0, 5, 0, 0), (4, 256, 0, 0, 0, 0, 0, 0), (4, 256, 0, 0, 0, 4, 0, 0)]
    parts = optimizers.parts_of(rows, torch.device("cpu"), block=4)
    assert parts.blocks.tolist() == [[0, 0], [0, 4], [2, 0]]
    assert not parts.aligned
    assert optimizers.parts_of(rows[:1], torch.device("cpu"), block=4).aligned
    params = [torch.nn.Parameter(torch.ones(3))]
    params[0].grad = torch.ones(3)
    first = triton_optimizers._parts_of(params, {})
    assert triton_optimizers._parts_of(params, {}) is first
    params[0].grad = torch.ones(3)
    assert triton_optimizers._parts_of(params, {}) is not first
