"""The native losses as operators of torch: each returns the loss and, when asked, its gradient."""

from __future__ import annotations

from typing import Any

import torch

from mainspring import _engine
from mainspring.train.ops import large_pages, triton_runs
from mainspring.train.ops.arguments import refuse_data
from mainspring.train.ops.registration import is_plain, register

__all__ = [
    "REDUCTIONS",
    "SoftmaxInPlace",
    "binary_loss",
    "scaled",
    "softmax_loss",
    "sum_of_softmax_losses",
]

REDUCTIONS = ("none", "mean", "sum")
_KINDS = ("binary_cross_entropy", "focal_loss", "asymmetric_loss")
_NO_ADDRESS = 0


def _address(tensor: torch.Tensor | None) -> int:
    return _NO_ADDRESS if tensor is None else tensor.data_ptr()


def _average(total: float, count: int, reduction: int) -> float:
    if REDUCTIONS[reduction] == "sum":
        return total
    return total / count if count > 0 else float("nan")


def _run_binary(
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    kind: int,
    options: list[float],
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    logits, labels = logits.contiguous(), labels.contiguous()
    weight = None if weight is None else weight.contiguous()
    count, each = logits.numel(), REDUCTIONS[reduction] == "none"
    losses = torch.empty_like(logits) if each else None
    grad = large_pages.empty_like(logits) if with_grad else logits.new_empty(0)
    total, bad = _engine.train_binary_loss(
        kind,
        logits.data_ptr(),
        labels.data_ptr(),
        _address(weight),
        _address(losses),
        grad.data_ptr(),
        count,
        1 / max(count, 1) if REDUCTIONS[reduction] == "mean" else 1.0,
        options,
    )
    if bad >= 0:
        _refuse(_KINDS[kind], bad, labels, weight)
    if losses is None:
        losses = torch.scalar_tensor(_average(total, count, reduction), dtype=torch.float32)
    return losses, grad


def _refuse(op: str, place: int, labels: torch.Tensor, weight: torch.Tensor | None) -> None:
    label = labels.flatten()[place].item()
    good = 0 <= label <= 1 if op == _KINDS[0] else label in (0, 1)
    if not good or weight is None:
        expected = "a number from 0 to 1" if op == _KINDS[0] else "0 or 1"
        got = f"{label:g}"
        refuse_data(op, f"label {place} is {got}", row=place, expected=expected, got=got)
    got = f"{weight.flatten()[place].item():g}"
    expected = "a finite number that is not negative"
    refuse_data(op, f"weight {place} is {got}", row=place, expected=expected, got=got)


def _binary_shapes(
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    kind: int,
    options: list[float],
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    contiguous = torch.empty_like(logits, memory_format=torch.contiguous_format)
    loss = contiguous if REDUCTIONS[reduction] == "none" else logits.new_empty(())
    return loss, torch.empty_like(contiguous) if with_grad else logits.new_empty(0)


def _keep_gradient(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.set_materialize_grads(False)  # the gradient of the gradient would be a tensor of zeros
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(output[1])


def scaled(grad: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """Return the product; without a pass over memory when the factor is 1, as it mostly is."""
    if factor.dim() > 0 or not is_plain((grad, factor)):
        rows = factor.reshape(factor.shape + (1,) * (grad.dim() - factor.dim()))
        return grad * rows
    value = factor.item()
    if value == 1:
        return grad
    out = large_pages.empty_like(grad)
    _engine.train_scale(grad.data_ptr(), value, out.data_ptr(), grad.numel())
    return out


def _binary_backward(ctx: Any, factor: Any, _: Any) -> tuple[Any, ...]:
    grad = None if factor is None else scaled(ctx.saved_tensors[0], factor)
    return grad, None, None, None, None, None, None


binary_loss = register(
    "binary_loss(Tensor logits, Tensor labels, Tensor? weight, int kind, float[] options, "
    "int reduction, bool with_grad) -> (Tensor, Tensor)",
    _run_binary,
    _binary_shapes,
    cuda=triton_runs.run_binary,
    keep=_keep_gradient,
    backward=_binary_backward,
)


def sum_of_softmax_losses(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    label_smoothing: float,
    ignore_index: int,
    reduction: int,
    *,
    losses: torch.Tensor | None = None,
    grad: torch.Tensor | None = None,
) -> float:
    """Return the sum or mean of the losses, and write those and the gradient where asked.

    ``grad`` may be the logits. All tensors are contiguous.
    """
    total, num_valid, bad = _engine.train_softmax_loss(
        logits.data_ptr(),
        target.data_ptr(),
        target.dtype == torch.int64,
        _address(weight),
        _address(losses),
        _address(grad),
        logits.shape[0],
        logits.shape[1],
        label_smoothing,
        ignore_index,
        REDUCTIONS[reduction] == "mean",
    )
    if bad >= 0:
        got = str(int(target[bad]))
        expected = f"a class from 0 to {logits.shape[1] - 1} or ignore_index, {ignore_index}"
        text = f"target {bad} is {got}"
        refuse_data("softmax_cross_entropy", text, row=bad, expected=expected, got=got)
    return _average(total, num_valid, reduction)


def _run_softmax(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    label_smoothing: float,
    ignore_index: int,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    logits, target = logits.contiguous(), target.contiguous()
    weight = None if weight is None else weight.contiguous()
    losses = logits.new_empty(logits.shape[:1]) if REDUCTIONS[reduction] == "none" else None
    grad = large_pages.empty_like(logits) if with_grad else None
    total = sum_of_softmax_losses(
        logits, target, weight, label_smoothing, ignore_index, reduction, losses=losses, grad=grad
    )
    if losses is None:
        losses = torch.scalar_tensor(total, dtype=torch.float32)
    return losses, logits.new_empty(0) if grad is None else grad


def _softmax_shapes(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    label_smoothing: float,
    ignore_index: int,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    loss = logits.new_empty(logits.shape[:1] if REDUCTIONS[reduction] == "none" else ())
    contiguous = torch.empty_like(logits, memory_format=torch.contiguous_format)
    return loss, contiguous if with_grad else logits.new_empty(0)


softmax_loss = register(
    "softmax_loss(Tensor logits, Tensor target, Tensor? weight, float label_smoothing, "
    "int ignore_index, int reduction, bool with_grad) -> (Tensor, Tensor)",
    _run_softmax,
    _softmax_shapes,
    cuda=triton_runs.run_softmax,
    keep=_keep_gradient,
    backward=_binary_backward,
)


class SoftmaxInPlace(torch.autograd.Function):
    """The loss whose gradient takes the memory of the logits."""

    @staticmethod
    def forward(ctx: Any, logits: torch.Tensor, *options: Any) -> torch.Tensor:
        """Overwrite the logits by their gradient, which autograd is told."""
        ctx.gradient = logits.detach()
        reduction = options[-1]
        losses = logits.new_empty(logits.shape[:1]) if REDUCTIONS[reduction] == "none" else None
        total = sum_of_softmax_losses(ctx.gradient, *options, losses=losses, grad=ctx.gradient)
        torch.autograd.graph.increment_version(logits)
        return torch.scalar_tensor(total, dtype=torch.float32) if losses is None else losses

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, factor: torch.Tensor) -> tuple[Any, ...]:
        """Return the logits' memory as their gradient."""
        return scaled(ctx.gradient, factor), None, None, None, None, None
