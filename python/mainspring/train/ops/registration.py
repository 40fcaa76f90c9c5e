"""Native functions as operators of torch: dispatcher, shapes for tracing, autograd.

An operator is defined with ``torch.library`` (schema, CPU function, shapes, gradient), so that
``torch.compile`` and ``torch.export`` know it. Called eagerly on plain tensors it goes past the
dispatcher, which would cost more than a small operator.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import new_class
from typing import Any

import torch
from torch.autograd.function import once_differentiable

__all__ = ["LIBRARY", "is_plain", "register"]

# Definitions live as long as this object does.
LIBRARY = torch.library.Library("mainspring", "DEF")

_PLAIN = (torch.Tensor, torch.nn.Parameter)

# torch asks which module defines an operator's shapes. Told beforehand, inspect need not look for
# this file among all modules of the process, a quarter of the time until the first step.
inspect.modulesbyfile[inspect.getabsfile(lambda: None)] = __name__


def _keep_nothing(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    """Keep nothing for the backward pass."""


def register(
    schema: str,
    run: Callable[..., Any],
    shapes: Callable[..., Any],
    *,
    cuda: Callable[..., Any] | None = None,
    keep: Callable[..., None] = _keep_nothing,
    backward: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Define the operator ``mainspring::<schema>`` and return the function that calls it.

    Parameters
    ----------
    schema : str
        As ``torch.library`` has it, without the namespace.
    run : callable
        The native function, for tensors on the CPU.
    shapes : callable
        Empty tensors like those that ``run`` returns, for tracing.
    cuda : callable, optional
        The same for tensors on CUDA.
    keep, backward : callable, optional
        ``keep(ctx, inputs, output)`` keeps what ``backward(ctx, *gradients)`` needs.
    """
    name = schema.partition("(")[0]
    LIBRARY.define(schema)
    LIBRARY.impl(name, run, "CPU")
    if cuda is not None:
        LIBRARY.impl(name, cuda, "CUDA")
    torch.library.register_fake(f"mainspring::{name}", shapes, lib=LIBRARY)
    operator = getattr(torch.ops.mainspring, name).default
    if backward is None:
        return lambda *args: operator(*args) if not is_plain(args) else run(*args)
    torch.library.register_autograd(
        f"mainspring::{name}", backward, setup_context=keep, lib=LIBRARY
    )
    members = {
        "forward": staticmethod(run),
        "setup_context": staticmethod(keep),
        "backward": staticmethod(once_differentiable(backward)),
    }
    function: Any = new_class(
        name, (torch.autograd.Function,), {}, lambda body: body.update(members)
    )

    def call(*args: Any) -> Any:
        if torch.compiler.is_compiling():
            return operator(*args)
        if _is_transformed():
            return function.apply(*args)
        if torch._C._len_torch_dispatch_stack() > 0 or not _are_own(args):
            return operator(*args)
        if torch.is_grad_enabled():
            for arg in args:
                if isinstance(arg, torch.Tensor) and arg.requires_grad:
                    return function.apply(*args)
        return run(*args)

    return call


def is_plain(args: tuple[Any, ...]) -> bool:
    """Say whether nothing watches the call: no tracing, no transform, no tensor of another kind."""
    if torch.compiler.is_compiling() or torch._C._len_torch_dispatch_stack() > 0:
        return False
    return not _is_transformed() and _are_own(args)


# Loops, not all() and any() of generators: those take a microsecond.
def _are_own(args: tuple[Any, ...]) -> bool:
    """Say whether all tensors are torch's own kinds, on the CPU."""
    for arg in args:
        if isinstance(arg, torch.Tensor) and (type(arg) not in _PLAIN or not arg.is_cpu):
            return False
    return True


def _is_transformed() -> bool:
    """Say whether a transform of ``torch.func`` is at work; not to be asked while tracing."""
    return torch._C._functorch.peek_interpreter_stack() is not None
