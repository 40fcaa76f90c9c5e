"""Losses composed of others, against loops in float64 written from their definitions."""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise as neighbours
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import mainspring as ms  # noqa: E402
from mainspring import train  # noqa: E402
from mainspring.train.ops import retrieval_losses  # noqa: E402
from tests.train import draw  # noqa: E402

OFFSETS = torch.tensor([0, 4, 4, 9, 10])
RANKING = (
    train.pairwise_loss,
    train.lambda_rank_loss,
    train.list_net_loss,
    train.list_mle_loss,
)


def queries() -> list[tuple[list[float], list[float]]]:
    """Return scores and labels of each query."""
    s, y = draw.normal(10).tolist(), [0.0, 2, 1, 2, 3, 0, 0, 1, 1, 2]
    return [(s[a:b], y[a:b]) for a, b in neighbours(OFFSETS.tolist())]


def pairwise(s: list[float], y: list[float]) -> float:
    losses = [
        math.log1p(math.exp(s[j] - s[i]))
        for i in range(len(s))
        for j in range(len(s))
        if y[i] > y[j]
    ]
    return sum(losses) / max(len(losses), 1)


def lambda_rank(s: list[float], y: list[float], cutoff: int) -> float:
    place = {i: k for k, i in enumerate(sorted(range(len(s)), key=lambda i: -s[i]))}
    discount = [1 / math.log2(place[i] + 2) if place[i] < cutoff else 0.0 for i in range(len(s))]
    gain = [2**label - 1 for label in y]
    best = sorted(gain, reverse=True)[:cutoff]
    ideal = sum(g / math.log2(k + 2) for k, g in enumerate(best)) or 1.0
    return sum(
        abs((gain[i] - gain[j]) * (discount[i] - discount[j]))
        / ideal
        * math.log1p(math.exp(s[j] - s[i]))
        for i in range(len(s))
        for j in range(len(s))
        if y[i] > y[j]
    )


def list_net(s: list[float], y: list[float]) -> float:
    log_total = math.log(sum(map(math.exp, s))) if s else 0.0
    share = sum(map(math.exp, y))
    return -sum(math.exp(b) / share * (a - log_total) for a, b in zip(s, y, strict=True))


def list_mle(s: list[float], y: list[float]) -> float:
    order = sorted(range(len(s)), key=lambda i: -y[i])
    return sum(
        math.log(sum(math.exp(s[i]) for i in order[k:])) - s[order[k]] for k in range(len(s))
    )


@pytest.mark.parametrize(
    ("loss", "oracle"),
    [
        (train.pairwise_loss, pairwise),
        (train.list_net_loss, list_net),
        (train.list_mle_loss, list_mle),
        (train.lambda_rank_loss, lambda s, y: lambda_rank(s, y, len(s))),
        (partial(train.lambda_rank_loss, cutoff=2), lambda s, y: lambda_rank(s, y, 2)),
    ],
)
@pytest.mark.parametrize("kind", [torch.float64, torch.float32])
def test_ranking_loss_is_its_definition(loss: Any, oracle: Any, kind: Any) -> None:
    expected = [oracle(s, y) for s, y in queries()]
    scores = torch.tensor([v for s, _ in queries() for v in s], dtype=kind)
    labels = torch.tensor([v for _, y in queries() for v in y], dtype=kind)
    got = loss(scores, labels, OFFSETS, reduction="none")
    torch.testing.assert_close(got.double(), torch.tensor(expected).double(), rtol=1e-5, atol=1e-6)
    assert float(loss(scores, labels, OFFSETS.int())) == pytest.approx(sum(expected) / 4, rel=1e-5)
    assert max(expected) > 0.1


@pytest.mark.parametrize("loss", RANKING)
def test_gradients_of_ranking_losses_are_slopes_and_finite(loss: Any) -> None:
    scores = draw.normal(10).requires_grad_()
    labels = torch.tensor([v for _, y in queries() for v in y])
    assert torch.autograd.gradcheck(lambda s: loss(s, labels, OFFSETS), scores)
    extreme = torch.tensor([1e4, -1e4, 0.0]).requires_grad_()
    loss(extreme, torch.tensor([0.0, 1, 2]), torch.tensor([0, 3])).backward()
    assert torch.isfinite(extreme.grad).all()


