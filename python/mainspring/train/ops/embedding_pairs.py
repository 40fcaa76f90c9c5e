"""The factorization machine of looked-up rows as operators of torch: rows are never copied.

Forward: of each row of a batch the sum of the products of all pairs of its tables' vectors, and
the sum S of these. Backward: the gradient of a vector v is g * S - g * v, so the update of a
table's row needs g * S, one vector a row of the batch for all tables, and g.
"""

from __future__ import annotations

from typing import Any

import torch

from mainspring import _engine
from mainspring.train.ops import device_embedding, triton_embedding
from mainspring.train.ops.embedding_ops import places_of
from mainspring.train.ops.registration import register

__all__ = ["lookup_pairs", "updating_lookup_pairs"]

_GRADIENT = 0
_STEP = 1


def _run_pairs(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    num_bags: int,
    width: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    out, sums = _pairs_shape(weight, layout, ids, offsets, num_bags, width)
    places = places_of(weight, (None, None), layout, ids, offsets, None, num_bags, width)
    _engine.train_lookup_pairs(places, out.data_ptr(), sums.data_ptr())
    return out, sums


def _pairs_shape(
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    num_bags: int,
    width: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    wide = {"dtype": torch.float32}
    return weight.new_empty(num_bags, **wide), weight.new_empty((num_bags, width), **wide)


def _run_gradient(
    grad: torch.Tensor,
    sums: torch.Tensor,
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    num_bags: int,
    width: int,
) -> torch.Tensor:
    grad = grad.contiguous()
    of_sums = grad[:, None] * sums
    out = torch.zeros(weight.shape, dtype=torch.float32)
    places = places_of(weight, (out, None), layout, ids, offsets, None, num_bags, width, grad)
    _engine.train_lookup_backward(
        places, of_sums.data_ptr(), 0, _GRADIENT, [0.0] * 12, False, False, 0
    )
    return out.to(weight.dtype)


_gradient = register(
    "embedding_pairs_gradient(Tensor grad, Tensor sums, Tensor weight, Tensor layout, Tensor ids, "
    "Tensor offsets, int num_bags, int width) -> Tensor",
    _run_gradient,
    lambda grad, sums, weight, *rest: torch.empty_like(weight),
    cuda=triton_embedding.run_pairs_gradient,
)


def _run_update(
    grad: torch.Tensor,
    sums: torch.Tensor,
    weight: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    settings: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    num_bags: int,
    width: int,
    update: int,
    decoupled: bool,
    stochastic: bool,
    seed: int,
) -> None:
    own = device_embedding.unscaled(grad.contiguous(), settings)
    if own is None:
        return
    of_sums = own[:, None] * sums
    step, options = device_embedding.next_step(settings)
    _engine.train_lookup_backward(
        places_of(weight, (first, second), layout, ids, offsets, None, num_bags, width, own),
        of_sums.data_ptr(),
        0,
        1 + update,
        options,
        decoupled,
        stochastic,
        device_embedding.seed_of(seed, step),
    )
    settings[_STEP] = step  # after the update: a refused batch is no step


def _run_update_on_device(
    grad: torch.Tensor,
    sums: torch.Tensor,
    weight: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    settings: torch.Tensor,
    *rest: Any,
) -> None:
    *lookup, update, decoupled, stochastic, seed = rest
    own = device_embedding.unscaled(grad, settings)
    if own is None:
        return
    step, options = device_embedding.next_step(settings)
    rule = (1 + update, options, decoupled, stochastic, device_embedding.seed_of(seed, step))
    triton_embedding.run_pairs_update(own, sums, weight, (first, second), *lookup, rule=rule)
    settings[_STEP] = step


_update = register(
    "embedding_pairs_update(Tensor grad, Tensor sums, Tensor(a!) weight, Tensor(b!) first, "
    "Tensor(c!) second, Tensor(d!) settings, Tensor layout, Tensor ids, Tensor offsets, "
    "int num_bags, int width, int update, bool decoupled, bool stochastic, int seed) -> ()",
    _run_update,
    lambda *args: None,
    cuda=_run_update_on_device,
)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.mark_non_differentiable(output[1])
    *tensors, ctx.num_bags, ctx.width = inputs
    ctx.save_for_backward(*tensors, output[1])


def _backward(ctx: Any, grad: torch.Tensor, _: Any) -> tuple[Any, ...]:
    *tensors, sums = ctx.saved_tensors
    return _gradient(grad, sums, *tensors, ctx.num_bags, ctx.width), *([None] * 5)


lookup_pairs = register(
    "embedding_pairs(Tensor weight, Tensor layout, Tensor ids, Tensor offsets, int num_bags, "
    "int width) -> (Tensor, Tensor)",
    _run_pairs,
    _pairs_shape,
    cuda=triton_embedding.run_pairs,
    keep=_keep,
    backward=_backward,
)


def _keep_updating(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.mark_non_differentiable(output[1])
    # Rows and states change between forward and backward, and may: they are not saved tensors.
    ctx.rows = inputs[1:5]
    ctx.save_for_backward(*inputs[5:8], output[1])
    ctx.options = inputs[8:]


def _updating_backward(ctx: Any, grad: torch.Tensor, _: Any) -> tuple[Any, ...]:
    *lookup, sums = ctx.saved_tensors
    _update(grad, sums, *ctx.rows, *lookup, *ctx.options)
    return grad.new_zeros(1), *([None] * 13)


updating_lookup_pairs = register(
    "embedding_updating_pairs(Tensor hook, Tensor weight, Tensor first, Tensor second, "
    "Tensor settings, Tensor layout, Tensor ids, Tensor offsets, int num_bags, int width, "
    "int update, bool decoupled, bool stochastic, int seed) -> (Tensor, Tensor)",
    lambda hook, weight, first, second, settings, *rest: _run_pairs(weight, *rest[:5]),
    lambda hook, weight, first, second, settings, *rest: _pairs_shape(weight, *rest[:5]),
    cuda=lambda hook, weight, first, second, settings, *rest: triton_embedding.run_pairs(
        weight, *rest[:5]
    ),
    keep=_keep_updating,
    backward=_updating_backward,
)
