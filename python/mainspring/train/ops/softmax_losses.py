"""Losses of logits for many classes."""

from __future__ import annotations

import torch

from mainspring.train.ops import reference
from mainspring.train.ops.arguments import (
    check_choice,
    check_floating,
    check_range,
    refuse,
    refuse_data,
)
from mainspring.train.ops.backend import choose
from mainspring.train.ops.native_losses import REDUCTIONS, SoftmaxInPlace, softmax_loss
from mainspring.train.ops.registration import is_plain

__all__ = ["check_rows", "check_targets", "checked_classes", "softmax_cross_entropy"]


def softmax_cross_entropy(
    logits: torch.Tensor,
    target: torch.Tensor,
    *,
    weight: torch.Tensor | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int = -100,
    reduction: str = "mean",
    inplace: bool = False,
) -> torch.Tensor:
    """Return the log loss of one of many classes.

    Parameters
    ----------
    logits : tensor of shape (num_rows, num_classes)
        Floating point.
    target : tensor of shape (num_rows,)
        The class of each row, int32 or int64.
    weight : tensor of shape (num_rows,), optional
        Weight of each row's loss. No gradient flows into it.
    label_smoothing : float
        Share of the loss that goes to all classes alike, from 0 to 1.
    ignore_index : int
        A target of this value has no loss and no gradient.
    reduction : str
        "mean" (over the rows that are not ignored; NaN when there is none), "sum" or "none".
    inplace : bool
        Let the gradient take the memory of the logits, which must not be used afterwards (autograd
        refuses it). Done for logits of float32 that are not leaves, outside of compiled graphs;
        elsewhere it changes nothing.

    Returns
    -------
    tensor
        Of no dimension, or of shape (num_rows,) for "none". Float32 for shorter types.

    Raises
    ------
    DataError
        When a target on the CPU is no class: before anything is computed, with its place in
        ``row``.
    ParameterError
        When a type, shape, device or option is wrong.
    """
    op = "softmax_cross_entropy"
    logits, target, weight = checked_classes(op, logits, target, weight)
    check_choice(op, "reduction", reduction, REDUCTIONS)
    check_range(op, "label_smoothing", label_smoothing, 0, 1)
    if choose(op, logits) != "eager":
        with_grad = logits.requires_grad and torch.is_grad_enabled()
        options = (target, weight, label_smoothing, ignore_index, REDUCTIONS.index(reduction))
        if inplace and with_grad and not logits.is_leaf and _is_ready(logits, target, weight):
            return SoftmaxInPlace.apply(logits, *options)
        loss, _ = softmax_loss(logits, *options, with_grad)
        return loss
    check_targets(op, target, logits.shape[1], ignore_index)
    return reference.softmax_cross_entropy(
        logits, target, weight, label_smoothing, ignore_index, reduction
    )


def _is_ready(*tensors: torch.Tensor | None) -> bool:
    """Say whether native code can take the tensors where they are."""
    return is_plain(tensors) and all(one is None or one.is_contiguous() for one in tensors)


def checked_classes(
    op: str, logits: torch.Tensor, target: torch.Tensor, weight: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Return logits and weight in float32 at least, and the target as it is."""
    check_floating(op, "logits", logits, (2,))
    if not isinstance(target, torch.Tensor) or target.dtype not in (torch.int32, torch.int64):
        got = str(target.dtype) if isinstance(target, torch.Tensor) else type(target).__name__
        refuse(op, "target", "a tensor of int32 or int64", got)
    check_rows(op, "target", target, logits)
    kind = logits.dtype if logits.dtype == torch.float64 else torch.float32
    if weight is not None:
        check_floating(op, "weight", weight, (1,))
        check_rows(op, "weight", weight, logits)
        weight = weight.detach().to(kind)
    return logits.to(kind), target, weight


def check_rows(op: str, argument: str, value: torch.Tensor, logits: torch.Tensor) -> None:
    """Refuse what has not one number for each row of the logits, on their device."""
    if value.shape != logits.shape[:1]:
        got = f"shape {tuple(value.shape)}"
        refuse(op, argument, f"of shape ({logits.shape[0]},), one for each row of logits", got)
    if value.device != logits.device:
        refuse(op, argument, f"on the device of logits, {logits.device}", str(value.device))


def check_targets(op: str, target: torch.Tensor, num_classes: int, ignore_index: int) -> None:
    """Refuse targets that are no class."""
    if torch.compiler.is_compiling() or target.device.type != "cpu":
        return
    good = ((target >= 0) & (target < num_classes)) | (target == ignore_index)
    if bool(good.all()):
        return
    row = int((~good).nonzero()[0])
    got = str(int(target[row]))
    expected = f"a class from 0 to {num_classes - 1} or ignore_index, {ignore_index}"
    refuse_data(op, f"target {row} is {got}", row=row, expected=expected, got=got)
