"""Lookups in embedding tables as operators of torch, with the update of rows in the backward pass.

A lookup that updates takes ``hook``, a tensor that wants a gradient, for autograd to call backward
at all: rows are changed there and have no gradient of their own.
"""

from __future__ import annotations

from typing import Any

import torch

from mainspring import _engine
from mainspring.train.ops import device_embedding, large_pages, reference_embedding
from mainspring.train.ops.registration import register
from mainspring.train.ops.row_optimizer import UPDATES

__all__ = ["EagerLookup", "EagerUpdatingLookup", "lookup", "places_of", "updating_lookup"]

NAMES = tuple(UPDATES)
_ROW_TYPES = {torch.float32: 0, torch.bfloat16: 1, torch.float16: 2}
_GRADIENT = 0  # of the engine's updates: none, the dense gradient is written instead
_STEP = 1  # its place in the settings


def places_of(
    weight: torch.Tensor,
    states: tuple[torch.Tensor | None, torch.Tensor | None],
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
    own: torch.Tensor | None = None,
) -> list[int]:
    """Return what the engine is told, as csrc/bind/bind_train_embedding.cpp has it."""
    addresses, row_wise = [], []
    for state in states:
        there = state is not None and state.numel() > 0
        addresses.append(state.data_ptr() if state is not None and there else 0)
        row_wise.append(int(state is not None and there and state.numel() != weight.numel()))
    return [
        *(layout.data_ptr(), len(layout), weight.data_ptr(), _ROW_TYPES[weight.dtype]),
        *(*addresses, *row_wise),
        *(ids.data_ptr(), len(ids), offsets.data_ptr(), num_bags),
        *(0 if weights is None else weights.data_ptr(), stride, int(ids.dtype == torch.int64)),
        0 if own is None else own.data_ptr(),
    ]


def _rows_of(grad: torch.Tensor, num_bags: int, stride: int) -> tuple[torch.Tensor, int]:
    """Return the gradient and the numbers from a bag to the next; a part of wider rows as it is."""
    if num_bags >= 0 and grad.stride(1) == 1 and grad.stride(0) >= grad.shape[1]:
        return grad, grad.stride(0)
    return grad.contiguous(), stride


def _run_lookup(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
) -> torch.Tensor:
    out = large_pages.empty(ids.shape[0] if num_bags < 0 else num_bags, stride)
    places = places_of(weight, (None, None), layout, ids, offsets, weights, num_bags, stride)
    _engine.train_lookup_forward(places, out.data_ptr())
    return out


def _lookup_shape(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
) -> torch.Tensor:
    rows = ids.shape[0] if num_bags < 0 else num_bags
    return weight.new_empty((rows, stride), dtype=torch.float32)


