"""What both readers of torch modules know of single modules, without importing torch."""

from __future__ import annotations

from typing import Any

import numpy as np

from mainspring import errors

__all__ = ["batch_norm", "layer_norm", "numbers", "refused"]


def refused(what: str, reason: str, hint: str = "") -> errors.UnsupportedError:
    """Return the error that names a part of a module and says why it is not read.

    Parameters
    ----------
    what, reason : str
        The part, and why.
    hint : str, default ""
        The fix.

    Returns
    -------
    UnsupportedError
        To be raised.
    """
    return errors.UnsupportedError(
        f"{what} cannot be read: {reason}. {hint}".rstrip(), got=what, hint=hint or None
    )


def numbers(tensor: Any) -> Any:
    """Return a tensor's numbers as float64.

    Parameters
    ----------
    tensor : torch.Tensor
        Of any device.

    Returns
    -------
    ndarray
        A copy, or a view.
    """
    return np.asarray(tensor.detach().cpu().numpy(), np.float64)


def batch_norm(module: Any, where: str, element: str) -> tuple[Any, Any]:
    """Return factors and terms of torch's own formula, rounded as the module's type rounds.

    Parameters
    ----------
    module : torch.nn.BatchNorm1d
        Read as in eval mode.
    where : str
        What messages call it.
    element : {"float32", "float64"}
        Its type.

    Returns
    -------
    tuple of ndarray
        alpha and beta of x * alpha + beta.
    """
    if module.running_mean is None:
        raise refused(where, "it keeps no running statistics")
    dtype = np.dtype(element)
    mean, variance = (numbers(t).astype(dtype) for t in (module.running_mean, module.running_var))
    ones, zeros = np.ones_like(mean), np.zeros_like(mean)
    weight = ones if module.weight is None else numbers(module.weight).astype(dtype)
    bias = zeros if module.bias is None else numbers(module.bias).astype(dtype)
    alpha = weight / np.sqrt(variance + dtype.type(module.eps))
    return alpha, bias - mean * alpha


def layer_norm(module: Any, where: str) -> tuple[Any, Any]:
    """Return weights and biases of a LayerNorm over one dimension.

    Parameters
    ----------
    module : torch.nn.LayerNorm
        Any.
    where : str
        What messages call it.

    Returns
    -------
    tuple of ndarray
        Ones and zeros where it has none.
    """
    if len(module.normalized_shape) != 1:
        raise refused(where, "it normalizes several dimensions at once")
    count = module.normalized_shape[0]
    weight = np.ones(count) if module.weight is None else numbers(module.weight)
    bias = np.zeros(count) if module.bias is None else numbers(module.bias)
    return weight, bias
