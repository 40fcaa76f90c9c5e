"""Training operators that are timed on a GPU, against torch's own: sizes, bytes, both sides.

On a CPU the same cases run small, so that tests can look at them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from mainspring import train

__all__ = ["TrainingCase", "block_sizes", "training_cases"]

Side = Callable[[], Any]


@dataclass(frozen=True)
class TrainingCase:
    """One row of the results: the same work by ours and by torch, on the same tensors."""

    name: str
    num_bytes: int  # that must be read and written, each once
    ours: Side
    theirs: Side
    function: Callable[..., Any] | None  # of torch's side, for torch.compile
    arguments: tuple[Any, ...]
    tolerance: float  # of results, relative to the largest


class _Sizes:
    """Sizes on a device: those of a GPU, or small ones."""

    def __init__(self, device: str) -> None:
        self.device, self.is_small = torch.device(device), device == "cpu"

    def __call__(self, large: int, small: int) -> int:
        return small if self.is_small else large

    def draw(self, *shape: int, seed: int = 0) -> Any:
        generator = torch.Generator(self.device).manual_seed(seed)
        return torch.randn(*shape, generator=generator, device=self.device)


def _with_gradient(function: Callable[..., Any], *tensors: Any) -> Side:
    """Return forward and backward; results are the gradients of what has one."""

    def call() -> Any:
        for one in tensors:
            one.grad = None
        out = function(*tensors)
        (out if out.dim() == 0 else out.sum()).backward()
        return [one.grad for one in tensors if one.requires_grad]

    return call


def _pair(
    name: str,
    num_bytes: int,
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    *tensors: Any,
    tolerance: float = 1e-4,
) -> TrainingCase:
    sides = (_with_gradient(ours, *tensors), _with_gradient(theirs, *tensors))
    return TrainingCase(name, num_bytes, *sides, theirs, tensors, tolerance)


def _losses(sizes: _Sizes) -> Iterator[TrainingCase]:
    count = sizes(1 << 26, 1000)
    x, t = sizes.draw(count).requires_grad_(), sizes.draw(count, seed=1).abs()
    y = (sizes.draw(count, seed=2) > 0).float()
    elementwise = count * 4 * 4  # two read; a gradient written, and with `mean` read and scaled
    binary = functional.binary_cross_entropy_with_logits
    yield _pair(
        "binary cross-entropy",
        *(elementwise, train.binary_cross_entropy, binary, x, y),
    )

    def focal(logits: Any, labels: Any) -> Any:
        losses = binary(logits, labels, reduction="none")
        p = torch.exp(-losses)
        return ((1 - p) ** 2 * losses).mean()

    yield _pair(
        "focal loss",
        *(elementwise, lambda a, b: train.focal_loss(a, b, alpha=None, gamma=2.0), focal, x, y),
    )
    yield _pair("Huber loss", elementwise, train.huber_loss, functional.huber_loss, x, t)
    rows, classes = sizes(8192, 4), sizes(100_000, 37)
    logits = sizes.draw(rows, classes).requires_grad_()
    target = torch.arange(rows, device=sizes.device) * 7 % classes
    yield _pair(
        "softmax cross-entropy of 100,000 classes",
        logits.numel() * 4 * 2,
        train.softmax_cross_entropy,
        functional.cross_entropy,
        *(logits, target),
    )
    width = sizes(256, 8)
    hidden = sizes.draw(rows, width).requires_grad_()
    weight = (sizes.draw(classes, width, seed=1) / math.sqrt(width)).requires_grad_()
    yield _pair(
        "cross-entropy of a linear layer of 100,000 classes",
        (hidden.numel() + weight.numel()) * 4 * 2,
        train.linear_cross_entropy,
        lambda a, b, c: functional.cross_entropy(a @ b.t(), c),
        *(hidden, weight, target),
    )
    queries, length = sizes(1 << 16, 3), 20
    scores = sizes.draw(queries * length).requires_grad_()
    labels = (sizes.draw(queries * length, seed=3) > 0.7).float()
    offsets = torch.arange(queries + 1, device=sizes.device) * length

    def pairs(s: Any, labels_of: Any, _: Any) -> Any:
        s, marks = s.view(-1, length), labels_of.view(-1, length)
        above = marks[:, :, None] > marks[:, None, :]
        each = functional.softplus(s[:, None, :] - s[:, :, None]) * above
        return (each.sum((1, 2)) / above.sum((1, 2)).clamp(min=1)).mean()

    yield _pair(
        "pairwise loss of queries of 20 rows",
        *(scores.numel() * 4 * 3, train.pairwise_loss, pairs, scores, labels, offsets),
    )


def _layers(sizes: _Sizes) -> Iterator[TrainingCase]:
    rows = sizes(1 << 16, 5)
    x = sizes.draw(rows, 27, sizes(64, 8)).requires_grad_()
    i, j = torch.tril_indices(27, 27, -1, device=sizes.device)
    yield _pair(
        "dot interaction of 27 vectors",
        (x.numel() * 3 + rows * 351 * 2) * 4,
        train.dot_interaction,
        lambda v: torch.bmm(v, v.transpose(1, 2))[:, i, j],
        x,
    )
    yield _pair(
        "factorization machine of 27 vectors",
        x.numel() * 3 * 4,
        train.factorization_machine,
        lambda v: 0.5 * (v.sum(1) ** 2 - (v * v).sum(1)).sum(1),
        x,
    )
    wide = [sizes.draw(rows, sizes(1728, 9), seed=seed).requires_grad_() for seed in range(3)]
    yield _pair(
        "end of a cross layer",
        *(wide[0].numel() * 9 * 4, train.cross_interaction, lambda a, b, c: a * b + c, *wide),
    )
    width = sizes(1024, 24)
    y = sizes.draw(rows, width).requires_grad_()
    gain, shift = (sizes.draw(width, seed=seed).requires_grad_() for seed in (1, 2))
    yield _pair(
        "layer normalization and GELU",
        y.numel() * 5 * 4,
        lambda a, b, c: train.layer_norm(a, b, c, activation="gelu"),
        lambda a, b, c: functional.gelu(functional.layer_norm(a, (width,), b, c)),
        *(y, gain, shift),
        tolerance=1e-3,
    )


def _tables(sizes: _Sizes) -> Iterator[TrainingCase]:
    tables, rows, width = sizes(26, 3), sizes(1_000_000, 50), sizes(64, 4)
    batch, length = sizes(1 << 16, 6), 5
    rule = train.RowOptimizer("rowwise_adagrad", learning_rate=0.01)
    ours = train.EmbeddingTables([(rows, width)] * tables, optimizer=rule, pooling="sum")
    ours = ours.to(sizes.device)
    bags = torch.nn.ModuleList(
        torch.nn.EmbeddingBag(rows, width, mode="sum", sparse=True) for _ in range(tables)
    ).to(sizes.device)
    with torch.no_grad():
        for bag, name in zip(bags, ours.names, strict=True):
            bag.weight.copy_(ours.table(name))
    steps = torch.optim.Adagrad(bags.parameters(), lr=0.01)
    torch.sparse.check_sparse_tensor_invariants.disable()  # said, or torch advises to say it
    generator = torch.Generator(sizes.device).manual_seed(0)
    count = tables * batch * length
    # As popular things are: half of the ids are among the square root of all.
    drawn = torch.rand(count, generator=generator, device=sizes.device)
    ids = (rows**drawn - 1).long()
    offsets = torch.arange(tables * batch + 1, device=sizes.device) * length
    starts = torch.arange(batch, device=sizes.device) * length

    def theirs() -> Any:
        parts = ids.view(tables, -1)
        return torch.cat([bag(parts[k], starts) for k, bag in enumerate(bags)], 1)

    def forward(side: Side) -> Side:
        def call() -> Any:
            with torch.no_grad():
                return [side()]

        return call

    read = count * (width * 4 + 8) + batch * tables * width * 4
    mine = lambda: ours(ids, offsets)  # noqa: E731
    yield TrainingCase(
        "lookup in embedding tables", read, forward(mine), forward(theirs), theirs, (), 1e-5
    )
    distinct = sum(len(torch.unique(part)) for part in ids.view(tables, -1))

    def step_of_ours() -> Any:
        mine().sum().backward()
        return []

    def step_of_torch() -> Any:
        steps.zero_grad(set_to_none=True)
        theirs().sum().backward()
        steps.step()
        return []

    written = batch * tables * width * 4 + 2 * distinct * (width + 1) * 4 + count * 8
    yield TrainingCase(
        "lookup, backward and row-wise Adagrad",
        *(read + written, step_of_ours, step_of_torch, None, (), 0.0),
    )


def _steps(sizes: _Sizes) -> Iterator[TrainingCase]:
    shapes = [sizes(1024, 3), sizes(2048, 5)]

    def parameters() -> list[Any]:
        made = [torch.nn.Parameter(sizes.draw(*shapes, seed=k)) for k in range(sizes(92, 3))]
        for k, p in enumerate(made):
            p.grad = sizes.draw(*shapes, seed=1000 + k) * 1e-3
        return made

    first, second = parameters(), parameters()
    options = {"lr": 1e-3, "weight_decay": 0.01}
    ours = train.AdamW(first, max_norm=1.0, **options)
    theirs = torch.optim.AdamW(second, fused=not sizes.is_small, **options)
    count = sum(p.numel() for p in first)

    def step_of_ours() -> Any:
        ours.step()
        return [first[0].detach()]

    def step_of_torch() -> Any:
        torch.nn.utils.clip_grad_norm_(second, 1.0)
        theirs.step()
        return [second[0].detach()]

    yield TrainingCase(
        "clipping and AdamW", count * 32, step_of_ours, step_of_torch, None, (), 1e-3
    )


def training_cases(device: str) -> Iterator[TrainingCase]:
    """Yield the cases, made one after the other so that one's memory is free for the next.

    Parameters
    ----------
    device : str
        "cuda", or "cpu" for small ones.
    """
    for family in (_losses, _layers, _tables, _steps):
        yield from family(_Sizes(device))


def block_sizes(count: int) -> dict[str, Callable[[int], Side]]:
    """Return kernels whose block size is a parameter: what to run for a size, on CUDA."""
    from mainspring.kernels import binary_losses, cross, number_losses, softmax_loss

    x, y, z = (torch.randn(count, device="cuda") for _ in range(3))
    labels, grad = (y > 0).float(), torch.empty_like(x)
    logits = torch.randn(max(count // 65_536, 1), 65_536, device="cuda")
    target = torch.zeros(len(logits), dtype=torch.int64, device="cuda")
    options = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    each = {"each": False, "grad_scale": 1.0, "grad": grad}
    return {
        "cross": lambda block: lambda: cross.cross_forward(x, y, z, block),
        "binary": lambda block: (
            lambda: binary_losses.binary_losses(0, x, labels, None, options, **each, block=block)
        ),
        "number": lambda block: (
            lambda: number_losses.number_losses(1, x, y, None, 1.0, **each, block=block)
        ),
        "softmax": lambda block: (
            lambda: softmax_loss.softmax_losses(
                logits, target, None, 0.0, -100, grad_scale=1.0, grad=logits, block=block
            )
        ),
    }
