"""What cannot be converted is refused by name: where it stands, and why."""

from __future__ import annotations

from typing import Any

from mainspring import errors

__all__ = ["class_name", "fitted", "refused", "same_count"]


def class_name(transformer: object) -> str:
    """Return the name of an object's class; a string names itself."""
    return repr(transformer) if isinstance(transformer, str) else type(transformer).__name__


def refused(where: str, reason: str, hint: str = "") -> errors.UnsupportedError:
    """Return the error for a transformer or parameter that has no equal in the engine."""
    message = f"from_sklearn: {where} cannot be converted: {reason}."
    return errors.UnsupportedError(f"{message} {hint}".rstrip(), got=where, hint=hint or None)


def fitted(transformer: Any, attribute: str, where: str) -> Any:
    """Return what a transformer has learnt, or raise NotFittedError."""
    if not hasattr(transformer, attribute):
        raise errors.NotFittedError(
            f"from_sklearn: {where} is not fitted, it has no {attribute}. Fit it first.",
            expected="a fitted transformer",
            got=class_name(transformer),
            hint="Fit it first.",
        )
    return getattr(transformer, attribute)


def same_count(where: str, num_fitted: int, num_streams: int) -> None:
    """Raise UnsupportedError unless a transformer gets as many columns as it was fitted on."""
    if num_fitted != num_streams:
        raise refused(where, f"it was fitted on {num_fitted} columns and gets {num_streams}")
