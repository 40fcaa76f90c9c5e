"""The one list of training operators: which backend takes which types. Needs no torch.

Tests run every row against the reference in float64, and write the table of the docs from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["OPS", "Op"]

EVERY = ("float64", "float32", "bfloat16", "float16")
SHORT = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Op:
    """An operator, and what each backend takes of it.

    Attributes
    ----------
    name : str
        The function or class of ``mainspring.train``.
    kind : str
        "embedding", "interaction", "layer", "loss" or "optimizer".
    summary : str
        What it computes.
    backends : mapping of str to tuple of str
        Types by backend: "native" (CPU), "triton" and "cuda" (CUDA), "eager" (plain torch, any
        device).
    """

    name: str
    kind: str
    summary: str
    backends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


OPS = (
    Op(
        "EmbeddingTables",
        "embedding",
        "rows of many tables pooled by bag; updated in the backward pass",
        {"native": SHORT, "triton": SHORT, "cuda": SHORT, "eager": EVERY},
    ),
    Op(
        "EmbeddingTables.factorization_machine",
        "embedding",
        "factorization_machine of looked-up rows, without a copy of them; rows updated likewise",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "DynamicTable",
        "embedding",
        "a table for ids of any value: grows, and evicts ids that are seen least",
        {"native": SHORT, "triton": SHORT, "cuda": SHORT, "eager": SHORT},
    ),
    Op(
        "dot_interaction",
        "interaction",
        "products of all pairs of a row's vectors (DLRM)",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "factorization_machine",
        "interaction",
        "sum of the products of all pairs of a row's vectors (FM)",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "field_weighted_fm",
        "interaction",
        "the same, each pair times a strength of its fields (FwFM); by dot_interaction",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "cross_interaction",
        "interaction",
        "x0 * y + x, the end of a cross layer (DCN v2)",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "layer_norm",
        "layer",
        "layer normalization, activation and dropout",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "binary_cross_entropy",
        "loss",
        "log loss of logits, weighted by row and by class",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "focal_loss",
        "loss",
        "log loss that turns to the rows that are hard",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "asymmetric_loss",
        "loss",
        "focal loss with a focus of its own for each class, and a margin",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "softmax_cross_entropy",
        "loss",
        "log loss of one of many classes, also in place",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "linear_cross_entropy",
        "loss",
        "softmax_cross_entropy of a linear layer, chunk by chunk",
        {"native": ("float32",), "triton": ("float32",), "eager": EVERY},
    ),
    Op(
        "in_batch_softmax_loss",
        "loss",
        "log loss of a row's item among those of the batch, corrected by log q",
        {"triton": SHORT, "eager": EVERY},
    ),
    Op(
        "sampled_softmax_loss",
        "loss",
        "log loss of a row's item among samples, corrected by log q",
        {"triton": SHORT, "eager": EVERY},
    ),
    Op(
        "bpr_loss",
        "loss",
        "log loss of the difference of two scores",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "pairwise_loss",
        "loss",
        "log loss of all pairs of a query",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "lambda_rank_loss",
        "loss",
        "pairs weighted by the change of NDCG",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "list_net_loss",
        "loss",
        "cross-entropy of the softmax of labels and of scores",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "list_mle_loss",
        "loss",
        "log loss of a query's order",
        {"native": SHORT, "triton": SHORT, "eager": EVERY},
    ),
    Op(
        "quantile_loss",
        "loss",
        "pinball loss",
        {"triton": SHORT, "eager": EVERY},
    ),
    Op(
        "huber_loss",
        "loss",
        "squares, and lines from a distance on",
        {"triton": SHORT, "eager": EVERY},
    ),
    Op(
        "tweedie_loss",
        "loss",
        "deviance of sums with zeros, of a logged mean",
        {"triton": SHORT, "eager": EVERY},
    ),
    Op(
        "AdamW",
        "optimizer",
        "Adam with decoupled decay; clip, step, average and zero in one pass",
        {"native": ("float32",), "triton": ("float32",), "eager": EVERY},
    ),
    Op(
        "Lion",
        "optimizer",
        "steps by the sign of a moving average, likewise",
        {"native": ("float32",), "triton": ("float32",), "eager": EVERY},
    ),
    Op(
        "Adagrad",
        "optimizer",
        "steps over the root of the sum of squares, likewise",
        {"native": ("float32",), "triton": ("float32",), "eager": EVERY},
    ),
    Op(
        "SGD",
        "optimizer",
        "steps along the gradient, with momentum, likewise",
        {"native": ("float32",), "triton": ("float32",), "eager": EVERY},
    ),
)
