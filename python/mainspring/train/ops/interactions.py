"""Interactions of a row's vectors: products of pairs, their sum, the end of a cross layer."""

from __future__ import annotations

from typing import Any

import torch

from mainspring import _engine
from mainspring.train.ops import large_pages, reference, triton_layers, triton_runs
from mainspring.train.ops.arguments import check_floating, check_same, refuse
from mainspring.train.ops.backend import choose
from mainspring.train.ops.registration import register

__all__ = [
    "cross_interaction",
    "dot_interaction",
    "factorization_machine",
    "field_weighted_fm",
]


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
    if choose("dot_interaction", x) == "eager":
        return reference.dot_interaction(x)
    return _typed(_dot(x.float()), x.dtype)


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
    if choose("factorization_machine", x) == "eager":
        return reference.factorization_machine(x)
    return _typed(_pairs(x.float()), x.dtype)


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
    if choose("cross_interaction", x0) == "eager":
        return reference.cross_interaction(x0, y, x)
    return _typed(_cross(x0.float(), y.float(), x.float()), x0.dtype)


def field_weighted_fm(x: torch.Tensor, strengths: torch.Tensor) -> torch.Tensor:
    """Return the sum of the dot products of all pairs, each times the strength of its two fields.

    Parameters
    ----------
    x : tensor of shape (num_rows, num_vectors, width)
        Floating point; what is not contiguous is copied.
    strengths : tensor of shape (num_vectors * (num_vectors - 1) / 2,)
        In the order of dot_interaction, and of the type of x; gets a gradient.

    Returns
    -------
    tensor of shape (num_rows,)
        In the type of x. NaN and infinity propagate.

    Raises
    ------
    ParameterError
        When x is no floating-point tensor of three dimensions, or strengths do not fit it.

    References
    ----------
    J. Pan et al.: Field-weighted Factorization Machines, WWW 2018, doi:10.1145/3178876.3186040.
    """
    op = "field_weighted_fm"
    check_floating(op, "x", x, (3,))
    check_floating(op, "strengths", strengths, (1,))
    count = x.shape[1] * (x.shape[1] - 1) // 2
    if strengths.shape != (count,) or strengths.dtype != x.dtype or strengths.device != x.device:
        got = f"shape {tuple(strengths.shape)}, {strengths.dtype} on {strengths.device}"
        refuse(op, "strengths", f"of shape ({count},), {x.dtype} on {x.device}", got)
    return dot_interaction(x) @ strengths


def _typed(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    # to() takes a microsecond where there is nothing to do.
    return x if x.dtype == dtype else x.to(dtype)


def _pairs_of(x: torch.Tensor) -> tuple[int, int]:
    return x.shape[0], x.shape[1] * (x.shape[1] - 1) // 2


def _run_dot(x: torch.Tensor) -> torch.Tensor:
    x = x.contiguous()
    out = x.new_empty(_pairs_of(x))
    _engine.train_dot_forward(x.data_ptr(), out.data_ptr(), *x.shape)
    return out


def _run_dot_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    grad, x = grad.contiguous(), x.contiguous()
    out = large_pages.empty_like(x)
    _engine.train_dot_backward(grad.data_ptr(), x.data_ptr(), out.data_ptr(), *x.shape)
    return out


def _run_pairs(x: torch.Tensor) -> torch.Tensor:
    x = x.contiguous()
    out = x.new_empty(x.shape[:1])
    _engine.train_pairs_forward(x.data_ptr(), out.data_ptr(), *x.shape)
    return out


def _run_pairs_backward(grad: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    grad, x = grad.contiguous(), x.contiguous()
    out = large_pages.empty_like(x)
    _engine.train_pairs_backward(grad.data_ptr(), x.data_ptr(), out.data_ptr(), *x.shape)
    return out


def _run_cross(x0: torch.Tensor, y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    x0, y, x = x0.contiguous(), y.contiguous(), x.contiguous()
    out = large_pages.empty_like(x0)
    _engine.train_cross_forward(
        x0.data_ptr(), y.data_ptr(), x.data_ptr(), out.data_ptr(), x0.numel()
    )
    return out


def _run_cross_backward(
    grad: torch.Tensor, x0: torch.Tensor, y: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    grad, x0, y = grad.contiguous(), x0.contiguous(), y.contiguous()
    dx0, dy = large_pages.empty_like(x0), large_pages.empty_like(y)
    read = (grad.data_ptr(), x0.data_ptr(), y.data_ptr())
    _engine.train_cross_backward(*read, dx0.data_ptr(), dy.data_ptr(), x0.numel())
    return dx0, dy


def _like(x: torch.Tensor) -> torch.Tensor:
    return torch.empty_like(x, memory_format=torch.contiguous_format)


_dot_backward = register(
    "dot_interaction_backward(Tensor grad, Tensor x) -> Tensor",
    _run_dot_backward,
    lambda grad, x: _like(x),
    cuda=triton_runs.run_dot_backward,
)
_pairs_backward = register(
    "factorization_machine_backward(Tensor grad, Tensor x) -> Tensor",
    _run_pairs_backward,
    lambda grad, x: _like(x),
    cuda=triton_runs.run_pairs_backward,
)
_cross_backward = register(
    "cross_interaction_backward(Tensor grad, Tensor x0, Tensor y) -> (Tensor, Tensor)",
    _run_cross_backward,
    lambda grad, x0, y: (_like(x0), _like(y)),
    cuda=triton_layers.run_cross_backward,
)


def _keep_first(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    ctx.save_for_backward(inputs[0])


def _keep_two(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    ctx.save_for_backward(inputs[0], inputs[1])


_dot = register(
    "dot_interaction(Tensor x) -> Tensor",
    _run_dot,
    lambda x: x.new_empty(_pairs_of(x)),
    cuda=triton_runs.run_dot,
    keep=_keep_first,
    backward=lambda ctx, grad: _dot_backward(grad, *ctx.saved_tensors),
)
_pairs = register(
    "factorization_machine(Tensor x) -> Tensor",
    _run_pairs,
    lambda x: x.new_empty(x.shape[:1]),
    cuda=triton_runs.run_pairs,
    keep=_keep_first,
    backward=lambda ctx, grad: _pairs_backward(grad, *ctx.saved_tensors),
)
_cross = register(
    "cross_interaction(Tensor x0, Tensor y, Tensor x) -> Tensor",
    _run_cross,
    lambda x0, y, x: _like(x0),
    cuda=triton_layers.run_cross,
    keep=_keep_two,
    backward=lambda ctx, grad: (*_cross_backward(grad, *ctx.saved_tensors), grad),
)
