"""What the Triton kernels run for tensors on CUDA, with the arguments of the native functions.

Kernels are loaded when the first of them is called. Values are not looked at: that would make the
program wait for the device.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

__all__ = [
    "run_binary",
    "run_dot",
    "run_dot_backward",
    "run_pairs",
    "run_pairs_backward",
    "run_softmax",
    "run_values",
]

_NONE, _MEAN = 0, 1  # places in native_losses.REDUCTIONS


def run_dot(x: torch.Tensor) -> torch.Tensor:
    """Return the products of pairs."""
    from mainspring.kernels import interactions

    return interactions.dot_forward(x.contiguous())


def run_dot_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of the products of pairs."""
    from mainspring.kernels import interactions

    return interactions.dot_backward(grad.contiguous(), x.contiguous())


def run_pairs(x: torch.Tensor) -> torch.Tensor:
    """Return the sums of products of pairs."""
    from mainspring.kernels import interactions

    return interactions.pairs_forward(x.contiguous())


def run_pairs_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return the gradient of the sums of products of pairs."""
    from mainspring.kernels import interactions

    return interactions.pairs_backward(grad.contiguous(), x.contiguous())


def run_binary(
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    kind: int,
    options: list[float],
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss and its gradient."""
    from mainspring.kernels import binary_losses

    return run_values(
        *(binary_losses.binary_losses, logits, labels, weight, kind, list(options)),
        reduction=reduction,
        with_grad=with_grad,
    )


def run_values(
    losses_of: Callable[..., torch.Tensor],
    values: torch.Tensor,
    targets: torch.Tensor,
    weight: torch.Tensor | None,
    kind: int,
    options: Any,
    *,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a loss of one value each, by the kernels' function for it, and its gradient."""
    values, count = values.contiguous(), values.numel()
    grad = torch.empty_like(values) if with_grad else None
    losses = losses_of(
        kind,
        values,
        targets.contiguous(),
        None if weight is None else weight.contiguous(),
        options,
        each=reduction == _NONE,
        grad_scale=1 / max(count, 1) if reduction == _MEAN else 1.0,
        grad=grad,
    )
    if reduction != _NONE:
        losses = (losses / count if reduction == _MEAN else losses).float()
    return losses, values.new_empty(0) if grad is None else grad


def run_softmax(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    label_smoothing: float,
    ignore_index: int,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss and its gradient."""
    from mainspring.kernels import softmax_loss

    logits, target = logits.contiguous(), target.contiguous()
    grad = torch.empty_like(logits) if with_grad else None
    losses = softmax_loss.softmax_losses(
        logits,
        target,
        None if weight is None else weight.contiguous(),
        label_smoothing,
        ignore_index,
        grad_scale=1.0,
        grad=grad,
    )
    if reduction != _NONE:
        num_valid = (target != ignore_index).sum()
        total = losses.sum(dtype=torch.float64)
        losses = (total / num_valid if reduction == _MEAN else total).float()
        if reduction == _MEAN and grad is not None:
            grad /= num_valid.clamp(min=1)
    return losses, logits.new_empty(0) if grad is None else grad
