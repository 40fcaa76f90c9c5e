"""What loops of torch do besides steps: scaled losses, eval mode, accumulation, files."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402

ROWS = (40, 9)


def tables(name: str = "adam", **options: Any) -> Any:
    rule = train.RowOptimizer(name, learning_rate=0.1)
    return train.EmbeddingTables([(rows, 16) for rows in ROWS], optimizer=rule, **options)


def of_bags(module: Any, seed: int) -> tuple[Any, Any]:
    """Return a scalar of weighted bags, and the weights."""
    ids, offsets = draw.bags(ROWS, 12, seed=seed)
    weights = draw.normal(len(ids), seed=seed).float().requires_grad_()
    return (module(ids, offsets, weights) ** 2).sum(), weights


def of_pairs(module: Any, seed: int) -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(seed)
    columns = [torch.randint(rows, (12,), generator=generator) for rows in ROWS]
    return module.factorization_machine(torch.stack(columns, 1)).sum(), None


def state_of(module: Any) -> dict[str, Any]:
    return {key: value.clone() for key, value in module.state_dict().items()}


def check_same(module: Any, expected: dict[str, Any]) -> None:
    for key, value in module.state_dict().items():
        assert torch.equal(value, expected[key]), key


@pytest.mark.parametrize("backend", ["native", "eager"])
@pytest.mark.parametrize("lookup", [of_bags, of_pairs])
def test_rows_when_losses_are_scaled_take_the_steps_of_the_loss(
    lookup: Callable[[Any, int], tuple[Any, Any]], backend: str
) -> None:
    plain, scaled = tables(), tables()
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)
    for seed in range(3):
        with train.use_backend(backend):
            loss, weights = lookup(plain, seed)
            loss.backward()
            scaled.gradient_scale = scaler.scale(torch.ones(())).item()
            other_loss, other_weights = lookup(scaled, seed)
            scaler.scale(other_loss).backward()
        if weights is not None:
            # Scaled like the gradients of all parameters, until the scaler takes it back.
            assert torch.equal(other_weights.grad, weights.grad * 2.0**12)
    check_same(scaled, state_of(plain))
    assert int(scaled.state_dict()["step"]) == 3


@pytest.mark.parametrize("backend", ["native", "eager"])
@pytest.mark.parametrize("lookup", [of_bags, of_pairs])
def test_rows_when_a_scaled_gradient_is_not_finite_stay(
    lookup: Callable[[Any, int], tuple[Any, Any]], backend: str
) -> None:
    module = tables()
    with train.use_backend(backend):
        lookup(module, 0)[0].backward()
        before = state_of(module)
        module.gradient_scale = 2.0
        loss, weights = lookup(module, 1)
        (loss * math.inf).backward()
    check_same(module, before)
    assert int(before["step"]) == 1
    # What the scaler looks at says so, too.
    assert weights is None or not torch.isfinite(weights.grad).all()


def test_scaler_leaves_steps_of_tables_and_optimizer_out_together() -> None:
    module, head = tables(), torch.nn.Linear(32, 1)
    optimizer = train.AdamW(head.parameters(), lr=0.1, max_norm=1.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8)
    for factor, steps in [(1.0, 1), (math.inf, 1), (1.0, 2)]:
        optimizer.zero_grad()
        module.gradient_scale = scaler.get_scale()
        ids = torch.tensor([[3, 1], [7, 2]])
        scaler.scale(head(module(ids)).sum() * factor).backward()
        scaler.step(optimizer)
        scaler.update()
        assert int(module.state_dict()["step"]) == steps
        assert optimizer.state[head.weight]["step"] == steps
    assert scaler.get_scale() == module.gradient_scale == 2.0**7


def test_rows_when_the_scale_is_compiled_follow_it() -> None:
    module, other = tables(), tables()
    call = torch.compile(lambda ids: module(ids).square(), fullgraph=True, backend="aot_eager")
    for scale in (4.0, 16.0):
        module.gradient_scale = scale
        ids = torch.tensor([[3, 1], [7, 2], [3, 2]])
        (call(ids).sum() * scale).backward()
        other(ids).square().sum().backward()
    check_same(module, state_of(other))


@pytest.mark.parametrize("has_optimizer", [True, False])
@pytest.mark.parametrize("part", [slice(16, 48), slice(0, 64, 2)])
def test_rows_when_the_gradient_is_a_part_of_wider_rows_take_the_same_step(
    part: slice, has_optimizer: bool
) -> None:
    def module() -> Any:
        return train.EmbeddingTables([(rows, 16) for rows in ROWS], optimizer=None)

    one, other = (tables(), tables()) if has_optimizer else (module(), module())
    ids, offsets = draw.bags(ROWS, 12, seed=1)
    grad = draw.normal(12, 64).float()[:, part]
    one(ids, offsets).backward(grad)
    other(ids, offsets).backward(grad.contiguous())
    check_same(one, state_of(other))
    if not has_optimizer:
        assert torch.equal(one.weight.grad, other.weight.grad)
        assert float(one.weight.grad.abs().max()) > 0


@pytest.mark.parametrize("backend", ["native", "eager"])
@pytest.mark.parametrize("lookup", [of_bags, of_pairs])
def test_rows_in_eval_mode_stay_and_weights_have_their_gradient(
    lookup: Callable[[Any, int], tuple[Any, Any]], backend: str
) -> None:
    module = tables()
    before = state_of(module)
    with train.use_backend(backend):
        trained, weights = lookup(module, 0)
        value, other = lookup(module.eval(), 0)
        assert torch.equal(value, trained)
        if other is None:
            assert not value.requires_grad
            return
        value.backward()
        check_same(module, before)
        trained.backward()
    torch.testing.assert_close(other.grad, weights.grad)
    assert not torch.equal(module.table("0"), before["0.weight"])


def test_dynamic_table_in_eval_mode_keeps_zeros_for_unseen_ids() -> None:
    table = train.DynamicTable(4)
    table(torch.tensor([5])).sum().backward()
    table.eval()
    weights = torch.ones(2, requires_grad=True)
    ids = torch.tensor([5, 99])
    table(ids, torch.tensor([0, 1, 2]), weights).sum().backward()
    assert not table(torch.tensor([99])).any()
    assert table.num_ids == 1


def test_every_backward_pass_is_a_step_with_an_optimizer_and_a_sum_without() -> None:
    ids = torch.tensor([[3, 1], [7, 2]])
    module = tables("sgd")
    before = module.table("0").clone()
    for _ in range(2):
        (module(ids).sum() / 2).backward()
    assert int(module.state_dict()["step"]) == 2
    torch.testing.assert_close(module.table("0")[3], before[3] - 0.1)
    module = train.EmbeddingTables([(rows, 16) for rows in ROWS], optimizer=None)
    for _ in range(2):
        module(ids).sum().backward()
    grad = module.weight.grad[: ROWS[0] * 16].view(ROWS[0], 16)
    assert (grad[3] == 2).all()
    assert not grad[4].any()


def test_schedule_of_torch_leads_the_rate() -> None:
    module, head = tables(), torch.nn.Linear(32, 1)
    optimizer = train.AdamW(head.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    optimizer.step()
    schedule.step()
    module.learning_rate = 4 * schedule.get_last_lr()[0]
    assert module.learning_rate == pytest.approx(0.2)


@pytest.mark.parametrize("make", [tables, lambda: train.DynamicTable(4, first_rows=2)])
def test_module_when_saved_whole_goes_on_with_the_same_bits(make: Callable[[], Any]) -> None:
    module = make()
    ids = [torch.tensor([[3, 1], [7, 2]]), torch.tensor([[7, 1], [30, 8]])]
    if isinstance(module, train.DynamicTable):
        ids = [one.flatten() - 5 for one in ids]
    module(ids[0]).square().sum().backward()
    file = io.BytesIO()
    torch.save(module, file)
    again = torch.load(io.BytesIO(file.getvalue()), weights_only=False)
    for one in (module, again):
        one(ids[1]).square().sum().backward()
    for (key, value), other in zip(
        module.state_dict().items(), again.state_dict().values(), strict=True
    ):
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, other), key
    assert not isinstance(module, train.DynamicTable) or module.num_ids == again.num_ids == 6


@pytest.mark.parametrize("scale", [0.0, -1.0, math.inf, math.nan])
def test_scale_that_cannot_be_is_refused(scale: float) -> None:
    with pytest.raises(ms.ParameterError, match="gradient_scale must be positive and finite"):
        tables().gradient_scale = scale
    with pytest.raises(ms.ParameterError, match="of tables with an optimizer"):
        train.EmbeddingTables([(2, 4)], optimizer=None).gradient_scale = 2.0
