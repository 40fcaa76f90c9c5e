"""Training with PyTorch: fused operators, embedding tables, losses, optimizers, batches and models.

This file holds only names: a name is fetched from its module when it is first used, and torch is
loaded by those modules alone that are built on it.
"""

from __future__ import annotations

from importlib import import_module

__all__ = [
    "OPS",
    "Op",
    "asymmetric_loss",
    "binary_cross_entropy",
    "cross_interaction",
    "dot_interaction",
    "factorization_machine",
    "focal_loss",
    "softmax_cross_entropy",
    "use_backend",
]

_HOMES = {
    "OPS": "mainspring.train.ops.op_list",
    "Op": "mainspring.train.ops.op_list",
    "asymmetric_loss": "mainspring.train.ops.binary_losses",
    "binary_cross_entropy": "mainspring.train.ops.binary_losses",
    "cross_interaction": "mainspring.train.ops.interactions",
    "dot_interaction": "mainspring.train.ops.interactions",
    "factorization_machine": "mainspring.train.ops.interactions",
    "focal_loss": "mainspring.train.ops.binary_losses",
    "softmax_cross_entropy": "mainspring.train.ops.softmax_losses",
    "use_backend": "mainspring.train.ops.backend",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'mainspring.train' has no attribute {name!r}")
    try:
        module = import_module(home)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        from mainspring.errors import MissingExtraError

        raise MissingExtraError(
            f"mainspring.train.{name} is built on torch, which is not installed. "
            "Install it with: pip install 'mainspring[torch]'.",
            hint="pip install 'mainspring[torch]'",
        ) from error
    value = getattr(module, name)
    globals()[name] = value  # the next use costs a dictionary look-up
    return value


def __dir__() -> list[str]:
    return list(__all__)