@pytest.mark.parametrize("loss", RANKING)
@pytest.mark.parametrize("offsets", [[0], [0, 0, 0]])
def test_ranking_loss_when_there_are_no_rows_is_zero_each(loss: Any, offsets: list[int]) -> None:
    none = torch.zeros(0, requires_grad=True)
    losses = loss(none, torch.zeros(0), torch.tensor(offsets), reduction="none")
    assert torch.equal(losses, torch.zeros(len(offsets) - 1))
    losses.sum().backward()


@pytest.mark.parametrize("loss", RANKING)
@pytest.mark.parametrize(
    ("offsets", "text"),
    [
        ([0, 2], "offset 1 is 2, expected the number of rows, 3"),
        ([1, 3], "offset 0 is 1, expected 0"),
        ([0, 2, 1, 3], "offset 2 is 1, expected at least the one before it"),
    ],
)
def test_ranking_loss_when_offsets_are_wrong_names_the_place(
    loss: Any, offsets: list[int], text: str
) -> None:
    with pytest.raises(ms.DataError, match=text):
        loss(torch.zeros(3), torch.zeros(3), torch.tensor(offsets))


def test_ranking_loss_when_a_label_or_type_is_wrong_names_it() -> None:
    offsets = torch.tensor([0, 2])
    with pytest.raises(ms.DataError, match="label 1 is nan, expected a number"):
        train.list_net_loss(torch.zeros(2), torch.tensor([0, math.nan]), offsets)
    with pytest.raises(ms.DataError, match="label 0 is -1, expected a number that is not negative"):
        train.lambda_rank_loss(torch.zeros(2), torch.tensor([-1.0, 0]), offsets)
    with pytest.raises(ms.ParameterError, match="offsets must be a tensor of int32 or int64"):
        train.pairwise_loss(torch.zeros(2), torch.zeros(2), torch.zeros(2))
    with pytest.raises(ms.ParameterError, match="cutoff must be a positive integer or None"):
        train.lambda_rank_loss(torch.zeros(2), torch.zeros(2), offsets, cutoff=0)


def test_bpr_loss_is_its_definition() -> None:
    a, b = draw.normal(30), draw.normal(30, seed=1)
    expected = -torch.log(torch.sigmoid(a - b))
    torch.testing.assert_close(train.bpr_loss(a, b, reduction="none"), expected)
    torch.testing.assert_close(
        train.bpr_loss(a.float(), b.float()).double(), expected.mean(), rtol=1e-6, atol=0
    )


def test_quantile_loss_is_least_at_the_quantile() -> None:
    target = draw.normal(1000)
    losses = {
        share: float(train.quantile_loss(torch.full((1000,), v).double(), target, quantile=0.8))
        for share in (0.7, 0.8, 0.9)
        for v in [float(target.quantile(share))]
    }
    assert min(losses, key=losses.__getitem__) == 0.8
    d = torch.tensor([2.0, -3.0])
    got = train.quantile_loss(torch.zeros(2), d, quantile=0.25, reduction="none")
    torch.testing.assert_close(got, torch.tensor([0.5, 2.25]))


def test_huber_and_tweedie_losses_are_their_formulas() -> None:
    x, t = draw.normal(50) * 3, draw.normal(50, seed=1)
    w = draw.normal(50, seed=2).abs()
    d = (x - t).abs()
    expected = torch.where(d <= 2, d * d / 2, 2 * (d - 1))
    got = train.huber_loss(x, t, delta=2.0, weight=w, reduction="none")
    torch.testing.assert_close(got, w * expected)
    y = t.abs()
    for p in (1.2, 1.5, 1.9):
        expected = torch.exp((2 - p) * x) / (2 - p) - y * torch.exp((1 - p) * x) / (1 - p)
        torch.testing.assert_close(train.tweedie_loss(x, y, power=p, reduction="none"), expected)
    one = train.tweedie_loss(x, y, power=1.0, reduction="none")
    torch.testing.assert_close(one, torch.exp(x) - y * x)
    two = train.tweedie_loss(x, y, power=2.0, reduction="none")
    torch.testing.assert_close(two, x + y * torch.exp(-x))
    with pytest.raises(ms.DataError, match="target 1 is -1"):
        train.tweedie_loss(torch.zeros(2), torch.tensor([0.0, -1.0]))
    with pytest.raises(ms.DataError, match="target 0 is nan"):
        train.huber_loss(torch.zeros(2), torch.tensor([math.nan, -1.0]))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("chunk", [1, 50, 1 << 22])
