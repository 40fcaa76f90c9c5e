"""The embedding operators on CUDA tensors, by the GPU library or Triton; arguments as natively.

Ids are looked at before rows are changed: a wrong one is an error that names it, and the program
waits for the device once. What talks to the GPU library is loaded by the first call that needs it.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from mainspring.train.ops import reference_embedding, triton_embedding
from mainspring.train.ops.backend import choose

__all__ = [
    "next_step",
    "no_gradient",
    "run_gradient",
    "run_lookup",
    "run_update",
    "run_updating_lookup",
    "scaled_again",
    "seed_of",
    "unscaled",
]

_ROW_TYPES = {torch.float32: 0, torch.bfloat16: 1, torch.float16: 2}
_GRADIENT = 0
_STEP = 1  # their places in the settings
_SCALE = -1


def next_step(settings: torch.Tensor) -> tuple[float, list[float]]:
    """Return the number of the next step, and the engine's options of it."""
    rate, step, eps, beta1, beta2, decay, clip_value, clip_norm, *ftrl, _ = settings.tolist()
    step += 1
    corrections = [1 - beta1**step, 1 - beta2**step]
    return step, [rate, eps, beta1, beta2, *corrections, decay, clip_value, clip_norm, *ftrl]


def unscaled(grad: torch.Tensor, settings: torch.Tensor) -> torch.Tensor | None:
    """Return the gradient of the loss that was scaled; None where it is not finite."""
    scale = float(settings[_SCALE])
    if scale == 1:
        return grad
    grad = grad / scale
    return grad if bool(torch.isfinite(grad).all()) else None


def scaled_again(of_weights: torch.Tensor, settings: torch.Tensor) -> torch.Tensor:
    """Return the gradient of weights as the scaled loss has it."""
    scale = float(settings[_SCALE])
    return of_weights if scale == 1 else of_weights * scale


def no_gradient(grad: torch.Tensor, weights: torch.Tensor | None) -> torch.Tensor:
    """Return the gradient of weights where no step was taken: NaN, which the scaler sees too."""
    return grad.new_empty(0) if weights is None else torch.full_like(weights, math.nan)


def seed_of(seed: int, step: float) -> int:
    """Return the seed of a step's random roundings."""
    return (seed + int(step) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF


def _run(
    grad: torch.Tensor,
    states: tuple[torch.Tensor, torch.Tensor | None],
    weight: torch.Tensor,
    layout: torch.Tensor,
    ids: torch.Tensor,
    offsets: torch.Tensor,
    weights: torch.Tensor | None,
    num_bags: int,
    stride: int,
    *,
    rule: Any,
) -> torch.Tensor:
    from mainspring.gpu.lookup import Lookup, lookup_backward

    grad = grad.contiguous()
    of_weights = torch.empty_like(weights) if weights is not None else grad.new_empty(0)
    memory = [
        0 if tensor is None or tensor.numel() == 0 else tensor.data_ptr()
        for tensor in (weight, *states, layout, ids, offsets, weights)
    ]
    widest, num_rows = torch.stack([layout[:, 3].max(), layout[:, 2].sum()]).tolist()
    lookup = Lookup(
        *(*memory, len(layout), len(ids), num_bags, stride, widest, num_rows),
        *(_ROW_TYPES[weight.dtype], int(ids.dtype == torch.int64)),
    )

    def value_at(kind: str, place: int) -> tuple[int, int, int]:
        if kind == "offset":
            return int(offsets[place]), 0, 0
        bag = int(torch.searchsorted(offsets, place, right=True)) - 1
        table = bag if num_bags < 0 else bag // num_bags
        return int(ids[place]), table, int(layout[table, 2])

    stream = torch.cuda.current_stream(grad.device).cuda_stream if grad.is_cuda else 1
    address = of_weights.data_ptr() if weights is not None else 0
    lookup_backward(
        *(grad.device.index or 0, lookup, grad.data_ptr(), address, rule, stream, value_at)
    )
    return of_weights


def run_lookup(weight: torch.Tensor, layout: torch.Tensor, *rest: Any) -> torch.Tensor:
    """Return the pooled rows."""
    if choose("EmbeddingTables", weight) == "triton":
        return triton_embedding.run_lookup(weight, layout, *rest)
    return reference_embedding.lookup(weight, layout, *rest)


def run_gradient(
    grad: torch.Tensor, weight: torch.Tensor, layout: torch.Tensor, *rest: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the dense gradient of the rows, and that of the weights."""
    if choose("EmbeddingTables", weight) == "triton":
        return triton_embedding.run_gradient(grad, weight, layout, *rest)
    from mainspring.gpu.lookup import rule_of

    out = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
    rule = rule_of(_GRADIENT, [0.0] * 12, decoupled=False, stochastic=False, seed=0)
    of_weights = _run(grad, (out, None), weight, layout, *rest, rule=rule)
    return out.to(weight.dtype), of_weights


def run_update(
    grad: torch.Tensor,
    weight: torch.Tensor,
    first: torch.Tensor,
    second: torch.Tensor,
    settings: torch.Tensor,
    *rest: Any,
) -> torch.Tensor:
    """Update the rows; return the gradient of the weights."""
    *lookup, update, decoupled, stochastic, seed = rest
    own = unscaled(grad, settings)
    if own is None:
        return no_gradient(grad, lookup[3])
    step, options = next_step(settings)
    if choose("EmbeddingTables", weight) == "triton":
        numbers = (1 + update, options, decoupled, stochastic, seed_of(seed, step))
        states = (first, second)
        of_weights = triton_embedding.run_update(own, weight, states, *lookup, rule=numbers)
        settings[_STEP] = step
        return scaled_again(of_weights, settings)
    from mainspring.gpu.lookup import rule_of

    rule = rule_of(
        1 + update, options, decoupled=decoupled, stochastic=stochastic, seed=seed_of(seed, step)
    )
    of_weights = _run(own, (first, second), weight, *lookup, rule=rule)
    settings[_STEP] = step  # after the update: a refused batch is no step
    return scaled_again(of_weights, settings)


def run_updating_lookup(hook: torch.Tensor, weight: torch.Tensor, *rest: Any) -> torch.Tensor:
    """Return the pooled rows."""
    return run_lookup(weight, *rest[3:9])
