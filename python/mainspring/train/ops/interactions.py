"""Interactions of a row's vectors: products of pairs, their sum, the end of a cross layer."""

from __future__ import annotations

import torch

from mainspring.train.ops import reference
from mainspring.train.ops.arguments import check_floating, check_same, refuse
from mainspring.train.ops.backend import choose

__all__ = ["cross_interaction", "dot_interaction", "factorization_machine"]


def dot_interaction(x: torch.Tensor) -> torch.Tensor:
    """Return the dot products of all pairs of each row's vectors.

    Parameters
    ----------
    x : tensor of shape (num_rows, num_vectors, width)
        Floating point; what is not contiguous is copied.

    Returns
    -------
    tensor of shape (num_rows, num_vectors * (num_vectors - 1) / 2)
        x[b, i] . x[b, j] for j < i, ordered by i, then j; in the type of x, summed in float32 at
        least. NaN and infinity propagate.

    Raises
    ------
    ParameterError
        When x is no floating-point tensor of three dimensions.

    References
    ----------
    M. Naumov et al.: Deep Learning Recommendation Model for Personalization and Recommendation
    Systems, 2019, arXiv:1906.00091.
    """
    check_floating("dot_interaction", "x", x, (3,))
    choose("dot_interaction", x)
    return reference.dot_interaction(x)


def factorization_machine(x: torch.Tensor) -> torch.Tensor:
    """Return the sum of the dot products of all pairs of each row's vectors.

    Parameters
    ----------
    x : tensor of shape (num_rows, num_vectors, width)
        Floating point; what is not contiguous is copied.

    Returns
    -------
    tensor of shape (num_rows,)
        In the type of x, summed in float32 at least. NaN and infinity propagate.

    Raises
    ------
    ParameterError
        When x is no floating-point tensor of three dimensions.

    References
    ----------
    S. Rendle: Factorization Machines, ICDM 2010, doi:10.1109/ICDM.2010.127.
    """
    check_floating("factorization_machine", "x", x, (3,))
    choose("factorization_machine", x)
    return reference.factorization_machine(x)


def cross_interaction(x0: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Return x0 * y + x, the end of a cross layer, whose y is a linear layer of x.

    Parameters
    ----------
    x0, y, x : tensors of one shape and type
        The features, what the layer's matrix made of x, and the layer's input.

    Returns
    -------
    tensor of the same shape and type

    Raises
    ------
    ParameterError
        When types, shapes or devices differ.

    References
    ----------
    R. Wang et al.: DCN V2, WWW 2021, doi:10.1145/3442381.3450078.
    """
    check_floating("cross_interaction", "x0", x0, ())
    for name, value in (("y", y), ("x", x)):
        check_same("cross_interaction", name, value, x0, "x0")
        if value.dtype != x0.dtype:
            refuse("cross_interaction", name, f"of the type of x0, {x0.dtype}", str(value.dtype))
    choose("cross_interaction", x0)
    return reference.cross_interaction(x0, y, x)
