"""Dense optimizers whose step is one pass over memory: clip, update, average, zero."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

from mainspring import _engine
from mainspring.train.ops import reference_optimizers
from mainspring.train.ops.arguments import refuse
from mainspring.train.ops.backend import choose

__all__ = ["Adagrad", "AdamW", "Lion", "SGD"]  # noqa: RUF022 - in the order of sorted()

_METHODS = ("SGD", "Adagrad", "AdamW", "Lion")  # in the order of the engine
_STATE_TYPES = (torch.float32, torch.bfloat16)


class _Optimizer(torch.optim.Optimizer):
    """What all have in common: states, the norm, and which backend takes which parameter."""

    _states: tuple[str, ...] = ()

    def __init__(
        self,
        params: Iterable[Any],
        defaults: dict[str, Any],
        max_norm: float | None,
        average_decay: float | None,
        zero_grads: bool,
        state_dtype: torch.dtype,
        seed: int,
    ) -> None:
        name = type(self).__name__
        for key in ("lr", "weight_decay", "eps", "momentum"):
            value = defaults.get(key, 0.0)
            if not 0 <= value < math.inf:
                refuse(name, key, "a finite number that is not negative", repr(value))
        if not all(0 <= beta < 1 for beta in defaults.get("betas", ())):
            refuse(name, "betas", "numbers from 0 to below 1", repr(defaults["betas"]))
        if max_norm is not None and not max_norm > 0:
            refuse(name, "max_norm", "a positive number or None", repr(max_norm))
        if average_decay is not None and not 0 <= average_decay < 1:
            refuse(name, "average_decay", "from 0 to below 1, or None", repr(average_decay))
        if state_dtype not in _STATE_TYPES:
            refuse(name, "state_dtype", "torch.float32 or torch.bfloat16", str(state_dtype))
        self.max_norm, self.average_decay, self.zero_grads = max_norm, average_decay, zero_grads
        self.state_dtype, self.seed, self.grad_norm = state_dtype, int(seed), math.nan
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss again, which is returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        native: dict[tuple[int, int], list[torch.Tensor]] = {}
        eager = []
        for number, group in enumerate(self.param_groups):
            for p in group["params"]:
                if p.grad is None:
                    continue
                self._prepare(p)
                if self._is_native(p):
                    native.setdefault((number, self.state[p]["step"]), []).append(p)
                else:
                    eager.append((group, p))
        clip = self._clip([p for some in native.values() for p in some], [p for _, p in eager])
        for (number, count), some in native.items():
            self._native_step(self.param_groups[number], count + 1, some, clip)
        for group, p in eager:
            self._eager_step(group, p, clip)
        for p in itertools.chain(*native.values(), (p for _, p in eager)):
            self.state[p]["step"] += 1
        return loss

    def _prepare(self, p: torch.Tensor) -> None:
        if p.grad.is_sparse:
            expected = "dense; EmbeddingTables updates the rows of tables itself"
            refuse(type(self).__name__, "a gradient", expected, "a sparse tensor")
        state = self.state[p]
        if state:
            return
        state["step"] = 0
        short = self.state_dtype if p.dtype == torch.float32 else p.dtype
        for name in self._states:
            state[name] = torch.zeros_like(p, dtype=short)
        if self.average_decay is not None:
            state["average"] = p.detach().clone()

    def _is_native(self, p: torch.Tensor) -> bool:
        tensors = [p, p.grad, *(v for v in self.state[p].values() if isinstance(v, torch.Tensor))]
        fits = all(one.is_contiguous() and type(one.data) is torch.Tensor for one in tensors)
        fits = fits and p.grad.dtype == p.dtype
        return choose(type(self).__name__, p) == "native" and fits

    def _clip(self, native: list[torch.Tensor], eager: list[torch.Tensor]) -> float:
        """Return the factor of all gradients."""
        if self.max_norm is None:
            return 1.0
        squares = _engine.train_gradient_norm(self._numbers(native, {})) ** 2 if native else 0.0
        squares += sum(float(p.grad.detach().double().square().sum()) for p in eager)
        self.grad_norm = math.sqrt(squares) if squares == squares else math.nan
        factor = self.max_norm / (self.grad_norm + 1e-6)
        return 1.0 if factor > 1 else factor

    def _numbers(self, params: list[torch.Tensor], states: Any) -> list[int]:
        """Return addresses and counts, as the engine has them."""
        numbers = []
        for p in params:
            own = states.get(p, {})
            numbers += [p.data_ptr(), p.grad.data_ptr()]
            for name in ("first", "second", "average"):
                numbers.append(own[name].data_ptr() if name in own else 0)
            numbers.append(p.numel())
        return numbers

    def _native_step(
        self, group: dict[str, Any], number: int, params: list[torch.Tensor], clip: float
    ) -> None:
        method = type(self).__name__
        decoupled = method in ("AdamW", "Lion")
        beta1, beta2 = group.get("betas", (group.get("momentum", 0.0), 0.0))
        decay = group["weight_decay"]
        corrections = (1 - beta1**number, 1 - beta2**number) if method == "AdamW" else (1.0, 1.0)
        options = [
            *(group["lr"], beta1, beta2, group.get("eps", 0.0)),
            *((decay, 0.0) if decoupled else (0.0, decay)),
            *(clip, *corrections, self.average_decay or 0.0),
        ]
        _engine.train_step(
            _METHODS.index(method),
            self._numbers(params, self.state),
            options,
            self.state_dtype == torch.bfloat16,
            self.zero_grads,
            group.get("nesterov", False),
            (self.seed + number * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF,
        )

    def _eager_step(self, group: dict[str, Any], p: torch.Tensor, clip: float) -> None:
        state = self.state[p]
        g = p.grad.to(p.dtype) * clip
        method = type(self).__name__
        reference_optimizers.step(method, group, state["step"] + 1, p, g, state)
        if self.average_decay is not None:
            state["average"].lerp_(p, 1 - self.average_decay)
        if self.zero_grads:
            p.grad.zero_()

    def averages(self) -> list[torch.Tensor]:
        """Return the moving averages in the order of the parameters.

        Returns
        -------
        list of tensor
            Of a parameter without a step: its values. The tensors change with the next step.
        """
        if self.average_decay is None:
            refuse(type(self).__name__, "average_decay", "given for averages()", "None")
        return [
            self.state[p].get("average", p.detach()) if p in self.state else p.detach()
            for group in self.param_groups
            for p in group["params"]
        ]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what ``state_dict`` returned; states keep their type, which torch would change."""
        super().load_state_dict(state_dict)
        for p, state in self.state.items():
            if p.dtype == torch.float32:
                for name in self._states:
                    state[name] = state[name].to(self.state_dtype)


class AdamW(_Optimizer):
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
        float32, or bfloat16 for half the memory, rounded up or down by chance so that what is
        small adds up; the chances are a function of ``seed``, step and place.
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


class Lion(_Optimizer):
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


class Adagrad(_Optimizer):
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


class SGD(_Optimizer):
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
