"""What the Triton kernels of layers run on CUDA, with the arguments of the native functions."""

from __future__ import annotations

import torch

__all__ = ["run_cross", "run_cross_backward", "run_norm", "run_norm_backward"]


def run_cross(x0: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return x0 * y + x."""
    from mainspring.kernels import cross

    return cross.cross_forward(x0.contiguous(), y.contiguous(), x.contiguous())


def run_cross_backward(
    grad: torch.Tensor, x0: torch.Tensor, y: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the gradients of x0 and y."""
    from mainspring.kernels import cross

    return cross.cross_backward(grad.contiguous(), x0.contiguous(), y.contiguous())


def run_norm(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    seed: torch.Tensor,
    activation: int,
    dropout: float,
    eps: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows, and mean and one over the deviation of each."""
    from mainspring.kernels import normalization

    weight, bias = (None if one is None else one.contiguous() for one in (weight, bias))
    numbers = (int(seed), activation, dropout, eps)
    return normalization.norm_forward(x.contiguous(), weight, bias, *numbers)


def run_norm_backward(
    grad: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    seed: torch.Tensor,
    moments: torch.Tensor,
    activation: int,
    dropout: float,
    eps: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the gradients of x, weight and bias."""
    from mainspring.kernels import normalization

    weight, bias = (None if one is None else one.contiguous() for one in (weight, bias))
    rows = (grad.contiguous(), x.contiguous(), weight, bias)
    return normalization.norm_backward(*rows, int(seed), moments, activation, dropout)
