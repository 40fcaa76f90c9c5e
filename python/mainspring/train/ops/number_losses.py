"""Losses of predicted numbers: quantile, Huber, Tweedie. Expressions of torch, and Triton."""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from mainspring.train.ops import triton_losses
from mainspring.train.ops.arguments import (
    check_choice,
    check_floating,
    check_range,
    check_same,
    refuse_data,
)
from mainspring.train.ops.backend import choose
from mainspring.train.ops.native_losses import REDUCTIONS
from mainspring.train.ops.reference import reduced

__all__ = ["huber_loss", "quantile_loss", "tweedie_loss"]


def quantile_loss(
    predicted: torch.Tensor,
    target: torch.Tensor,
    *,
    quantile: float = 0.5,
    weight: torch.Tensor | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return max(q * d, (q - 1) * d) of d = target - predicted, least at the q-quantile.

    Parameters
    ----------
    predicted, target : tensors of one shape
        No gradient flows into the target.
    quantile : float
        From 0 to 1.
    weight : tensor of the same shape, optional
        Weight of each loss. No gradient flows into it.
    reduction : str
        "mean" (the sum of weighted losses over their number), "sum" or "none".

    Returns
    -------
    tensor
        Of no dimension; of the shape of predicted for "none". Float32 for shorter types.

    Raises
    ------
    DataError
        When a target on the CPU is NaN.
    ParameterError
        When a type, shape, device or option is wrong.

    References
    ----------
    R. Koenker, G. Bassett: Regression Quantiles, Econometrica 46, 1978, doi:10.2307/1913643.
    """
    op = "quantile_loss"
    check_range(op, "quantile", quantile, 0, 1)
    predicted, target, weight = _checked(op, predicted, target, weight, reduction, -math.inf)
    if choose(op, predicted) == "triton":
        return _on_device(op, predicted, target, weight, quantile, reduction)
    difference = target - predicted
    losses = torch.maximum(quantile * difference, (quantile - 1) * difference)
    return _weighted(losses, weight, reduction)


def huber_loss(
    predicted: torch.Tensor,
    target: torch.Tensor,
    *,
    delta: float = 1.0,
    weight: torch.Tensor | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return d^2 / 2 of d = target - predicted, and from a distance of delta on its tangent.

    Parameters
    ----------
    predicted, target : tensors of one shape
        No gradient flows into the target.
    delta : float
        From 1e-6 to 1e6.
    weight, reduction
        As for quantile_loss.

    Returns
    -------
    tensor
        As quantile_loss does.

    Raises
    ------
    DataError, ParameterError
        As quantile_loss does.

    References
    ----------
    P. Huber: Robust Estimation of a Location Parameter, 1964, doi:10.1214/aoms/1177703732.
    """
    op = "huber_loss"
    check_range(op, "delta", delta, 1e-6, 1e6)
    predicted, target, weight = _checked(op, predicted, target, weight, reduction, -math.inf)
    if choose(op, predicted) == "triton":
        return _on_device(op, predicted, target, weight, delta, reduction)
    losses = functional.huber_loss(predicted, target, reduction="none", delta=delta)
    return _weighted(losses, weight, reduction)


def tweedie_loss(
    log_mean: torch.Tensor,
    target: torch.Tensor,
    *,
    power: float = 1.5,
    weight: torch.Tensor | None = None,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return the part of Tweedie's deviance that depends on the prediction, of a logged mean.

    Parameters
    ----------
    log_mean, target : tensors of one shape
        The mean's logarithm, and what came: not negative. No gradient flows into the target.
    power : float
        Of the variance: 1 is Poisson's, 2 Gamma's; between them sums of many Gammas, with zeros.
    weight, reduction
        As for quantile_loss.

    Returns
    -------
    tensor
        As quantile_loss does.

    Raises
    ------
    DataError
        When a target on the CPU is negative or NaN.
    ParameterError
        As quantile_loss does.

    Notes
    -----
    exp((2 - p) m) / (2 - p) - t exp((1 - p) m) / (1 - p), with the limits exp(m) - t m at 1 and
    m + t exp(-m) at 2.

    References
    ----------
    B. Jorgensen: Exponential Dispersion Models, 1987, doi:10.1111/j.2517-6161.1987.tb01685.x.
    """
    op = "tweedie_loss"
    check_range(op, "power", power, 1, 2)
    m, t, weight = _checked(op, log_mean, target, weight, reduction, 0.0)
    if choose(op, m) == "triton":
        return _on_device(op, m, t, weight, power, reduction)
    mean = torch.exp((2 - power) * m) / (2 - power) if power < 2 else m
    slope = torch.exp((1 - power) * m) / (1 - power) if power > 1 else m
    return _weighted(mean - t * slope, weight, reduction)


def _on_device(
    op: str,
    predicted: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    option: float,
    reduction: str,
) -> torch.Tensor:
    with_grad = predicted.requires_grad and torch.is_grad_enabled()
    kind = triton_losses.NUMBER_LOSSES.index(op)
    options = (kind, float(option), REDUCTIONS.index(reduction), with_grad)
    return triton_losses.number_loss(predicted, target, weight, *options)[0]


def _weighted(losses: torch.Tensor, weight: torch.Tensor | None, reduction: str) -> torch.Tensor:
    return reduced(losses if weight is None else weight * losses, reduction)


def _checked(
    op: str,
    predicted: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    reduction: str,
    lowest: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    check_floating(op, "predicted", predicted, ())
    check_same(op, "target", target, predicted, "predicted")
    check_choice(op, "reduction", reduction, REDUCTIONS)
    choose(op, predicted)
    kind = predicted.dtype if predicted.dtype == torch.float64 else torch.float32
    if weight is not None:
        check_same(op, "weight", weight, predicted, "predicted")
        weight = weight.detach().to(kind)
    target = target.detach()
    if not torch.compiler.is_compiling() and target.device.type == "cpu":
        good = target >= lowest
        if not bool(good.all()):
            row = int((~good).flatten().nonzero()[0])
            got = f"{target.flatten()[row].item():g}"
            expected = "a number" if lowest < 0 else "a number that is not negative"
            refuse_data(op, f"target {row} is {got}", row=row, expected=expected, got=got)
    return predicted.to(kind), target.to(kind), weight
