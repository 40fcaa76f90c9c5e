"""Losses in Triton with the arguments of the native ones; of numbers, which have none, operators.

Values are not looked at: that would make the program wait for the device. Wrong ones give NaN, or a
loss of fewer rows, and read nothing that is not theirs.
"""

from __future__ import annotations

from typing import Any

import torch

from mainspring.train.ops import triton_runs
from mainspring.train.ops.registration import register

__all__ = ["NUMBER_LOSSES", "number_loss", "run_linear", "run_query"]

NUMBER_LOSSES = ("quantile_loss", "huber_loss", "tweedie_loss")
_NONE, _MEAN = 0, 1  # places in native_losses.REDUCTIONS
_EVERYTHING = 0  # in place of a cutoff
_CHUNK_NUMBERS = 1 << 25  # logits of a chunk: 128 MiB


def _run_number(
    predicted: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    kind: int,
    option: float,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss and its gradient."""
    from mainspring.kernels import number_losses

    return triton_runs.run_values(
        *(number_losses.number_losses, predicted, target, weight, kind, option),
        reduction=reduction,
        with_grad=with_grad,
    )


def _number_shapes(
    predicted: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    kind: int,
    option: float,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    contiguous = torch.empty_like(predicted, memory_format=torch.contiguous_format)
    loss = contiguous if reduction == _NONE else predicted.new_empty(())
    return loss, torch.empty_like(contiguous) if with_grad else predicted.new_empty(0)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(output[1])


def _number_backward(ctx: Any, factor: Any, _: Any) -> tuple[Any, ...]:
    grad = None if factor is None else ctx.saved_tensors[0] * factor
    return grad, None, None, None, None, None, None


number_loss = register(
    "number_loss_on_device(Tensor predicted, Tensor target, Tensor? weight, int kind, "
    "float option, int reduction, bool with_grad) -> (Tensor, Tensor)",
    _run_number,
    _number_shapes,
    cuda=_run_number,
    keep=_keep,
    backward=_number_backward,
)


def run_query(
    scores: torch.Tensor,
    labels: torch.Tensor,
    offsets: torch.Tensor,
    kind: int,
    cutoff: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss of each query, and the gradient of their sum."""
    from mainspring.kernels import query_losses

    rows = (scores.contiguous(), labels.contiguous(), offsets.long().contiguous())
    places = None if cutoff == _EVERYTHING else cutoff
    return query_losses.query_losses(kind, *rows, places, with_grad=with_grad)


def run_linear(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    target: torch.Tensor,
    label_smoothing: float,
    ignore_index: int,
    reduction: int,
    with_grad: bool,
    chunk: int = _CHUNK_NUMBERS,
) -> tuple[torch.Tensor, ...]:
    """Return softmax_cross_entropy of a linear layer, and the gradients of x, weight and bias.

    Logits are made for some rows at a time, and their gradient takes their memory. Products of
    matrices are torch's.
    """
    from mainspring.kernels import softmax_loss

    num_rows, num_classes = x.shape[0], weight.shape[0]
    target = target.contiguous()
    rows = max(1, chunk // max(num_classes, 1))
    logits = x.new_empty((min(rows, num_rows), num_classes))
    dx, dw = (torch.zeros_like(one) if with_grad else x.new_empty(0) for one in (x, weight))
    db = x.new_zeros(num_classes) if with_grad else x.new_empty(0)
    total = torch.zeros((), dtype=torch.float64, device=x.device)
    for first in range(0, num_rows, rows):
        part = slice(first, min(first + rows, num_rows))
        own = torch.mm(x[part], weight.t(), out=logits[: part.stop - first])
        if bias is not None:
            own += bias
        losses = softmax_loss.softmax_losses(
            *(own, target[part], None, label_smoothing, ignore_index),
            grad_scale=1.0,
            grad=own if with_grad else None,
        )
        total += losses.sum(dtype=torch.float64)
        if with_grad:
            torch.mm(own, weight, out=dx[part])
            dw.addmm_(own.t(), x[part])
            db += own.sum(0)
    if reduction == _MEAN:
        num_valid = (target != ignore_index).sum()
        total = total / num_valid
        for one in (dx, dw, db):
            one /= num_valid.clamp(min=1)
    return total.float(), dx, dw, db