def test_linear_cross_entropy_is_the_loss_of_all_logits(
    reduction: str, smoothing: float, bias: bool, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieval_losses, "_CHUNK_NUMBERS", chunk)
    target = torch.tensor([0, 3, -100, 9, 9, 1, 2])
    results = []
    for kind in (torch.float32, torch.float64):
        x = draw.normal(7, 5).to(kind).requires_grad_()
        w = draw.normal(10, 5, seed=1).to(kind).requires_grad_()
        b = draw.normal(10, seed=2).to(kind).requires_grad_() if bias else None
        loss = train.linear_cross_entropy(
            x, w, target, bias=b, label_smoothing=smoothing, reduction=reduction
        )
        (3 * loss).backward()
        results.append([loss.detach(), x.grad, w.grad] + ([b.grad] if b is not None else []))
    for got, expected in zip(*results, strict=True):
        torch.testing.assert_close(got.double(), expected, rtol=2e-5, atol=2e-6)


def test_linear_cross_entropy_when_compiled_is_the_same() -> None:
    torch._dynamo.reset()
    x, w = draw.normal(7, 5).float().requires_grad_(), draw.normal(10, 5).float().requires_grad_()
    compiled = torch.compile(train.linear_cross_entropy, fullgraph=True, backend="aot_eager")
    results = []
    for function in (train.linear_cross_entropy, compiled):
        loss = function(x, w, torch.arange(7))
        results.append((loss.detach(), *torch.autograd.grad(loss, (x, w))))
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))
    options = (torch.arange(7), 0.1, -100, 1, True)
    operator = torch.ops.mainspring.linear_cross_entropy.default
    torch.library.opcheck(operator, (x, w, None, *options))


def test_linear_cross_entropy_when_an_argument_is_wrong_names_it() -> None:
    x, w, target = torch.zeros(2, 3), torch.zeros(4, 3), torch.tensor([0, 4])
    with pytest.raises(ms.DataError, match="target 1 is 4, expected a class from 0 to 3"):
        train.linear_cross_entropy(x, w, target)
    with pytest.raises(ms.ParameterError, match=r"weight must be of shape \(num_classes, 3\)"):
        train.linear_cross_entropy(x, w.t(), target)
    with pytest.raises(ms.ParameterError, match=r"bias must be of shape \(4,\)"):
        train.linear_cross_entropy(x, w, target, bias=torch.zeros(3))


def test_in_batch_softmax_loss_is_its_definition() -> None:
    q, k = draw.normal(5, 3), draw.normal(5, 3, seed=1)
    log_q = torch.log(torch.tensor([0.1, 0.2, 0.3, 0.2, 0.2]).double())
    ids = torch.tensor([7, 8, 7, 9, 8])
    logits = (q @ k.T / 0.5 - log_q).numpy()
    expected = []
    for i in range(5):
        others = [j for j in range(5) if j == i or ids[j] != ids[i]]
        total = math.log(sum(math.exp(logits[i, j]) for j in others))
        expected.append(total - logits[i, i])
    got = train.in_batch_softmax_loss(
        q, k, log_q=log_q, item_ids=ids, temperature=0.5, reduction="none"
    )
    torch.testing.assert_close(got, torch.tensor(expected).double())
    leaf = q.float().requires_grad_()
    native = train.in_batch_softmax_loss(
        leaf, k.float(), log_q=log_q.float(), item_ids=ids, temperature=0.5
    )
    native.backward()
    assert float(native.detach()) == pytest.approx(sum(expected) / 5, rel=1e-6)
    assert torch.isfinite(leaf.grad).all()
    with pytest.raises(ms.ParameterError, match=r"log_q must be a tensor of shape \(5,\)"):
        train.in_batch_softmax_loss(q, k, log_q=log_q[:2])


def test_sampled_softmax_loss_is_its_definition() -> None:
    q, p, n = draw.normal(4, 3), draw.normal(4, 3, seed=1), draw.normal(6, 3, seed=2)
    log_p, log_n = draw.normal(4, seed=3), draw.normal(6, seed=4)
    hits = draw.normal(4, 6, seed=5) > 0.5
    expected = []
    for i in range(4):
        own = float(q[i] @ p[i] - log_p[i])
        others = [float(q[i] @ n[j] - log_n[j]) for j in range(6) if not hits[i, j]]
        expected.append(math.log(sum(map(math.exp, [own, *others]))) - own)
    options = {"positive_log_q": log_p, "negative_log_q": log_n, "hits": hits}
    got = train.sampled_softmax_loss(q, p, n, **options, reduction="none")
    torch.testing.assert_close(got, torch.tensor(expected).double())
    with pytest.raises(ms.ParameterError, match="negative must be of width 3"):
        train.sampled_softmax_loss(q, p, n[:, :2])
