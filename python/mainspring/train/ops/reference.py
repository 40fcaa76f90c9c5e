"""Every operator in plain torch: the eager backend, and in float64 the oracle of all others.

Written from the definitions, for clarity; gradients come from autograd. Arguments have been checked
by the caller.
"""

from __future__ import annotations

import torch
from torch.nn import functional

__all__ = [
    "asymmetric_loss",
    "binary_cross_entropy",
    "cross_interaction",
    "dot_interaction",
    "factorization_machine",
    "focal_loss",
    "reduced",
    "softmax_cross_entropy",
]


def dot_interaction(x: torch.Tensor) -> torch.Tensor:
    """Return x[b, i] . x[b, j] for j < i, ordered by i, then j (Naumov et al. 2019)."""
    count = x.shape[1]
    i, j = torch.tril_indices(count, count, -1, device=x.device)
    return torch.bmm(x, x.transpose(1, 2))[:, i, j]


def factorization_machine(x: torch.Tensor) -> torch.Tensor:
    """Return the sum over i < j of x[b, i] . x[b, j], by (sum)^2 - sum of squares (Rendle 2010)."""
    total = x.sum(1)
    return 0.5 * (total * total - (x * x).sum(1)).sum(1)


def cross_interaction(x0: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return x0 * y + x, where y = W x + b (Wang et al. 2021, DCN V2)."""
    return x0 * y + x


def reduced(losses: torch.Tensor, reduction: str) -> torch.Tensor:
    """Return losses, their sum, or their sum over their number."""
    return losses if reduction == "none" else getattr(losses, reduction)()


def binary_cross_entropy(
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    pos_weight: float,
    reduction: str,
) -> torch.Tensor:
    """Return weight * (pos_weight * y * -log p + (1 - y) * -log(1 - p)), p the sigmoid."""
    positive, negative = functional.softplus(-logits), functional.softplus(logits)
    losses = pos_weight * labels * positive + (1 - labels) * negative
    return reduced(losses if weight is None else weight * losses, reduction)


def focal_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    alpha: float | None,
    gamma: float,
    reduction: str,
) -> torch.Tensor:
    """Return alpha_t * (1 - p_t)^gamma * -log p_t (Lin et al. 2017)."""
    sign = 2 * labels - 1
    losses = torch.exp(-gamma * functional.softplus(sign * logits)) * functional.softplus(
        -sign * logits
    )
    if alpha is not None:
        losses = (alpha * labels + (1 - alpha) * (1 - labels)) * losses
    return reduced(losses if weight is None else weight * losses, reduction)


def asymmetric_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    weight: torch.Tensor | None,
    gammas: tuple[float, float],
    margin: float,
    reduction: str,
) -> torch.Tensor:
    """Return (1 - p)^g+ * -log p, or pm^g- * -log(1 - pm), pm = max(p - margin, 0).

    Ridnik et al. 2021, doi:10.1109/ICCV48922.2021.00015.
    """
    positive = torch.exp(-gammas[0] * functional.softplus(logits)) * functional.softplus(-logits)
    over = torch.sigmoid(logits) - margin
    shifted = torch.where(over <= 0, torch.ones_like(over), over)  # 1: no gradient of 0^g
    if margin == 0:
        power = torch.exp(-gammas[1] * functional.softplus(-logits))
        log = -functional.softplus(logits)
    else:
        power, log = shifted ** gammas[1], torch.log1p(-shifted.clamp(max=1 - margin))
    negative = torch.where(over <= 0, torch.zeros_like(over), -power * log)
    losses = torch.where(labels > 0.5, positive, negative)
    return reduced(losses if weight is None else weight * losses, reduction)


def softmax_cross_entropy(
    logits: torch.Tensor,
    target: torch.Tensor,
    weight: torch.Tensor | None,
    label_smoothing: float,
    ignore_index: int,
    reduction: str,
) -> torch.Tensor:
    """Return weight * ((1 - s) * -log p[target] + s * mean over classes of -log p).

    A row of ignore_index has loss 0, and the mean is over the others.
    """
    ignored = target == ignore_index
    log_p = torch.log_softmax(logits, 1)
    chosen = log_p.gather(1, target.masked_fill(ignored, 0).long()[:, None])[:, 0]
    losses = -(1 - label_smoothing) * chosen
    if label_smoothing > 0:
        losses = losses - label_smoothing * log_p.mean(1)
    if weight is not None:
        losses = weight * losses
    losses = losses.masked_fill(ignored, 0)
    if reduction == "mean":
        return losses.sum() / (~ignored).sum()
    return reduced(losses, reduction)
