"""Layer normalization with the activation and the dropout behind it, in one pass over memory."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.nn import functional

from mainspring import _engine
from mainspring.train.ops import large_pages, triton_layers
from mainspring.train.ops.arguments import check_choice, check_floating, refuse
from mainspring.train.ops.backend import choose
from mainspring.train.ops.registration import register

__all__ = ["NormActivation", "layer_norm"]

_OP = "layer_norm"
ACTIVATIONS = ("none", "relu", "gelu", "silu")  # in the order of the engine
_MASK = 0xFFFFFFFF


def layer_norm(
    x: torch.Tensor,
    weight: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    *,
    activation: str = "none",
    dropout: float = 0.0,
    seed: int | None = None,
    eps: float = 1e-5,
) -> torch.Tensor:
    """Return dropout(activation(normalized x * weight + bias)), each row normalized by itself.

    Parameters
    ----------
    x : tensor of shape (..., width)
        Floating point; what is not contiguous is copied.
    weight, bias : tensors of shape (width,), optional
        Of the type of x; get gradients. Default: 1 and 0.
    activation : str
        "none", "relu", "gelu" (by the normal distribution, not its approximation by tanh) or
        "silu".
    dropout : float
        Share of numbers that become 0, from 0 to below 1; the others grow by 1 / (1 - dropout).
        Give 0 when not training.
    seed : int, optional
        Which numbers become 0: a function of seed and place, the same on every backend. Default:
        drawn from torch's own generator.
    eps : float
        Added to the variance, which is that of the row itself (not the unbiased one).

    Returns
    -------
    tensor of the shape and type of x
        Computed in float32 at least. NaN and infinity in a row make the row NaN. Only mean and
        spread of each row are kept for the backward pass; the rest is computed again.

    Raises
    ------
    ParameterError
        When a type, shape, device or option is wrong.

    References
    ----------
    J. Ba, J. Kiros, G. Hinton: Layer Normalization, 2016, arXiv:1607.06450.
    """
    check_floating(_OP, "x", x, ())
    if x.dim() == 0 or x.shape[-1] == 0:
        refuse(_OP, "x", "a tensor of shape (..., width)", f"shape {tuple(x.shape)}")
    width = x.shape[-1]
    for name, value in (("weight", weight), ("bias", bias)):
        if value is None:
            continue
        check_floating(_OP, name, value, (1,))
        if value.shape != (width,) or value.dtype != x.dtype or value.device != x.device:
            got = f"shape {tuple(value.shape)}, {value.dtype} on {value.device}"
            refuse(_OP, name, f"of shape ({width},), {x.dtype} on {x.device}", got)
    check_choice(_OP, "activation", activation, ACTIVATIONS)
    if isinstance(dropout, bool) or not 0 <= dropout < 1:
        refuse(_OP, "dropout", "a number from 0 to below 1", repr(dropout))
    if not 0 <= eps < math.inf:
        refuse(_OP, "eps", "a finite number that is not negative", repr(eps))
    drawn = _seed(dropout, seed)
    if choose(_OP, x) == "eager":
        return _eager(x, weight, bias, drawn, activation, dropout, eps)
    wide = [None if one is None else one.float() for one in (weight, bias)]
    number = ACTIVATIONS.index(activation)
    rows = x.float().reshape(-1, width)
    out = _norm(rows, *wide, drawn, number, float(dropout), float(eps))[0]
    return out.view(x.shape).to(x.dtype)


def _seed(dropout: float, seed: int | None) -> torch.Tensor:
    """Return the seed as a tensor, which a compiled graph draws anew in every run."""
    if dropout == 0:
        return torch.zeros((), dtype=torch.int64)
    if seed is None:
        return torch.randint(2**62, (), dtype=torch.int64)
    return torch.tensor(int(seed) & (2**62 - 1), dtype=torch.int64)


def _eager(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    seed: torch.Tensor,
    activation: str,
    dropout: float,
    eps: float,
) -> torch.Tensor:
    y = functional.layer_norm(x, x.shape[-1:], weight, bias, eps)
    if activation != "none":
        y = getattr(functional, activation)(y)
    if dropout == 0:
        return y
    chances = _chances(int(seed), x.numel() // x.shape[-1], x.shape[-1])
    kept = chances.to(x.device).view(x.shape) >= torch.tensor(dropout, dtype=torch.float32)
    return torch.where(kept, y / (1 - dropout), torch.zeros_like(y))


def _chances(seed: int, num_rows: int, width: int) -> torch.Tensor:
    """Return a number in [0, 1) of each place: SplitMix64 of seed and row, then lowbias32."""
    row = torch.arange(num_rows, dtype=torch.int64) + _signed(seed * 0x9E3779B97F4A7C15)
    row = (row ^ _right(row, 30)) * _signed(0xBF58476D1CE4E5B9)
    row = (row ^ _right(row, 27)) * _signed(0x94D049BB133111EB)
    key = _right(row ^ _right(row, 31), 16) & _MASK
    x = (key[:, None] + torch.arange(width, dtype=torch.int64)) & _MASK
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & _MASK
    x = ((x ^ (x >> 15)) * 0x846CA68B) & _MASK
    return ((x ^ (x >> 16)) >> 8).float() * 2.0**-24


def _signed(value: int) -> int:
    """Return the int64 of the lower 64 bits."""
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


def _right(x: torch.Tensor, count: int) -> torch.Tensor:
    """Shift 64 bits to the right, zeros in."""
    return (x >> count) & ((1 << (64 - count)) - 1)


def _places(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    moments: torch.Tensor,
    activation: int,
) -> list[int]:
    """Return what the engine is told, as csrc/bind/bind_train.cpp has it."""
    optional = [0 if one is None else one.data_ptr() for one in (weight, bias)]
    means, spreads = moments[0].data_ptr(), moments[1].data_ptr()
    return [x.data_ptr(), *optional, means, spreads, *x.shape, activation]


def _run(
    x: torch.Tensor,
    weight: torch.Tensor | None,
    bias: torch.Tensor | None,
    seed: torch.Tensor,
    activation: int,
    dropout: float,
    eps: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.contiguous()
    weight, bias = (None if one is None else one.contiguous() for one in (weight, bias))
    out, moments = large_pages.empty_like(x), x.new_empty(2, x.shape[0])
    places = _places(x, weight, bias, moments, activation)
    _engine.train_norm_forward(places, eps, dropout, int(seed), out.data_ptr())
    return out, moments


def _run_backward(
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
    grad, x = grad.contiguous(), x.contiguous()
    weight, bias = (None if one is None else one.contiguous() for one in (weight, bias))
    dx, sums = large_pages.empty_like(x), (x.new_empty(x.shape[1]), x.new_empty(x.shape[1]))
    places = _places(x, weight, bias, moments, activation)
    addresses = [one.data_ptr() for one in (grad, dx, *sums)]
    _engine.train_norm_backward(places, eps, dropout, int(seed), *addresses)
    return dx, *sums


def _like(x: torch.Tensor) -> torch.Tensor:
    return torch.empty_like(x, memory_format=torch.contiguous_format)


_norm_backward = register(
    "layer_norm_backward(Tensor grad, Tensor x, Tensor? weight, Tensor? bias, Tensor seed, "
    "Tensor moments, int activation, float dropout, float eps) -> (Tensor, Tensor, Tensor)",
    _run_backward,
    lambda grad, x, *rest: (_like(x), x.new_empty(x.shape[1]), x.new_empty(x.shape[1])),
    cuda=triton_layers.run_norm_backward,
)


def _keep(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    ctx.mark_non_differentiable(output[1])
    ctx.save_for_backward(*inputs[:4], output[1])
    ctx.options = inputs[4:]


def _backward(ctx: Any, grad: torch.Tensor, _: Any) -> tuple[Any, ...]:
    dx, dweight, dbias = _norm_backward(grad, *ctx.saved_tensors, *ctx.options)
    _, weight, bias, *_ = ctx.saved_tensors
    of_weight = None if weight is None else dweight
    return dx, of_weight, None if bias is None else dbias, None, None, None, None


_norm = register(
    "layer_norm(Tensor x, Tensor? weight, Tensor? bias, Tensor seed, int activation, "
    "float dropout, float eps) -> (Tensor, Tensor)",
    _run,
    lambda x, *rest: (_like(x), x.new_empty(2, x.shape[0])),
    cuda=triton_layers.run_norm,
    keep=_keep,
    backward=_backward,
)


class NormActivation(torch.nn.Module):
    """Layer normalization, activation and dropout as one layer; exported with its model.

    Parameters
    ----------
    width : int
        Numbers of a row.
    activation : str
        As of ``layer_norm``.
    dropout : float
        Share of numbers that become 0 while training.
    eps : float
        Added to the variance.

    Raises
    ------
    ParameterError
        When an option is wrong.

    Examples
    --------
    >>> import torch
    >>> from mainspring.train import NormActivation
    >>> layer = torch.nn.Sequential(torch.nn.Linear(4, 8), NormActivation(8, "gelu", dropout=0.1))
    >>> layer(torch.ones(2, 4)).shape
    torch.Size([2, 8])
    """

    mainspring_layer = "norm"

    def __init__(
        self, width: int, activation: str = "relu", *, dropout: float = 0.0, eps: float = 1e-5
    ) -> None:
        super().__init__()
        if width < 1:
            refuse("NormActivation", "width", "at least 1", repr(width))
        check_choice("NormActivation", "activation", activation, ACTIVATIONS)
        if not 0 <= dropout < 1:
            refuse("NormActivation", "dropout", "a number from 0 to below 1", repr(dropout))
        self.activation, self.dropout, self.eps = activation, float(dropout), float(eps)
        self.weight = torch.nn.Parameter(torch.ones(width))
        self.bias = torch.nn.Parameter(torch.zeros(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the layer's output for x of shape (..., width)."""
        dropout = self.dropout if self.training else 0.0
        weights = (self.weight, self.bias)
        return layer_norm(x, *weights, activation=self.activation, dropout=dropout, eps=self.eps)

    def extra_repr(self) -> str:
        """Say what the layer does."""
        return f"{len(self.weight)}, {self.activation}, dropout={self.dropout:g}"
