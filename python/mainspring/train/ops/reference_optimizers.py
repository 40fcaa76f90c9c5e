"""The steps of dense optimizers in plain torch: the eager backend, and in float64 the oracle."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["step"]


def step(
    method: str,
    group: dict[str, Any],
    number: int,
    p: torch.Tensor,
    g: torch.Tensor,
    state: dict[str, Any],
) -> None:
    """Change a parameter and its state in place by step ``number``; ``g`` is clipped already."""
    rate, decay = group["lr"], group["weight_decay"]
    first, second = state.get("first"), state.get("second")
    if method in ("AdamW", "Lion"):
        beta1, beta2 = group["betas"]
        p.mul_(1 - rate * decay)
        assert first is not None
        m = first.to(p.dtype)
        if method == "Lion":  # X. Chen et al. 2023, arXiv:2302.06675
            p.sub_(rate * torch.sign(beta1 * m + (1 - beta1) * g))
            first.copy_(beta2 * m + (1 - beta2) * g)
            return
        assert second is not None
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * second.to(p.dtype) + (1 - beta2) * g * g
        spread = (v / (1 - beta2**number)).sqrt() + group["eps"]
        p.sub_(rate / (1 - beta1**number) * m / spread)
        first.copy_(m)
        second.copy_(v)
        return
    g = g + decay * p
    if method == "Adagrad":
        assert first is not None
        total = first.to(p.dtype) + g * g
        p.sub_(rate * g / (total.sqrt() + group["eps"]))
        first.copy_(total)
        return
    if first is not None:
        m = group["momentum"] * first.to(p.dtype) + g
        first.copy_(m)
        g = g + group["momentum"] * m if group["nesterov"] else m
    p.sub_(rate * g)
