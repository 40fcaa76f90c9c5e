"""Dense optimizers whose step is one pass over memory: clip, update, average, zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from mainspring.train.ops.arguments import refuse
from mainspring.train.ops.one_pass import OnePassOptimizer

__all__ = ["Adagrad", "AdamW", "Lion", "SGD"]  # noqa: RUF022 - in the order of sorted()


class AdamW(OnePassOptimizer):
    """Adam with decoupled weight decay.

    Parameters
    ----------
    params : iterable
        Parameters, or groups of them, as for every optimizer of torch.
    lr : float
        Learning rate.
    betas : (float, float)
        Of the two moments.
    eps : float
        Added to the root.
    weight_decay : float
        Share of itself, times the rate, that a parameter loses a step.
    max_norm : float or None
        Largest norm of all gradients together, as ``torch.nn.utils.clip_grad_norm_`` has it; the
        norm of the last step is ``grad_norm``.
    average_decay : float or None
        Keep a moving average of each parameter: decay * average + (1 - decay) * parameter, from the
        first values on; ``averages()`` returns them.
    zero_grads : bool
        Set gradients to 0 as they are read; their memory stays.
    state_dtype : torch.dtype
        float32; bfloat16 for half the memory; or uint8 for a quarter: floats of 8 bits, each 256 of
        them over the largest of these, one NaN or infinity among which spreads to all. Short ones
        are rounded up or down by chance so that what is small adds up; the chances are a function
        of ``seed``, step and place.
    seed : int
        See ``state_dtype``.

    Raises
    ------
    ParameterError
        When a number is outside its range; at a step, when a gradient is sparse.

    Notes
    -----
    Parameters of float32 on the CPU take one native pass, with the same bits for any number of
    threads; others take the steps of plain torch, one by one.

    References
    ----------
    I. Loshchilov, F. Hutter: Decoupled Weight Decay Regularization, 2019, arXiv:1711.05101.
    """

    _states = ("first", "second")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        *,
        max_norm: float | None = None,
        average_decay: float | None = None,
        zero_grads: bool = False,
        state_dtype: torch.dtype = torch.float32,
        seed: int = 0,
    ) -> None:
        defaults = {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults, max_norm, average_decay, zero_grads, state_dtype, seed)


class Lion(OnePassOptimizer):
    """Steps of one size, in the direction of the sign of a moving average.

    Parameters
    ----------
    params : iterable
        Parameters, or groups of them, as for every optimizer of torch.
    lr : float
        Learning rate: the size of the step, about a tenth of that for AdamW.
    betas : (float, float)
        Of the direction and of the average.
    weight_decay : float
        Share of itself, times the rate, that a parameter loses a step.
    max_norm, average_decay, zero_grads, state_dtype, seed
        As for AdamW.

    References
    ----------
    X. Chen et al.: Symbolic Discovery of Optimization Algorithms, 2023, arXiv:2302.06675.
    """

    _states = ("first",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        max_norm: float | None = None,
        average_decay: float | None = None,
        zero_grads: bool = False,
        state_dtype: torch.dtype = torch.float32,
        seed: int = 0,
    ) -> None:
        defaults = {"lr": lr, "betas": tuple(betas), "weight_decay": weight_decay}
        super().__init__(params, defaults, max_norm, average_decay, zero_grads, state_dtype, seed)


class Adagrad(OnePassOptimizer):
    """Steps divided by the root of the sum of all squares so far.

    Parameters
    ----------
    params : iterable
        Parameters, or groups of them, as for every optimizer of torch.
    lr : float
        Learning rate.
    eps : float
        Added to the root.
    weight_decay : float
        Added to the gradient, times the parameter.
    max_norm, average_decay, zero_grads, state_dtype, seed
        As for AdamW.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer: Adaptive Subgradient Methods, JMLR 12, 2011.
    """

    _states = ("first",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 0.01,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
        *,
        max_norm: float | None = None,
        average_decay: float | None = None,
        zero_grads: bool = False,
        state_dtype: torch.dtype = torch.float32,
        seed: int = 0,
    ) -> None:
        defaults = {"lr": lr, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults, max_norm, average_decay, zero_grads, state_dtype, seed)


class SGD(OnePassOptimizer):
    """Steps along the gradient, with momentum.

    Parameters
    ----------
    params : iterable
        Parameters, or groups of them, as for every optimizer of torch.
    lr : float
        Learning rate.
    momentum : float
        Share of the last step's direction that stays; 0 keeps no state.
    weight_decay : float
        Added to the gradient, times the parameter.
    nesterov : bool
        Look ahead by the momentum.
    max_norm, average_decay, zero_grads, state_dtype, seed
        As for AdamW.

    References
    ----------
    I. Sutskever et al.: On the importance of initialization and momentum, ICML 2013.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        *,
        nesterov: bool = False,
        max_norm: float | None = None,
        average_decay: float | None = None,
        zero_grads: bool = False,
        state_dtype: torch.dtype = torch.float32,
        seed: int = 0,
    ) -> None:
        if nesterov and not momentum > 0:
            refuse("SGD", "momentum", "positive with nesterov", repr(momentum))
        if momentum > 0:
            self._states = ("first",)
        defaults = {
            **{"lr": lr, "momentum": momentum, "weight_decay": weight_decay},
            "nesterov": nesterov,
        }
        super().__init__(params, defaults, max_norm, average_decay, zero_grads, state_dtype, seed)
