"""Tensors that tests are run on, drawn by NumPy so that every version of torch sees the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

__all__ = ["bags", "normal", "scaled_error"]


def normal(*shape: int, seed: int = 0) -> Any:
    """Return float64 values."""
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def bags(
    sizes: tuple[int, ...], num_bags: int, *, longest: int = 5, seed: int = 0
) -> tuple[Any, Any]:
    """Return ids and offsets of bags of 0 to ``longest`` ids, some of them twice."""
    random = np.random.default_rng(seed)
    lengths = random.integers(0, longest + 1, size=(len(sizes), num_bags))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = [
        random.integers(0, max(1, rows // 2 + 1), size=n.sum()) % rows
        for rows, n in zip(sizes, lengths, strict=True)
    ]
    return torch.from_numpy(np.concatenate(ids)), torch.from_numpy(offsets)


def scaled_error(got: Any, expected: Any, magnitudes: Any) -> float:
    """Return the largest difference in ulps of float32 at the sums of magnitudes."""
    scale = magnitudes.detach().double().abs().clamp(min=2.0**-126) * 2.0**-23
    return float(((got.detach().double() - expected.detach().double()).abs() / scale).max())
