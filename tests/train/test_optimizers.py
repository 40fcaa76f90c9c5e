"""Dense optimizers against torch's own, the reference in float64, and each other's threads."""

from __future__ import annotations

import copy
import math
from itertools import pairwise
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402

SHAPES = ((3, 5), (70000,), (1,), (64, 33))
PLAIN: dict[str, dict[str, Any]] = {
    "AdamW": {"lr": 0.01, "weight_decay": 0.1},
    "Lion": {"lr": 0.001, "weight_decay": 0.1},
    "Adagrad": {"lr": 0.05, "weight_decay": 0.01},
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
}


def parameters(dtype: Any = torch.float32) -> list[Any]:
    return [
        torch.nn.Parameter(draw.normal(*shape, seed=i).float().to(dtype))
        for i, shape in enumerate(SHAPES)
    ]


def take_steps(optimizer: Any, params: list[Any], count: int = 3) -> None:
    for number in range(count):
        for i, p in enumerate(params):
            p.grad = draw.normal(*p.shape, seed=10 * number + i).to(p.dtype)
        optimizer.step()


@pytest.mark.parametrize("name", list(PLAIN))
@pytest.mark.parametrize("max_norm", [None, 0.5, 1e9])
def test_step_is_the_references(name: str, max_norm: float | None) -> None:
    params, exact = parameters(), parameters(torch.float64)
    optimizer = getattr(train, name)(params, max_norm=max_norm, average_decay=0.9, **PLAIN[name])
    oracle = getattr(train, name)(exact, max_norm=max_norm, average_decay=0.9, **PLAIN[name])
    take_steps(optimizer, params)
    take_steps(oracle, exact)
    for p, q, before in zip(params, exact, parameters(), strict=True):
        # The sign of what is nearly zero may differ: a step of Lion is 2 * lr then.
        near = (p.double() - q).abs() <= 1e-5 * (1 + q.abs())
        assert float(near.float().mean()) > (0.999 if name == "Lion" else 0.9999)
        assert not torch.equal(p, before)
    for got, expected in zip(optimizer.averages(), oracle.averages(), strict=True):
        torch.testing.assert_close(got.double(), expected, rtol=1e-4, atol=3e-4)
    if max_norm is not None:
        assert optimizer.grad_norm == pytest.approx(oracle.grad_norm, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "peer"),
    [
        ("AdamW", lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1)),
        ("Adagrad", lambda p: torch.optim.Adagrad(p, lr=0.05, weight_decay=0.01)),
        (
            "SGD",
            lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        ),
    ],
)
def test_step_is_torchs(name: str, peer: Any) -> None:
    params, others = parameters(), parameters()
    take_steps(getattr(train, name)(params, **PLAIN[name]), params)
    take_steps(peer(others), others)
    for p, q in zip(params, others, strict=True):
        torch.testing.assert_close(p, q, rtol=1e-5, atol=1e-6)


