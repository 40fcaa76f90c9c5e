"""The reference expressions against NumPy loops and torch's own functions, in float64."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from mainspring import train  # noqa: E402


@pytest.fixture(autouse=True)
def _eager():
    with train.use_backend("eager"):
        yield


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def test_dot_interaction_is_every_pair_once_in_order() -> None:
    x = draw(3, 5, 4)
    expected = [
        [float(x[b, i] @ x[b, j]) for i in range(5) for j in range(i)] for b in range(len(x))
    ]
    torch.testing.assert_close(train.dot_interaction(x), torch.tensor(expected).double())


def test_factorization_machine_is_the_sum_of_the_pairs() -> None:
    x = draw(4, 6, 3)
    torch.testing.assert_close(train.factorization_machine(x), train.dot_interaction(x).sum(1))


def test_cross_interaction_is_the_end_of_a_cross_layer() -> None:
    x0, y, x = draw(2, 3), draw(2, 3, seed=1), draw(2, 3, seed=2)
    expected = torch.tensor((x0.numpy() * y.numpy() + x.numpy()).tolist()).double()
    torch.testing.assert_close(train.cross_interaction(x0, y, x), expected)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_binary_cross_entropy_is_torchs(reduction: str) -> None:
    x, y, w = draw(40) * 10, torch.rand(40, dtype=torch.float64), torch.rand(40).double()
    expected = functional.binary_cross_entropy_with_logits(
        x, y, w, pos_weight=torch.tensor(3.0), reduction=reduction
    )
    got = train.binary_cross_entropy(x, y, weight=w, pos_weight=3.0, reduction=reduction)
    torch.testing.assert_close(got, expected)


def test_focal_loss_is_its_formula() -> None:
    x, y = draw(40) * 5, (draw(40, seed=1) > 0).double()
    p = torch.sigmoid(x)
    p_t = torch.where(y == 1, p, 1 - p)
    alpha_t = torch.where(y == 1, 0.3, 0.7)
    expected = -alpha_t * (1 - p_t) ** 1.5 * torch.log(p_t)
    got = train.focal_loss(x, y, alpha=0.3, gamma=1.5, reduction="none")
    torch.testing.assert_close(got, expected)
    plain = train.focal_loss(x, y, alpha=None, gamma=0.0)
    torch.testing.assert_close(plain, train.binary_cross_entropy(x, y))


@pytest.mark.parametrize("margin", [0.0, 0.05, 0.4])
def test_asymmetric_loss_is_its_formula(margin: float) -> None:
    x, y = draw(60) * 3, (draw(60, seed=1) > 0).double()
    p = torch.sigmoid(x)
    shifted = (p - margin).clamp(min=0)
    expected = torch.where(
        y == 1, -((1 - p) ** 1.5) * torch.log(p), -(shifted**3) * torch.log(1 - shifted)
    )
    got = train.asymmetric_loss(x, y, gammas=(1.5, 3.0), margin=margin, reduction="none")
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_softmax_cross_entropy_is_torchs(reduction: str, smoothing: float) -> None:
    x, target = draw(7, 5), torch.tensor([0, 4, 1, -100, 2, 2, 3])
    expected = functional.cross_entropy(x, target, label_smoothing=smoothing, reduction=reduction)
    got = train.softmax_cross_entropy(x, target, label_smoothing=smoothing, reduction=reduction)
    torch.testing.assert_close(got, expected)


def test_softmax_cross_entropy_when_weighted_weighs_rows() -> None:
    x, target, w = draw(7, 5), torch.tensor([0, 4, 1, 1, 2, 2, 3]), torch.arange(7).double()
    expected = w * functional.cross_entropy(x, target, reduction="none")
    got = train.softmax_cross_entropy(x, target, weight=w, reduction="none")
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, y: train.binary_cross_entropy(x, y, pos_weight=2.0),
        lambda x, y: train.focal_loss(x, y, gamma=1.5),
        lambda x, y: train.asymmetric_loss(x, y),
        lambda x, y: train.asymmetric_loss(x, y, margin=0.0),
    ],
)
def test_gradients_of_binary_losses_are_their_slopes(loss: object) -> None:
    x, y = draw(12).requires_grad_(), (draw(12, seed=1) > 0).double()
    assert torch.autograd.gradcheck(lambda value: loss(value, y), x)  # type: ignore[operator]


def test_gradients_of_losses_when_logits_are_extreme_are_finite() -> None:
    x = torch.tensor([-1e4, -100.0, 0.0, 100.0, 1e4] * 2).double().requires_grad_()
    y = torch.tensor([0.0] * 5 + [1.0] * 5)
    for loss in (train.binary_cross_entropy, train.focal_loss, train.asymmetric_loss):
        (gradient,) = torch.autograd.grad(loss(x, y), x)
        assert torch.isfinite(gradient).all(), loss