def _run_gradient(
    grad: torch.Tensor,
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    grad, stride = _rows_of(grad, num_bags, stride)
    out = torch.zeros(weight.shape, dtype=torch.float32)
    of_weights = torch.empty_like(weights) if weights is not None else grad.new_empty(0)
    places = places_of(weight, (out, None), layout, ids, offsets, weights, num_bags, stride)
    address = of_weights.data_ptr() if weights is not None else 0
    _engine.train_lookup_backward(
        places, grad.data_ptr(), address, _GRADIENT, [0.0] * 12, False, False, 0
    )
    return out.to(weight.dtype), of_weights


def _gradient_shapes(
    grad: torch.Tensor,
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    of_weights = torch.empty_like(weights) if weights is not None else grad.new_empty(0)
    return torch.empty_like(weight), of_weights


_gradient = register(
    "embedding_gradient(Tensor grad, Tensor weight, Tensor layout, Tensor ids, Tensor offsets, "
    "Tensor? weights, int num_bags, int stride) -> (Tensor, Tensor)",
    _run_gradient,
    _gradient_shapes,
    cuda=device_embedding.run_gradient,
)


def _keep_lookup(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    *tensors, ctx.num_bags, ctx.stride = inputs
    ctx.save_for_backward(*tensors)


def _lookup_backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
    of_rows, of_weights = _gradient(grad, *ctx.saved_tensors, ctx.num_bags, ctx.stride)
    wanted = of_weights if ctx.saved_tensors[4] is not None else None
    return of_rows, None, None, None, wanted, None, None


lookup = register(
    "embedding_lookup(Tensor weight, Tensor layout, Tensor ids, Tensor offsets, Tensor? weights, "
    "int num_bags, int stride) -> Tensor",
    _run_lookup,
    _lookup_shape,
    cuda=device_embedding.run_lookup,
    keep=_keep_lookup,
    backward=_lookup_backward,
)


def _run_update(
    grad: torch.Tensor,
    weight: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    settings: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
    update: int,
    decoupled: bool,
    stochastic: bool,
    seed: int,
) -> torch.Tensor:
    own = device_embedding.unscaled(grad, settings)
    if own is None:
        return device_embedding.no_gradient(grad, weights)
    own, stride = _rows_of(own, num_bags, stride)
    of_weights = torch.empty_like(weights) if weights is not None else grad.new_empty(0)
    step, options = device_embedding.next_step(settings)
    _engine.train_lookup_backward(
        places_of(weight, (first, second), layout, ids, offsets, weights, num_bags, stride),
        own.data_ptr(),
        of_weights.data_ptr() if weights is not None else 0,
        1 + update,
        options,
        decoupled,
        stochastic,
        device_embedding.seed_of(seed, step),
    )
    settings[_STEP] = step  # after the update: a refused batch is no step
    return device_embedding.scaled_again(of_weights, settings)


def _update_shape(grad: torch.Tensor, *args: Any) -> torch.Tensor:
    weights = args[7]
    return torch.empty_like(weights) if weights is not None else grad.new_empty(0)


_update = register(
    "embedding_update(Tensor grad, Tensor(a!) weight, Tensor(b!) first, Tensor(c!) second, "
    "Tensor(d!) settings, Tensor layout, Tensor ids, Tensor offsets, Tensor? weights, "
    "int num_bags, int stride, int update, bool decoupled, bool stochastic, int seed) -> Tensor",
    _run_update,
    _update_shape,
    cuda=device_embedding.run_update,
)


def _run_updating_lookup(
    hook: torch.Tensor,
    weight: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    settings: torch.Tensor,
    *rest: Any,
) -> torch.Tensor:
    return _run_lookup(weight, *rest[:6])


def _updating_shape(hook: torch.Tensor, weight: torch.Tensor, *rest: Any) -> torch.Tensor:
    return _lookup_shape(weight, *rest[3:9])


def _keep_updating(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    # Rows and states change between forward and backward, and may: they are not saved tensors.
    ctx.rows = inputs[1:5]
    ctx.save_for_backward(*inputs[5:9])
    ctx.options = inputs[9:]


def _updating_backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
    of_weights = _update(grad, *ctx.rows, *ctx.saved_tensors, *ctx.options)
    wanted = of_weights if ctx.saved_tensors[3] is not None else None
    dummy = grad.new_zeros(1)
    return dummy, None, None, None, None, None, None, None, wanted, *([None] * 6)


updating_lookup = register(
    "embedding_updating_lookup(Tensor hook, Tensor weight, Tensor first, Tensor second, "
    "Tensor settings, Tensor layout, Tensor ids, Tensor offsets, Tensor? weights, int num_bags, "
    "int stride, int update, bool decoupled, bool stochastic, int seed) -> Tensor",
    _run_updating_lookup,
    _updating_shape,
    cuda=device_embedding.run_updating_lookup,
    keep=_keep_updating,
    backward=_updating_backward,
)


class EagerLookup(torch.autograd.Function):
    """The lookup in plain torch, with the arguments of ``lookup``."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> torch.Tensor:
        """Return the pooled rows."""
        _keep_lookup(ctx, inputs, None)
        return reference_embedding.lookup(*inputs)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
        """Return the gradients of the rows and of the weights."""
        saved = ctx.saved_tensors
        rows = reference_embedding.dense_gradient(grad, *saved, num_bags=ctx.num_bags)
        of_weights = _eager_weight_gradient(ctx, grad, saved)
        return rows.to(saved[0].dtype), None, None, None, of_weights, None, None


class EagerUpdatingLookup(torch.autograd.Function):
    """The lookup that updates in plain torch, with the arguments of ``updating_lookup``."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> torch.Tensor:
        """Return the pooled rows."""
        _keep_updating(ctx, inputs, None)
        return reference_embedding.lookup(inputs[1], *inputs[5:11])

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[Any, ...]:
        """Update the rows; return the gradient of the weights."""
        weight, first, second, settings = ctx.rows
        num_bags, _, update, decoupled, _, _ = ctx.options
        ctx.num_bags = num_bags
        of_weights = _eager_weight_gradient(ctx, grad, (weight, *ctx.saved_tensors))
        own = device_embedding.unscaled(grad, settings)
        none: list[Any] = [None] * 6
        if own is None:
            return grad.new_zeros(1), *([None] * 7), of_weights, *none
        settings[_STEP] += 1
        reference_embedding.update(
            own,
            *(weight, first, second, settings.tolist()),
            *ctx.saved_tensors,
            num_bags=num_bags,
            name=NAMES[update],
            decoupled=decoupled,
        )
        return grad.new_zeros(1), *([None] * 7), of_weights, *none


def _eager_weight_gradient(ctx: Any, grad: Any, saved: tuple[Any, ...]) -> torch.Tensor | None:
    if saved[4] is None:
        return None
    found = reference_embedding.weight_gradient(grad, *saved[:4], num_bags=ctx.num_bags)
    return found.to(saved[4].dtype)
