"""Native interactions against the reference in float64, on odd shapes and extreme values."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from mainspring.train.ops import reference  # noqa: E402
from tests.train import draw  # noqa: E402

OPS = {
    "dot": (train.dot_interaction, reference.dot_interaction),
    "pairs": (train.factorization_machine, reference.factorization_machine),
}
SHAPES = st.tuples(st.integers(0, 5), st.integers(0, 21), st.integers(0, 70))


def gradients(function: Any, x: Any, seed: int) -> tuple[Any, Any]:
    x = x.clone().requires_grad_()
    out = function(x)
    out.backward(draw.normal(*out.shape, seed=seed).to(out.dtype))
    return out.detach(), x.grad


@pytest.mark.parametrize("name", list(OPS))
@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, seed=st.integers(0, 99))
def test_interaction_is_the_references(name: str, shape: tuple[int, ...], seed: int) -> None:
    native, oracle = OPS[name]
    x = draw.normal(*shape, seed=seed).float()
    out, grad = gradients(native, x, seed)
    expected, expected_grad = gradients(oracle, x.double(), seed)
    assert out.dtype == grad.dtype == torch.float32
    assert out.shape == expected.shape
    if out.numel() == 0:
        assert torch.equal(grad, torch.zeros_like(x)) or x.numel() == 0
        return
    # The squares of the sum cancel: their magnitudes count.
    sums = x.abs().double()
    total = oracle(sums) if name == "dot" else sums.sum(1).square().sum(1)
    assert draw.scaled_error(out, expected, total) <= 4
    if grad.numel():
        weights = draw.normal(*out.shape, seed=seed).abs()
        leaf = sums.requires_grad_()
        oracle(leaf).backward(weights)
        magnitudes = (
            leaf.grad if name == "dot" else weights[:, None, None] * (2 * sums.sum(1, True))
        )
        assert draw.scaled_error(grad, expected_grad, magnitudes.detach()) <= 4


@pytest.mark.parametrize("vectors", [1, 2, 3, 4, 5, 8, 26, 27, 33, 40])
@pytest.mark.parametrize("width", [1, 4, 15, 16, 17, 64, 65])
def test_dot_interaction_when_sizes_are_at_edges_is_the_references(
    vectors: int, width: int
) -> None:
    x = draw.normal(3, vectors, width).float()
    out, grad = gradients(train.dot_interaction, x, 1)
    expected, expected_grad = gradients(reference.dot_interaction, x.double(), 1)
    torch.testing.assert_close(out.double(), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(grad.double(), expected_grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_cross_interaction_is_the_references(dtype: Any) -> None:
    values = [draw.normal(7, 13, seed=seed).to(dtype).requires_grad_() for seed in range(3)]
    exact = [value.detach().double().requires_grad_() for value in values]
    out, expected = train.cross_interaction(*values), reference.cross_interaction(*exact)
    grad = draw.normal(7, 13, seed=4).to(dtype)
    out.backward(grad)
    expected.backward(grad.double())
    assert out.dtype == dtype
    step = torch.finfo(dtype).eps
    torch.testing.assert_close(out.double(), expected, rtol=2 * step, atol=2 * step)
    for value, wanted in zip(values, exact, strict=True):
        assert value.grad.dtype == dtype
        torch.testing.assert_close(value.grad.double(), wanted.grad, rtol=step, atol=step)


@pytest.mark.parametrize("name", list(OPS))
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_interaction_of_short_types_rounds_the_result_of_float32(name: str, dtype: Any) -> None:
    x = draw.normal(5, 9, 16).to(dtype)
    out, grad = gradients(OPS[name][0], x, 1)
    wide = x.float().requires_grad_()
    expected = OPS[name][0](wide)
    expected.backward(draw.normal(*out.shape, seed=1).to(dtype).float())
    assert out.dtype == grad.dtype == dtype
    assert torch.equal(out, expected.detach().to(dtype))
    assert torch.equal(grad, wide.grad.to(dtype))


@pytest.mark.parametrize("name", list(OPS))
def test_interaction_when_not_contiguous_is_copied(name: str) -> None:
    x = draw.normal(16, 9, 5).float().permute(2, 1, 0)
    out, grad = gradients(OPS[name][0], x, 1)
    same, same_grad = gradients(OPS[name][0], x.contiguous(), 1)
    assert torch.equal(out, same)
    assert torch.equal(grad, same_grad)


@pytest.mark.parametrize("name", list(OPS))
def test_interaction_when_threads_differ_is_the_same_bits(name: str) -> None:
    threads = ms.build_info()["num_threads"]
    x = draw.normal(600, 27, 40).float()
    results = []
    for count in (1, 2, 5):
        ms.set_num_threads(count)
        results.append(gradients(OPS[name][0], x, 1))
    ms.set_num_threads(threads)  # type: ignore[arg-type]
    for out, grad in results[1:]:
        assert torch.equal(out, results[0][0])
        assert torch.equal(grad, results[0][1])


@pytest.mark.parametrize("name", list(OPS))
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_interaction_when_a_row_is_not_finite_stays_within_the_row(name: str, value: float) -> None:
    x = draw.normal(3, 4, 20).float()
    x[1, 2, 17] = value
    out, _ = gradients(OPS[name][0], x, 1)
    expected, _ = gradients(OPS[name][1], x, 1)
    assert torch.equal(torch.isfinite(out), torch.isfinite(expected))


@pytest.mark.parametrize("name", list(OPS))
def test_gradient_of_a_gradient_is_refused_by_native_code(name: str) -> None:
    x = draw.normal(2, 3, 4).float().requires_grad_()
    (grad,) = torch.autograd.grad(OPS[name][0](x).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match=r"differentiate twice|does not require grad"):
        grad.sum().backward()


def test_field_weighted_fm_is_its_sum_over_pairs() -> None:
    x, strengths = draw.normal(4, 5, 3), draw.normal(10, seed=1)
    expected = torch.zeros(4).double()
    k = 0
    for i in range(5):
        for j in range(i):
            expected += strengths[k] * (x[:, i] * x[:, j]).sum(1)
            k += 1
    torch.testing.assert_close(train.field_weighted_fm(x, strengths), expected)
    short = strengths.float().requires_grad_()
    got = train.field_weighted_fm(x.float(), short)
    got.sum().backward()
    torch.testing.assert_close(got.double(), expected, rtol=1e-5, atol=1e-5)
    pairs = reference.dot_interaction(x).sum(0)
    torch.testing.assert_close(short.grad.double(), pairs, rtol=1e-5, atol=1e-5)
    with pytest.raises(ms.ParameterError, match=r"strengths must be of shape \(10,\)"):
        train.field_weighted_fm(x, strengths[:9])
