"""Triton kernels in the interpreter against the reference; run by test_triton_kernels.py.

Triton wants to know that it interprets before it is loaded, so this is a process of its own. It
takes milliseconds for each program: grids are small.
"""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from mainspring import train  # noqa: E402
from mainspring.train.ops import reference, triton_runs  # noqa: E402
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
