"""Native losses against the reference in float64: values, gradients, reductions, extremes."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import mainspring as ms  # noqa: E402
from mainspring import _engine, train  # noqa: E402
from tests.train import draw  # noqa: E402

BINARY: dict[str, tuple[Any, dict[str, Any]]] = {
    "bce": (train.binary_cross_entropy, {}),
    "bce of few positives": (train.binary_cross_entropy, {"pos_weight": 7.5}),
    "focal": (train.focal_loss, {}),
    "focal without alpha": (train.focal_loss, {"alpha": None, "gamma": 3.0}),
    "focal, gamma 1.5": (train.focal_loss, {"gamma": 1.5, "alpha": 0.6}),
    "focal, gamma 0": (train.focal_loss, {"gamma": 0.0}),
    "asymmetric": (train.asymmetric_loss, {}),
    "asymmetric, odd gammas": (train.asymmetric_loss, {"gammas": (0.5, 2.5), "margin": 0.2}),
    "asymmetric without margin": (train.asymmetric_loss, {"gammas": (0.0, 2.0), "margin": 0.0}),
}


def draw_binary(name: str, count: int, seed: int = 0, spread: float = 4.0) -> tuple[Any, Any, Any]:
    x = (draw.normal(count, seed=seed) * spread).float()
    y = draw.normal(count, seed=seed + 1)
    labels = torch.sigmoid(y) if name.startswith("bce") else (y > 0).double()
    return x, labels.float(), draw.normal(count, seed=seed + 2).abs().float()


def both(name: str, x: Any, y: Any, w: Any, reduction: str) -> tuple[Any, ...]:
    """Return loss and gradient of native code and of the reference in float64."""
    loss, options = BINARY[name]
    results = []
    for kind in (torch.float32, torch.float64):
        leaf = x.detach().to(kind).clone().requires_grad_()
        weight = None if w is None else w.to(kind)
        value = loss(leaf, y.to(kind), weight=weight, reduction=reduction, **options)
        value.backward(draw.normal(*value.shape, seed=9).to(kind))
        results += [value.detach(), leaf.grad]
    return tuple(results)


@pytest.mark.parametrize("name", list(BINARY))
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("count", [0, 1, 15, 33, 40_001])
def test_binary_loss_is_the_references(
    name: str, reduction: str, weighted: bool, count: int
) -> None:
    x, y, w = draw_binary(name, count)
    value, grad, expected, expected_grad = both(name, x, y, w if weighted else None, reduction)
    assert value.dtype == grad.dtype == torch.float32
    assert value.shape == expected.shape
    if reduction == "mean" and count == 0:
        assert math.isnan(float(value))
        return
    # The parts of a gradient cancel where the loss is flat: a few ulp of its largest value.
    tolerance = 1e-5 if "odd gammas" in name else 2e-6
    torch.testing.assert_close(value.double(), expected, rtol=tolerance, atol=1e-7)
    largest = float(expected_grad.abs().max()) if count else 0.0
    torch.testing.assert_close(
        grad.double(), expected_grad, rtol=2 * tolerance, atol=2.0**-22 * largest
    )
    if count > 30:
        assert largest > 0


@settings(max_examples=40, deadline=None)
@given(
    x=st.lists(st.floats(-120, 120, width=32), min_size=1, max_size=40),
    name=st.sampled_from(list(BINARY)),
)
def test_binary_loss_when_logits_are_extreme_is_finite_and_the_references(
    x: list[float], name: str
) -> None:
    logits = torch.tensor(x)
    y = torch.arange(len(x)).remainder(2).float()
    value, grad, expected, expected_grad = both(name, logits, y, None, "none")
    assert torch.isfinite(value).all()
    assert torch.isfinite(grad).all()
    torch.testing.assert_close(value.double(), expected, rtol=3e-5, atol=1e-10)
    torch.testing.assert_close(grad.double(), expected_grad, rtol=5e-5, atol=1e-9)


@pytest.mark.parametrize("name", list(BINARY))
def test_binary_loss_when_a_logit_is_nan_is_nan_there_alone(name: str) -> None:
    x, y, _ = draw_binary(name, 20)
    x[7] = math.nan
    value, grad, *_ = both(name, x, y, None, "none")
    assert torch.isnan(value).nonzero().flatten().tolist() == [7]
    assert torch.isnan(grad).nonzero().flatten().tolist() == [7]


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (7, 2), (9, 33), (40, 1000)])
@pytest.mark.parametrize("inplace", [False, True])
def test_softmax_cross_entropy_is_the_references(
    reduction: str, smoothing: float, shape: tuple[int, int], inplace: bool
) -> None:
    x = draw.normal(*shape) * 5
    target = torch.arange(shape[0]) * 7 % shape[1]
    target[2:3] = -100
    w = draw.normal(shape[0], seed=1).abs()
    results = []
    for kind in (torch.float32, torch.float64):
        leaf = x.detach().to(kind).clone().requires_grad_()
        options = {"label_smoothing": smoothing, "reduction": reduction, "inplace": inplace}
        value = train.softmax_cross_entropy(leaf * 1, target, weight=w.to(kind), **options)
        value.backward(draw.normal(*value.shape, seed=9).to(kind))
        results.append((value.detach(), leaf.grad))
    (value, grad), (expected, expected_grad) = results
    torch.testing.assert_close(value.double(), expected, rtol=2e-6, atol=1e-6, equal_nan=True)
    torch.testing.assert_close(grad.double(), expected_grad, rtol=1e-5, atol=2e-7)
    same = train.softmax_cross_entropy(
        x.float(), target.int(), weight=w.float(), label_smoothing=smoothing, reduction=reduction
    )
    assert torch.equal(same, value) or shape[0] == 0


def test_softmax_cross_entropy_when_all_rows_are_ignored_is_nan_as_torchs() -> None:
    x, target = torch.zeros(3, 4, requires_grad=True), torch.full((3,), -100)
    assert math.isnan(float(train.softmax_cross_entropy(x, target).detach()))
    value = train.softmax_cross_entropy(x, target, reduction="sum")
    value.backward()
    assert value == 0
    assert torch.equal(x.grad, torch.zeros(3, 4))


def test_softmax_cross_entropy_in_place_takes_the_memory_and_tells_autograd() -> None:
    x = draw.normal(4, 6).float().requires_grad_()
    logits = x * 2
    address = logits.data_ptr()
    loss = train.softmax_cross_entropy(logits, torch.arange(4), inplace=True)
    grad = torch.autograd.grad(loss, logits, retain_graph=True)[0]
    assert grad.data_ptr() == address
    squared = x * 2
    used = squared.square().sum()  # keeps the logits for its own gradient
    loss = train.softmax_cross_entropy(squared, torch.arange(4), inplace=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        (loss + used).backward()


@pytest.mark.parametrize("value", [1e30, -1e30, math.inf])
def test_softmax_cross_entropy_when_logits_are_extreme_is_torchs(value: float) -> None:
    x = torch.zeros(2, 5)
    x[0, 3] = value
    target = torch.tensor([3, 1])
    got = train.softmax_cross_entropy(x, target, reduction="none")
    expected = torch.nn.functional.cross_entropy(x.double(), target, reduction="none")
    torch.testing.assert_close(got.double(), expected, equal_nan=True, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", [*BINARY, "softmax"])
def test_loss_when_threads_differ_is_the_same_bits(name: str) -> None:
    threads = ms.build_info()["num_threads"]
    results = []
    for count in (1, 2, 5):
        ms.set_num_threads(count)
        if name == "softmax":
            leaf = draw.normal(300, 501).float().requires_grad_()
            value = train.softmax_cross_entropy(leaf, torch.arange(300))
        else:
            x, y, w = draw_binary(name, 100_003)
            leaf = x.requires_grad_()
            loss, options = BINARY[name]
            value = loss(leaf, y, weight=w, **options)
        value.backward()
        results.append((value.detach(), leaf.grad))
    ms.set_num_threads(threads)  # type: ignore[arg-type]
    for value, grad in results[1:]:
        assert torch.equal(value, results[0][0])
        assert torch.equal(grad, results[0][1])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_loss_of_short_types_is_float32_and_its_gradient_is_short(dtype: Any) -> None:
    x = draw.normal(50).to(dtype).requires_grad_()
    y = torch.arange(50) % 2
    value = train.binary_cross_entropy(x, y)
    value.backward()
    wide = x.detach().float().requires_grad_()
    expected = train.binary_cross_entropy(wide, y.bool())
    expected.backward()
    assert value.dtype == torch.float32
    assert x.grad.dtype == dtype
    assert torch.equal(value, expected)
    assert torch.equal(x.grad, wide.grad.to(dtype))


def test_loss_when_nothing_wants_a_gradient_has_none() -> None:
    x = draw.normal(5).float()
    assert not train.binary_cross_entropy(x, torch.ones(5)).requires_grad
    with torch.no_grad():
        assert not train.focal_loss(x.requires_grad_(), torch.ones(5)).requires_grad


def test_loss_when_called_backward_twice_gives_the_same_twice() -> None:
    x = draw.normal(50).float().requires_grad_()
    loss = train.binary_cross_entropy(x, torch.ones(50))
    loss.backward(retain_graph=True)
    once = x.grad.clone()
    loss.backward()
    assert torch.equal(x.grad, 2 * once)


@pytest.mark.parametrize(
    ("number", "name", "low", "high"),
    [(0, "exp", -103.9, 88.7), (1, "log1p", 0.0, 1.0), (2, "log", 1.2e-38, 3e38)],
)
def test_functions_of_losses_are_within_two_ulp(
    number: int, name: str, low: float, high: float
) -> None:
    if name == "log":
        x = torch.arange(0x00800000, 0x7F7FFFFF, 65537 // 3, dtype=torch.int32).view(torch.float32)
    else:
        x = torch.linspace(low, high, 200_003)
        small = torch.arange(0, 0x3F800000, 65537 // 3, dtype=torch.int32).view(torch.float32)
        x = torch.cat([x, small] if name == "log1p" else [x, small, -small])
    out = torch.empty_like(x)
    _engine.train_math(number, x.data_ptr(), out.data_ptr(), len(x))
    exact = getattr(torch, name)(x.double())
    step = torch.maximum(exact.abs(), torch.tensor(2.0**-126).double())
    ulp = torch.exp2(torch.floor(torch.log2(step)) - 23)
    assert float(((out.double() - exact).abs() / ulp).max()) <= 2
