"""Dense optimizers on CUDA: one launch steps all parameters, and nothing waits for the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["clip_factor", "step"]

_METHODS = ("SGD", "Adagrad", "AdamW", "Lion")  # in the order of the engine
_STATE_TYPES = (torch.float32, torch.bfloat16, torch.uint8)
_KEPT = 64  # tables of addresses that are kept: of groups, devices and types of states

_parts: dict[tuple[Any, ...], Any] = {}


def _parts_of(params: Sequence[torch.Tensor], states: Any) -> Any:
    """Return the table of addresses, made anew where one has changed."""
    from mainspring.kernels import optimizers

    rows = []
    for p in params:
        assert p.grad is not None
        own = states.get(p, {})
        first, second, average, *scales = [
            own[name].data_ptr() if name in own else 0
            for name in ("first", "second", "average", "first_scale", "second_scale")
        ]
        places = (p.data_ptr(), p.grad.data_ptr(), first, second, average)
        rows.append((*places, p.numel(), *scales))
    key = (params[0].device, *rows)
    found = _parts.pop(key, None)
    if found is None:
        found = optimizers.parts_of(rows, params[0].device)
    _parts[key] = found  # the latest last
    while len(_parts) > _KEPT:
        del _parts[next(iter(_parts))]
    return found


def clip_factor(params: Sequence[torch.Tensor], max_norm: float) -> tuple[torch.Tensor, Any]:
    """Return the norm of all gradients, in float64, and their factor: tensors on the device."""
    from mainspring.kernels import optimizers

    norm = optimizers.sum_of_squares(_parts_of(params, {})).sqrt()
    return norm, (max_norm / (norm + 1e-6)).clamp(max=1).float()


def step(
    method: str,
    group: dict[str, Any],
    number: int,
    params: Sequence[torch.Tensor],
    states: Any,
    clip: torch.Tensor | float,
    average_decay: float | None,
    *,
    zero_grads: bool,
    seed: int,
) -> None:
    """Take step ``number`` of parameters of one device, whose states have one type."""
    from mainspring.kernels import optimizers

    beta1, beta2 = group.get("betas", (group.get("momentum", 0.0), 0.0))
    rate, decay = group["lr"], group["weight_decay"]
    decoupled, spread = method in ("AdamW", "Lion"), 1.0
    keep, coupled = (1 - rate * decay, 0.0) if decoupled else (1.0, decay)
    if method == "AdamW":
        rate, spread = rate / (1 - beta1**number), (1 - beta2**number) ** -0.5
    first = states[params[0]].get("first")
    if not isinstance(clip, torch.Tensor) and clip != 1:
        clip = torch.full((1,), clip, dtype=torch.float32, device=params[0].device)
    optimizers.step(
        _METHODS.index(method),
        _parts_of(params, states),
        clip if isinstance(clip, torch.Tensor) else None,
        (
            *(rate, keep, coupled, beta1, 1 - beta1, beta2, 1 - beta2),
            *(group.get("eps", 0.0), spread, average_decay or 0.0),
        ),
        momentum=method != "SGD" or first is not None,
        nesterov=bool(group.get("nesterov", False)),
        averages=average_decay is not None,
        zeroes=zero_grads,
        state=0 if first is None else _STATE_TYPES.index(first.dtype),
        seed=seed,
    )
