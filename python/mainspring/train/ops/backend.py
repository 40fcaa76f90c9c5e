"""Which backend runs an operator: chosen by the device, or forced by a context manager."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import torch

from mainspring.errors import ParameterError, UnsupportedError
from mainspring.train.ops.op_list import OPS

__all__ = ["BACKENDS", "choose", "use_backend"]

BACKENDS = ("native", "triton", "cuda", "eager")

# In the order in which they are taken, where there are several.
_DEVICE_OF = {"native": "cpu", "cuda": "cuda", "triton": "cuda"}
_TAKES = {
    (op.name, backend, getattr(torch, dtype))
    for op in OPS
    for backend, dtypes in op.backends.items()
    for dtype in dtypes
}

_HAS_TRITON = find_spec("triton") is not None


@functools.cache
def _has_gpu_library() -> bool:
    from mainspring.gpu.library import build_facts

    return bool(build_facts()["compiled"])


def _is_there(backend: str) -> bool:
    if backend == "triton":
        return _HAS_TRITON
    return backend != "cuda" or _has_gpu_library()


# Plain module state: torch.compile guards on it, so a graph is traced again when it changes.
_forced: str | None = None


@contextmanager
def use_backend(name: str | None) -> Iterator[None]:
    """Run operators on one backend, in all threads of the process, until the block ends.

    Parameters
    ----------
    name : str or None
        "native" (CPU), "triton" and "cuda" (CUDA), "eager" (plain torch, the reference, any
        device), or None for the default: the device's own backend where it takes the operator and
        type, else eager.

    Raises
    ------
    ParameterError
        When there is no such backend.

    Notes
    -----
    A forced backend that does not take an operator, type or device raises UnsupportedError: nothing
    falls back in silence.

    Examples
    --------
    >>> from mainspring import train
    >>> with train.use_backend("eager"):
    ...     pass
    """
    global _forced
    if name is not None and name not in BACKENDS:
        expected = "'native', 'triton', 'cuda', 'eager' or None"
        raise ParameterError(
            f"use_backend: there is no backend {name!r}, expected {expected}.",
            expected=expected,
            got=repr(name),
        )
    before, _forced = _forced, name
    try:
        yield
    finally:
        _forced = before


def choose(op: str, tensor: Any) -> str:
    """Return the backend that runs an operator on a tensor like this one."""
    dtype = tensor.dtype
    if _forced is None and tensor.is_cpu and (op, "native", dtype) in _TAKES:
        return "native"  # without the text of the device, which takes longer than all the rest
    device = tensor.device.type
    if _forced is None:
        # What no backend of the device takes goes to eager, with the same result.
        for backend, its_device in _DEVICE_OF.items():
            if its_device == device and (op, backend, dtype) in _TAKES and _is_there(backend):
                return backend
        return "eager"
    if (op, _forced, dtype) not in _TAKES or _DEVICE_OF.get(_forced, device) != device:
        raise UnsupportedError(
            f"{op}: the backend '{_forced}', which use_backend asks for, takes no tensor of "
            f"{dtype} on {device}. Take another backend, or None.",
            got=f"{dtype} on {device}",
            hint="use_backend(None)",
        )
    return _forced
