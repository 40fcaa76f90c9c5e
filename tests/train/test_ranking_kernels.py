"""Native losses of queries and pairs against the expressions of torch in float64."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402

LOSSES = {
    "pairwise": train.pairwise_loss,
    "lambda": train.lambda_rank_loss,
    "lambda of the first three": partial(train.lambda_rank_loss, cutoff=3),
    "list net": train.list_net_loss,
    "list mle": train.list_mle_loss,
}


def drawn(lengths: list[int], seed: int = 0, spread: float = 2.0) -> tuple[Any, Any, Any]:
    """Return scores, labels from 0 to 4, and offsets."""
    count = sum(lengths)
    scores = (draw.normal(count, seed=seed) * spread).float()
    labels = (draw.normal(count, seed=seed + 1) * 2).round().clamp(0, 4).float()
    offsets = torch.tensor([0, *lengths]).cumsum(0)
    return scores, labels, offsets


def both(name: str, scores: Any, labels: Any, offsets: Any, reduction: str) -> list[Any]:
    """Return loss and gradient of native code and of torch in float64."""
    found = []
    for backend, kind in (("native", torch.float32), ("eager", torch.float64)):
        leaf = scores.detach().to(kind).clone().requires_grad_()
        with train.use_backend(backend):
            value = LOSSES[name](leaf, labels.to(kind), offsets, reduction=reduction)
        value.backward(draw.normal(*value.shape, seed=9).to(kind))
        found += [value.detach(), leaf.grad]
    return found


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("lengths", [[3, 0, 1, 40, 17], [16] * 30, [700]], ids=str)
@pytest.mark.parametrize("wide", [True, False])
def test_loss_of_queries_is_that_of_torch(
    name: str, reduction: str, lengths: list[int], wide: bool
) -> None:
    scores, labels, offsets = drawn(lengths)
    offsets = offsets if wide else offsets.int()
    value, grad, expected, slopes = both(name, scores, labels, offsets, reduction)
    assert value.dtype == grad.dtype == torch.float32
    torch.testing.assert_close(value.double(), expected, rtol=1e-6, atol=1e-6)
    largest = float(slopes.abs().max())
    assert largest > 0
    torch.testing.assert_close(grad.double(), slopes, rtol=1e-5, atol=2e-7 + 1e-6 * largest)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(list(LOSSES)),
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=5),
    seed=st.integers(0, 99),
    spread=st.sampled_from([0.0, 1.0, 30.0]),
)
def test_any_queries_have_the_loss_of_torch(
    name: str, lengths: list[int], seed: int, spread: float
) -> None:
    scores, labels, offsets = drawn(lengths, seed, spread)
    value, grad, expected, slopes = both(name, scores, labels, offsets, "none")
    torch.testing.assert_close(value.double(), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(grad.double(), slopes, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("name", list(LOSSES))
def test_number_of_threads_does_not_change_a_bit(name: str) -> None:
    threads = ms.build_info()["num_threads"]
    scores, labels, offsets = drawn([50] * 100)
    found = []
    try:
        for count in (1, 2, 5):
            ms.set_num_threads(count)
            found.append(both(name, scores, labels, offsets, "none")[:2])
    finally:
        ms.set_num_threads(threads)  # type: ignore[arg-type]
    for value, grad in found[1:]:
        assert torch.equal(value, found[0][0])
        assert torch.equal(grad, found[0][1])


@pytest.mark.parametrize("name", list(LOSSES))
def test_score_that_is_no_number_is_seen_in_its_query_alone(name: str) -> None:
    scores, labels, offsets = drawn([8, 8, 8])
    labels[8:16] = torch.arange(8) % 3
    scores[11] = math.nan
    leaf = scores.requires_grad_()
    losses = LOSSES[name](leaf, labels, offsets, reduction="none")
    losses.sum().backward()
    assert losses.isnan().tolist() == [False, True, False]
    assert leaf.grad[8:16].isnan().any()
    assert torch.isfinite(leaf.grad[:8]).all()
    assert torch.isfinite(leaf.grad[16:]).all()


@pytest.mark.parametrize("name", list(LOSSES))
def test_compiled_loss_is_the_same(name: str) -> None:
    torch._dynamo.reset()
    scores, labels, offsets = drawn([5, 0, 30])
    leaf = scores.requires_grad_()
    compiled = torch.compile(LOSSES[name], fullgraph=True, backend="aot_eager")
    results = []
    for function in (LOSSES[name], compiled):
        loss = function(leaf, labels, offsets)
        results.append((loss.detach(), *torch.autograd.grad(loss, leaf)))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_operators_keep_what_torch_asks_of_them() -> None:
    scores, labels, offsets = drawn([5, 0, 30])
    leaf = scores.requires_grad_()
    for kind in range(4):
        torch.library.opcheck(
            torch.ops.mainspring.query_loss.default, (leaf, labels, offsets, kind, 3, True)
        )
    a, b = draw.normal(9).float().requires_grad_(), draw.normal(9, seed=1).float().requires_grad_()
    torch.library.opcheck(
        torch.ops.mainspring.bpr_loss.default, (a, b, draw.normal(9, seed=2).float().abs(), 1, True)
    )


def test_wrong_rows_are_refused_before_anything_is_written() -> None:
    scores, labels, offsets = drawn([2, 2])
    for operator, bad, text in (
        (train.lambda_rank_loss, torch.tensor([0.0, 1, -2, 1]), "label 2 is -2"),
        (train.list_mle_loss, torch.tensor([0.0, math.nan, 2, 1]), "label 1 is nan"),
    ):
        with pytest.raises(ms.DataError, match=text):
            operator(scores, bad, offsets)
    with pytest.raises(ms.DataError, match="offset 2 is 5, expected the number of rows, 4"):
        train.pairwise_loss(scores, labels, torch.tensor([0, 2, 5]))
    with pytest.raises(ms.UnsupportedError), train.use_backend("native"):
        train.pairwise_loss(scores.double(), labels.double(), offsets)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(0,), (5,), (3, 33), (40_001,)])
def test_bpr_loss_is_that_of_torch(reduction: str, weighted: bool, shape: tuple[int, ...]) -> None:
    a, b = draw.normal(*shape) * 5, draw.normal(*shape, seed=1) * 5
    w = draw.normal(*shape, seed=2).abs() if weighted else None
    found = []
    for backend, kind in (("native", torch.float32), ("eager", torch.float64)):
        leaves = [one.detach().float().to(kind).requires_grad_() for one in (a, b)]
        weight = None if w is None else w.float().to(kind)
        with train.use_backend(backend):
            value = train.bpr_loss(*leaves, weight=weight, reduction=reduction)
        value.backward(draw.normal(*value.shape, seed=9).to(kind))
        found.append([value.detach(), *(leaf.grad for leaf in leaves)])
    for got, expected in zip(*found, strict=True):
        assert got.dtype == torch.float32
        torch.testing.assert_close(
            got.double(), expected, rtol=2e-6, atol=1e-6, equal_nan=shape == (0,)
        )


def test_bpr_loss_when_a_weight_or_option_is_wrong_names_it() -> None:
    a = torch.zeros(3)
    with pytest.raises(ms.DataError, match="bpr_loss: weight 1 is -1") as caught:
        train.bpr_loss(a, a, weight=torch.tensor([1.0, -1, 1]))
    assert caught.value.row == 1
    with pytest.raises(ms.ParameterError, match="reduction must be one of"):
        train.bpr_loss(a, a, reduction="median")
    with pytest.raises(ms.ParameterError, match="weight must be of the shape of positive"):
        train.bpr_loss(a, a, weight=torch.ones(2))
    one = a.clone().requires_grad_()
    train.bpr_loss(one, a).backward()  # the other side needs no gradient
    torch.testing.assert_close(one.grad, torch.full((3,), -1 / 6))
