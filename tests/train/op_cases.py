"""A case of each operator of the list: what it computes of drawn tensors of a type, gradients too.

Run by test_op_status.py for each cell of the page's table, and by op_table.py, which writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from mainspring import train  # noqa: E402
from tests.train import draw  # noqa: E402

__all__ = ["CASES", "error_of", "results_of"]

SIZES = {"a": (9, 8), "b": (5, 8)}
LABELS = (draw.normal(12, seed=50) > 0).double()
CLASSES = torch.arange(12) % 7
QUERIES = torch.tensor([0, 5, 12])


def of(function: Callable[..., Any], *shapes: tuple[int, ...]) -> Callable[[Any], list[Any]]:
    """Return a case: the function of drawn tensors of these shapes, and all gradients."""

    def run(dtype: Any) -> list[Any]:
        leaves = [
            # Drawn once in the shortest type: all types see the same numbers.
            draw.normal(*shape, seed=seed).bfloat16().to(dtype).requires_grad_()
            for seed, shape in enumerate(shapes)
        ]
        out = function(*leaves)
        out.backward(draw.normal(*out.shape, seed=99).bfloat16().to(out.dtype))
        return [out.detach(), *(leaf.grad for leaf in leaves)]

    return run


def tables(pairs: bool) -> Callable[[Any], list[Any]]:
    def run(dtype: Any) -> list[Any]:
        rule = train.RowOptimizer("adam", learning_rate=0.1)
        module = train.EmbeddingTables(SIZES, optimizer=rule, dtype=dtype)
        module.stochastic_rounding = False
        with torch.no_grad():
            for name in SIZES:
                table = module.table(name)
                table.copy_(draw.normal(*table.shape).bfloat16())
        ids = torch.tensor([[0, 1], [8, 4], [0, 1]])
        out = module.factorization_machine(ids) if pairs else module(ids)
        out.backward(draw.normal(*out.shape, seed=99).bfloat16().to(out.dtype))
        return [out.detach(), module.table("a"), module.table("b")]

    return run


def dynamic(dtype: Any) -> list[Any]:
    rule = train.RowOptimizer("sgd", learning_rate=0.5)
    short = torch.float32 if dtype == torch.float64 else dtype
    table = train.DynamicTable(8, optimizer=rule, dtype=short, stochastic_rounding=False)
    out = table(torch.tensor([7, -1, 7]))
    out.backward(draw.normal(*out.shape, seed=99).bfloat16().to(out.dtype))
    return [out.detach(), *table.items()[1:]]


def optimizer(name: str, **options: Any) -> Callable[[Any], list[Any]]:
    def run(dtype: Any) -> list[Any]:
        p = torch.nn.Parameter(draw.normal(40).bfloat16().to(dtype))
        steps = getattr(train, name)([p], **options)
        for seed in range(2):
            p.grad = draw.normal(40, seed=seed).bfloat16().to(dtype)
            steps.step()
        return [p.detach()]

    return run


def by_query(function: Any) -> Callable[..., Any]:
    return lambda scores: function(scores, LABELS.to(scores.dtype), QUERIES)


def by_label(function: Any) -> Callable[..., Any]:
    return lambda scores: function(scores, LABELS.to(scores.dtype))


CASES: dict[str, Callable[[Any], list[Any]]] = {
    "EmbeddingTables": tables(pairs=False),
    "EmbeddingTables.factorization_machine": tables(pairs=True),
    "DynamicTable": dynamic,
    "dot_interaction": of(train.dot_interaction, (3, 5, 8)),
    "factorization_machine": of(train.factorization_machine, (3, 5, 8)),
    "field_weighted_fm": of(train.field_weighted_fm, (3, 5, 8), (10,)),
    "cross_interaction": of(train.cross_interaction, (3, 8), (3, 8), (3, 8)),
    "layer_norm": of(lambda *x: train.layer_norm(*x, activation="gelu"), (6, 8), (8,), (8,)),
    "binary_cross_entropy": of(by_label(train.binary_cross_entropy), (12,)),
    "focal_loss": of(by_label(train.focal_loss), (12,)),
    "asymmetric_loss": of(by_label(train.asymmetric_loss), (12,)),
    "softmax_cross_entropy": of(lambda x: train.softmax_cross_entropy(x, CLASSES), (12, 7)),
    "linear_cross_entropy": of(
        lambda x, w: train.linear_cross_entropy(x, w, CLASSES), (12, 5), (7, 5)
    ),
    "in_batch_softmax_loss": of(train.in_batch_softmax_loss, (6, 5), (6, 5)),
    "sampled_softmax_loss": of(train.sampled_softmax_loss, (6, 5), (6, 5), (4, 5)),
    "bpr_loss": of(train.bpr_loss, (12,), (12,)),
    "pairwise_loss": of(by_query(train.pairwise_loss), (12,)),
    "lambda_rank_loss": of(by_query(train.lambda_rank_loss), (12,)),
    "list_net_loss": of(by_query(train.list_net_loss), (12,)),
    "list_mle_loss": of(by_query(train.list_mle_loss), (12,)),
    "quantile_loss": of(by_label(train.quantile_loss), (12,)),
    "huber_loss": of(by_label(train.huber_loss), (12,)),
    "tweedie_loss": of(by_label(train.tweedie_loss), (12,)),
    "AdamW": optimizer("AdamW", lr=0.1),
    "Lion": optimizer("Lion", lr=0.1),
    "Adagrad": optimizer("Adagrad", lr=0.1),
    "SGD": optimizer("SGD", lr=0.1, momentum=0.9),
}


def results_of(name: str, backend: str, dtype: str) -> list[Any]:
    """Run an operator's case on a backend of the CPU, with tensors of a type."""
    with train.use_backend(backend):
        return CASES[name](getattr(torch, dtype))


def error_of(name: str, backend: str, dtype: str) -> float:
    """Return the largest difference from eager in float64, over the largest magnitude."""
    worst = 0.0
    exact = results_of(name, "eager", "float64")
    for got, expected in zip(results_of(name, backend, dtype), exact, strict=True):
        scale = max(float(expected.double().abs().max()), 1e-3)
        worst = max(worst, float((got.double() - expected.double()).abs().max()) / scale)
    return worst
