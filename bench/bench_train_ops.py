"""Claim: fused operators train several times as fast as torch, eager and compiled."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from bench.torch_sides import close, draw, optimizer_parameters, with_threads
from mainspring import train

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

# torch's own compiler calls what torch deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")

TABLES, ROWS, WIDTH, BATCH, LENGTH = 26, 50_000, 64, 4_096, 5
Side = Callable[[], Any]
PEERS = ["eager", pytest.param("torch.compile", marks=pytest.mark.large)]


@pytest.fixture(autouse=True)
def threads(request: pytest.FixtureRequest) -> Any:
    with with_threads(request.config.getoption("--threads")):
        yield


def peer_of(function: Side, peer: str) -> Side:
    return torch.compile(function) if peer == "torch.compile" else function


def gradient(function: Callable[..., Any], x: Any, factor: Any = None) -> Side:
    """Return forward and backward of a function of x; the gradient of x is the result."""

    def call() -> Any:
        x.grad = None
        out = function(x)
        out.backward(factor)
        return x.grad

    return call


def torch_tables(tables: Any) -> tuple[Any, Any]:
    """Return torch's tables with the same rows, and their optimizer."""
    bags = torch.nn.ModuleList(
        torch.nn.EmbeddingBag(ROWS, WIDTH, mode="sum", sparse=True) for _ in range(TABLES)
    )
    with torch.no_grad():
        for bag, name in zip(bags, tables.names, strict=True):
            bag.weight.copy_(tables.table(name))
    return bags, torch.optim.Adagrad(bags.parameters(), lr=0.01)


def ids_of_bags(skewed: bool) -> tuple[Any, Any]:
    """Draw ids of a fixed number a bag: uniform, or as popular things are."""
    random = np.random.default_rng(1)
    count = TABLES * BATCH * LENGTH
    drawn = ROWS ** random.random(count) - 1 if skewed else random.integers(0, ROWS, count)
    offsets = torch.arange(0, count + 1, LENGTH)
    return torch.from_numpy(drawn.astype(np.int64)), offsets


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("ids", ["popular ids", "uniform ids"])
def test_tables(ids: str, dtype: str, compare: Any) -> None:
    values, offsets = ids_of_bags(ids == "popular ids")
    tables = train.EmbeddingTables(
        [(ROWS, WIDTH)] * TABLES,
        optimizer=train.RowOptimizer("rowwise_adagrad"),
        dtype=getattr(torch, dtype),
    )
    bags, optimizer = torch_tables(tables)
    grad = draw(BATCH, TABLES * WIDTH)
    per_table = values.view(TABLES, -1)
    starts = torch.arange(0, BATCH * LENGTH, LENGTH)

    def ours() -> Any:
        out = tables(values, offsets)
        out.backward(grad)
        return out.detach()

    def theirs() -> Any:
        out = torch.cat([bag(own, starts) for bag, own in zip(bags, per_table, strict=True)], 1)
        out.backward(grad)
        optimizer.step()
        optimizer.zero_grad()
        return out.detach()

    compare(
        f"{TABLES} tables, {ids}, {dtype}: lookup, backward, row-wise Adagrad",
        ours,
        theirs,
        peer="torch",
        api="EmbeddingBag with sparse gradients and Adagrad (a state of each element), float32",
        check=close(1e-5 if dtype == "float32" else 1e-2),
        rows=BATCH,
        num_bytes=values.numel() * WIDTH * 4,
    )


def dots(x: Any) -> Any:
    i, j = torch.tril_indices(x.shape[1], x.shape[1], -1)
    return torch.bmm(x, x.transpose(1, 2))[:, i, j]