def test_clipping_is_torchs() -> None:
    params, others = parameters(), parameters()
    optimizer = train.SGD(params, lr=1.0, max_norm=0.25)
    for i, (p, q) in enumerate(zip(params, others, strict=True)):
        p.grad, q.grad = (
            draw.normal(*p.shape, seed=i).float(),
            draw.normal(*p.shape, seed=i).float(),
        )
    norm = torch.nn.utils.clip_grad_norm_(others, 0.25)
    optimizer.step()
    torch.optim.SGD(others, lr=1.0).step()
    assert optimizer.grad_norm == pytest.approx(float(norm), rel=1e-5)
    for p, q in zip(params, others, strict=True):
        torch.testing.assert_close(p, q, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", list(PLAIN))
@pytest.mark.parametrize("state_dtype", [torch.float32, torch.bfloat16, torch.uint8])
def test_step_when_threads_differ_is_the_same_bits(name: str, state_dtype: Any) -> None:
    threads = ms.build_info()["num_threads"]
    results = []
    for count in (1, 2, 5):
        ms.set_num_threads(count)
        params = parameters()
        options = {**PLAIN[name], "max_norm": 0.5, "state_dtype": state_dtype}
        take_steps(getattr(train, name)(params, **options), params)
        results.append(params)
    ms.set_num_threads(threads)  # type: ignore[arg-type]
    for params in results[1:]:
        assert all(torch.equal(p, q) for p, q in zip(params, results[0], strict=True))


def test_states_when_short_are_near_and_small_changes_add_up() -> None:
    wide, short = [torch.nn.Parameter(torch.ones(4096)) for _ in range(2)]
    first = train.AdamW([wide], lr=0.01, weight_decay=0.0)
    second = train.AdamW([short], lr=0.01, weight_decay=0.0, state_dtype=torch.bfloat16)
    for number in range(60):
        scale = 1.0 if number < 10 else 0.03  # then the second moment falls by little a step
        for p, optimizer in ((wide, first), (short, second)):
            p.grad = torch.full_like(p, scale)
            optimizer.step()
    assert second.state[short]["second"].dtype == torch.bfloat16
    got = second.state[short]["second"].double().mean()
    assert float(got) == pytest.approx(float(first.state[wide]["second"].mean()), rel=0.01)
    torch.testing.assert_close(short.mean(), wide.mean(), rtol=0.02, atol=0)


@pytest.mark.parametrize("name", ["AdamW", "Lion", "Adagrad", "SGD"])
def test_states_of_bytes_are_a_quarter_and_near(name: str) -> None:
    """Single numbers are far from each other, and their average is not: rounding keeps it."""
    params, wide = parameters(), parameters()
    options = {**PLAIN[name], "lr": 0.01 if name != "Lion" else 0.001}
    optimizer = getattr(train, name)(params, state_dtype=torch.uint8, **options)
    exact = getattr(train, name)(wide, **options)
    for one, some in ((optimizer, params), (exact, wide)):
        take_steps(one, some, 8)
    state, expected = optimizer.state[params[1]], exact.state[wide[1]]
    assert state["first"].dtype == torch.uint8
    assert state["first_scale"].shape == (-(-70000 // 256),)
    moved = (wide[1] - parameters()[1]).detach()
    error = (params[1] - wide[1]).detach()
    assert float(error.norm()) < (0.35 if name == "Lion" else 0.1) * float(moved.norm())
    assert abs(float(error.mean())) < 0.02 * float(moved.abs().mean())
    own = value_of_bytes(state["first"], state["first_scale"], has_sign=name != "Adagrad")
    assert float((own - expected["first"]).norm()) < 0.2 * float(expected["first"].norm())


def value_of_bytes(codes: Any, scales: Any, *, has_sign: bool) -> Any:
    """Read states as they are written down: 3 bits of mantissa, the largest of a block is 1."""
    number = codes.double()
    sign = torch.where(number > 127, -1.0, 1.0) if has_sign else torch.ones_like(number)
    if has_sign:
        number = number % 128
    steps = number - (127 if has_sign else 255)  # eighths of a power of two, below 1
    power = torch.floor(steps / 8)
    size = torch.where(number == 0, 0.0, 2.0**power * (1 + (steps - 8 * power) / 8))
    return sign * size * scales.double().repeat_interleave(256)[: len(codes)]


def test_states_of_bytes_when_one_is_not_finite_spread_it_over_their_block_alone() -> None:
    p = torch.nn.Parameter(torch.ones(600))
    optimizer = train.Adagrad([p], state_dtype=torch.uint8)
    p.grad = torch.ones(600)
    p.grad[300] = math.nan
    optimizer.step()
    assert torch.isnan(p).nonzero().flatten().tolist() == [300]
    p.grad = torch.ones(600)
    optimizer.step()
    assert torch.isnan(p).nonzero().flatten().tolist() == list(range(256, 512))


def test_states_of_bytes_when_the_native_backend_is_not_there_are_wide_or_refused() -> None:
    odd = torch.nn.Parameter(draw.normal(6, 4).float().t())
    plain = torch.nn.Parameter(draw.normal(5).float())
    optimizer = train.AdamW([odd, plain], state_dtype=torch.uint8)
    odd.grad, plain.grad = torch.ones_like(odd), torch.ones(5)
    optimizer.step()
    assert optimizer.state[odd]["first"].dtype == torch.float32
    assert optimizer.state[plain]["first"].dtype == torch.uint8
    copies = [torch.nn.Parameter(one.detach().clone()) for one in (odd, plain)]
    again = train.AdamW(copies, state_dtype=torch.uint8)
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    odd_again, plain_again = copies
    assert again.state[odd_again]["first"].dtype == torch.float32
    assert torch.equal(again.state[plain_again]["first"], optimizer.state[plain]["first"])
    with train.use_backend("eager"), pytest.raises(ms.UnsupportedError, match="states of bytes"):
        optimizer.step()


def test_states_of_bytes_when_gradients_vanish_never_blow_a_step_up() -> None:
    """Neighbours of very different size: a second moment rounded to 0 would divide by eps."""
    p = torch.nn.Parameter(torch.zeros(256))
    optimizer = train.AdamW([p], lr=0.1, weight_decay=0.0, state_dtype=torch.uint8)
    for number in range(50):
        p.grad = torch.logspace(-12, 2, 256) * (1.0 if number % 2 else 0.5)
        before = p.detach().clone()
        optimizer.step()
        assert float((p.detach() - before).abs().max()) < 0.5


@pytest.mark.parametrize("state_dtype", [torch.float32, torch.bfloat16])
def test_states_of_one_step_lie_side_by_side_and_apart(state_dtype: Any) -> None:
    sizes = ((3, 5), (70,), (1,), (200, 7))
    params = [torch.nn.Parameter(draw.normal(*size, seed=1).float()) for size in sizes]
    late = torch.nn.Parameter(torch.ones(300))
    optimizer = train.AdamW([*params, late], state_dtype=state_dtype)
    for p in params:
        p.grad = torch.ones_like(p)
    optimizer.step()
    late.grad = torch.ones_like(late)
    optimizer.step()
    states = [optimizer.state[p][name] for p in params for name in ("first", "second")]
    assert len({state.untyped_storage().data_ptr() for state in states}) == 1
    assert optimizer.state[late]["first"].untyped_storage().data_ptr() != states[0].data_ptr()
    ends = sorted((state.data_ptr(), state.nbytes) for state in states)
    assert all(at + size <= then for (at, size), (then, _) in pairwise(ends))
    assert all(at % 64 == 0 for at, _ in ends)
    for p in params:
        assert optimizer.state[p]["first"].shape == p.shape
        expected = torch.full_like(p, 1 - 0.9**2)  # the mean of two gradients of 1
        torch.testing.assert_close(
            optimizer.state[p]["first"].float(), expected, rtol=1e-2, atol=0.0
        )


def test_gradients_when_zeroed_keep_their_memory() -> None:
    params = parameters()
    optimizer = train.AdamW(params, zero_grads=True)
    for p in params:
        p.grad = torch.ones_like(p)
    addresses = [p.grad.data_ptr() for p in params]
    optimizer.step()
    assert [p.grad.data_ptr() for p in params] == addresses
    assert all(bool((p.grad == 0).all()) for p in params)


@pytest.mark.parametrize("state_dtype", [torch.float32, torch.bfloat16, torch.uint8])
def test_state_dict_when_loaded_goes_on_with_the_same_bits(state_dtype: Any) -> None:
    params = parameters()
    options = {"state_dtype": state_dtype, "average_decay": 0.5}
    optimizer = train.AdamW(params, **options)
    take_steps(optimizer, params, 2)
    others = [torch.nn.Parameter(p.detach().clone()) for p in params]
    other = train.AdamW(others, **options)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for one, some in ((optimizer, params), (other, others)):
        take_steps(one, some, 2)
    for p, q in zip(params, others, strict=True):
        assert torch.equal(p, q)
    for p, q in zip(optimizer.averages(), other.averages(), strict=True):
        assert torch.equal(p, q)


def test_parameters_when_odd_take_the_reference() -> None:
    odd = torch.nn.Parameter(draw.normal(6, 4).float().t())
    half = torch.nn.Parameter(draw.normal(5).to(torch.bfloat16))
    plain = torch.nn.Parameter(draw.normal(5).float())
    unused = torch.nn.Parameter(torch.ones(2))
    copies = [torch.nn.Parameter(p.detach().clone()) for p in (odd, half, plain)]
    optimizer = train.AdamW([odd, half, plain, unused], lr=0.1, max_norm=1.0, average_decay=0.9)
    peer = torch.optim.AdamW(copies, lr=0.1)
    for i, (p, q) in enumerate(zip((odd, half, plain), copies, strict=True)):
        p.grad = draw.normal(*p.shape, seed=i).to(p.dtype)
        q.grad = p.grad.clone()
    torch.nn.utils.clip_grad_norm_(copies, 1.0)
    optimizer.step()
    peer.step()
    for p, q in zip((odd, half, plain), copies, strict=True):
        torch.testing.assert_close(p, q, rtol=3e-2 if p is half else 1e-5, atol=1e-6)
    assert torch.equal(optimizer.averages()[3], torch.ones(2))


def test_schedule_and_groups_when_used_are_followed() -> None:
    first, second = [torch.nn.Parameter(torch.ones(3)) for _ in range(2)]
    optimizer = train.SGD([{"params": [first], "lr": 1.0}, {"params": [second]}], lr=0.5)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.1)
    for _ in range(2):
        first.grad, second.grad = torch.ones(3), torch.ones(3)
        assert optimizer.step(lambda: torch.tensor(3.0)) == 3.0
        schedule.step()
    torch.testing.assert_close(first.detach(), torch.full((3,), 1 - 1.1))
    torch.testing.assert_close(second.detach(), torch.full((3,), 1 - 0.55))


def test_gradient_when_not_finite_propagates() -> None:
    p = torch.nn.Parameter(torch.ones(40))
    optimizer = train.AdamW([p], max_norm=1.0)
    p.grad = torch.ones(40)
    p.grad[3] = math.nan
    optimizer.step()
    assert math.isnan(optimizer.grad_norm)
    assert torch.isnan(p).all()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda p: train.AdamW(p, lr=-1.0), "lr must be a finite number that is not negative"),
        (lambda p: train.AdamW(p, betas=(0.9, 1.0)), "betas must be numbers from 0 to below 1"),
        (lambda p: train.Lion(p, max_norm=0.0), "max_norm must be a positive number or None"),
        (lambda p: train.SGD(p, nesterov=True), "momentum must be positive with nesterov"),
        (lambda p: train.SGD(p, average_decay=1.0), "average_decay must be from 0 to below 1"),
        (lambda p: train.Adagrad(p, state_dtype=torch.float16), "state_dtype must be"),
        (lambda p: train.Adagrad(p).averages(), "average_decay must be given"),
    ],
)
def test_optimizer_when_an_option_is_wrong_names_it(call: Any, text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        call(parameters())


def test_gradient_when_sparse_is_refused() -> None:
    table = torch.nn.Embedding(5, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(ms.ParameterError, match="EmbeddingTables updates the rows"):
        train.SGD(table.parameters()).step()
