"""What dense optimizers have in common: one pass that clips, updates, averages and zeroes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

from mainspring import _engine
from mainspring.errors import UnsupportedError
from mainspring.train.ops import large_pages, reference_optimizers, triton_optimizers
from mainspring.train.ops.arguments import refuse
from mainspring.train.ops.backend import choose

__all__ = ["OnePassOptimizer"]

_METHODS = ("SGD", "Adagrad", "AdamW", "Lion")  # in the order of the engine
_STATE_TYPES = (torch.float32, torch.bfloat16, torch.uint8)  # likewise
_SCALED = 256  # numbers of a state of bytes that share a scale
_ALIGNED = 64  # numbers: states begin on a cache line
_PLAIN = (torch.Tensor, torch.nn.Parameter)


def _is_plain(x: torch.Tensor) -> bool:
    """Say whether a tensor is memory that kernels can take; for most without a look at its data."""
    return x.is_contiguous() and (type(x) in _PLAIN or type(x.data) is torch.Tensor)


def _address(x: torch.Tensor | None) -> int:
    return 0 if x is None else x.data_ptr()


def _aligned_length(x: torch.Tensor) -> int:
    return -(-x.numel() // _ALIGNED) * _ALIGNED


class OnePassOptimizer(torch.optim.Optimizer):
    """States, the norm of all gradients, and which backend takes which parameter.

    Parameters
    ----------
    params : iterable
        Parameters, or groups of them.
    defaults : dict
        Numbers of a group.
    max_norm, average_decay, zero_grads, state_dtype, seed
        As for AdamW.

    Raises
    ------
    ParameterError
        When a number is outside its range.
    """

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
            expected = "torch.float32, torch.bfloat16 or torch.uint8"
            refuse(name, "state_dtype", expected, str(state_dtype))
        self.max_norm, self.average_decay, self.zero_grads = max_norm, average_decay, zero_grads
        self.state_dtype, self.seed = state_dtype, int(seed)
        self._norm: float | torch.Tensor = math.nan
        self._unused = torch.empty(0, dtype=state_dtype)  # memory for states, behind the last one
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
        groups: dict[tuple[Any, ...], list[torch.Tensor]] = {}
        for number, group in enumerate(self.param_groups):
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state or p.grad.is_sparse:
                    self._prepare(p, state)
                backend = self._backend(p, state)
                device = None if backend == "native" else p.device
                key = (backend, number, state["step"], device, self._state_type(state))
                groups.setdefault(key, []).append(p)
        numbers = {key: self._numbers(some) for key, some in groups.items() if key[0] == "native"}
        clip = self._clip(groups, numbers)
        for key, some in groups.items():
            self._step_some(key, some, clip, numbers.get(key, []))
            for p in some:
                self.state[p]["step"] += 1
        return loss

    def _prepare(self, p: torch.Tensor, state: dict[str, Any]) -> None:
        if p.grad.is_sparse:
            expected = "dense; EmbeddingTables updates the rows of tables itself"
            refuse(type(self).__name__, "a gradient", expected, "a sparse tensor")
        state["step"] = 0
        short = self.state_dtype if p.dtype == torch.float32 else p.dtype
        if short == torch.uint8 and self._backend(p, state) == "eager":
            short = torch.float32  # bytes are of the kernels
        for name in self._states:
            state[name] = self._zeros_like(p, short)
            if short == torch.uint8:
                blocks = -(-p.numel() // _SCALED)
                scales = torch.zeros(blocks, dtype=torch.float32, device=p.device)
                state[f"{name}_scale"] = scales
        if self.average_decay is not None:
            state["average"] = p.detach().clone()

    def _zeros_like(self, p: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Return a state of zeros; side by side with others in large pages where kernels take it.

        Of 96 tensors of a network most are shorter than a large page: in small ones, each with
        memory of its own, a step takes a sixth longer.
        """
        if not (p.is_cpu and _is_plain(p) and dtype == self.state_dtype):
            return torch.zeros_like(p, dtype=dtype)
        length = _aligned_length(p)
        if len(self._unused) < length:
            each = length
            for q in (q for group in self.param_groups for q in group["params"]):
                if q.grad is not None and q.is_cpu and q.dtype == p.dtype and not self.state[q]:
                    each += _aligned_length(q)
            self._unused = large_pages.zeros(len(self._states) * each, dtype)
        found, self._unused = self._unused[: p.numel()], self._unused[length:]
        return found.view(p.shape)

    def _backend(self, p: torch.Tensor, state: dict[str, Any]) -> str:
        grad: Any = p.grad
        fits = grad.dtype == p.dtype and _is_plain(p) and _is_plain(grad)
        for value in state.values():
            if isinstance(value, torch.Tensor):
                fits = fits and _is_plain(value)
        return choose(type(self).__name__, p) if fits else "eager"

    def _state_type(self, state: dict[str, Any]) -> torch.dtype:
        return state[self._states[0]].dtype if self._states else torch.float32

    @property
    def grad_norm(self) -> float:
        """The norm of all gradients of the last step with ``max_norm``; NaN before it."""
        return float(self._norm)  # on a GPU this waits for it

    def _clip(
        self,
        groups: dict[tuple[Any, ...], list[torch.Tensor]],
        numbers: dict[tuple[Any, ...], list[int]],
    ) -> float | torch.Tensor:
        """Return the factor of all gradients; where all lie on one GPU, it stays there."""
        if self.max_norm is None:
            return 1.0
        native = [number for some in numbers.values() for number in some]
        eager: list[torch.Tensor] = []
        by_device: dict[Any, list[torch.Tensor]] = {}
        for (backend, _, _, device, _), some in groups.items():
            if backend == "triton":
                by_device.setdefault(device, []).extend(some)
            elif backend == "eager":
                eager.extend(some)
        found = [triton_optimizers.clip_factor(some, self.max_norm) for some in by_device.values()]
        if len(found) == 1 and not native and not eager:
            self._norm, factor = found[0]
            return factor
        squares = sum(float(norm) ** 2 for norm, _ in found)
        squares += _engine.train_gradient_norm(native) ** 2 if native else 0.0
        squares += sum(float(p.grad.detach().double().square().sum()) for p in eager)
        self._norm = math.sqrt(squares) if squares == squares else math.nan
        factor = self.max_norm / (self._norm + 1e-6)
        return 1.0 if factor > 1 else factor

    def _numbers(self, params: list[torch.Tensor]) -> list[int]:
        """Return addresses and counts, as the engine has them."""
        numbers: list[int] = []
        for p in params:
            of = self.state[p].get
            numbers += (
                *(p.data_ptr(), p.grad.data_ptr()),
                *(_address(of("first")), _address(of("second")), _address(of("average"))),
                *(p.numel(), _address(of("first_scale")), _address(of("second_scale"))),
            )
        return numbers

    def _step_some(
        self,
        key: tuple[Any, ...],
        params: list[torch.Tensor],
        clip: float | torch.Tensor,
        numbers: list[int],
    ) -> None:
        """Take the step of parameters that have backend, device and type of states alike."""
        backend, place, count, _, state_type = key
        group, number = self.param_groups[place], count + 1
        if backend == "triton":
            triton_optimizers.step(
                *(type(self).__name__, group, number, params, self.state, clip),
                self.average_decay,
                zero_grads=self.zero_grads,
                seed=(self.seed + number * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF,
            )
        elif backend == "native":
            self._native_step(group, number, numbers, float(clip), state_type)
        else:
            for p in params:
                self._eager_step(group, p, float(clip))

    def _native_step(
        self,
        group: dict[str, Any],
        number: int,
        numbers: list[int],
        clip: float,
        state_type: torch.dtype,
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
            numbers,
            options,
            _STATE_TYPES.index(state_type),
            self.zero_grads,
            group.get("nesterov", False),
            (self.seed + number * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF,
        )

    def _eager_step(self, group: dict[str, Any], p: torch.Tensor, clip: float) -> None:
        state = self.state[p]
        if self._states and state[self._states[0]].dtype == torch.uint8:
            raise UnsupportedError(
                f"{type(self).__name__}: states of bytes are of the native and the Triton "
                "backend, and the eager one does not read them. Go on with one of these, or take "
                "state_dtype=torch.bfloat16.",
                got="torch.uint8",
                hint="state_dtype=torch.bfloat16",
            )
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
        self._unused = torch.empty(0, dtype=self.state_dtype)  # or it would keep the old states
        for p, state in self.state.items():
            if p.dtype == torch.float32:
                for name in self._states:
                    # torch has made the bytes floats; without scales they were none.
                    is_bytes = f"{name}_scale" in state
                    wide = self.state_dtype == torch.uint8 and not is_bytes
                    state[name] = state[name].to(torch.float32 if wide else self.state_dtype)
