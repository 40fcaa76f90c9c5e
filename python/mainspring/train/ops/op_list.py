"""The one list of training operators: which backend takes which types. Needs no torch.

Tests run every row against the reference in float64, and write the table of the docs from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["OPS", "Op"]

EVERY = ("float64", "float32", "bfloat16", "float16")
SHORT = ("float32", "bfloat16", "float16")
ONE = ("float32",)


@dataclass(frozen=True)
class Op:
    """An operator, and what each backend takes of it.

    Attributes
    ----------
    name : str
        The function or class of ``mainspring.train``.
    kind : str
        "embedding", "interaction", "loss" or "optimizer".
    summary : str
        What it computes.
    backends : mapping of str to tuple of str
        Types by backend: "native" (CPU), "triton" (CUDA) and "eager" (plain torch, any device).
    """

    name: str
    kind: str
    summary: str
    backends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


OPS = (
    Op(
        "dot_interaction",
        "interaction",
        "products of all pairs of a row's vectors (DLRM)",
        {"eager": EVERY},
    ),
    Op(
        "factorization_machine",
        "interaction",
        "sum of the products of all pairs of a row's vectors (FM)",
        {"eager": EVERY},
    ),
    Op(
        "cross_interaction",
        "interaction",
        "x0 * y + x, the end of a cross layer (DCN v2)",
        {"eager": EVERY},
    ),
    Op(
        "binary_cross_entropy",
        "loss",
        "log loss of logits, weighted by row and by class",
        {"eager": EVERY},
    ),
    Op("focal_loss", "loss", "log loss that turns to the rows that are hard", {"eager": EVERY}),
    Op(
        "asymmetric_loss",
        "loss",
        "focal loss with a focus of its own for each class, and a margin",
        {"eager": EVERY},
    ),
    Op(
        "softmax_cross_entropy",
        "loss",
        "log loss of one of many classes, also in place",
        {"eager": EVERY},
    ),
)
