"""What a caller asks of batches, checked: tensors or arrays, a rank, columns."""

from __future__ import annotations

import importlib.util
from typing import Any

from mainspring import errors
from mainspring.train.labels import checked_number

__all__ = ["checked_rank", "columns_read", "wants_torch"]


def wants_torch(output: str | None) -> bool:
    """Say whether batches are to hold tensors; MissingExtraError where they cannot."""
    if output not in ("torch", "numpy", None):
        raise errors.ParameterError(
            f"output must be 'torch' or 'numpy', got {output!r}.",
            expected="'torch' or 'numpy'",
            got=repr(output),
        )
    if output == "numpy":
        return False
    is_there = importlib.util.find_spec("torch") is not None
    if output == "torch" and not is_there:
        raise errors.MissingExtraError(
            "ArrowBatches(output='torch') needs torch, which is not installed. "
            "Run: pip install 'mainspring[torch]'",
            hint="pip install 'mainspring[torch]'",
        )
    return is_there


def checked_rank(rank: Any, world_size: Any) -> tuple[int | None, int | None]:
    """Return rank and world size, both or neither of them."""
    if (rank is None) != (world_size is None):
        raise errors.ParameterError(
            "rank and world_size must be given together.", expected="both of them, or neither"
        )
    if rank is not None:
        checked_number("world_size", world_size, 1, 1 << 20, whole=True)
        checked_number("rank", rank, 0, world_size - 1, whole=True)
    return rank, world_size


def columns_read(preprocessor: Any, without: list[str]) -> list[str] | None:
    """Return the columns that are read for a preprocessor; None: not known."""
    bundle = getattr(preprocessor, "bundle", None)  # what is none is refused later
    return None if bundle is None else [*dict.fromkeys([*bundle.input_names, *without])]