def pairs(x: Any) -> Any:
    total = x.sum(1)
    return 0.5 * (total * total - (x * x).sum(1)).sum(1)


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("op", ["dot interaction", "factorization machine"])
def test_interaction(op: str, peer: str, compare: Any) -> None:
    dot = op == "dot interaction"
    x = draw(BATCH, TABLES + 1, WIDTH).requires_grad_()
    grad = draw(BATCH, TABLES * (TABLES + 1) // 2, seed=1) if dot else draw(BATCH, seed=1)
    compare(
        f"{op}, {BATCH:,} x {TABLES + 1} x {WIDTH}, forward and backward, beside {peer}",
        gradient(train.dot_interaction if dot else train.factorization_machine, x, grad),
        gradient(peer_of(dots if dot else pairs, peer), x, grad),
        peer="torch",
        api="bmm and its lower triangle" if dot else "(sum)^2 - sum of squares",
        check=close(1e-4),
        rows=BATCH,
    )


def weighted_bce(labels: Any, weight: Any) -> Callable[[Any], Any]:
    return lambda x: functional.binary_cross_entropy_with_logits(x, labels, weight)


def focal(labels: Any) -> Callable[[Any], Any]:
    def loss(x: Any) -> Any:  # as torchvision.ops.sigmoid_focal_loss has it
        p = torch.sigmoid(x)
        ce = functional.binary_cross_entropy_with_logits(x, labels, reduction="none")
        p_t = p * labels + (1 - p) * (1 - labels)
        return ((0.25 * labels + 0.75 * (1 - labels)) * (1 - p_t) ** 2 * ce).mean()

    return loss


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("op", ["weighted log loss", "focal loss"])
def test_binary_loss(op: str, peer: str, compare: Any) -> None:
    x = draw(4_000_000).requires_grad_()
    labels = (draw(4_000_000, seed=1) > 0).float()
    weight = draw(4_000_000, seed=2).abs()
    if op == "focal loss":
        ours, theirs = (lambda v: train.focal_loss(v, labels)), focal(labels)
    else:
        ours = lambda v: train.binary_cross_entropy(v, labels, weight=weight)  # noqa: E731
        theirs = weighted_bce(labels, weight)
    compare(
        f"{op} of 4,000,000 logits, forward and backward, beside {peer}",
        gradient(ours, x),
        gradient(peer_of(theirs, peer), x),
        peer="torch",
        api="binary_cross_entropy_with_logits" if op != "focal loss" else "torchvision's formula",
        check=close(1e-4),
        rows=4_000_000,
    )


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("inplace", [True, False])
def test_softmax(inplace: bool, peer: str, compare: Any) -> None:
    x = draw(512, 100_000)
    target = torch.from_numpy(np.random.default_rng(1).integers(0, 100_000, 512))
    compiled = peer_of(functional.cross_entropy, peer)

    # As a layer's output, which a step may overwrite; other numbers take as long.
    mine, logits = x.clone().requires_grad_(), x.clone().requires_grad_()
    where = "in place" if inplace else "new gradient"

    def ours() -> Any:
        mine.grad = None
        out = mine.view_as(mine)
        loss = train.softmax_cross_entropy(out, target, inplace=inplace)
        loss.backward()
        return loss.detach()

    def theirs() -> Any:
        logits.grad = None
        loss = compiled(logits, target)
        loss.backward()
        return loss.detach()

    compare(
        f"softmax cross-entropy, 512 x 100,000, {where}, beside {peer}",
        ours,
        theirs,
        peer="torch",
        api="cross_entropy",
        check=close(1e-5),
        rows=512,
        num_bytes=x.nbytes,
    )


def test_optimizer_step(compare: Any) -> None:
    mine, others = optimizer_parameters(), optimizer_parameters()
    optimizer = train.AdamW(mine, max_norm=1.0, zero_grads=True)
    peer = torch.optim.AdamW(others, fused=True)

    def theirs() -> Any:
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        peer.step()
        peer.zero_grad(set_to_none=False)
        return others[0].detach()

    def ours() -> Any:
        optimizer.step()
        return mine[0].detach()

    compare(
        "clip, AdamW and zero of 20 million parameters",
        ours,
        theirs,
        peer="torch",
        api="clip_grad_norm_, AdamW(fused=True), zero_grad(set_to_none=False)",
        check=close(1e-5),
        rows=1,
        num_bytes=sum(p.nbytes for p in mine),
    )


def mlp(*sizes: int) -> Any:
    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@pytest.mark.large
def test_dlrm_step(compare: Any) -> None:
    values, offsets = ids_of_bags(True)
    numbers, labels = draw(BATCH, 13), (draw(BATCH, seed=3) > 0).float()
    per_table = values.view(TABLES, -1)
    starts = torch.arange(0, BATCH * LENGTH, LENGTH)
    num_pairs = TABLES * (TABLES + 1) // 2

    def towers() -> tuple[Any, Any]:
        torch.manual_seed(0)
        return mlp(13, 512, 256, WIDTH), mlp(num_pairs + WIDTH, 512, 256, 1)

    tables = train.EmbeddingTables(
        [(ROWS, WIDTH)] * TABLES, optimizer=train.RowOptimizer("rowwise_adagrad")
    )
    (bottom, top), (bottom_2, top_2) = towers(), towers()
    optimizer = train.AdamW([*bottom.parameters(), *top.parameters()], zero_grads=True)
    bags, sparse = torch_tables(tables)
    dense = torch.optim.AdamW([*bottom_2.parameters(), *top_2.parameters()], fused=True)

    def ours() -> Any:
        x = bottom(numbers)
        rows = tables(values, offsets).view(BATCH, TABLES, WIDTH)
        crossed = train.dot_interaction(torch.cat([x[:, None], rows], 1))
        loss = train.binary_cross_entropy(top(torch.cat([x, crossed], 1))[:, 0], labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    def theirs() -> Any:
        x = bottom_2(numbers)
        rows = [bag(own, starts) for bag, own in zip(bags, per_table, strict=True)]
        crossed = dots(torch.stack([x, *rows], 1))
        logits = top_2(torch.cat([x, crossed], 1))[:, 0]
        loss = functional.binary_cross_entropy_with_logits(logits, labels)
        loss.backward()
        for one in (sparse, dense):
            one.step()
            one.zero_grad()
        return loss.detach()

    compare(
        f"a step of DLRM, batch {BATCH:,}",
        ours,
        theirs,
        peer="torch",
        api="eager, EmbeddingBag with sparse Adagrad, AdamW(fused=True)",
        check=lambda a, b: torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5),
        rows=BATCH,
    )


@pytest.mark.one_thread
def test_overhead_of_a_call(record: Any) -> None:
    x = torch.ones(1, 2, 4)
    times = []
    for _ in range(7):
        started = time.process_time()
        for _ in range(5_000):
            train.dot_interaction(x)
        times.append((time.process_time() - started) / 5_000)
    record.value("a call of dot_interaction on a row", sorted(times)[3] * 1e6, unit="us")
