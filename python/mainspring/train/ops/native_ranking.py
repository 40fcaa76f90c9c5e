"""Losses of scores that are compared, as operators of torch, with their gradients: native ones."""

from __future__ import annotations

from typing import Any

import torch

from mainspring import _engine
from mainspring.train.ops import triton_losses
from mainspring.train.ops.arguments import refuse_data
from mainspring.train.ops.native_losses import REDUCTIONS, scaled
from mainspring.train.ops.registration import register

__all__ = ["QUERY_LOSSES", "bpr", "query_loss"]

# In the order of the engine.
QUERY_LOSSES = ("pairwise_loss", "lambda_rank_loss", "list_net_loss", "list_mle_loss")
_DIFFERENCE = 3  # of the engine's binary losses: log loss of logits less other logits
_NO_ADDRESS = 0


def _run_query(
    scores: torch.Tensor,
    labels: torch.Tensor,
    offsets: torch.Tensor,
    kind: int,
    cutoff: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss of each query, and the gradient of their sum."""
    from mainspring.train.ops.ranking_losses import check_queries

    scores, labels, offsets = scores.contiguous(), labels.contiguous(), offsets.contiguous()
    losses = scores.new_empty(offsets.shape[0] - 1)
    grad = torch.empty_like(scores) if with_grad else None
    is_good = _engine.train_query_loss(
        kind,
        scores.data_ptr(),
        labels.data_ptr(),
        offsets.data_ptr(),
        offsets.dtype == torch.int64,
        losses.shape[0],
        scores.shape[0],
        cutoff,
        losses.data_ptr(),
        _NO_ADDRESS if grad is None else grad.data_ptr(),
    )
    if not is_good:
        op = QUERY_LOSSES[kind]
        check_queries(op, offsets.long(), labels, negative=op != "lambda_rank_loss")
    return losses, scores.new_empty(0) if grad is None else grad


def _query_shapes(
    scores: torch.Tensor,
    labels: torch.Tensor,
    offsets: torch.Tensor,
    kind: int,
    cutoff: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    contiguous = torch.empty_like(scores, memory_format=torch.contiguous_format)
    return scores.new_empty(offsets.shape[0] - 1), contiguous if with_grad else scores.new_empty(0)


def _keep_query(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(output[1], inputs[2])


def _query_backward(ctx: Any, factor: Any, _: Any) -> tuple[Any, ...]:
    if factor is None:
        return (None,) * 6
    grad, offsets = ctx.saved_tensors
    if factor.shape[0] > 0 and factor.stride(0) == 0:  # of a mean or a sum: one for all queries
        return scaled(grad, factor[0]), None, None, None, None, None
    lengths = offsets[1:] - offsets[:-1]
    factors = torch.repeat_interleave(factor, lengths, output_size=grad.shape[0])
    return grad * factors, None, None, None, None, None


query_loss = register(
    "query_loss(Tensor scores, Tensor labels, Tensor offsets, int kind, int cutoff, "
    "bool with_grad) -> (Tensor, Tensor)",
    _run_query,
    _query_shapes,
    cuda=triton_losses.run_query,
    keep=_keep_query,
    backward=_query_backward,
)


def _run_bpr(
    positive: torch.Tensor,
    negative: torch.Tensor,
    weight: torch.Tensor | None,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss, and its gradient by the positive scores."""
    positive, negative = positive.contiguous(), negative.contiguous()
    weight = None if weight is None else weight.contiguous()
    count, each = positive.numel(), REDUCTIONS[reduction] == "none"
    mean = REDUCTIONS[reduction] == "mean"
    losses = torch.empty_like(positive) if each else None
    grad = torch.empty_like(positive) if with_grad else positive.new_empty(0)
    total, bad = _engine.train_binary_loss(
        _DIFFERENCE,
        positive.data_ptr(),
        negative.data_ptr(),
        _NO_ADDRESS if weight is None else weight.data_ptr(),
        _NO_ADDRESS if losses is None else losses.data_ptr(),
        grad.data_ptr(),
        count,
        1 / max(count, 1) if mean else 1.0,
        [1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
    )
    if bad >= 0 and weight is not None:
        got = f"{weight.flatten()[bad].item():g}"
        expected = "a finite number that is not negative"
        refuse_data("bpr_loss", f"weight {bad} is {got}", row=bad, expected=expected, got=got)
    if losses is None:
        total = total / count if mean and count else float("nan") if mean else total
        losses = torch.scalar_tensor(total, dtype=torch.float32)
    return losses, grad


def _bpr_shapes(
    positive: torch.Tensor,
    negative: torch.Tensor,
    weight: torch.Tensor | None,
    reduction: int,
    with_grad: bool,
) -> tuple[torch.Tensor, torch.Tensor]:
    contiguous = torch.empty_like(positive, memory_format=torch.contiguous_format)
    loss = contiguous if REDUCTIONS[reduction] == "none" else positive.new_empty(())
    return loss, torch.empty_like(contiguous) if with_grad else positive.new_empty(0)


def _keep_bpr(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.set_materialize_grads(False)
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(output[1])


def _bpr_backward(ctx: Any, factor: Any, _: Any) -> tuple[Any, ...]:
    if factor is None:
        return (None,) * 5
    grad = ctx.saved_tensors[0]
    both = (
        scaled(grad, sign) if needed else None
        for sign, needed in zip((factor, -factor), ctx.needs_input_grad, strict=False)
    )
    return *both, None, None, None


bpr = register(
    "bpr_loss(Tensor positive, Tensor negative, Tensor? weight, int reduction, bool with_grad) "
    "-> (Tensor, Tensor)",
    _run_bpr,
    _bpr_shapes,
    keep=_keep_bpr,
    backward=_bpr_backward,
)
