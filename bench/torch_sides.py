"""What the benchmarks of training share: threads, drawn tensors, and how near results are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

__all__ = ["close", "draw", "optimizer_parameters", "with_threads"]


@contextmanager
def with_threads(count: int) -> Iterator[None]:
    """Give torch as many threads as all others have, and silence its advice on sparse tensors."""
    torch.sparse.check_sparse_tensor_invariants.disable()
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def draw(*shape: int, seed: int = 0) -> Any:
    """Return a float32 tensor of the normal law."""
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(np.float32))


def close(tolerance: float) -> Callable[[Any, Any], None]:
    """Return a check of two tensors: each number to that share of itself, and of the largest."""

    def check(ours: Any, theirs: Any) -> None:
        largest = float(theirs.abs().max())
        torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance * largest)

    return check


def optimizer_parameters() -> list[Any]:
    """Return 20 million parameters in 96 tensors of a network's sizes, with gradients."""
    shapes = [(512, 512)] * 60 + [(512,)] * 32 + [(1024, 1024)] * 4
    params = [torch.nn.Parameter(draw(*shape, seed=i)) for i, shape in enumerate(shapes)]
    for p in params:
        p.grad = torch.ones_like(p)
    return params
