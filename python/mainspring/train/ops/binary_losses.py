"""Losses of logits for two classes: log loss, focal, asymmetric; each weighted by row."""

from __future__ import annotations

import torch

from mainspring.train.ops import reference
from mainspring.train.ops.arguments import (
    check_choice,
    check_floating,
    check_range,
    check_same,
    refuse_data,
)
from mainspring.train.ops.backend import choose
from mainspring.train.ops.native_losses import REDUCTIONS, binary_loss

__all__ = ["asymmetric_loss", "binary_cross_entropy", "check_values", "focal_loss"]

_LARGE = 1e6


def binary_cross_entropy(
    logits: torch.Tensor,
    labels: torch.Tensor,
    *,
    weight: torch.Tensor | None = None,
    pos_weight: float = 1.0,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return the log loss of logits.

    Parameters
    ----------
    logits : tensor of any shape
        Floating point.
    labels : tensor of the same shape
        Numbers in [0, 1], integers or booleans.
    weight : tensor of the same shape, optional
        Weight of each loss: finite and not negative. No gradient flows into it.
    pos_weight : float
        Factor of the positive part, from 0 to 1e6.
    reduction : str
        "mean" (the sum of weighted losses over their number, as in torch), "sum" or "none".

    Returns
    -------
    tensor
        Of no dimension; of the logits' shape for "none". Float32 for shorter types.

    Raises
    ------
    DataError
        When a label or a weight on the CPU is outside its range: before anything is computed, with
        the place in ``row``. On other devices, and in compiled graphs of the eager backend, they
        are not looked at.
    ParameterError
        When a type, shape, device or option is wrong.
    """
    op = "binary_cross_entropy"
    logits, labels, weight = _checked(op, logits, labels, weight, reduction)
    check_range(op, "pos_weight", pos_weight, 0, _LARGE)
    if choose(op, logits) != "eager":
        options = [pos_weight, 1.0, 1.0, 0.0, 0.0, 0.0]
        return _native(0, logits, labels, weight, options, reduction)
    check_values(op, labels, weight)
    return reference.binary_cross_entropy(logits, labels, weight, pos_weight, reduction)


def focal_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    *,
    weight: torch.Tensor | None = None,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return the focal loss of logits, which turns to the rows that are hard.

    Parameters
    ----------
    logits : tensor of any shape
        Floating point.
    labels : tensor of the same shape
        0 or 1.
    weight : tensor of the same shape, optional
        Weight of each loss: finite and not negative. No gradient flows into it.
    alpha : float or None
        Factor of the positives, from 0 to 1; 1 - alpha is that of the negatives. None: no factors.
    gamma : float
        From 0 (log loss) to 100.
    reduction : str
        "mean", "sum" or "none", as for binary_cross_entropy.

    Returns
    -------
    tensor
        Of no dimension; of the logits' shape for "none". Float32 for shorter types.

    Raises
    ------
    DataError, ParameterError
        As binary_cross_entropy does.

    References
    ----------
    T. Lin, P. Goyal, R. Girshick, K. He, P. Dollar: Focal Loss for Dense Object Detection, ICCV
    2017, doi:10.1109/ICCV.2017.324.
    """
    op = "focal_loss"
    logits, labels, weight = _checked(op, logits, labels, weight, reduction)
    if alpha is not None:
        check_range(op, "alpha", alpha, 0, 1)
    check_range(op, "gamma", gamma, 0, 100)
    if choose(op, logits) != "eager":
        factors = (1.0, 1.0) if alpha is None else (alpha, 1 - alpha)
        options = [1.0, *factors, gamma, gamma, 0.0]
        return _native(1, logits, labels, weight, options, reduction)
    check_values(op, labels, weight, whole=True)
    return reference.focal_loss(logits, labels, weight, alpha, gamma, reduction)


def asymmetric_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    *,
    weight: torch.Tensor | None = None,
    gammas: tuple[float, float] = (1.0, 4.0),
    margin: float = 0.05,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return the asymmetric loss of logits: a focus for each class, and easy negatives left out.

    Parameters
    ----------
    logits : tensor of any shape
        Floating point.
    labels : tensor of the same shape
        0 or 1.
    weight : tensor of the same shape, optional
        Weight of each loss: finite and not negative. No gradient flows into it.
    gammas : (float, float)
        Focus of positives and of negatives, from 0 to 100.
    margin : float
        Negatives of at most this probability have no loss; from 0 to 0.99.
    reduction : str
        "mean", "sum" or "none", as for binary_cross_entropy.

    Returns
    -------
    tensor
        Of no dimension; of the logits' shape for "none". Float32 for shorter types.

    Raises
    ------
    DataError, ParameterError
        As binary_cross_entropy does.

    References
    ----------
    T. Ridnik et al.: Asymmetric Loss for Multi-Label Classification, ICCV 2021,
    doi:10.1109/ICCV48922.2021.00015.
    """
    op = "asymmetric_loss"
    logits, labels, weight = _checked(op, logits, labels, weight, reduction)
    for name, gamma in zip(("gammas[0]", "gammas[1]"), gammas, strict=True):
        check_range(op, name, gamma, 0, 100)
    check_range(op, "margin", margin, 0, 0.99)
    if choose(op, logits) != "eager":
        options = [1.0, 1.0, 1.0, *gammas, margin]
        return _native(2, logits, labels, weight, options, reduction)
    check_values(op, labels, weight, whole=True)
    return reference.asymmetric_loss(logits, labels, weight, gammas, margin, reduction)


def _native(
    kind: int,
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    options: list[float],
    reduction: str,
) -> torch.Tensor:
    with_grad = logits.requires_grad and torch.is_grad_enabled()
    number = REDUCTIONS.index(reduction)
    loss, _ = binary_loss(logits, labels, weight, kind, options, number, with_grad)
    return loss


def check_values(
    op: str, labels: torch.Tensor, weight: torch.Tensor | None, *, whole: bool = False
) -> None:
    """Refuse labels outside [0, 1] (``whole``: neither 0 nor 1) and weights that are no weights."""
    if torch.compiler.is_compiling() or labels.device.type != "cpu":
        return
    good = (labels == 0) | (labels == 1) if whole else (labels >= 0) & (labels <= 1)
    _refuse_first(op, "label", labels, good, "0 or 1" if whole else "a number from 0 to 1")
    if weight is not None:
        good = (weight >= 0) & (weight < float("inf"))
        _refuse_first(op, "weight", weight, good, "a finite number that is not negative")


def _refuse_first(
    op: str, noun: str, values: torch.Tensor, good: torch.Tensor, expected: str
) -> None:
    if bool(good.all()):
        return
    row = int((~good).flatten().nonzero()[0])
    got = f"{values.flatten()[row].item():g}"
    refuse_data(op, f"{noun} {row} is {got}", row=row, expected=expected, got=got)


def _checked(
    op: str,
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    reduction: str,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Return all in the type of the logits, float32 for shorter ones."""
    check_floating(op, "logits", logits, ())
    check_same(op, "labels", labels, logits, "logits")
    check_choice(op, "reduction", reduction, REDUCTIONS)
    kind = logits.dtype if logits.dtype == torch.float64 else torch.float32
    if weight is not None:
        check_same(op, "weight", weight, logits, "logits")
        weight = weight.detach().to(kind)
    return logits.to(kind), labels.detach().to(kind), weight
