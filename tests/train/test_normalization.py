"""Layer normalization with activation and dropout: against torch's layers in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402

ACTIVATIONS = ["none", "relu", "gelu", "silu"]


def results(x: Any, weight: Any, bias: Any, grad: Any, **options: Any) -> list[Any]:
    """Return the output, and the gradients of all that has one."""
    leaves = [None if one is None else one.clone().requires_grad_() for one in (x, weight, bias)]
    out = train.layer_norm(*leaves, **options)
    out.backward(grad.to(out.dtype))
    return [out.detach(), *(leaf.grad for leaf in leaves if leaf is not None)]


def oracle(x: Any, weight: Any, bias: Any, grad: Any, activation: str) -> list[Any]:
    leaves = [None if one is None else one.double().requires_grad_() for one in (x, weight, bias)]
    y = torch.nn.functional.layer_norm(leaves[0], x.shape[-1:], *leaves[1:], 1e-5)
    if activation != "none":
        y = getattr(torch.nn.functional, activation)(y)
    y.backward(grad.double())
    return [y.detach(), *(leaf.grad for leaf in leaves if leaf is not None)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(st.integers(0, 9), st.integers(2, 70)),
    weighted=st.booleans(),
    seed=st.integers(0, 99),
)
def test_layer_is_torchs(
    activation: str, shape: tuple[int, int], weighted: bool, seed: int
) -> None:
    x = draw.normal(*shape, seed=seed).float()
    x[:, 0] += 1  # never a row of one value
    weight = draw.normal(shape[1], seed=1).float() if weighted else None
    bias = draw.normal(shape[1], seed=2).float() if weighted else None
    grad = draw.normal(*shape, seed=3).float()
    got = results(x, weight, bias, grad, activation=activation)
    out, dx, *sums = zip(got, oracle(x, weight, bias, grad, activation), strict=True)
    # A narrow row's gradient cancels: its parts are as large as the row is narrow.
    away = x.double() - x.double().mean(1, keepdim=True)
    spread = (away.square().mean(1, keepdim=True) + 1e-5).rsqrt()
    torch.testing.assert_close(dx[0] / spread, dx[1] / spread, rtol=2e-5, atol=1e-4)
    for one, expected in (out, *sums):
        torch.testing.assert_close(one.double(), expected, rtol=2e-5, atol=1e-4)


def test_layer_when_one_number_wide_is_the_bias() -> None:
    x, bias = draw.normal(5, 1).float(), torch.tensor([0.25])
    torch.testing.assert_close(train.layer_norm(x, None, bias), torch.full((5, 1), 0.25))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_layer_of_short_types_rounds_the_result_of_float32(dtype: Any) -> None:
    x, grad = draw.normal(4, 33).to(dtype), draw.normal(4, 33, seed=1).to(dtype)
    got = results(x, None, None, grad, activation="gelu")
    wide = results(x.float(), None, None, grad.float(), activation="gelu")
    assert all(torch.equal(a, b.to(dtype)) for a, b in zip(got, wide, strict=True))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_dropout_takes_the_same_numbers_on_each_backend_and_back(activation: str) -> None:
    x, grad = draw.normal(40, 50).float(), torch.ones(40, 50)
    options = {"activation": activation, "dropout": 0.3, "seed": 5}
    native = results(x, None, None, grad, **options)
    with train.use_backend("eager"):
        eager = results(x.double(), None, None, grad, **options)
    for one, expected in zip(native, eager, strict=True):
        torch.testing.assert_close(one.double(), expected, rtol=2e-5, atol=2e-5)
    if activation == "none":
        plain = train.layer_norm(x)
        dropped = native[0] == 0
        assert 0.27 < float(dropped.float().mean()) < 0.33
        torch.testing.assert_close(native[0][~dropped], plain[~dropped] / 0.7)
    other = train.layer_norm(x, **{**options, "seed": 6})
    assert not torch.equal(other, native[0])


def test_dropout_when_no_seed_is_given_is_drawn_from_torchs_generator() -> None:
    x = draw.normal(8, 64).float()
    torch.manual_seed(1)
    first, second = train.layer_norm(x, dropout=0.5), train.layer_norm(x, dropout=0.5)
    torch.manual_seed(1)
    assert torch.equal(train.layer_norm(x, dropout=0.5), first)
    assert not torch.equal(first, second)


def test_layer_when_threads_differ_is_the_same_bits() -> None:
    threads = ms.build_info()["num_threads"]
    x, grad = draw.normal(3000, 40).float(), draw.normal(3000, 40, seed=1).float()
    weight, bias = draw.normal(40, seed=2).float(), draw.normal(40, seed=3).float()
    found = []
    for count in (1, 2, 5):
        ms.set_num_threads(count)
        found.append(results(x, weight, bias, grad, activation="silu", dropout=0.1, seed=3))
    ms.set_num_threads(threads)  # type: ignore[arg-type]
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layer_when_a_row_is_not_finite_is_nan_there_alone(activation: str) -> None:
    x = draw.normal(3, 20).float()
    x[1, 3], x[2, 0] = float("nan"), float("inf")
    out = train.layer_norm(x, activation=activation)
    assert torch.isfinite(out[0]).all()
    assert torch.isnan(out[1:]).all()


def test_layer_when_compiled_is_the_same_and_passes_torchs_checks() -> None:
    torch._dynamo.reset()
    layer = train.NormActivation(12, "gelu", dropout=0.0)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    x = draw.normal(5, 12).float()
    torch.testing.assert_close(compiled(x), layer(x))
    leaf = draw.normal(3, 4).float().requires_grad_()
    arguments = (leaf, None, None, torch.zeros((), dtype=torch.int64), 2, 0.0, 1e-5)
    torch.library.opcheck(torch.ops.mainspring.layer_norm.default, arguments)


def test_layer_when_exported_gives_the_same_numbers() -> None:
    torch.manual_seed(0)
    layers = [torch.nn.Linear(6, 9), train.NormActivation(9, "gelu", dropout=0.4)]
    layers += [torch.nn.Linear(9, 7), train.NormActivation(7, "none"), torch.nn.Linear(7, 1)]
    model = torch.nn.Sequential(*layers).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1)
        x = draw.normal(50, 6).float()
        expected = model(x).numpy()[:, 0]
    np.testing.assert_allclose(ms.Predictor(model).predict(x.numpy()), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: train.layer_norm(x.int()), "floating-point numbers"),
        (lambda x: train.layer_norm(x, torch.ones(3)), r"weight must be of shape \(4,\)"),
        (lambda x: train.layer_norm(x, None, torch.ones(4).double()), "bias must be of shape"),
        (lambda x: train.layer_norm(x, activation="tanh"), "activation must be one of 'none'"),
        (lambda x: train.layer_norm(x, dropout=1.0), "dropout must be a number from 0 to below 1"),
        (lambda x: train.layer_norm(x, eps=-1.0), "eps must be a finite number"),
        (lambda x: train.layer_norm(x[:, :0]), "x must be a tensor of shape"),
        (lambda x: train.NormActivation(0), "width must be at least 1"),
        (lambda x: train.NormActivation(2, "tanh"), "activation must be one of"),
        (lambda x: train.NormActivation(2, dropout=-0.1), "dropout must be a number"),
    ],
)
def test_layer_when_an_argument_is_wrong_names_it(call: Any, text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        call(torch.zeros(2, 4))
