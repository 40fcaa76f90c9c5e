"""What operators refuse, and what the refusal says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402

NAN = float("nan")
X = torch.zeros(3)
BINARY = (train.binary_cross_entropy, train.focal_loss, train.asymmetric_loss)


@pytest.mark.parametrize("op", [train.dot_interaction, train.factorization_machine])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([[1.0]], "x must be a tensor, got list"),
        (torch.zeros(2, 3), r"x must be a tensor of 3 dimensions, got shape \(2, 3\)"),
        (torch.zeros(2, 3, 4, dtype=torch.int64), "floating-point numbers, got torch.int64"),
    ],
)
def test_interaction_when_input_is_wrong_names_it(
    op: Callable[..., object], value: object, text: str
) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        op(value)


def test_cross_interaction_when_shapes_or_types_differ_names_them() -> None:
    with pytest.raises(ms.ParameterError, match=r"y must be of the shape of x0, \(3,\)"):
        train.cross_interaction(X, torch.zeros(4), X)
    with pytest.raises(ms.ParameterError, match=r"x must be of the type of x0, torch\.float32"):
        train.cross_interaction(X, X, X.double())


@pytest.mark.parametrize("loss", BINARY)
@pytest.mark.parametrize(
    ("labels", "row", "got"),
    [([0, 1, 1.5], 2, "1.5"), ([-1, 0, 0], 0, "-1"), ([0, NAN, 2], 1, "nan")],
)
def test_label_when_outside_its_range_is_named_by_its_row(
    loss: Callable[..., object], labels: list[float], row: int, got: str
) -> None:
    with pytest.raises(ms.DataError, match=f"label {row} is {got}, expected") as caught:
        loss(X, torch.tensor(labels))
    assert caught.value.row == row
    assert caught.value.got == got


@pytest.mark.parametrize("loss", BINARY[1:])
def test_label_when_soft_is_refused_where_it_has_no_meaning(loss: Callable[..., object]) -> None:
    with pytest.raises(ms.DataError, match=r"label 1 is 0.5, expected 0 or 1"):
        loss(X, torch.tensor([0, 0.5, 1]))


@pytest.mark.parametrize("loss", BINARY)
@pytest.mark.parametrize("bad", [NAN, float("inf"), -0.5])
def test_weight_when_it_is_none_is_named_by_its_row(
    loss: Callable[..., object], bad: float
) -> None:
    with pytest.raises(ms.DataError, match="weight 1 is"):
        loss(X, torch.zeros(3), weight=torch.tensor([1.0, bad, 1.0]))


@pytest.mark.parametrize("loss", BINARY)
def test_loss_when_an_option_is_wrong_names_it(loss: Callable[..., object]) -> None:
    with pytest.raises(ms.ParameterError, match="reduction must be one of 'none', 'mean', 'sum'"):
        loss(X, X, reduction="average")
    with pytest.raises(ms.ParameterError, match=r"labels must be of the shape of logits, \(3,\)"):
        loss(X, torch.zeros(4))
    with pytest.raises(ms.ParameterError, match="labels must be a tensor, got list"):
        loss(X, [0, 0, 0])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: train.binary_cross_entropy(X, X, pos_weight=NAN), "pos_weight must be a number"),
        (lambda: train.focal_loss(X, X, gamma=-1.0), "gamma must be a number from 0 to 100"),
        (lambda: train.focal_loss(X, X, alpha=2.0), "alpha must be a number from 0 to 1"),
        (lambda: train.asymmetric_loss(X, X, gammas=(1.0, NAN)), r"gammas\[1\] must be"),
        (lambda: train.asymmetric_loss(X, X, margin=1.0), "margin must be a number"),
    ],
)
def test_option_when_outside_its_range_is_named(call: Callable[[], object], text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        call()


@pytest.mark.parametrize("bad", [3, -1])
def test_target_when_no_class_is_named_by_its_row(bad: int) -> None:
    with pytest.raises(ms.DataError, match=f"target 1 is {bad}, expected a class from 0 to 2"):
        train.softmax_cross_entropy(torch.zeros(2, 3), torch.tensor([0, bad]))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (torch.zeros(2), "target must be a tensor of int32 or int64, got torch.float32"),
        (torch.zeros(3, dtype=torch.int64), r"target must be of shape \(2,\)"),
        ([0, 1], "target must be a tensor of int32 or int64, got list"),
    ],
)
def test_target_when_its_type_is_wrong_is_named(target: object, text: str) -> None:
    with pytest.raises(ms.ParameterError, match=text):
        train.softmax_cross_entropy(torch.zeros(2, 3), target)


def test_backend_when_it_does_not_exist_or_does_not_fit_is_named() -> None:
    with (
        pytest.raises(ms.ParameterError, match="there is no backend 'gpu'"),
        train.use_backend("gpu"),
    ):
        pass
    with (
        train.use_backend("triton"),
        pytest.raises(ms.UnsupportedError, match=r"takes no tensor of torch.float32 on cpu"),
    ):
        train.dot_interaction(torch.zeros(1, 2, 3))


def test_backend_when_a_block_fails_is_what_it_was() -> None:
    with pytest.raises(RuntimeError), train.use_backend("triton"):
        raise RuntimeError
    train.dot_interaction(torch.zeros(1, 2, 3))
